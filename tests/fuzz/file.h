/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file: a file that a fuzzed function opens and reads is the bytes, in memory
 *
 * By --wrap of open(2), openat(2) and read(2) (run). A file of another name does not exist.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

struct file {
        const char *name;
        const uint8_t *bytes;
        size_t size, at;
        size_t step;    /* bytes a read(2) gives at most */
        unsigned opens; /* so often it can still be opened */
};

static struct file file;

static inline void file_is(const char *name, const uint8_t *bytes, size_t size, size_t step)
{
        file = (struct file){.name = name, .bytes = bytes, .size = size, .step = step, .opens = 4};
}

int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *to, size_t n);

int __wrap_openat(int at, const char *path, int flags, ...)
{
        (void)at;
        (void)flags;
        if (!file.name || strcmp(path, file.name) != 0 || file.opens == 0) {
                errno = ENOENT;
                return -1;
        }
        file.opens--;
        file.at = 0;
        return __real_openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);
}

int __wrap_open(const char *path, int flags, ...)
{
        return __wrap_openat(AT_FDCWD, path, flags);
}

ssize_t __wrap_read(int fd, void *to, size_t n)
{
        size_t left = file.size - file.at;

        (void)fd;
        if (n > left)
                n = left;
        if (n > file.step)
                n = file.step;
        if (n > 0)
                memcpy(to, file.bytes + file.at, n);
        file.at += n;
        return (ssize_t)n;
}
