/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What devices really move, where a driver gives a packet to the kernel and takes one
 * from it: behind the local queue, with forwarded packets, and those of every family.
 */
#ifndef ESIMMON_WIRE_H
#define ESIMMON_WIRE_H

#include "count.h"

static __always_inline __u32 netns_of_device(const struct net_device *device)
{
	return device->nd_net.net->ns.inum;
}

static __always_inline void add_to_way(struct way *way, const struct size *size,
				       __u32 skb_bytes, __u32 len, enum scope scope)
{
	__sync_fetch_and_add(&way->bytes, size->bytes);
	__sync_fetch_and_add(&way->packets, size->packets);
	__sync_fetch_and_add(&way->skbs, 1);
	__sync_fetch_and_add(&way->skb_bytes, skb_bytes);
	__sync_fetch_and_add(&way->extra_bytes, len - skb_bytes);
	if (scope == LOCAL) {
		__sync_fetch_and_add(&way->local_bytes, size->bytes);
		__sync_fetch_and_add(&way->local_packets, size->packets);
	}
}

/* So that who pays is told at the byte, whatever the tick. */
static __always_inline void spend(__u32 ifindex, __s64 bytes)
{
	struct switches *on = get_switches();
	struct quota *quota;
	__s64 left;

	if (!on || !on->quotas)
		return;
	quota = bpf_map_lookup_elem(&quotas, &ifindex);
	if (!quota)
		return;
	left = __sync_fetch_and_add(&quota->left_bytes, -bytes);
	if (left > 0 && left <= bytes)
		call_user_space();
}

static __always_inline void add_to_wire(const struct sk_buff *skb,
					const struct packet *packet, struct wire *wire,
					__u32 ifindex, enum direction direction)
{
	struct way *way = direction == EGRESS ? &wire->tx : &wire->rx;
	enum scope scope = INTERNET;
	struct headers headers = {};
	struct size size = {};
	__u32 skb_bytes;

	skb_bytes = measure_skb(skb, packet, &headers, &size);
	if (skb_bytes)
		scope = scope_of(packet, ifindex, direction);
	add_to_way(way, &size, skb_bytes, len_from(skb, packet), scope);
	if (scope == INTERNET)
		spend(ifindex, size.bytes);
}

#define PRIV_ALIGN 32U

static __always_inline __u32 master_of(const struct net_device *device)
{
	struct list_head *first = BPF_CORE_READ(device, adj_list.upper.next);
	struct netdev_adjacent *upper;

	if (!first || first == &device->adj_list.upper)
		return 0;
	upper = (void *)first - bpf_core_field_offset(struct netdev_adjacent, list);
	return BPF_CORE_READ(upper, master) ? BPF_CORE_READ(upper, dev, ifindex) : 0;
}

/* A container that lives shorter than anybody looks: which it was behind this device is
 * said by the pair itself. struct veth_priv begins with the peer (drivers/net/veth.c). */
static __always_inline void note_peer(const struct net_device *device, __u32 ifindex)
{
	const struct net_device___since_6_10 *newer = (const void *)device;
	struct net_device *other = NULL;
	struct peer peer = {};
	char kind[5] = {};
	__u32 at;

	bpf_probe_read_kernel_str(kind, sizeof(kind),
				  BPF_CORE_READ(device, rtnl_link_ops, kind));
	if (kind[0] != 'v' || kind[1] != 'e' || kind[2] != 't' || kind[3] != 'h')
		return;
	if (bpf_core_field_exists(newer->priv))
		at = bpf_core_field_offset(newer->priv);
	else
		at = (bpf_core_type_size(struct net_device) + PRIV_ALIGN - 1) & -PRIV_ALIGN;
	bpf_probe_read_kernel(&other, sizeof(other), (const char *)device + at);
	if (!other)
		return;
	peer.master = master_of(device);
	BPF_CORE_READ_STR_INTO(&peer.name, device, name);
	peer.netns = BPF_CORE_READ(other, nd_net.net, ns.inum);
	peer.ifindex = BPF_CORE_READ(other, ifindex);
	bpf_map_update_elem(&peers, &ifindex, &peer, 0);
}

/* A packet that came in by another device: skb_iif is 0 in those made here, and is
 * cleared where a packet changes its namespace or gets into a tunnel. */
static __always_inline void add_to_hop(const struct sk_buff *skb,
				       const struct net_device *device,
				       const struct packet *packet, struct hop *hop)
{
	struct passed *passed, nothing = {};
	struct headers headers = {};
	struct size size = {};

	if (!measure_skb(skb, packet, &headers, &size))
		return;
	passed = bpf_map_lookup_elem(&hops, hop);
	if (!passed) {
		note_peer(device, hop->to_ifindex);
		bpf_map_update_elem(&hops, hop, &nothing, BPF_NOEXIST);
		passed = bpf_map_lookup_elem(&hops, hop);
	}
	if (!passed) {
		LOSE(failed_hops, size.packets);
		return;
	}
	__sync_fetch_and_add(&passed->bytes, size.bytes);
	__sync_fetch_and_add(&passed->packets, size.packets);
}

/* Packets that a program made whole, headers and all: no other hook sees them. */
static __always_inline void count_packet_socket(const struct sk_buff *skb,
						const struct packet *packet,
						struct sock *sk, struct row_key *key)
{
	struct socket_owner *socket;
	struct headers headers = {};
	struct size size = {};
	__u32 turn;

