/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Who an owner is: captured when it first uses a socket, because a process that lives
 * for a millisecond has left /proc before anybody can look.
 */
#ifndef ESIMMON_FACTS_H
#define ESIMMON_FACTS_H

#include "layout.h"

#define COMPONENT_LEN 256    /* NAME_MAX and its NUL */
#define MAX_PATH_STEPS 96
#define MAX_CGROUP_STEPS 32

/* An owner's first value. In read-only data, for it is larger than the stack; filled
 * in place afterwards, for a per-CPU scratch buffer is not safe: these hooks can be
 * preempted by another process that runs into the same hook. */
static const struct facts no_facts SEC(".rodata.facts") = {};

/* Callbacks of bpf_loop() keep how far they wrote in the map value, never in the context
 * on the stack: before Linux 6.7 the verifier looks at a callback once only, would take
 * the length for the constant it starts with, and drop the check of it. */
/* Once more, for the verifier of Linux 6.1: it forgets the comparison before it when the
 * compiler works with a copy of the number. */
#define KEEP_BELOW(number, power_of_two) \
	asm volatile("%0 &= %1" : "+r"(number) : "i"((power_of_two) - 1))

struct file_walk {
	struct facts *facts;
	struct dentry *dentry;
	struct mount *mount;
};

static long file_step(__u32 index, struct file_walk *walk)
{
	struct dentry *dentry = walk->dentry, *parent, *root;
	struct mount *mount = walk->mount, *above;
	__u64 at = walk->facts->exe_len;
	long copied;

	root = BPF_CORE_READ(mount, mnt.mnt_root);
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == root || dentry == parent) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			return 1;
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = above;
		return 0;
	}
	if (at >= EXE_LEN)
		return 1;
	KEEP_BELOW(at, EXE_LEN);
	copied = bpf_probe_read_kernel_str(&walk->facts->text[EXE_AT + at], COMPONENT_LEN,
					   BPF_CORE_READ(dentry, d_name.name));
	if (copied <= 0)
		return 1;
	walk->facts->exe_len = at + copied;
	walk->dentry = parent;
	return 0;
}

static __always_inline void read_exe(struct facts *facts, struct task_struct *task)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct file_walk walk = { .facts = facts };

	if (!exe)
		return; /* a kernel thread */
	walk.dentry = BPF_CORE_READ(exe, f_path.dentry);
	walk.mount = (void *)BPF_CORE_READ(exe, f_path.mnt) -
		     bpf_core_field_offset(struct mount, mnt);
	bpf_loop(MAX_PATH_STEPS, file_step, &walk, 0);
}

struct cgroup_walk {
	struct facts *facts;
	struct kernfs_node *node;
};

static long cgroup_step(__u32 index, struct cgroup_walk *walk)
{
	struct kernfs_node *parent, *node = walk->node;
	__u64 at = walk->facts->cgroup_len;
	long copied;

	if (bpf_core_field_exists(node->parent))
		parent = BPF_CORE_READ(node, parent);
	else
		parent = BPF_CORE_READ((struct kernfs_node___since_6_15 *)node, __parent);
	if (!parent || at >= CGROUP_LEN)
		return 1; /* the root has no name */
	KEEP_BELOW(at, CGROUP_LEN);
	copied = bpf_probe_read_kernel_str(&walk->facts->text[CGROUP_AT + at],
					   COMPONENT_LEN, BPF_CORE_READ(node, name));
	if (copied <= 0)
		return 1;
	walk->facts->cgroup_len = at + copied;
	walk->node = parent;
	return 0;
}

static __always_inline void read_cgroup(struct facts *facts, struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	struct cgroup_walk walk = { .facts = facts, .node = node };

	if (!node)
		return;
	facts->cgroup_id = BPF_CORE_READ(node, id);
	bpf_loop(MAX_CGROUP_STEPS, cgroup_step, &walk, 0);
}

/* Only for the current process: another's memory is not mapped here. A page that is
 * not resident cannot be waited for; then argv_len stays 0 and user space asks /proc. */
static __always_inline void read_argv(struct facts *facts, struct task_struct *task)
{
	__u64 start = BPF_CORE_READ(task, mm, arg_start);
	__u64 len = BPF_CORE_READ(task, mm, arg_end) - start;

	if (!start)
		return;
	if (len > ARGV_LEN)
		len = ARGV_LEN;
	if (!bpf_probe_read_user(&facts->text[ARGV_AT], len, (void *)start))
		facts->argv_len = len;
}

/* A macro, for the field is a name. */
#define LOSE(field, amount)                                                  \
	({                                                                   \
		__u32 zero_ = 0;                                             \
		struct losses *lost_ = bpf_map_lookup_elem(&losses, &zero_); \
		if (lost_)                                                   \
			__sync_fetch_and_add(&lost_->field, amount);         \
	})

static __always_inline void call_user_space(void)
{
	__u32 zero = 0;

	bpf_ringbuf_output(&wakeups, &zero, sizeof(zero), BPF_RB_FORCE_WAKEUP);
}

/* So that the maps are read and emptied before they are full, whatever the tick. */
static __always_inline void note_birth(void)
{
	__u32 zero = 0;
	struct room *left = bpf_map_lookup_elem(&room, &zero);

	if (left && __sync_fetch_and_add(&left->births, 1) + 1 == left->limit)
		call_user_space();
}

static __always_inline void owner_of(struct task_struct *task, struct owner *owner)
{
	owner->start_boottime_ns = task->group_leader->start_boottime;
	owner->tgid = task->tgid;
	owner->exec_id = task->self_exec_id;
}

static __noinline int note_owner(struct owner *owner, struct task_struct *task, int current)
{
	struct facts *facts;
	long error;

	if (bpf_map_lookup_elem(&owners, owner))
		return 0;
	error = bpf_map_update_elem(&owners, owner, &no_facts, BPF_NOEXIST);
	if (error == -EEXIST)
		return 0; /* another thread of the process is filling it */
	facts = error ? NULL : bpf_map_lookup_elem(&owners, owner);
	if (!facts) {
		LOSE(failed_owners, 1);
		return 0;
	}
	note_birth();
	facts->uid = BPF_CORE_READ(task, cred, uid.val);
	facts->ppid = BPF_CORE_READ(task, real_parent, tgid);
	BPF_CORE_READ_STR_INTO(&facts->comm, task, group_leader, comm);
	read_exe(facts, task);
	read_cgroup(facts, task);
	if (current)
		read_argv(facts, task);
	facts->ready = 1;
	return 0;
}

#endif
