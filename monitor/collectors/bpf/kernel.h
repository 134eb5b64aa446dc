/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The few kernel structures that the program reads, with only the fields it reads.
 *
 * preserve_access_index makes the compiler record each access by name, and libbpf puts
 * in the offsets of the running kernel (CO-RE). So neither a 2.8 MB vmlinux.h nor the
 * headers of any kernel are needed, and the built object depends on nothing but the
 * compiler. Order and gaps in these structures mean nothing.
 */
#ifndef ESIMMON_KERNEL_H
#define ESIMMON_KERNEL_H

/* <linux/types.h> would do, but its BTF differs from one distribution to the next. */
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* include/uapi/linux/bpf.h: part of the kernel's stable interface */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_HASH 5
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LPM_TRIE 11
#define BPF_MAP_TYPE_SK_STORAGE 24
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_NOEXIST 1
#define BPF_F_NO_PREALLOC (1U << 0)
#define BPF_F_CLONE (1U << 9)
#define BPF_RB_FORCE_WAKEUP (1ULL << 1)
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1
#define BPF_TCP_LISTEN 10

/* include/linux/socket.h, include/uapi/linux/in.h, include/linux/errno.h */
#define AF_INET 2
#define AF_INET6 10
#define AF_PACKET 17
#define SOCK_RAW 3
#define MSG_PEEK 2
#define IPPROTO_HOPOPTS 0
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMP 1
#define IPPROTO_ICMPV6 58
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_DSTOPTS 60
#define EEXIST 17
/* include/uapi/linux/if_packet.h */
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_LOOPBACK 5
/* include/uapi/linux/if_ether.h, as they stand in a packet */
#define ETH_P_IP bpf_htons(0x0800)
#define ETH_P_IPV6 bpf_htons(0x86DD)
/* include/linux/skbuff.h: kinds of super-packets whose inner headers are repeated, too */
#define SKB_GSO_TUNNELS (1U << 6 | 1U << 7 | 1U << 8 | 1U << 9 | 1U << 10 | 1U << 11)
#define SKB_GSO_UDP_L4 (1U << 17)
/* drivers/net/tun.c, include/linux/kdev_t.h: the character device /dev/net/tun */
#define TUN_DEVICE (10U << 20 | 200U)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* ---- what the hooks are given ---- */
struct bpf_sock {
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 state;
};

struct bpf_sock_addr {
	struct bpf_sock *sk;
};

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 ifindex;
	__u32 gso_size;
	struct bpf_sock *sk;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct file *file;
};

/* ---- files: path of a program ---- */
struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct inode {
	__u32 i_rdev;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

/* ---- cgroups ---- */
struct kernfs_node {
	__u64 id;
	const char *name;
	struct kernfs_node *parent;
};

/* Linux 6.15 renamed the field; libbpf ignores the part behind three underscores. */
struct kernfs_node___since_6_15 {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

/* ---- network ---- */
struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct net *net_ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	__u16 skc_num;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

/* Opaque: only handed from one helper to another. */
struct mptcp_sock {
	struct sock *first;
};

struct rtnl_link_ops {
	const char *kind;
};

struct list_head {
	struct list_head *next;
};

/* A device above or beneath another one (net/core/dev.c). */
struct netdev_adjacent {
	struct net_device *dev;
	_Bool master;
	struct list_head list;
};

struct net_device {
	int ifindex;
	unsigned int mtu;
	possible_net_t nd_net;
	const struct rtnl_link_ops *rtnl_link_ops;
	char name[16];
	struct {
		struct list_head upper;
	} adj_list;
};

/* Since Linux 6.10; before, the driver's part begins behind the structure. */
struct net_device___since_6_10 {
	__u8 priv[0];
};

struct inet_skb_parm {
	__u16 frag_max_size;
};

struct inet6_skb_parm {
	__u16 frag_max_size;
};

struct sk_buff {
	char cb[48];
	struct net_device *dev;
	struct sock *sk;
	unsigned char *head;
	unsigned char *data;
	unsigned int len;
	unsigned int data_len;
	unsigned int end;
	__u8 pkt_type:3;
	int skb_iif;
	__be16 protocol;
	__u16 network_header;
	__u16 inner_transport_header;
};

struct skb_shared_info {
	unsigned short gso_size;
	unsigned int gso_type;
};

/* Each may be missing in a kernel; the numbers are those of the running one. */
enum skb_drop_reason {
	SKB_DROP_REASON_NEIGH_CREATEFAIL,
	SKB_DROP_REASON_NEIGH_FAILED,
	SKB_DROP_REASON_NEIGH_QUEUEFULL,
	SKB_DROP_REASON_NEIGH_DEAD,
	SKB_DROP_REASON_TC_EGRESS,
	SKB_DROP_REASON_QDISC_DROP,
	SKB_DROP_REASON_QDISC_OVERLIMIT,
	SKB_DROP_REASON_QDISC_CONGESTED,
	SKB_DROP_REASON_CAKE_FLOOD,
	SKB_DROP_REASON_FQ_BAND_LIMIT,
	SKB_DROP_REASON_FQ_HORIZON_LIMIT,
	SKB_DROP_REASON_FQ_FLOW_LIMIT,
};

/* ---- processes ---- */
typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct signal_struct {
	atomic_t live;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
	struct file *exe_file;
};

struct task_struct {
	struct mm_struct *mm;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	__u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	__u64 self_exec_id;
	struct css_set *cgroups;
};

#pragma clang attribute pop

#endif