	if (!measure_skb(skb, packet, &headers, &size))
		return;
	socket = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!socket) {
		LOSE(failed_storage, 1);
		return;
	}
	turn = read_owner(socket, &key->owner);
	key->scope = scope_of(packet, key->ifindex, EGRESS);
	/* The system call that sends claims it when it returns. */
	if (!(turn & TURN_CLAIMED))
		add_size_pending(socket, turn, key, &size, EGRESS);
	add_size(key, &size, EGRESS);
}

static __always_inline void leave(const struct sk_buff *skb,
				  const struct net_device *device)
{
	struct packet packet = network_of(skb);
	struct sock *sk = skb->sk;
	struct row_key key = {};
	struct wire *wire;
	struct hop hop = {};

	key.ifindex = device->ifindex;
	if (key.ifindex == LOOPBACK_IFINDEX)
		return;
	key.netns = netns_of_device(device);
	wire = bpf_map_lookup_elem(&wires, &key.ifindex);
	if (key.netns != settings.own_netns)
		wire = NULL;
	if (sk && sk->__sk_common.skc_family == AF_PACKET &&
	    (wire || key.netns != settings.own_netns))
		/* of our own devices only the lowest: it passes each on its way */
		count_packet_socket(skb, &packet, sk, &key);
	if (key.netns != settings.own_netns)
		return;
	if (wire)
		add_to_wire(skb, &packet, wire, key.ifindex, EGRESS);
	hop.from_ifindex = skb->skb_iif;
	hop.to_ifindex = key.ifindex;
	if (!hop.from_ifindex || hop.from_ifindex == hop.to_ifindex)
		return;
	if (wire || bpf_map_lookup_elem(&wires, &hop.from_ifindex))
		add_to_hop(skb, device, &packet, &hop);
}

static __always_inline void enter(const struct sk_buff *skb)
{
	/* the network header is set a moment later, to where the data begins now */
	struct packet packet = { .start = skb->data };
	struct net_device *device = skb->dev;
	__u32 ifindex = device->ifindex;
	struct wire *wire;

	if (ifindex == LOOPBACK_IFINDEX)
		return;
	if (BPF_CORE_READ_BITFIELD(skb, pkt_type) == PACKET_LOOPBACK)
		return; /* what this machine itself sent to many comes by here as if received */
	wire = bpf_map_lookup_elem(&wires, &ifindex);
	if (wire && netns_of_device(device) == settings.own_netns)
		add_to_wire(skb, &packet, wire, ifindex, INGRESS);
}

/* What was counted when it was sent, and never left. */
#define IS_REASON(reason, name)                                             \
	(bpf_core_enum_value_exists(enum skb_drop_reason, name) &&          \
	 (unsigned long)(reason) == bpf_core_enum_value(enum skb_drop_reason, name))

static __always_inline int is_behind_sending(int reason)
{
	return IS_REASON(reason, SKB_DROP_REASON_QDISC_DROP) ||
	       IS_REASON(reason, SKB_DROP_REASON_QDISC_OVERLIMIT) ||
	       IS_REASON(reason, SKB_DROP_REASON_QDISC_CONGESTED) ||
	       IS_REASON(reason, SKB_DROP_REASON_CAKE_FLOOD) ||
	       IS_REASON(reason, SKB_DROP_REASON_FQ_BAND_LIMIT) ||
	       IS_REASON(reason, SKB_DROP_REASON_FQ_HORIZON_LIMIT) ||
	       IS_REASON(reason, SKB_DROP_REASON_FQ_FLOW_LIMIT) ||
	       IS_REASON(reason, SKB_DROP_REASON_TC_EGRESS) ||
	       IS_REASON(reason, SKB_DROP_REASON_NEIGH_CREATEFAIL) ||
	       IS_REASON(reason, SKB_DROP_REASON_NEIGH_FAILED) ||
	       IS_REASON(reason, SKB_DROP_REASON_NEIGH_QUEUEFULL) ||
	       IS_REASON(reason, SKB_DROP_REASON_NEIGH_DEAD);
}

/* What a tunnel of the kernel wraps keeps its socket, but was counted on the tunnel. */
static __always_inline int is_wrapped(const struct sock *sk, const struct packet *packet,
				      const struct headers *headers)
{
	__u16 own_port = sk->__sk_common.skc_num; /* 0 once it is closed */
	__be16 port = 0;

	if (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_UDP)
		return headers->protocol == IPPROTO_TCP || headers->protocol == IPPROTO_UDP;
	if (headers->protocol != sk->sk_protocol)
		return 1;
	read_packet(packet, headers->network_len, &port, 2);
	return own_port && bpf_ntohs(port) != own_port;
}

static __always_inline void take_back(const struct sk_buff *skb)
{
	struct packet packet = network_of(skb);
	struct net_device *device = skb->dev;
	struct socket_owner *socket = NULL;
	struct sock *sk = skb->sk;
	struct headers headers = {};
	struct row_key key = {};
	struct size size = {};

	if (!device || !sk || skb->skb_iif)
		return;
	if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
		return;
	key.ifindex = device->ifindex;
	if (key.ifindex == LOOPBACK_IFINDEX)
		return;
	socket = bpf_sk_storage_get(&socket_owners, sk, 0, 0);
	if (!socket)
		return;
	read_owner(socket, &key.owner);
	if (!key.owner.tgid || !measure_skb(skb, &packet, &headers, &size))
		return;
	if (is_wrapped(sk, &packet, &headers))
		return;
	key.netns = socket->netns;
	if (key.netns == settings.own_netns)
		key.scope = scope_of(&packet, key.ifindex, EGRESS);
	size.bytes = -size.bytes;
	size.packets = -size.packets;
	add_size(&key, &size, EGRESS);
}

#endif
