/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cleanup: what releases itself at the end of a scope */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ground/missing.h"

#define _cleanup_(function) __attribute__((__cleanup__(function)))

/* The value, leaving "nothing" behind: ownership moves to the caller. */
#define TAKE_FD(fd)                                                                                \
        __extension__({                                                                            \
                int *take_ = &(fd);                                                                \
                int taken_ = *take_;                                                               \
                *take_ = -EBADF;                                                                   \
                taken_;                                                                            \
        })
#define TAKE_PTR(pointer)                                                                          \
        __extension__({                                                                            \
                __typeof__(pointer) *take_ = &(pointer);                                           \
                __typeof__(pointer) taken_ = *take_;                                               \
                *take_ = NULL;                                                                     \
                taken_;                                                                            \
        })

/* The same text, for fmemopen(3) and libmount, which take a char * for what they only read. */
static inline char *as_mutable(const char *text)
{
        return (char *)(uintptr_t)text;
}

/* Closes fd unless it is negative, keeps errno. Returns -EBADF, for `fd = fd_close(fd)`. */
static inline int fd_close(int fd)
{
        int error = errno;

        if (fd >= 0)
                (void)close(fd);
        errno = error;
        return -EBADF;
}

/*
 * Gives an fd that is to outlive this call a number of 3 or more: login and atd close 0 to 2, and
 * would close ours. Takes fd over; returns the new one or -errno.
 */
static inline int fd_move_up(int fd)
{
        int moved;

        if (fd > STDERR_FILENO)
                return fd;
        moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (moved < 0)
                moved = -errno;
        fd_close(fd);
        return moved;
}

/*
 * renameat2(2) that replaces nothing; by renameat(2) on file systems that do not know the flag (ZFS
 * before 2.2), where directories with something in them, the only ones we rename, are safe too. 0,
 * or -1 with errno.
 */
static inline int rename_new(int old_parent, const char *old_name, int parent, const char *name)
{
        if (renameat2(old_parent, old_name, parent, name, RENAME_NOREPLACE) == 0)
                return 0;
        return errno == EINVAL ? renameat(old_parent, old_name, parent, name) : -1;
}

static inline void cleanup_close(int *fd)
{
        *fd = fd_close(*fd);
}

static inline void cleanup_free(void *pointer)
{
        free(*(void **)pointer);
}

#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_free_  _cleanup_(cleanup_free)
