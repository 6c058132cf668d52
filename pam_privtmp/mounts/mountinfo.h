/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mountinfo: the mounts that a task sees, as proc(5) has them in mountinfo */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "ground/deadline.h"

/* The mounts of one device, wherever they are looked for. */
struct mounts_wanted {
        dev_t device; /* as mountinfo gives it: not st_dev (btrfs) */
        /*
         * "TYPE SOURCE ", or NULL for all; mountinfo_search() alone knows it. What is mounted at a
         * path of more than 4,000 bytes may be of any kind.
         */
        const char *kind;
        const struct deadline *deadline;
        /*
         * Called for each, with the path in the file system that the mount begins at: as it is, not
         * escaped. Of a path that is longer than 4,000 bytes the rest may be missing.
         */
        int (*each)(void *arg, const char *root);
        void *arg;
};

/*
 * Reads a mountinfo file below the directory fd `proc`, in constant memory and without asking for
 * any, and calls each() until it returns something else than 0, and returns that; 0 at the end.
 * -ENODATA when the file is empty: no mount can be reached from the task's root. -ETIMEDOUT after
 * the deadline: users can mount 100,000 times, by long names. -EBADMSG where it is no such file.
 * Else the error of openat(2) or read(2); -ENOENT, -ESRCH and -EINVAL mean that the task has ended.
 */
int mountinfo_search(int proc, const char *path, const struct mounts_wanted *wanted);

/*
 * The whole of such a file: *ret is the caller's to free and ends with a NUL. Of a line of more
 * than 72 KiB the middle is missing: it is that of a path that nobody can look up. 0; -EINVAL and
 * -ESRCH mean that the task has ended; or another -errno.
 */
int mountinfo_read(int proc, const char *path, char **ret, size_t *size);

/*
 * The line of the mount with that id, for mounts_parse_one(): *ret is the caller's to free. No more
 * is kept than that line, and nothing behind it is read: users can mount at paths of megabytes. 0;
 * -ENOENT when there is none; or another -errno.
 */
int mountinfo_read_one(int proc, const char *path, uint64_t id, char **ret);
