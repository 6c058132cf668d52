/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * safedir: from a path to something that only root can have put there
 *
 * Every path is walked from "/" one component at a time (O_PATH | O_NOFOLLOW). Each directory that
 * is walked through must be root's and writable by nobody else, else another user could swap what
 * is below it between two looks (CVE-2025-6020). Symbolic links are refused, whoever owns them.
 * Paths are as path_is_valid() wants them. Needs no privilege beyond search permission.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ground/report.h"

/*
 * The directory that is to be covered, of any owner and mode: an O_PATH fd in *ret, the caller's to
 * close. -errno with the reason in the report (-ENOTDIR for a symbolic link or a file).
 */
int safedir_open(const char *path, int *ret, struct report *report);

/*
 * An O_PATH fd of a directory, by a walk through what the kernel has in its cache: no file system
 * is asked, for a user's may never answer. Who may write on the way is not looked at: the caller
 * compares what is found. Returns the fd or -errno: -EAGAIN when it is not in the cache.
 */
int safedir_open_cached(const char *path);

/*
 * A folder of ours: root's, closed to everybody else, on a local file system, since flock(2) and
 * "mounted nowhere" are known for one host only. With `create` it is made, 0700, when only this
 * last component is missing; else 1 is returned for a missing one. *ret is a readable fd.
 */
int safedir_open_own(const char *path, bool create, int *ret, struct report *report);

/* Is what fd (O_PATH will do) stands for on a local file system? False also if that can't be told.
 */
bool safedir_is_local(int fd);

/*
 * The whole of a regular file of root's that nobody else can write, at most `limit` bytes. *ret is
 * the caller's to free and has a NUL behind its *size bytes. 1 if there is no such file. Never
 * blocks on a fifo or a device.
 */
int safedir_read_file(const char *path, size_t limit, char **ret, size_t *size,
                      struct report *report);

/* The rest of what fd gives, at most `limit` bytes, with the same *ret and *size. -EFBIG. */
int safedir_read_fd(int fd, size_t limit, char **ret, size_t *size);

/*
 * The names in a folder of root's that end with `suffix` and do not begin with a dot, sorted by
 * strcmp(). At most `limit`, else -E2BIG. A missing folder has none. The list is the caller's to
 * release by safedir_free_list().
 */
int safedir_list(const char *path, const char *suffix, size_t limit, char ***ret, size_t *n,
                 struct report *report);
void safedir_free_list(char **names, size_t n);
