/* Other clocks for one program: preloaded, it shifts CLOCK_REALTIME by what a file
 * says, lets the machine have slept, and answers adjtimex(2). The machine's clocks are
 * not touched. The file, named by ESIMMON_TEST_CLOCK, holds struct wall. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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
