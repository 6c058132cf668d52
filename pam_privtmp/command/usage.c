/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: what a private directory takes
 *
 * MUST NOT follow a symbolic link or enter another mount (real/list.sh).
 * MUST NOT read a directory of a user's in a process that anybody waits for (real/hold.sh).
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "ground/cleanup.h"
#include "ground/deadline.h"
#include "ground/missing.h"
#include "ground/names.h"
#include "command/usage.h"

enum {
        BLOCK = 512, /* bytes, the unit of st_blocks */
        DEPTH_LIMIT = 64,
        COUNT_MILLISECONDS = 1000,
        PATIENCE_MILLISECONDS = 5000, /* in which it finds nothing more: a broken disk, or a lock */
};

struct walk {
        const struct deadline *deadline;
        struct usage *usage;
};

static void add(const struct walk *walk, int parent, const char *name, unsigned depth);

static void add_folder(const struct walk *walk, int parent, const char *name, unsigned depth)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        _cleanup_close_ int fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));
        struct names names;

        if (fd < 0)
                return;
        names_begin(&names, fd);
        while ((name = names_next(&names))) {
                if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                        continue;
                if (depth == DEPTH_LIMIT || deadline_is_over(walk->deadline)) {
                        walk->usage->partial = true;
                        return;
                }
                add(walk, fd, name, depth + 1);
        }
}

static void add(const struct walk *walk, int parent, const char *name, unsigned depth)
{
        struct stat st;

        if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return;
        walk->usage->bytes += (uint64_t)st.st_blocks * BLOCK;
        walk->usage->inodes++;
        if (S_ISDIR(st.st_mode))
                add_folder(walk, parent, name, depth);
}

static void count(int parent, const char *name, struct usage *usage)
{
        const struct deadline deadline = deadline_in_ms(COUNT_MILLISECONDS);

        add(&(struct walk){.deadline = &deadline, .usage = usage}, parent, name, 0);
}

/* True when the process that has the other end of the pipe has ended. */
static bool wait_for_end(int fd, const struct usage *usage)
{
        struct pollfd end = {.fd = fd};
        uint64_t before;
        int r;

        do {
                before = __atomic_load_n(&usage->inodes, __ATOMIC_RELAXED);
                r = poll(&end, 1, PATIENCE_MILLISECONDS);
        } while (r <= 0 && __atomic_load_n(&usage->inodes, __ATOMIC_RELAXED) != before);
        return r > 0;
}

/* The same with an end: one of the pipe's, closed in the process that does not need it. */
static int count_in_child(int parent, const char *name, struct usage *usage)
{
        _cleanup_close_ int reading = -EBADF, writing = -EBADF;
        const pid_t self = getpid();
        int ends[2], status;
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        reading = ends[0];
        writing = ends[1];
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == self)
                        count(parent, name, usage);
                _exit(EXIT_SUCCESS);
        }
        writing = fd_close(writing);
        if (!wait_for_end(reading, usage)) {
                (void)kill(pid, SIGKILL);
                return -ETIMEDOUT;
        }
        /* where the caller ignores SIGCHLD there is nothing to wait for */
        return waitpid(pid, &status, 0) == pid && !WIFEXITED(status) ? -EINTR : 0;
}

int usage_count(int parent, const char *name, struct usage *ret)
{
        struct usage *usage = mmap(NULL, sizeof(*usage), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int r;

        if (usage == MAP_FAILED)
                return -errno;
        r = count_in_child(parent, name, usage);
        *ret = *usage;
        ret->partial |= r < 0;
        (void)munmap(usage, sizeof(*usage));
        return r;
}
