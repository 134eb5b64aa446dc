/* Processes that live for a moment, each with one connection, as many as are wanted.
 *
 *     short serve ADDRESS PORT
 *     short run ADDRESS PORT COUNT RATE HOLD_US BYTES KIND
 *
 * `serve` takes in what comes until it is killed; it says "ready". `run` forks
 * COUNT children, RATE a second (0: each as soon as the one before has ended): each is
 * named short-N, connects, sends BYTES, waits HOLD_US, and ends; KIND is tcp or udp.
 * Their pids go to standard output, in order.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 4 /* that a machine may allow 20,000 descriptors each */

static char buffer[65536];

static struct sockaddr_in address(char **words)
{
	struct sockaddr_in at = { .sin_family = AF_INET };

	at.sin_port = htons((unsigned short)atoi(words[1]));
	if (inet_pton(AF_INET, words[0], &at.sin_addr) != 1)
		errx(2, "%s: not an IPv4 address", words[0]);
	return at;
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		err(1, "epoll_ctl");
}

/* Another worker may have been faster, or has to take it: this one has no room left. */
static void take_in(int epoll, int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd >= 0)
		watch(epoll, fd);
	else if (errno == EMFILE)
		epoll_ctl(epoll, EPOLL_CTL_DEL, listener, NULL);
	else if (errno != EAGAIN)
		err(1, "accept");
}

static void serve(struct sockaddr_in at)
{
	int one = 1, epoll, workers;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int sink = socket(AF_INET, SOCK_DGRAM, 0); /* nobody reads: no error goes back */
	struct epoll_event event;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(sink, (void *)&at, sizeof(at)))
		err(1, "bind");
	if (bind(listener, (void *)&at, sizeof(at)) || listen(listener, 4096))
		err(1, "listen");
	puts("ready");
	fflush(stdout);
	for (workers = WORKERS; workers > 1 && fork(); workers--)
		continue;
	if (workers > 1)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	epoll = epoll_create1(0);
	watch(epoll, listener);
	while (epoll_wait(epoll, &event, 1, -1) == 1) {
		int fd = event.data.fd;

		if (fd == listener)
			take_in(epoll, listener);
		else if (read(fd, buffer, sizeof(buffer)) <= 0)
			close(fd);
	}
}

static void live(struct sockaddr_in at, int number, char **words)
{
	long hold_us = atol(words[0]), left = atol(words[1]);
	int kind = strcmp(words[2], "udp") ? SOCK_STREAM : SOCK_DGRAM, fd;
	struct timespec hold = { hold_us / 1000000, hold_us % 1000000 * 1000 };
	char name[16];

	snprintf(name, sizeof(name), "short-%d", number);
	prctl(PR_SET_NAME, name);
	fd = socket(AF_INET, kind, 0);
	if (connect(fd, (void *)&at, sizeof(at)))
		err(1, "connect");
	while (left > 0) {
		ssize_t sent = send(fd, buffer, left < 65000 ? left : 65000, 0);

		if (sent < 0)
			err(1, "send");
		left -= sent;
	}
	if (hold_us)
		nanosleep(&hold, NULL);
	_exit(0);
}

static int failures;

/* Takes leave of one that has ended; false when there is none. */
static int reap(int options)
{
	int status;

	if (waitpid(-1, &status, options) <= 0)
		return 0;
	failures += status != 0;
	return 1;
}

static void run(struct sockaddr_in at, char **words)
{
	int count = atoi(words[0]), rate = atoi(words[1]), number;
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	for (number = 0; number < count; number++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (!child)
			live(at, number, words + 2);
		printf("%d\n", child);
		if (!rate) {
			reap(0);
			continue;
		}
		while (reap(WNOHANG))
			continue;
		due.tv_nsec += 1000000000 / rate;
		if (due.tv_nsec >= 1000000000) {
			due.tv_nsec -= 1000000000;
			due.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	}
	while (reap(0))
		continue;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "serve"))
		serve(address(argv + 2));
	else if (argc == 9 && !strcmp(argv[1], "run"))
		run(address(argv + 2), argv + 4);
	else
		errx(2, "usage: see the source");
	return failures > 0;
}
