/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nsfs: all mount namespaces that the kernel has
 *
 * By ioctl_nsfs(2) NS_MNT_GET_NEXT and NS_MNT_GET_PREV: Linux 6.12, with CAP_SYS_ADMIN; newer
 * kernels want the first process namespace, too.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ground/deadline.h"
#include "mounts/namespace.h"

/* -errno of such a call; -EOPNOTSUPP for those that say that there is none, or none for us. */
int nsfs_error(int error);

struct nsfs_entry {
        int fd; /* of the namespace; open only while each() runs */
        struct namespace_id id;
        uint32_t mounts; /* how many can be seen at least, if all can; 0: not known */
};

/*
 * Calls each() for all there are, until it returns something else than 0, and returns that. 0 at
 * the end; -ETIMEDOUT; -EOPNOTSUPP where the kernel has no such list, or not for us. Each namespace
 * stays as long as the call lasts, whoever leaves it: one that others look for may live that much
 * longer. One that is made meanwhile may be left out.
 */
int nsfs_each(const struct deadline *deadline, int (*each)(void *, const struct nsfs_entry *),
              void *arg);

/*
 * Which ones there are, in no order; *ret is the caller's to free. Where the kernel does not tell,
 * the numbers of those that tasks are in (tasks.h), without ids. 0 or -errno.
 */
int nsfs_alive(struct namespace_id **ret, size_t *n, const struct deadline *deadline);

/*
 * How many belong to this thread's user namespace: they count for whoever made them there, which
 * for sessions is root (namespaces(7), /proc/sys/user/max_mnt_namespaces). Where the kernel does
 * not list them, those that nobody is in are missing. 0 or -errno.
 */
int nsfs_count(const struct deadline *deadline, uint64_t *ret);
