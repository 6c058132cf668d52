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

/*
 * What to return when such a call failed with `error`, a positive errno: -EOPNOTSUPP for those that
 * say that there is no such call, or none for us; -errno for the others.
 */
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
