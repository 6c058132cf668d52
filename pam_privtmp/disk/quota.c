/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quota: what one user may take on a file system */
#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/quota.h>

#include "disk/quota.h"
#include "ground/missing.h"

/* Of the user's quotas, which glibc has no function for. */
static int quotactl_fd(int fd, unsigned command, uid_t uid, void *data)
{
        return syscall(SYS_quotactl_fd, fd, QCMD(command, USRQUOTA), uid, data) < 0 ? -errno : 0;
}

int quota_in_force(int fd)
{
        /* ext4 and tmpfs answer this one of XFS's too, and it alone tells whether limits bind */
        struct fs_quota_statv state = {.qs_version = FS_QSTATV_VERSION1};
        int r = quotactl_fd(fd, Q_XGETQSTATV, 0, &state);

        if (r < 0)
                return r;
        return state.qs_flags & FS_QUOTA_UDQ_ENFD ? 0 : -ESRCH;
}

int quota_get(int fd, uid_t uid, struct quota *ret)
{
        struct if_dqblk block = {0};
        int r = quotactl_fd(fd, Q_GETQUOTA, uid, &block);

        if (r < 0 && r != -ENOENT) /* XFS: nothing was ever theirs */
                return r;
        *ret = (struct quota){
                .limit = {.kib = block.dqb_bhardlimit, .inodes = block.dqb_ihardlimit},
                .has_soft = block.dqb_bsoftlimit != 0 || block.dqb_isoftlimit != 0,
                .bytes = block.dqb_curspace,
                .inodes = block.dqb_curinodes,
        };
        return 0;
}

int quota_set(int fd, uid_t uid, const struct quota_limit *limit)
{
        struct if_dqblk block = {
                .dqb_bhardlimit = limit->kib,
                .dqb_ihardlimit = limit->inodes,
                .dqb_valid = QIF_LIMITS,
        };

        return quotactl_fd(fd, Q_SETQUOTA, uid, &block);
}
