/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * statmount: what is mounted in a namespace, as the kernel tells it mount by mount
 *
 * By listmount(2) and statmount(2) of other namespaces: Linux 6.12, with CAP_SYS_ADMIN.
 */
#pragma once

#include "mounts/mountinfo.h"
#include "mounts/nsfs.h"

/*
 * Is "/" of this thread a shared mount: does what the host mounts later show in a copy? By
 * statmount(2), else by mountinfo. False also when it can't be told.
 */
bool statmount_top_is_shared(void);

/*
 * Calls each() for the mounts that are wanted until it returns something else than 0, and returns
 * that. 0 at the end, and where the namespace is gone; -ETIMEDOUT; -EOVERFLOW where the path of one
 * is longer than 128 KiB; -EOPNOTSUPP where there are no such calls, and where not all mounts can
 * be seen; else -errno of these calls.
 */
int statmount_each(const struct nsfs_entry *entry, const struct mounts_wanted *wanted);
