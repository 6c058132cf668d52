/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spot: which file and which mount an fd stands for
 *
 * MUST NOT ask a user's FUSE file system: it may never answer (unit/ground/spot.c).
 * MUST NOT take or close an fd that is not what it was (unit/ground/spot.c).
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "ground/spot.h"

/*
 * Device, mount and inode come whatever is asked for. A FUSE file system that another user mounted
 * refuses the rest: to ask for it would be an error.
 */
static int look(int fd, const char *path, struct spot *ret)
{
        struct statx stx;

        *ret = (struct spot){0};
        if (statx(fd, path, AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &stx) < 0)
                return -errno;
        *ret = (struct spot){
                .dev = makedev(stx.stx_dev_major, stx.stx_dev_minor),
                .ino = stx.stx_ino,
                .mount = stx.stx_mnt_id,
                .is_top = stx.stx_attributes & STATX_ATTR_MOUNT_ROOT,
        };
        return 0;
}

int spot_of(int fd, struct spot *ret)
{
        return look(fd, "", ret);
}

int spot_of_root(struct spot *ret)
{
        return look(AT_FDCWD, "/", ret);
}

int spot_of_cwd(struct spot *ret)
{
        return look(AT_FDCWD, "", ret);
}

int spot_open_cwd(void)
{
        /* to open "." would ask the file system for the permission to search it */
        int fd = open_tree(AT_FDCWD, "", AT_EMPTY_PATH | OPEN_TREE_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

bool spot_is_same_file(const struct spot *a, const struct spot *b)
{
        return a->dev == b->dev && a->ino == b->ino && a->ino != 0;
}

bool spot_is_same(const struct spot *a, const struct spot *b)
{
        return spot_is_same_file(a, b) && a->mount == b->mount;
}

int kept_set(struct kept *kept, int fd)
{
        _cleanup_close_ int moved = fd < 0 ? fd : fd_move_up(fd);
        int r = moved < 0 ? moved : spot_of(moved, &kept->spot);

        if (r == 0)
                kept->fd = TAKE_FD(moved);
        return r;
}

bool kept_is_valid(const struct kept *kept)
{
        struct spot now;

        /* not spot_is_same(): of a FUSE that shows no inode, device and mount must do */
        return kept->fd >= 0 && spot_of(kept->fd, &now) == 0 && now.dev == kept->spot.dev &&
               now.ino == kept->spot.ino && now.mount == kept->spot.mount;
}

void kept_done(struct kept *kept)
{
        if (kept_is_valid(kept))
                fd_close(kept->fd);
        kept->fd = -EBADF;
}
