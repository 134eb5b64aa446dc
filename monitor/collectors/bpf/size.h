/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How many bytes and packets one skb is on the wire. */
#ifndef ESIMMON_SIZE_H
#define ESIMMON_SIZE_H

#include "layout.h"

#define MIN_HEADER_LEN 20

/* Where the headers are: in the skb of a cgroup program, or in the kernel's own memory.
 * Which of the two is known when this is compiled, so the other one leaves no code. */
struct packet {
	struct __sk_buff *skb;
	const unsigned char *start;
};

struct headers {
	__u32 ip_len;        /* of the whole packet as it says itself; 0: more than fits */
	__u32 network_len;
	__u32 repeated_len;  /* of network_len, in every fragment */
	__u32 len;           /* repeated in every segment */
	__u8 version;
	__u8 protocol;
};

static __always_inline long read_packet(const struct packet *packet, __u32 at, void *to,
					__u32 len)
{
	if (packet->skb)
		return bpf_skb_load_bytes(packet->skb, at, to, len);
	return bpf_probe_read_kernel(to, len, packet->start + at);
}

/* Behind the extension headers of IPv6. */
static __always_inline __u32 find_transport(const struct packet *packet,
					    struct headers *headers)
{
	__u8 next = 0, extension[2], routed = 0;
	__u32 at = 40;

	if (read_packet(packet, 6, &next, 1))
		return at;
	for (int i = 0; i < 4; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
		    next != IPPROTO_DSTOPTS && next != IPPROTO_FRAGMENT)
			break;
		if (read_packet(packet, at, extension, 2))
			return at;
		/* RFC 8200: options for the last node only are part of what is split */
		if (next == IPPROTO_DSTOPTS && routed && !headers->repeated_len)
			headers->repeated_len = at;
		routed |= next == IPPROTO_ROUTING;
		at += next == IPPROTO_FRAGMENT ? 8 : (extension[1] + 1) * 8;
		next = extension[0];
	}
	headers->protocol = next;
	if (!headers->repeated_len)
		headers->repeated_len = at;
	return at;
}

static __always_inline __u32 transport_len(const struct packet *packet, __u32 at,
					   __u8 protocol)
{
	__u8 byte = 0;

	if (protocol == IPPROTO_TCP && !read_packet(packet, at + 12, &byte, 1))
		return (byte >> 4) * 4;
	return protocol == IPPROTO_UDP ? 8 : 0;
}

static __always_inline void parse_headers(const struct packet *packet,
					  struct headers *headers)
{
	__be16 len = 0;
	__u8 byte = 0;

	if (read_packet(packet, 0, &byte, 1))
		return;
	headers->version = byte >> 4;
	if (headers->version == 4) {
		headers->network_len = headers->repeated_len = (byte & 15) * 4;
		if (read_packet(packet, 9, &headers->protocol, 1) ||
		    read_packet(packet, 2, &len, 2))
			return;
		headers->ip_len = bpf_ntohs(len);
	} else {
		headers->network_len = find_transport(packet, headers);
		if (read_packet(packet, 4, &len, 2))
			return;
		headers->ip_len = len ? bpf_ntohs(len) + 40 : 0;
	}
	headers->len = headers->network_len +
		       transport_len(packet, headers->network_len, headers->protocol);
}

struct size {
	__u64 bytes;
	__u64 packets;
};

/* One super-packet stands for several on the wire, each with its own headers. gso_segs
 * would say how many, but is 0 in packets from outside a virtual machine. */
static __always_inline void add_segments(struct size *size, __u32 gso_size,
					 const struct headers *headers)
{
	if (size->bytes <= headers->len)
		return;
	size->packets = (size->bytes - headers->len + gso_size - 1) / gso_size;
	size->bytes += (size->packets - 1) * headers->len;
}

/* Larger than the device's MTU and not to be segmented: fragmented after this hook, or
 * reassembled before it. IPv6 adds a fragment header, IPv4 has it in its own. */
static __always_inline void add_fragments(struct size *size, __u32 mtu,
					  const struct headers *headers)
{
	__u32 fragment_header = headers->version == 6 ? 8 : 0;
	__u32 overhead = headers->repeated_len + fragment_header;
	__u32 room;

	if (mtu < overhead + 8 || size->bytes <= headers->repeated_len)
		return;
	room = (mtu - overhead) & ~7U;
	size->packets = (size->bytes - headers->repeated_len + room - 1) / room;
	size->bytes += (size->packets - 1) * headers->repeated_len +
		       size->packets * fragment_header;
}

/* ---- the kernel's own skb, where a device driver gives or takes it ---- */

/* From the network header on; when sending, the link-layer header stands before it. */
static __always_inline struct packet network_of(const struct sk_buff *skb)
{
	struct packet packet = { .start = skb->head + skb->network_header };

	return packet;
}

static __always_inline __u32 len_from(const struct sk_buff *skb,
				      const struct packet *packet)
{
	return skb->len - (__u32)((unsigned long)packet->start - (unsigned long)skb->data);
}

static __always_inline int is_ip(const struct sk_buff *skb)
{
	return skb->protocol == ETH_P_IP || skb->protocol == ETH_P_IPV6;
}

/* The inner packets of a tunnel, too, begin anew in every segment. */
static __always_inline void add_inner_headers(struct headers *headers, __u32 gso_type,
					      const struct sk_buff *skb)
{
	struct packet inner = { .start = skb->head + skb->inner_transport_header };
	__u8 protocol = gso_type & SKB_GSO_UDP_L4 ? IPPROTO_UDP : IPPROTO_TCP;

	if (gso_type & SKB_GSO_TUNNELS)
		headers->len = skb->inner_transport_header - skb->network_header +
			       transport_len(&inner, 0, protocol);
}

/* Returns the bytes of IP in the skb itself; 0 when it is not IP. */
static __always_inline __u32 measure_skb(const struct sk_buff *skb,
					 const struct packet *packet,
					 struct headers *headers, struct size *size)
{
	struct skb_shared_info *shared = (void *)(skb->head + skb->end);
	__u32 gso_size = BPF_CORE_READ(shared, gso_size);
	__u32 bytes = len_from(skb, packet);

	size->packets = 1;
	if (!is_ip(skb))
		return 0;
	if (skb->len - skb->data_len < skb->len - bytes + MIN_HEADER_LEN) {
		/* The headers are in pages that cannot be read from here: the ring of a
		 * packet socket, which neither pads nor segments. */
		size->bytes = bytes;
		return bytes;
	}
	parse_headers(packet, headers);
	if (!gso_size && headers->ip_len && headers->ip_len < bytes)
		bytes = headers->ip_len; /* a short frame was padded */
	size->bytes = bytes;
	if (gso_size) {
		add_inner_headers(headers, BPF_CORE_READ(shared, gso_type), skb);
		add_segments(size, gso_size, headers);
	}
	return bytes;
}

#endif
