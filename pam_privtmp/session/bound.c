/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bound: the places of shares in the private directory, and what is bound there
 *
 * MUST NOT look for what is bound but in the kernel's cache (real/hold.sh).
 */
#include <errno.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "ground/cleanup.h"
#include "session/bound.h"

enum {
        CACHED_TRIES = 8, /* most often nothing is there, and that takes all of them */
};

int bound_open_place(int top, const char *name)
{
        const struct open_how how = {
                .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, top, name, &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

int bound_open(int top, const char *name, struct spot *ret)
{
        const struct open_how how = {
                .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_CACHED,
        };
        _cleanup_close_ int fd = -EBADF;
        int r;

        /* a rename or a mount anywhere on the host disturbs such a walk: it is worth another try */
        for (unsigned try = 0; fd < 0 && try < CACHED_TRIES; try++) {
                fd = (int)syscall(SYS_openat2, top, name, &how, sizeof(how));
                if (fd < 0 && errno != EAGAIN)
                        return -errno;
        }
        if (fd < 0)
                return -ENOENT;
        r = spot_of(fd, ret);
        if (r < 0)
                return r;
        return ret->is_top ? TAKE_FD(fd) : -ENOENT;
}
