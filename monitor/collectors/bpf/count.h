/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* In which row a packet counts: its socket's owner, the namespace, the device. */
#ifndef ESIMMON_COUNT_H
#define ESIMMON_COUNT_H

#include "owner.h"
#include "remote.h"

#define LOOPBACK_IFINDEX 1
#define FEW_BYTES 576         /* nobody splits a smaller packet */

extern void *bpf_cast_to_kern_ctx(void *) __ksym __weak;

/* How large its fragments are; 0: it is not in fragments. */
static __always_inline __u32 fragment_size(struct __sk_buff *skb, const struct row_key *key,
					   const struct packet *packet,
					   enum direction direction)
{
	struct mtu_key device = { .netns = key->netns, .ifindex = key->ifindex };
	struct sk_buff *kernel_skb;
	__u32 *mtu, at;
	__u16 size = 0;
	__u8 byte = 0;

	if (!settings.use_kernel_skb) {
		mtu = bpf_map_lookup_elem(&mtus, &device);
		return mtu && skb->len > *mtu ? *mtu : 0;
	}
	kernel_skb = bpf_cast_to_kern_ctx(skb);
	if (direction == EGRESS)
		return skb->len > kernel_skb->dev->mtu ? kernel_skb->dev->mtu : 0;
	/* where reassembly leaves the size of the largest one */
	if (read_packet(packet, 0, &byte, 1))
		return 0;
	at = byte >> 4 == 4 ? bpf_core_field_offset(struct inet_skb_parm, frag_max_size) :
			      bpf_core_field_offset(struct inet6_skb_parm, frag_max_size);
	bpf_probe_read_kernel(&size, sizeof(size), (void *)&kernel_skb->cb + at);
	return size;
}

static __always_inline void measure(struct __sk_buff *skb, const struct packet *packet,
				    struct row_key *key, struct headers *headers,
				    struct size *size, enum direction direction)
{
	__u32 gso_size = skb->gso_size;

