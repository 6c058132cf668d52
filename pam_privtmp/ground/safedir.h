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

/* Is what fd (O_PATH will do) stands for on a local file system? 1, 0, or -errno. */
int safedir_is_local(int fd);

/*
 * A folder that is root's and that nobody else can write: a readable fd in *ret, the caller's to
 * close. 0, 1 if there is no such folder, or -errno with the reason in the report.
 */
int safedir_open_folder(const char *path, int *ret, struct report *report);

/*
 * Walks to the parent of the last component, which *last then points to. Returns an O_PATH fd of
 * the parent, the caller's to close, or -errno with the reason in the report; -ENOENT, a missing
 * component, is left to the caller to report.
 */
int safedir_walk_to_parent(const char *path, const char **last, struct report *report);
