/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * subvolume: take away what only btrfs has
 *
 * MUST NOT take anything for a subvolume but a subvolume (unit/command/subvolume.c).
 */
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "command/subvolume.h"

enum {
        TOP_INODE = 256, /* of every subvolume */
};

static bool is_subvolume(int fd)
{
        struct statfs fs;
        struct stat st;

        return fstat(fd, &st) == 0 && st.st_ino == TOP_INODE && S_ISDIR(st.st_mode) &&
               fstatfs(fd, &fs) == 0 && (uint32_t)fs.f_type == BTRFS_SUPER_MAGIC;
}

static void make_writable(int fd)
{
        uint64_t flags;

        if (ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) < 0 || !(flags & BTRFS_SUBVOL_RDONLY))
                return;
        flags &= ~BTRFS_SUBVOL_RDONLY;
        (void)ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &flags); /* what follows fails if this does */
}

int subvolume_remove(int parent, const char *name, int fd)
{
        struct btrfs_ioctl_vol_args arguments = {0};
        int error;

        if (!is_subvolume(fd))
                return -ENOTTY;
        if (strlen(name) >= sizeof(arguments.name))
                return -ENAMETOOLONG;
        strcpy(arguments.name, name);
        if (ioctl(parent, BTRFS_IOC_SNAP_DESTROY, &arguments) == 0)
                return 0;
        error = errno;
        make_writable(fd);
        return -error;
}
