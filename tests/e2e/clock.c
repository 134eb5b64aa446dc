/* Other clocks for one program: preloaded, it shifts CLOCK_REALTIME by what a file
 * says, lets the machine have slept, and answers adjtimex(2). The machine's clocks are
 * not touched. The file, named by ESIMMON_TEST_CLOCK, holds struct wall. The pipe beside
 * it, with .set behind its name, stands for a timer that the kernel cancels when the
 * wall clock is set: each byte in it is one such moment. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

struct wall {
	int64_t ahead_s;
	int64_t synchronised;
	int64_t slept_s;
};

static const struct wall *wall(void)
{
	static const struct wall *mapped;

	if (!mapped) {
		int fd = open(getenv("ESIMMON_TEST_CLOCK"), O_RDONLY | O_CLOEXEC);

		mapped = mmap(NULL, sizeof(*mapped), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	return mapped;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
	int failed = (int)syscall(SYS_clock_gettime, clock, at);

	if (!failed && clock == CLOCK_REALTIME)
		at->tv_sec += wall()->ahead_s + wall()->slept_s;
	if (!failed && clock == CLOCK_BOOTTIME)
		at->tv_sec += wall()->slept_s;
	return failed;
}

int adjtimex(struct timex *unused)
{
	(void)unused;
	return wall()->synchronised ? TIME_OK : TIME_ERROR;
}

static int changes = -1;

int timerfd_create(int clock, int flags)
{
	char path[PATH_MAX];

	if (clock != CLOCK_REALTIME)
		return (int)syscall(SYS_timerfd_create, clock, flags);
	snprintf(path, sizeof(path), "%s.set", getenv("ESIMMON_TEST_CLOCK"));
	changes = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return changes;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at,
		    struct itimerspec *before)
{
	if (fd == changes)
		return 0;
	return (int)syscall(SYS_timerfd_settime, fd, flags, at, before);
}

ssize_t read(int fd, void *into, size_t length)
{
	ssize_t got = syscall(SYS_read, fd, into, length);

	if (fd != changes || fd < 0 || got <= 0)
		return got;
	errno = ECANCELED;
	return -1;
}
