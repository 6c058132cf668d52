/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * safefile: files that only root can have written, and folders of them
 *
 * Paths are walked as safedir.h says: nobody but root can have put there what is read.
 */
#pragma once

#include <stddef.h>

#include "ground/report.h"

/*
 * The whole of a regular file of root's that nobody else can write, at most `limit` bytes. *ret is
 * the caller's to free and has a NUL behind its *size bytes. 0, 1 if there is no such file, or
 * -errno with the reason in the report. Never blocks on a fifo or a device.
 */
int safefile_read(const char *path, size_t limit, char **ret, size_t *size, struct report *report);

/*
 * The rest of what fd gives, at most `limit` bytes (else -EFBIG), with the same *ret and *size. 0
 * or -errno.
 */
int safefile_read_fd(int fd, size_t limit, char **ret, size_t *size);

/* A list of names. */
struct safefile_names {
        char **names;
        size_t n;
};

/*
 * The names in a folder of root's that end with `suffix` and do not begin with a dot, sorted by
 * strcmp(). At most `limit`, else -E2BIG. A missing folder has none. The list is the caller's to
 * release by safefile_free_list(), also then. 0 or -errno.
 */
int safefile_list(const char *path, const char *suffix, size_t limit, struct safefile_names *ret,
                  struct report *report);
/* Releases the list; it has no names any more. */
void safefile_free_list(struct safefile_names *list);
