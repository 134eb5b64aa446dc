/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* In which row a packet counts: its socket's owner, the namespace, the device. */
#ifndef ESIMMON_COUNT_H
#define ESIMMON_COUNT_H

#include "owner.h"
#include "remote.h"

#define LOOPBACK_IFINDEX 1

static __always_inline void measure(struct __sk_buff *skb, const struct packet *packet,
				    struct row_key *key, struct headers *headers,
				    struct size *size)
{
	__u32 gso_size = skb->gso_size;

	if (gso_size) {
		parse_headers(packet, headers);
		add_segments(size, gso_size, headers);
	} else if (size->bytes > IPV6_MIN_MTU) {
		struct mtu_key device = { .netns = key->netns, .ifindex = key->ifindex };
		__u32 *mtu = bpf_map_lookup_elem(&mtus, &device);

		if (mtu && size->bytes > *mtu) {
			parse_headers(packet, headers);
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
	if (sk)
		socket = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
	if (socket)
		turn = read_owner(socket, &key.owner);
	key.netns = key.owner.tgid ? socket->netns : netns_of(skb);
	if (key.netns == settings.own_netns)
		key.scope = scope_of(&packet, key.ifindex, direction);
	measure(skb, &packet, &key, &headers, &size);
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
