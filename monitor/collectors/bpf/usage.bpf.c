// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Bytes and packets on the wire, per process, network namespace and device.
 *
 * Counted in cgroup_skb, in both directions, as IP packets after segmentation and
 * before reassembly. The owner comes from the socket; owner.h says how it got there.
 * Which programs load differs from kernel to kernel: the loader tries, and switches off
 * what the kernel does not have. See features.py for the groups.
 */
#include "wire.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("cgroup_skb/egress")
int skb_egress(struct __sk_buff *skb)
{
	return count(skb, EGRESS);
}

SEC("cgroup_skb/ingress")
int skb_ingress(struct __sk_buff *skb)
{
	return count(skb, INGRESS);
}

/* ---- owner hooks of cgroups: before the system call does its work ---- */

static __always_inline int use_bpf_sock(struct bpf_sock *sk, enum use use)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct socket_owner *socket;

	if (!sk)
		return 1;
	socket = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (socket)
		use_socket(socket, task, task->nsproxy->net_ns->ns.inum, use);
	else
		LOSE(failed_storage, 1);
	return 1;
}

SEC("cgroup/sock_create")
int sock_create(struct bpf_sock *sk)
{
	if (sk->family == AF_INET || sk->family == AF_INET6)
		return use_bpf_sock(sk, CREATED);
	return 1;
}

#define ADDRESS_HOOK(name, use)                         \
	SEC("cgroup/" #name)                            \
	int name(struct bpf_sock_addr *ctx)             \
	{                                               \
		return use_bpf_sock(ctx->sk, use);      \
	}

ADDRESS_HOOK(connect4, USED)
ADDRESS_HOOK(connect6, USED)
ADDRESS_HOOK(sendmsg4, USED)
ADDRESS_HOOK(sendmsg6, USED)
ADDRESS_HOOK(recvmsg4, USED)
ADDRESS_HOOK(recvmsg6, USED)
/* accept(2) with a buffer for the address asks for the peer's name: the current process
 * is the acceptor and the socket the new connection. */
ADDRESS_HOOK(getpeername4, ACCEPTED)
ADDRESS_HOOK(getpeername6, ACCEPTED)

/* ---- owner hooks with BTF: TCP, which has no cgroup hook for sending ---- */

static __always_inline int use_sock(struct sock *sk, enum use use)
{
	struct socket_owner *socket;
	__u16 family;

	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6 && family != AF_PACKET)
		return 0;
	socket = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (socket)
		use_socket(socket, bpf_get_current_task_btf(),
			   sk->__sk_common.skc_net.net->ns.inum, use);
	else
		LOSE(failed_storage, 1);
	return 0;
}

/* After the work is done, so the first bytes after a hand-over go to the one before. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk, int sent, int flags)
{
	return sent > 0 ? use_sock(sk, USED) : 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int received, int flags)
{
	return received > 0 && !(flags & MSG_PEEK) ? use_sock(sk, USED) : 0;
}

/* Whatever reads from TCP, splice and zero-copy among it, which are not receiving. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_rcv_space_adjust, struct sock *sk)
{
	return use_sock(sk, USED);
}

/* Instead of the two, on kernels before 6.3. */
#define FUNCTION_HOOK(name)                             \
	SEC("fentry/" #name)                            \
	int BPF_PROG(name, struct socket *socket)       \
	{                                               \
		return use_sock(socket->sk, USED);      \
	}

FUNCTION_HOOK(inet_sendmsg)
FUNCTION_HOOK(inet6_sendmsg)
FUNCTION_HOOK(inet_recvmsg)
FUNCTION_HOOK(inet6_recvmsg)
FUNCTION_HOOK(tcp_splice_read)

SEC("fexit/inet_accept")
int BPF_PROG(inet_accept, struct socket *listener, struct socket *accepted)
{
	return use_sock(accepted->sk, ACCEPTED);
}

/* ---- sockets older than the program ---- */

SEC("iter/task_file")
int task_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_owner *owned;
	struct owner owner = {};
	struct socket *socket;
	struct sock *sk;
	__u16 family;
	__u32 turn;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket || !socket->sk)
		return 0;
	sk = socket->sk;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	owned = bpf_sk_storage_get(&socket_owners, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!owned) {
		LOSE(failed_storage, 1);
		return 0;
	}
	if (owned->turn)
		return 0; /* a hook was faster, or another process holds it too */
	owner_of(task, &owner);
	owned->netns = sk->__sk_common.skc_net.net->ns.inum;
	owned->slot[TURN_SLOT] = owner;
	turn = TURN_STEP | TURN_SLOT;
	/* A listener stays unclaimed: its connections inherit that. */
	if (sk->__sk_common.skc_state != BPF_TCP_LISTEN)
		turn |= TURN_CLAIMED;
	__sync_lock_test_and_set(&owned->turn, turn);
	note_owner(&owner, task, 0);
	return 0;
}

/* ---- what the devices move ---- */

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit, const struct sk_buff *skb, const struct net_device *device)
{
	leave(skb, device);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, const struct sk_buff *skb)
{
	enter(skb);
	return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb, const struct sk_buff *skb, void *location, int reason)
{
	if (is_behind_sending(reason))
		take_back(skb);
	return 0;
}

/* ---- who holds the other end of a TUN device ---- */

#define CACHE_LINE 64

/* struct tun_file is that of a module, whose types only root may look up. It is laid out
 * as a sock, a socket and the tun_struct, which begins with an array of 256 queues, four
 * numbers and the device (drivers/net/tun.c, since Linux 3.8). */
static __always_inline struct net_device *tun_device(const void *tun_file)
{
	__u32 at = (bpf_core_type_size(struct sock) + CACHE_LINE - 1) & -CACHE_LINE;
	struct net_device *device = NULL;
	unsigned char *tun = NULL;

	at += bpf_core_type_size(struct socket);
	bpf_probe_read_kernel(&tun, sizeof(tun), tun_file + at);
	if (tun)
		bpf_probe_read_kernel(&device, sizeof(device), tun + 256 * 8 + 4 * 4);
	return device;
}

SEC("iter/task_file")
int tun_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct tun_holder holder = {};
	struct net_device *device;

	if (!task || !file || task->pid != task->tgid || !file->private_data)
		return 0;
	if (file->f_inode->i_rdev != TUN_DEVICE)
		return 0;
	device = tun_device(file->private_data);
	if (!device)
		return 0; /* opened, but no device made with it yet */
	owner_of(task, &holder.owner);
	holder.ifindex = BPF_CORE_READ(device, ifindex);
	holder.netns = BPF_CORE_READ(device, nd_net.net, ns.inum);
	bpf_seq_write(ctx->meta->seq, &holder, sizeof(holder));
	return 0;
}

/* ---- the end of an owner ---- */

static __always_inline void end_owner(struct owner *owner, struct task_struct *task)
{
	struct ending ending = {};

	if (!bpf_map_lookup_elem(&owners, owner))
		return;
	ending.at_ns = bpf_ktime_get_boot_ns();
	if (task)
		BPF_CORE_READ_STR_INTO(&ending.comm, task, group_leader, comm);
	if (bpf_map_update_elem(&ended, owner, &ending, BPF_NOEXIST))
		LOSE(failed_owners, 1);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct owner owner = {};

	if (task->signal->live.counter)
		return 0; /* other threads live on */
	owner_of(task, &owner);
	end_owner(&owner, task);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task)
{
	struct owner owner = {};

	owner_of(task, &owner);
	owner.exec_id--; /* the image that this one replaced */
	end_owner(&owner, NULL);
	return 0;
}
