/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * quota: what one user may take on a file system
 *
 * User quotas, by quotactl_fd(2): Linux 5.14. `fd` is any open file or directory there, but not an
 * O_PATH fd. Project quotas would bind nobody who does not want it: the owner of a file can move it
 * to another project.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* 0: without limit. */
struct quota_limit {
        uint64_t kib; /* 1024 bytes each */
        uint64_t inodes;
};

struct quota {
        struct quota_limit limit;
        bool has_soft;          /* a limit with a time to it, too, which is never ours */
        uint64_t bytes, inodes; /* in use */
};

/*
 * Does the kernel hold users to their limits there? 0; -ENOSYS where no quotas are switched on, or
 * the kernel or this kind of file system has none; -ESRCH where they only count; or another -errno.
 */
int quota_in_force(int fd);

/* What a user may take, and takes. 0 or -errno; another user's need CAP_SYS_ADMIN. */
int quota_get(int fd, uid_t uid, struct quota *ret);

/* Sets both limits, and takes the soft ones away. 0 or -errno; needs CAP_SYS_ADMIN. */
int quota_set(int fd, uid_t uid, const struct quota_limit *limit);
