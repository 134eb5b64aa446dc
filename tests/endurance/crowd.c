/* Very many processes, sockets and packets; `short serve` (bench_short.c) takes them in.
 *
 *     crowd hold ADDRESS PORT PROCESSES SOCKETS BYTES KIND
 *     crowd pass ADDRESS PORT PROCESSES BYTES
 *     crowd blast ADDRESS PORT SENDERS SECONDS BYTES
 *
 * `hold` forks processes named hold-N that open SOCKETS connections each (KIND is tcp or
 * udp) and send on each of them, at first and again for each line of standard input; it
 * says "round K" when all have sent. Process N sends BYTES + N % 100. All end with the
 * parent, which ends with its input.
 * `pass` lets processes live one after another, each long enough for one datagram: they
 * share the memory of their parent (vfork), which makes them cheap.
 * `blast` lets SENDERS processes send datagrams as fast as they can, then says how
 * many, and how many microseconds of CPU they took.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_SOCKETS 15000 /* of a table of descriptors, of which a thread can have its own */
#define BATCH 64

static char buffer[65536];

/* Between a parent and all its children. */
static struct shared {
	uint32_t round;
	uint32_t failed;
	uint64_t done;
	uint64_t packets;
} *shared;

static struct sockaddr_in address(char **words)
{
	struct sockaddr_in at = { .sin_family = AF_INET };

	at.sin_port = htons((unsigned short)atoi(words[1]));
	if (inet_pton(AF_INET, words[0], &at.sin_addr) != 1)
		errx(2, "%s: not an IPv4 address", words[0]);
	return at;
}

static void failed(const char *what)
{
	__sync_fetch_and_add(&shared->failed, 1);
	err(1, "%s", what);
}

struct part {
	pthread_t thread;
	struct sockaddr_in at;
	int sockets;
	int size;
	int kind;
};

static void *hold_part(void *argument)
{
	struct part *part = argument;
	int *fds = calloc((size_t)part->sockets, sizeof(*fds)), i;
	uint32_t round;

	if (unshare(CLONE_FILES))
		failed("unshare");
	for (i = 0; i < part->sockets; i++) {
		fds[i] = socket(AF_INET, part->kind, 0);
		if (fds[i] < 0 || connect(fds[i], (void *)&part->at, sizeof(part->at)))
			failed("connect");
	}
	for (round = 1;; round++) {
		for (i = 0; i < part->sockets; i++)
			if (send(fds[i], buffer, (size_t)part->size, 0) != part->size)
				failed("send");
		__sync_fetch_and_add(&shared->done, part->sockets);
		while (__atomic_load_n(&shared->round, __ATOMIC_ACQUIRE) < round)
			syscall(SYS_futex, &shared->round, FUTEX_WAIT, round - 1, NULL, NULL, 0);
	}
}

static void hold_one(struct sockaddr_in at, int number, char **words)
{
	int left = atoi(words[0]), size = atoi(words[1]) + number % 100;
	int kind = strcmp(words[2], "udp") ? SOCK_STREAM : SOCK_DGRAM;
	char name[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(name, sizeof(name), "hold-%d", number);
	prctl(PR_SET_NAME, name);
	for (; left > MOST_SOCKETS; left -= MOST_SOCKETS) {
		struct part *part = malloc(sizeof(*part));

		*part = (struct part){ .at = at, .sockets = MOST_SOCKETS, .size = size, .kind = kind };
		if (pthread_create(&part->thread, NULL, hold_part, part))
			failed("pthread_create");
	}
	hold_part(&(struct part){ .at = at, .sockets = left, .size = size, .kind = kind });
}

static void hold(struct sockaddr_in at, char **words)
{
	uint32_t processes = (uint32_t)atoi(words[0]), round, number;
	uint64_t all = processes * (uint64_t)atoi(words[1]);
	char line[16];

	for (number = 0; number < processes; number++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (!child)
			hold_one(at, (int)number, words + 1);
	}
	for (round = 1;; round++) {
		while (__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) < all * round) {
			if (shared->failed)
				errx(1, "%u processes failed", shared->failed);
			usleep(10000);
		}
		printf("round %u\n", round);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			exit(0);
		__atomic_store_n(&shared->round, round, __ATOMIC_RELEASE);
		syscall(SYS_futex, &shared->round, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	}
}

static void pass(struct sockaddr_in at, char **words)
{
	int processes = atoi(words[0]), number, fd;
	size_t size = (size_t)atoi(words[1]);

	for (number = 0; number < processes; number++) {
		pid_t child = vfork();

		if (child < 0)
			err(1, "vfork");
		if (!child) { /* only system calls: its memory is the parent's */
			fd = socket(AF_INET, SOCK_DGRAM, 0);
			if (sendto(fd, buffer, size, 0, (void *)&at, sizeof(at)) < 0)
				__sync_fetch_and_add(&shared->failed, 1);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	printf("%d\n", processes - (int)shared->failed);
}

static void blast_one(struct sockaddr_in at, double seconds, size_t size)
{
	struct iovec iov = { buffer, size };
	struct mmsghdr messages[BATCH] = {};
	struct timespec now, began;
	uint64_t packets = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i, sent;

	if (connect(fd, (void *)&at, sizeof(at)))
		failed("connect");
	for (i = 0; i < BATCH; i++) {
		messages[i].msg_hdr.msg_iov = &iov;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	do {
		sent = sendmmsg(fd, messages, BATCH, 0);
		if (sent > 0)
			packets += (uint64_t)sent;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((double)(now.tv_sec - began.tv_sec) +
			 (double)(now.tv_nsec - began.tv_nsec) / 1e9 <
		 seconds);
	__sync_fetch_and_add(&shared->packets, packets);
	_exit(0);
}

static void blast(struct sockaddr_in at, char **words)
{
	int senders = atoi(words[0]);
	struct rusage used;
	double seconds = atof(words[1]);
	size_t size = (size_t)atoi(words[2]);

	while (senders--) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (!child)
			blast_one(at, seconds, size);
	}
	while (wait(NULL) > 0)
		continue;
	if (shared->failed)
		errx(1, "%u senders failed", shared->failed);
	getrusage(RUSAGE_CHILDREN, &used);
	printf("%llu %ld\n", (unsigned long long)shared->packets,
	       (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
		       used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
	const char *command = argc > 3 ? argv[1] : "";

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc == 8 && !strcmp(command, "hold"))
		hold(address(argv + 2), argv + 4);
	else if (argc == 6 && !strcmp(command, "pass"))
		pass(address(argv + 2), argv + 4);
	else if (argc == 7 && !strcmp(command, "blast"))
		blast(address(argv + 2), argv + 4);
	else
		errx(2, "usage: see the source");
	return 0;
}
