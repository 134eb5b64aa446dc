/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How many bytes and packets one skb is on the wire, and in which row they count. */
#ifndef ESIMMON_COUNT_H
#define ESIMMON_COUNT_H

#include "owner.h"

#define LOOPBACK_IFINDEX 1
#define IPV6_MIN_MTU 1280

enum direction { INGRESS, EGRESS };

struct headers {
	__u32 network_len;   /* repeated in every fragment */
	__u32 len;           /* repeated in every segment */
	__u8 version;
	__u8 protocol;
};

static __always_inline void parse_headers(struct __sk_buff *skb, struct headers *headers)
{
	__u8 byte = 0, extension[2];
	__u32 at = 40;

	if (bpf_skb_load_bytes(skb, 0, &byte, 1))
		return;
	headers->version = byte >> 4;
	if (headers->version == 4) {
		at = (byte & 15) * 4;
		if (bpf_skb_load_bytes(skb, 9, &headers->protocol, 1))
			return;
	} else {
		__u8 next = 0;

		if (bpf_skb_load_bytes(skb, 6, &next, 1))
			return;
		for (int i = 0; i < 4; i++) {
			if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
			    next != IPPROTO_DSTOPTS && next != IPPROTO_FRAGMENT)
				break;
			if (bpf_skb_load_bytes(skb, at, extension, 2))
				return;
			at += next == IPPROTO_FRAGMENT ? 8 : (extension[1] + 1) * 8;
			next = extension[0];
		}
		headers->protocol = next;
	}
	headers->network_len = headers->len = at;
	if (headers->protocol == IPPROTO_TCP) {
		if (!bpf_skb_load_bytes(skb, at + 12, &byte, 1))
			headers->len = at + (byte >> 4) * 4;
	} else if (headers->protocol == IPPROTO_UDP) {
		headers->len = at + 8;
	}
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
	__u32 overhead = headers->network_len + fragment_header;
	__u32 room;

	if (mtu < overhead + 8 || size->bytes <= headers->network_len)
		return;
	room = (mtu - overhead) & ~7U;
	size->packets = (size->bytes - headers->network_len + room - 1) / room;
	size->bytes += (size->packets - 1) * headers->network_len +
		       size->packets * fragment_header;
}

static __always_inline void measure(struct __sk_buff *skb, struct row_key *key,
				    struct headers *headers, struct size *size)
{
	__u32 gso_size = skb->gso_size;

	if (gso_size) {
		parse_headers(skb, headers);
		add_segments(size, gso_size, headers);
	} else if (size->bytes > IPV6_MIN_MTU) {
		struct mtu_key device = { .netns = key->netns, .ifindex = key->ifindex };
		__u32 *mtu = bpf_map_lookup_elem(&mtus, &device);

		if (mtu && size->bytes > *mtu) {
			parse_headers(skb, headers);
			add_fragments(size, *mtu, headers);
		}
	}
}

static __always_inline __u32 netns_of(struct __sk_buff *skb)
{
	if (settings.use_netns_cookie &&
	    bpf_get_netns_cookie(skb) == settings.own_netns_cookie)
		return settings.own_netns;
	return 0;
}

static __always_inline int count(struct __sk_buff *skb, enum direction direction)
{
	struct size size = { .bytes = skb->len, .packets = 1 };
	struct socket_owner *socket = NULL;
	struct headers headers = {};
	__u64 rx_bytes = 0, tx_bytes = 0, rx_packets = 0, tx_packets = 0;
	struct row_key key = {};
	struct bpf_sock *sk;
	__u32 turn = 0;
	struct row *row;

	key.ifindex = skb->ifindex;
	if (key.ifindex == LOOPBACK_IFINDEX)
		return 1;
	sk = skb->sk;
	if (sk)
		sk = bpf_sk_fullsock(sk); /* may be a request or a TIME_WAIT socket */
	if (sk)
		socket = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
	if (socket)
		turn = read_owner(socket, &key.owner);
	key.netns = key.owner.tgid ? socket->netns : netns_of(skb);
	measure(skb, &key, &headers, &size);
	if (direction == EGRESS) {
		tx_bytes = size.bytes;
		tx_packets = size.packets;
	} else {
		rx_bytes = size.bytes;
		rx_packets = size.packets;
	}
	if (!key.owner.tgid) {
		if (!headers.version)
			parse_headers(skb, &headers);
		key.owner.exec_id = headers.protocol;
	} else if (!(turn & TURN_CLAIMED) && sk->state != BPF_TCP_LISTEN) {
		/* never for a listener: its children would inherit the sum */
		add_pending(&socket->pending[turn & TURN_SLOT], rx_bytes, tx_bytes,
			    rx_packets, tx_packets, key.ifindex);
	}
	row = get_row(&key);
	if (!row) {
		LOSE(failed_rows, size.packets);
		LOSE(failed_bytes, size.bytes);
	} else {
		add_to_row(row, rx_bytes, tx_bytes, rx_packets, tx_packets);
	}
	return 1;
}

#endif
