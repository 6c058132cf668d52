/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces: all mount namespaces that the kernel has, and what is mounted in them
 *
 * By ioctl_nsfs(2) NS_MNT_GET_NEXT and NS_MNT_GET_PREV, listmount(2), statmount(2): Linux 6.12,
 * with CAP_SYS_ADMIN; newer kernels want the first process namespace, too. Where that can't be had,
 * each function says -EOPNOTSUPP.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ground/deadline.h"
#include "mounts/namespace.h"

struct namespaces_entry {
        struct namespace_id id;
        uint32_t mounts; /* how many can be seen at least, if all can; 0: not known */
};

/*
 * Calls each() for all there are, until it returns something else than 0, and returns that. Each
 * stays as long as the call lasts, whoever leaves it. One that is made meanwhile may be left out.
 */
int namespaces_each(const struct deadline *deadline,
                    int (*each)(void *, const struct namespaces_entry *), void *arg);

/*
 * All there are, sorted by id; *ret is the caller's to free. While it looks it holds an fd of one
 * of them: a namespace that others look for may live that much longer. Or -errno.
 */
int namespaces_list(struct namespaces_entry **ret, size_t *n, const struct deadline *deadline);

/*
 * Which ones there are; *ret is the caller's to free. Where the kernel does not tell, the numbers
 * of those that tasks are in (tasks.h), without ids.
 */
int namespaces_alive(struct namespace_id **ret, size_t *n, const struct deadline *deadline);

/* Is one with that id among those n? */
bool namespaces_have(const struct namespaces_entry *list, size_t n, uint64_t id);

/*
 * Is "/" of this thread a shared mount: does what the host mounts later show in a copy? By
 * statmount(2), else by mountinfo. False also when it can't be told.
 */
bool namespaces_top_is_shared(void);

/*
 * Calls each() for every mount of that device, with the path in the file system that the mount
 * begins at, until it returns something else than 0, and returns that. 0 at the end, and where the
 * namespace is gone; -ETIMEDOUT; -EOPNOTSUPP also where not all of its mounts can be seen.
 */
int namespaces_each_mount(const struct namespaces_entry *entry, dev_t device,
                          const struct deadline *deadline, int (*each)(void *, const char *root),
                          void *arg);
