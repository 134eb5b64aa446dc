/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the maps hold. records.py reads the same layouts: a change here is a change
 * there, and a new number for LAYOUT in records.py.
 */
#ifndef ESIMMON_LAYOUT_H
#define ESIMMON_LAYOUT_H

#include "kernel.h"

#define MAX_ROWS 65536
#define MAX_OWNERS 65536
#define COMM_LEN 16
#define EXE_LEN 512
#define CGROUP_LEN 256
#define ARGV_LEN 256

/* One program image run by one process: start time guards against reuse of the pid,
 * self_exec_id changes with every exec. tgid 0: nobody; exec_id is then the protocol. */
struct owner {
	__u64 start_boottime_ns;
	__u32 tgid;
	__u32 exec_id;
};

enum scope { INTERNET, LOCAL };

struct row_key {
	struct owner owner;
	__u32 netns;         /* inode number, as in /proc/PID/ns/net; 0: not known */
	__u32 ifindex;
	__u32 scope;         /* LOCAL: to a prefix that user space says no carrier sees */
	__u32 zero;
};

/* Signed, modulo 2^64: claim() moves bytes from one row to another. */
struct row {
	__u64 rx_bytes;
	__u64 tx_bytes;
	__u64 rx_packets;
	__u64 tx_packets;
	__u64 born_ns;
};

/* Path components stand last first, each with its NUL. `text` is three areas. A
 * component may run up to 255 bytes over the end of its area; the next area, filled
 * later, overwrites that. */
#define EXE_AT 0
#define CGROUP_AT EXE_LEN
#define ARGV_AT (CGROUP_AT + CGROUP_LEN)
#define TEXT_LEN (ARGV_AT + ARGV_LEN)

struct facts {
	__u64 cgroup_id;
	__u32 uid;
	__u32 ppid;
	__u16 exe_len;       /* EXE_LEN and more: cut */
	__u16 cgroup_len;    /* CGROUP_LEN and more: cut */
	__u16 argv_len;
	__u16 ready;         /* 1 when all the rest is written */
	char comm[COMM_LEN];
	char text[TEXT_LEN];
};

struct ending {
	__u64 at_ns;
	char comm[COMM_LEN]; /* the last name of the process; empty after an exec */
};

struct mtu_key {
	__u32 netns;
	__u32 ifindex;
};

/* One way over a device that user space wants to know exactly, as its driver sees it:
 * behind the queue when sending, so without what the queue dropped. */
struct way {
	__u64 bytes;         /* IP, as it is on the wire */
	__u64 packets;       /* the same; a packet that is not IP is one of 0 bytes */
	__u64 skbs;          /* what was handed over, super-packets whole */
	__u64 skb_bytes;     /* IP bytes in them */
	__u64 extra_bytes;   /* behind the link-layer header, but not IP: padding, ARP */
	__u64 local_bytes;   /* of `bytes`, those in the scope LOCAL */
	__u64 local_packets;
};

struct wire {
	struct way rx;
	struct way tx;
};

/* Devices of the daemon's own network namespace. */
struct hop {
	__u32 from_ifindex;
	__u32 to_ifindex;
};

struct passed {
	__u64 bytes;
	__u64 packets;
};

/* A virtual pair that something was forwarded into: what is at its other end, and what
 * this end was, for it may be gone before anybody looks. */
struct peer {
	__u32 netns;
	__u32 ifindex;
	__u32 master;        /* the bridge that this end is a port of; 0 without one */
	char name[16];
};

/* With the device in front of the address, a prefix matches on that device only. */
struct prefix {
	__u32 prefixlen;
	__u32 ifindex;
	__u8 address[16];    /* IPv4: mapped into IPv6 */
};

struct remote {
	struct owner owner;
	__u8 network[8];     /* of IPv4 the /24 behind four zero bytes, of IPv6 the /48 */
	__u32 version;
	__u32 zero;
};

struct remote_usage {
	__u64 rx_bytes;
	__u64 tx_bytes;
};

/* Written by user space while the program runs. */
struct switches {
	__u32 local_prefixes; /* how many there are: with none, none is looked for */
	__u32 remotes;        /* 1: count them */
	__u32 quotas;         /* how many there are: with none, none is looked for */
};

