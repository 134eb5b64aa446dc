/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The other end of a packet: in or out of what a carrier sees, and whose network. */
#ifndef ESIMMON_REMOTE_H
#define ESIMMON_REMOTE_H

#include "facts.h"
#include "size.h"

enum direction { INGRESS, EGRESS };

#define V4_SOURCE 12         /* where the addresses stand in the header */
#define V6_SOURCE 8

static __always_inline struct switches *get_switches(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&switches, &zero);
}

/* The address at the other end; IPv4 is mapped into IPv6. */
static __always_inline int read_remote(const struct packet *packet,
				       enum direction direction, __u8 *address)
{
	__u8 byte = 0;

	if (read_packet(packet, 0, &byte, 1))
		return 0;
	if (byte >> 4 == 4) {
		address[10] = address[11] = 0xff;
		if (read_packet(packet, V4_SOURCE + (direction == EGRESS ? 4 : 0),
				address + 12, 4))
			return 0;
		return 4;
	}
	if (read_packet(packet, V6_SOURCE + (direction == EGRESS ? 16 : 0), address, 16))
		return 0;
	return 6;
}

/* A broadcast or multicast destination is local like a neighbour: when receiving, the
 * sender is one. */
static __always_inline enum scope scope_of(const struct packet *packet, __u32 ifindex,
					   enum direction direction)
{
	struct prefix prefix = { .prefixlen = 160, .ifindex = ifindex };
	struct switches *on = get_switches();

	if (!on || !on->local_prefixes)
		return INTERNET;
	if (!read_remote(packet, direction, prefix.address))
		return INTERNET;
	return bpf_map_lookup_elem(&local_prefixes, &prefix) ? LOCAL : INTERNET;
}

static __always_inline void add_to_remote(const struct packet *packet,
					  const struct owner *owner,
					  enum direction direction, __u64 bytes)
{
	struct remote_usage *usage, nothing = {};
	struct switches *on = get_switches();
	struct remote remote = {};
	__u8 address[16] = {};

	if (!on || !on->remotes)
		return;
	remote.version = read_remote(packet, direction, address);
	if (remote.version == 4)
		__builtin_memcpy(remote.network + 4, address + 12, 3);
	else
		__builtin_memcpy(remote.network, address, 6);
	remote.owner = *owner;
	usage = bpf_map_lookup_elem(&remotes, &remote);
	if (!usage) {
		bpf_map_update_elem(&remotes, &remote, &nothing, BPF_NOEXIST);
		usage = bpf_map_lookup_elem(&remotes, &remote);
	}
	if (!usage)
		LOSE(failed_remotes, 1);
	else if (direction == EGRESS)
		__sync_fetch_and_add(&usage->tx_bytes, bytes);
	else
		__sync_fetch_and_add(&usage->rx_bytes, bytes);
}

#endif
