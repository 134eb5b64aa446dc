/* A disk that fails one program when a test says so: preloaded, it lets some calls on
 * files with a word in their path through, and then answers an error, or ends the
 * program as kill -9 does. The file, named by ESIMMON_TEST_FAULT, holds struct fault.
 * SQLite and Python call the C library for all that they do with files, but for what
 * they map. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READ = 1, WRITE = 2, SYNC = 4, TRUNCATE = 8, RENAME = 16, UNLINK = 32, OPEN = 64 };

struct fault {
	int64_t kinds;
	int64_t error; /* 0: end the program */
	int64_t skipped; /* calls that succeed first */
	int64_t most; /* calls that fail then */
	int64_t seen;
	int64_t failed;
	char part[256];
};

static struct fault *fault(void)
{
	static struct fault *mapped;

	if (!mapped) {
		int fd = (int)syscall(SYS_openat, AT_FDCWD, getenv("ESIMMON_TEST_FAULT"),
				      O_RDWR | O_CLOEXEC, 0);

		mapped = mmap(NULL, sizeof(*mapped), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	return mapped;
}

static int fails(int64_t kind, const char *path)
{
	struct fault *wanted = fault();
	int64_t before;

	if (!(__atomic_load_n(&wanted->kinds, __ATOMIC_ACQUIRE) & kind) || !path ||
	    !strstr(path, wanted->part))
		return 0;
	before = __atomic_fetch_add(&wanted->seen, 1, __ATOMIC_SEQ_CST);
	if (before < wanted->skipped || before - wanted->skipped >= wanted->most)
		return 0;
	__atomic_fetch_add(&wanted->failed, 1, __ATOMIC_SEQ_CST);
	if (!wanted->error)
		kill(getpid(), SIGKILL);
	errno = (int)wanted->error;
	return 1;
}

static int fails_at(int64_t kind, int fd)
{
	char link[32], path[4096];
	ssize_t length;

	if (!(__atomic_load_n(&fault()->kinds, __ATOMIC_ACQUIRE) & kind))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	return fails(kind, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ON_DESCRIPTOR(type, name, kind, declared, given)        \
	type name declared                                      \
	{                                                       \
		static __typeof__(&name) next;                  \
		if (!next)                                      \
			next = NEXT(name);                      \
		return fails_at(kind, fd) ? -1 : next given;    \
	}
#define ON_PATH(name, kind, declared, given)                    \
	int name declared                                       \
	{                                                       \
		static __typeof__(&name) next;                  \
		if (!next)                                      \
			next = NEXT(name);                      \
		return fails(kind, path) ? -1 : next given;     \
	}

ON_DESCRIPTOR(ssize_t, read, READ, (int fd, void *to, size_t size), (fd, to, size))
ON_DESCRIPTOR(ssize_t, pread, READ, (int fd, void *to, size_t size, off_t at), (fd, to, size, at))
ON_DESCRIPTOR(ssize_t, pread64, READ, (int fd, void *to, size_t size, off64_t at),
	      (fd, to, size, at))
ON_DESCRIPTOR(ssize_t, write, WRITE, (int fd, const void *from, size_t size), (fd, from, size))
ON_DESCRIPTOR(ssize_t, pwrite, WRITE, (int fd, const void *from, size_t size, off_t at),
	      (fd, from, size, at))
ON_DESCRIPTOR(ssize_t, pwrite64, WRITE, (int fd, const void *from, size_t size, off64_t at),
	      (fd, from, size, at))
ON_DESCRIPTOR(ssize_t, sendfile, WRITE, (int fd, int from, off_t *at, size_t size),
	      (fd, from, at, size))
ON_DESCRIPTOR(ssize_t, sendfile64, WRITE, (int fd, int from, off64_t *at, size_t size),
	      (fd, from, at, size))
ON_DESCRIPTOR(int, fsync, SYNC, (int fd), (fd))
ON_DESCRIPTOR(int, fdatasync, SYNC, (int fd), (fd))
ON_DESCRIPTOR(int, ftruncate, TRUNCATE, (int fd, off_t size), (fd, size))
ON_DESCRIPTOR(int, ftruncate64, TRUNCATE, (int fd, off64_t size), (fd, size))
ON_PATH(rename, RENAME, (const char *path, const char *to), (path, to))
ON_PATH(unlink, UNLINK, (const char *path), (path))

#define OPENER(name)                                                    \
	int name(const char *path, int flags, ...)                      \
	{                                                               \
		static __typeof__(&name) next;                          \
		va_list more;                                           \
		mode_t mode;                                            \
		va_start(more, flags);                                  \
		mode = va_arg(more, mode_t);                            \
		va_end(more);                                           \
		if (!next)                                              \
			next = NEXT(name);                              \
		return fails(OPEN, path) ? -1 : next(path, flags, mode); \
	}
OPENER(open)
OPENER(open64)
