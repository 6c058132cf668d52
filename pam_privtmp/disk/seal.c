/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seal: directories of a user's that nobody but root can change any more
 *
 * MUST NOT follow a symbolic link or enter another mount (unit/disk/remove.c).
 */
#include <fcntl.h>
#include <sys/syscall.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "disk/seal.h"

int seal_open(int parent, const char *name)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

bool seal_is_on(const struct stat *st)
{
        return st->st_uid == 0 && st->st_gid == 0 && (st->st_mode & 07777) == 0;
}

int seal_put(int fd)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (seal_is_on(&st))
                return 0;
        return fchown(fd, 0, 0) < 0 || fchmod(fd, 0) < 0 ? -errno : 0;
}

bool seal_is_on_name(int parent, const char *name)
{
        struct stat st;

        return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
               seal_is_on(&st);
}
