/*
 * TCP by io_uring, with the system calls alone: no library is needed.
 *
 *     uring COMMAND HOST PORT UP DOWN [HOW]
 *
 * COMMAND: transfer, serve, or serve_in_worker (a worker, forked before, accepts; says
 * its pid). The conversation is that of traffic.py. HOW: plain, zerocopy (SEND_ZC),
 * polled (a thread of the kernel submits), lent (a ring of the parent that a thread of
 * the kernel submits from; only serve_in_worker).
 * Ends with 77 when the kernel does not let this user have a ring.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_ALLOWED 77
#define CHUNK 65536
#define CALM_US 20000

struct ring {
	int fd;
	int polled;
	unsigned *sq_tail, *sq_mask, *sq_array, *sq_flags;
	unsigned *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static char *buffer; /* shared: a ring that is lent uses its owner's memory */
static int zerocopy;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *map(int fd, size_t size, off_t at)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			    fd, at);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

static void open_ring(struct ring *ring, int polled)
{
	struct io_uring_params params = { 0 };
	char *sq, *cq;

	if (polled) {
		params.flags = IORING_SETUP_SQPOLL;
		params.sq_thread_idle = 1000;
	}
	ring->polled = polled;
	ring->fd = syscall(SYS_io_uring_setup, 8, &params);
	if (ring->fd < 0 && (errno == EPERM || errno == ENOSYS))
		exit(NOT_ALLOWED);
	if (ring->fd < 0)
		die("io_uring_setup");
	sq = map(ring->fd, params.sq_off.array + params.sq_entries * sizeof(unsigned),
		 IORING_OFF_SQ_RING);
	cq = map(ring->fd,
		 params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		 IORING_OFF_CQ_RING);
	ring->sqes = map(ring->fd, params.sq_entries * sizeof(struct io_uring_sqe),
			 IORING_OFF_SQES);
	ring->sq_tail = (unsigned *)(sq + params.sq_off.tail);
	ring->sq_mask = (unsigned *)(sq + params.sq_off.ring_mask);
	ring->sq_array = (unsigned *)(sq + params.sq_off.array);
	ring->sq_flags = (unsigned *)(sq + params.sq_off.flags);
	ring->cq_head = (unsigned *)(cq + params.cq_off.head);
	ring->cq_tail = (unsigned *)(cq + params.cq_off.tail);
	ring->cq_mask = (unsigned *)(cq + params.cq_off.ring_mask);
	ring->cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
}

/* The next completion: its result, and whether another one follows. */
static int complete(struct ring *ring, int *more)
{
	struct io_uring_cqe *cqe;
	unsigned head = *ring->cq_head;
	int result;

	while (__atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) == head)
		if (syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS,
			    NULL, 0) < 0 && errno != EINTR)
			die("io_uring_enter");
	cqe = &ring->cqes[head & *ring->cq_mask];
	result = cqe->res;
	*more = !!(cqe->flags & IORING_CQE_F_MORE);
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static int run(struct ring *ring, int opcode, int fd, void *memory, size_t size)
{
	unsigned tail = *ring->sq_tail, at = tail & *ring->sq_mask, wake = 0;
	struct io_uring_sqe *sqe = &ring->sqes[at];
	int result, more;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcode;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)memory;
	sqe->len = size;
	if (opcode == IORING_OP_CONNECT) {
		sqe->len = 0;
		sqe->off = size; /* length of the address */
	}
	ring->sq_array[at] = at;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_SEQ_CST);
	if (ring->polled &&
	    __atomic_load_n(ring->sq_flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP)
		wake = IORING_ENTER_SQ_WAKEUP;
	if ((!ring->polled || wake) &&
	    syscall(SYS_io_uring_enter, ring->fd, 1, 0, wake, NULL, 0) < 0)
		die("io_uring_enter");
	result = complete(ring, &more);
	if (more)
		complete(ring, &more); /* SEND_ZC tells when the memory is free again */
	if (result < 0) {
		errno = -result;
		die("io_uring");
	}
	return result;
}

static void send_bytes(struct ring *ring, int fd, size_t count)
{
	int opcode = zerocopy ? IORING_OP_SEND_ZC : IORING_OP_SEND;

	while (count)
		count -= run(ring, opcode, fd, buffer, count < CHUNK ? count : CHUNK);
}

static void receive_bytes(struct ring *ring, int fd, size_t count)
{
	int got;

	while (count) {
		got = run(ring, IORING_OP_RECV, fd, buffer, count < CHUNK ? count : CHUNK);
		if (!got)
			die("closed early");
		count -= got;
	}
}

static socklen_t address(struct sockaddr_storage *out, const char *host, const char *port)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(atoi(port));
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(atoi(port));
	if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
		die("address");
	return sizeof(*v4);
}

static void converse(struct ring *ring, int fd, uint64_t up, uint64_t down)
{
	uint64_t header[2] = { up, down };

	memcpy(buffer, header, sizeof(header));
	run(ring, IORING_OP_SEND, fd, buffer, sizeof(header));
	send_bytes(ring, fd, up);
	receive_bytes(ring, fd, down);
	run(ring, IORING_OP_RECV, fd, buffer, 1);
	usleep(CALM_US);
	close(fd);
}

static void serve_one(struct ring *ring, int fd)
{
	uint64_t header[2];

	receive_bytes(ring, fd, sizeof(header));
	memcpy(header, buffer, sizeof(header));
	receive_bytes(ring, fd, header[0]);
	send_bytes(ring, fd, header[1]);
	run(ring, IORING_OP_SHUTDOWN, fd, NULL, SHUT_WR);
	run(ring, IORING_OP_RECV, fd, buffer, 1);
	run(ring, IORING_OP_CLOSE, fd, NULL, 0);
}

static void serve(struct ring *ring, int listener, int in_worker, int lent)
{
	int polled = ring->polled, status = 0;
	pid_t worker = 0;

	if (in_worker)
		worker = fork();
	if (worker) {
		printf("%d\n", worker);
		fflush(stdout);
		waitpid(worker, &status, 0);
		exit(WEXITSTATUS(status));
	}
	if (in_worker && !lent)
		open_ring(ring, polled);
	if (!in_worker) {
		puts("ready");
		fflush(stdout);
	}
	serve_one(ring, run(ring, IORING_OP_ACCEPT, listener, NULL, 0));
}

int main(int count, char **words)
{
	const char *command = words[1], *how = count > 6 ? words[6] : "plain";
	int lent = !strcmp(how, "lent"), one = 1, sock;
	struct sockaddr_storage where;
	struct ring ring;
	socklen_t length;

	if (count < 6)
		return 2;
	buffer = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		die("mmap");
	zerocopy = !strcmp(how, "zerocopy");
	length = address(&where, words[2], words[3]);
	sock = socket(where.ss_family, SOCK_STREAM, 0);
	open_ring(&ring, lent || !strcmp(how, "polled"));
	if (!strcmp(command, "transfer")) {
		run(&ring, IORING_OP_CONNECT, sock, &where, length);
		converse(&ring, sock, atoll(words[4]), atoll(words[5]));
		return 0;
	}
	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(sock, (struct sockaddr *)&where, length) || listen(sock, 16))
		die("listen");
	serve(&ring, sock, !strcmp(command, "serve_in_worker"), lent);
	return 0;
}
