/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Whose a socket is. The owner is kept in the socket, and set where the process itself
 * runs (system calls). Where packets are counted, the current process is anybody: it
 * was the owner for two thirds of the sent and a sixth of the received bytes.
 */
#ifndef ESIMMON_OWNER_H
#define ESIMMON_OWNER_H

#include "facts.h"

/* A writer can be preempted, and a connection can be born (cloned) in that moment: a
 * lock older than this has no holder any more. */
#define STALE_LOCK_NS 1000000000ULL

enum use {
	CREATED,  /* says nothing about who will use it */
	ACCEPTED, /* the acceptor may hand it on to a child */
	USED,
};

static __always_inline int same_owner(const struct owner *a, const struct owner *b)
{
	return a->tgid == b->tgid && a->exec_id == b->exec_id &&
	       a->start_boottime_ns == b->start_boottime_ns;
}

static __always_inline struct row *get_row(struct row_key *key)
{
	struct row *row = bpf_map_lookup_elem(&rows, key);
	struct row born = {};

	if (row)
		return row;
	born.born_ns = bpf_ktime_get_boot_ns();
	if (!bpf_map_update_elem(&rows, key, &born, BPF_NOEXIST))
		note_birth();
	return bpf_map_lookup_elem(&rows, key);
}

static __always_inline void add_to_row(struct row *row, __u64 rx_bytes, __u64 tx_bytes,
				       __u64 rx_packets, __u64 tx_packets)
{
	if (rx_packets) {
		__sync_fetch_and_add(&row->rx_bytes, rx_bytes);
		__sync_fetch_and_add(&row->rx_packets, rx_packets);
	}
	if (tx_packets) {
		__sync_fetch_and_add(&row->tx_bytes, tx_bytes);
		__sync_fetch_and_add(&row->tx_packets, tx_packets);
	}
}

static __always_inline int is_pending(const struct pending *pending)
{
	return pending->rx_packets || pending->tx_packets;
}

static __always_inline void add_pending(struct pending *pending, __u64 rx_bytes,
					__u64 tx_bytes, __u64 rx_packets, __u64 tx_packets,
					__u64 place)
{
	if (pending->place != place) {
		/* the route changed: what came before stays where it was counted */
		pending->rx_bytes = pending->rx_packets = 0;
		pending->tx_bytes = pending->tx_packets = 0;
		pending->place = place;
	}
	if (rx_packets) {
		__sync_fetch_and_add(&pending->rx_bytes, rx_bytes);
		__sync_fetch_and_add(&pending->rx_packets, rx_packets);
	}
	if (tx_packets) {
		__sync_fetch_and_add(&pending->tx_bytes, tx_bytes);
		__sync_fetch_and_add(&pending->tx_packets, tx_packets);
	}
}

/* Hand over what was counted for one slot's owner to the other's. Called after the turn,
 * and again before the next one, for a packet that was just being counted. */
static __always_inline void claim(struct socket_owner *socket, __u32 slot_from,
				  __u32 slot_to)
{
	struct pending *pending = &socket->pending[slot_from & 1];
	struct owner was = socket->slot[slot_from & 1];
	struct owner now = socket->slot[slot_to & 1];
	__u64 rx_bytes, tx_bytes, rx_packets, tx_packets;
	struct row_key key = {};
	struct row *from, *to;

	if (!is_pending(pending))
		return;
	rx_bytes = __sync_lock_test_and_set(&pending->rx_bytes, 0);
	tx_bytes = __sync_lock_test_and_set(&pending->tx_bytes, 0);
	rx_packets = __sync_lock_test_and_set(&pending->rx_packets, 0);
	tx_packets = __sync_lock_test_and_set(&pending->tx_packets, 0);
	if (!(socket->turn & TURN_CLAIMED)) /* the acceptor may hand it on: see ACCEPTED */
		add_pending(&socket->pending[slot_to & 1], rx_bytes, tx_bytes, rx_packets,
			    tx_packets, pending->place);
	if (same_owner(&was, &now))
		return;
	key.netns = socket->netns;
	key.ifindex = pending->place;
	key.scope = pending->place >> 32;
	key.owner = now;
	to = get_row(&key);
	key.owner = was;
	from = get_row(&key);
	if (!from || !to)
		return; /* nothing is moved: nothing is lost */
	add_to_row(from, -rx_bytes, -tx_bytes, -rx_packets, -tx_packets);
	add_to_row(to, rx_bytes, tx_bytes, rx_packets, tx_packets);
}

/* Holding the lock. */
static __always_inline void turn_to(struct socket_owner *socket, const struct owner *now,
				    enum use use)
{
	__u32 turn = socket->turn;
	__u32 at = turn & TURN_SLOT, other = at ^ TURN_SLOT;
	__u32 claimed = turn & TURN_CLAIMED;
	struct owner was = socket->slot[at];

	claim(socket, other, at);
	if (use == USED)
		claimed = TURN_CLAIMED;
	if (same_owner(&was, now) && claimed == (turn & TURN_CLAIMED))
		return;
	socket->slot[other & 1] = *now;
	turn = ((turn & ~(TURN_SLOT | TURN_CLAIMED)) + TURN_STEP) | claimed | other;
	__sync_lock_test_and_set(&socket->turn, turn); /* with a full barrier */
	claim(socket, at, other);
}

static __noinline int change_owner(struct socket_owner *socket, struct owner *now,
				   __u32 netns, enum use use)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();
	__u64 since_ns = socket->writing_since_ns;

	if (since_ns && now_ns - since_ns < STALE_LOCK_NS)
		return 0; /* two processes at once: either is right, the next use decides */
	if (__sync_val_compare_and_swap(&socket->writing_since_ns, since_ns, now_ns) !=
	    since_ns)
		return 0;
	if (!socket->netns)
		socket->netns = netns;
	turn_to(socket, now, use);
	__sync_lock_test_and_set(&socket->writing_since_ns, 0);
	return 1;
}

static __always_inline void use_socket(struct socket_owner *socket,
				       struct task_struct *task, __u32 netns, enum use use)
{
	__u32 turn = socket->turn;
	struct owner now = {}, was = socket->slot[turn & TURN_SLOT];
	int same;

	if (use == ACCEPTED && turn & TURN_CLAIMED)
		return; /* somebody asks for the peer of a socket that another one uses */
	owner_of(task, &now);
	same = same_owner(&was, &now);
	if (same && (use != USED || turn & TURN_CLAIMED) &&
	    !is_pending(&socket->pending[(turn & TURN_SLOT) ^ TURN_SLOT]))
		return;
	if (change_owner(socket, &now, netns, use) && !same)
		note_owner(&now, task, 1);
}

/* The owner, and the turn that told it. */
static __always_inline __u32 read_owner(struct socket_owner *socket, struct owner *owner)
{
	__u32 turn = *(volatile __u32 *)&socket->turn;

	*owner = socket->slot[turn & TURN_SLOT];
	if (*(volatile __u32 *)&socket->turn != turn) {
		turn = *(volatile __u32 *)&socket->turn;
		*owner = socket->slot[turn & TURN_SLOT];
	}
	return turn;
}

#endif