	if (gso_size) {
		parse_headers(packet, headers);
		add_segments(size, gso_size, headers);
	} else if (size->bytes > FEW_BYTES) {
		__u32 fragment = fragment_size(skb, key, packet, direction);

		if (fragment) {
			parse_headers(packet, headers);
			add_fragments(size, fragment, headers);
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

static __always_inline void add_size(struct row_key *key, const struct size *size,
				     enum direction direction)
{
	struct row *row = get_row(key);

	if (!row) {
		LOSE(failed_rows, size->packets);
		LOSE(failed_bytes, size->bytes);
	} else if (direction == EGRESS) {
		add_to_row(row, 0, size->bytes, 0, size->packets);
	} else {
		add_to_row(row, size->bytes, 0, size->packets, 0);
	}
}

/* Until a process has really used the socket, what it moved may still be handed over. */
static __always_inline void add_size_pending(struct socket_owner *socket, __u32 turn,
					     const struct row_key *key,
					     const struct size *size,
					     enum direction direction)
{
	struct pending *pending = &socket->pending[turn & TURN_SLOT];
	__u64 place = (__u64)key->scope << 32 | key->ifindex;

	if (direction == EGRESS)
		add_pending(pending, 0, size->bytes, 0, size->packets, place);
	else
		add_pending(pending, size->bytes, 0, size->packets, 0, place);
}

/* The owner of a subflow of MPTCP, which the kernel made for itself, is that of the
 * whole connection. */
static __always_inline struct socket_owner *find_owner(struct bpf_sock *sk)
{
	struct socket_owner *whole, *own;
	struct mptcp_sock *connection;

	if (!settings.use_mptcp)
		return bpf_sk_storage_get(&socket_owners, sk, 0, 0);
	connection = bpf_skc_to_mptcp_sock(sk);
	if (!connection)
		return bpf_sk_storage_get(&socket_owners, sk, 0, 0);
	whole = bpf_sk_storage_get(&socket_owners, connection, 0, 0);
	if (!whole || sk->state != BPF_TCP_LISTEN)
		return whole;
	/* A client without MPTCP gets a plain socket, the child of the listening subflow:
	 * it must begin with an owner, too. */
	own = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (own && !own->turn) {
		own->netns = whole->netns;
		read_owner(whole, &own->slot[TURN_SLOT]);
		__sync_lock_test_and_set(&own->turn, TURN_STEP | TURN_SLOT);
	}
	return whole;
}

/* One packet can come to several sockets: multicast, broadcast, and raw sockets beside
 * the one that it is for. All its copies come one after another on one CPU; a socket that
 * gets two of them in a row has got two packets. */
static __always_inline int is_copy(struct __sk_buff *skb, struct bpf_sock *sk,
				   const struct packet *packet)
{
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct shared_packet *last;
	__u8 head[64] = {};
	__u32 zero = 0, len = skb->len;
	__u64 *a, *b, differs = 0;

	last = bpf_map_lookup_elem(&shared_packets, &zero);
	if (!last)
		return 0;
	if (len >= sizeof(head))
		read_packet(packet, 0, head, sizeof(head));
	else if (len >= 28)
		read_packet(packet, 0, head, 28);
	a = (__u64 *)head;
	b = (__u64 *)last->head;
	for (int i = 0; i < 8; i++)
		differs |= a[i] ^ b[i];
	if (!differs && last->len == len && last->first_socket != cookie)
		return 1;
	last->first_socket = cookie;
	last->len = len;
	__builtin_memcpy(last->head, head, sizeof(head));
	return 0;
}

/* Received, but not by the device, or counted for another socket. */
static __always_inline int is_counted_elsewhere(struct __sk_buff *skb, struct bpf_sock *sk,
						const struct packet *packet)
{
	if (skb->pkt_type == PACKET_LOOPBACK)
		return 1; /* what this machine itself sent to many, itself among them */
	if (!sk)
		return 0;
	if (sk->type == SOCK_RAW &&
	    (sk->protocol == IPPROTO_TCP || sk->protocol == IPPROTO_UDP))
		return 1; /* only overhears: TCP and UDP get it, too */
	if (sk->type == SOCK_RAW || sk->protocol == IPPROTO_ICMP ||
	    sk->protocol == IPPROTO_ICMPV6 || skb->pkt_type == PACKET_BROADCAST ||
	    skb->pkt_type == PACKET_MULTICAST)
		return is_copy(skb, sk, packet);
	return 0;
}

static __always_inline int count(struct __sk_buff *skb, enum direction direction)
{
	struct size size = { .bytes = skb->len, .packets = 1 };
	struct packet packet = { .skb = skb };
	struct socket_owner *socket = NULL;
	struct headers headers = {};
	struct row_key key = {};
	struct bpf_sock *sk;
	__u32 turn = 0;

	key.ifindex = skb->ifindex;
	if (key.ifindex == LOOPBACK_IFINDEX)
		return 1;
	sk = skb->sk;
	if (sk)
		sk = bpf_sk_fullsock(sk); /* may be a request or a TIME_WAIT socket */
	if (direction == INGRESS && is_counted_elsewhere(skb, sk, &packet))
		return 1;
	if (sk)
		socket = find_owner(sk);
	if (socket)
		turn = read_owner(socket, &key.owner);
	key.netns = key.owner.tgid ? socket->netns : netns_of(skb);
	if (key.netns == settings.own_netns)
		key.scope = scope_of(&packet, key.ifindex, direction);
	measure(skb, &packet, &key, &headers, &size, direction);
	if (!key.owner.tgid) {
		if (!headers.version)
			parse_headers(&packet, &headers);
		key.owner.exec_id = headers.protocol;
	} else {
		if (!(turn & TURN_CLAIMED) && sk->state != BPF_TCP_LISTEN)
			/* never for a listener: its children would inherit the sum */
			add_size_pending(socket, turn, &key, &size, direction);
		if (key.scope == INTERNET)
			add_to_remote(&packet, &key.owner, direction, size.bytes);
	}
	add_size(&key, &size, direction);
	return 1;
}

#endif
