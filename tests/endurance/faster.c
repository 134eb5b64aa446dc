/* All clocks of one program run faster, preloaded: by ESIMMON_TEST_RATE since
 * ESIMMON_TEST_SINCE (CLOCK_BOOTTIME in nanoseconds), and what waits by a clock waits as
 * much less. So a day passes in minutes, with as many ticks, flushes and calendar jobs as
 * it has. The kernel and other programs keep the true time; tests/e2e/clock.c shifts. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL

static int64_t in_ns(const struct timespec *at)
{
	return at->tv_sec * SECOND_NS + at->tv_nsec;
}

static struct timespec of_ns(int64_t at_ns)
{
	return (struct timespec){ at_ns / SECOND_NS, at_ns % SECOND_NS };
}

static int64_t true_ns(clockid_t clock)
{
	struct timespec at;

	syscall(SYS_clock_gettime, clock, &at);
	return in_ns(&at);
}

static int64_t rate(void)
{
	static int64_t known;

	if (!known)
		known = atoll(getenv("ESIMMON_TEST_RATE"));
	return known;
}

static int64_t elapsed_ns(void)
{
	static int64_t since_ns;

	if (!since_ns)
		since_ns = atoll(getenv("ESIMMON_TEST_SINCE"));
	return true_ns(CLOCK_BOOTTIME) - since_ns;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
	int failed = (int)syscall(SYS_clock_gettime, clock, at);

	if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME ||
			clock == CLOCK_MONOTONIC))
		*at = of_ns(in_ns(at) + elapsed_ns() * (rate() - 1));
	return failed;
}

int adjtimex(struct timex *unused)
{
	(void)unused;
	return TIME_OK;
}

/* Of an instant of the fast CLOCK_MONOTONIC, when that really is. */
static struct timespec really(const struct timespec *at, int64_t by)
{
	struct timespec now;
	int64_t left_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left_ns = in_ns(at) - in_ns(&now);
	return of_ns(true_ns(CLOCK_MONOTONIC) + (left_ns > 0 ? left_ns / by : 0));
}

int timerfd_settime(int fd, int flags, const struct itimerspec *at,
		    struct itimerspec *before)
{
	struct itimerspec soon = *at;

	if (!(flags & TFD_TIMER_ABSTIME)) {
		soon.it_value = of_ns(in_ns(&at->it_value) / rate());
		soon.it_interval = of_ns(in_ns(&at->it_interval) / rate());
	}
	return (int)syscall(SYS_timerfd_settime, fd, flags, &soon, before);
}

/* The next three are how CPython waits: for a lock of a thread, for the interpreter's
 * own lock, and in time.sleep; all by CLOCK_MONOTONIC. */
int sem_clockwait(sem_t *lock, clockid_t clock, const struct timespec *until)
{
	int (*wait)(sem_t *, clockid_t, const struct timespec *) =
		dlsym(RTLD_NEXT, "sem_clockwait");
	struct timespec at = really(until, rate());

	return wait(lock, clock, &at);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
			   const struct timespec *until)
{
	int (*wait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *) =
		dlsym(RTLD_NEXT, "pthread_cond_clockwait");
	struct timespec at = really(until, 1); /* the 5 ms of a thread's turn stay so long */

	return wait(condition, mutex, CLOCK_MONOTONIC, &at);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
		    struct timespec *rest)
{
	struct timespec at = really(until, rate());

	(void)rest;
	return syscall(SYS_clock_nanosleep, clock, flags, &at, NULL) ? errno : 0;
}