/* Rows and owners that were born since user space read last, and at how many it is to be
 * woken; 0: never. */
struct room {
	__u32 births;
	__u32 limit;
};

/* How much a device may move before user space wants to know; at 0 and below it does. */
struct quota {
	__s64 left_bytes;
};

/* A TUN device and a process that holds its other end, as the iterator writes it. */
struct tun_holder {
	struct owner owner;
	__u32 netns;
	__u32 ifindex;
};

struct losses {
	__u64 failed_rows;   /* packets that found no row */
	__u64 failed_bytes;
	__u64 failed_owners;
	__u64 failed_storage;
	__u64 failed_hops;   /* forwarded packets without room for where they went */
	__u64 failed_remotes; /* packets without room for whom they went to */
};

/* Written by user space, never read by the program: whose pins these are. */
struct identity {
	__u8 instance[16];
	__u8 predecessor[16];
	__u8 fingerprint[32];
	__u64 cgroup_id;     /* what the programs are attached to */
	__u32 layout;
	__u32 features;
};

/* Counted before a process has really used the socket: owner.h hands it over. */
struct pending {
	__u64 rx_bytes;
	__u64 tx_bytes;
	__u64 rx_packets;
	__u64 tx_packets;
	__u64 place;         /* device, and in the upper half the scope */
};

/* Of `turn`; the bits above count the turns. */
#define TURN_SLOT 1
#define TURN_CLAIMED 2
#define TURN_STEP 4

/* In the socket itself (SK_STORAGE). Two processes may use a socket while a third
 * context counts its packets, so an owner is never changed in place: a writer fills the
 * slot that is not in turn, then turns. One read of `turn` tells a packet its owner and
 * whether it is pending, and what is pending stands beside the owner it was counted
 * for: so no packet falls between the two, whenever it comes. */
struct socket_owner {
	struct owner slot[2];
	struct pending pending[2];
	__u64 writing_since_ns;
	__u32 turn;
	__u32 netns;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	/* CLONE: an accepted connection starts with the owner of its listener */
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_owner);
} socket_owners SEC(".maps");

/* Not LRU: an LRU map forgets rows in silence (40 % of the bytes with 64 rows and 300
 * connections). A full map is counted in `losses` instead. Allocated beforehand: rows are
 * made in softirqs, where the allocator of the kernel gives up in a burst (123 of 5,000
 * quick processes had no row, in a map that was nearly empty); and shared by the CPUs,
 * so that this costs 8 MB however many there are. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ROWS);
	__type(key, struct row_key);
	__type(value, struct row);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_OWNERS);
	__type(key, struct owner);
	__type(value, struct facts);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_OWNERS);
	__type(key, struct owner);
	__type(value, struct ending);
} ended SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct mtu_key);
	__type(value, __u32);
} mtus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct losses);
} losses SEC(".maps");

/* By ifindex, for the devices that user space puts in. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct wire);
} wires SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct hop);
	__type(value, struct passed);
} hops SEC(".maps");

/* By ifindex of the end in the daemon's own network namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct peer);
} peers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct prefix);
	__type(value, __u32);
} local_prefixes SEC(".maps");

/* User space takes the rows out as it reads them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, struct remote);
	__type(value, struct remote_usage);
} remotes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct switches);
} switches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct room);
} room SEC(".maps");

/* By ifindex. Shared by the CPUs, for it is their sum that crosses a line. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct quota);
} quotas SEC(".maps");

/* What is in it says nothing: that there is something wakes user space. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536); /* a multiple of the largest page */
} wakeups SEC(".maps");

/* The last packet on this CPU that may come to several sockets. */
struct shared_packet {
	__u64 first_socket;
	__u32 len;
	__u32 zero;
	__u8 head[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct shared_packet);
} shared_packets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct identity);
} identity SEC(".maps");

/* Settings, written by user space before the program is loaded. A section of its own,
 * so that they start at offset 0 of a map of their own. */
struct settings {
	__u64 own_netns_cookie;
	__u32 own_netns;
	__u32 use_netns_cookie; /* 0: the verifier drops the call as dead code */
	__u32 use_mptcp;        /* the same */
	__u32 use_kernel_skb;   /* the same */
};

const volatile struct settings settings SEC(".rodata.settings") = {};

#endif
