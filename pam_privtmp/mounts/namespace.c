/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace: mount namespaces, and which one this is */
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "mounts/namespace.h"

#ifndef NS_GET_MNTNS_ID /* Linux 6.12; Debian 12 has the headers of 6.1 */
#define NS_GET_MNTNS_ID _IOR(NSIO, 0x5, __u64)
#endif

int namespace_identify(int fd, struct namespace_id *ret)
{
        struct stat st;
        __u64 id = 0;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (ioctl(fd, NS_GET_MNTNS_ID, &id) < 0)
                id = 0;
        *ret = (struct namespace_id){.number = st.st_ino, .id = id};
        return 0;
}

int namespace_open(const char *path, struct namespace_id *id, int *ret)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        int r;

        if (fd < 0)
                return -errno;
        r = namespace_identify(fd, id);
        if (r == 0 && ret)
                *ret = TAKE_FD(fd);
        return r;
}

int namespace_own(struct namespace_id *id, int *ret)
{
        struct stat st;
        int r = namespace_open(NAMESPACE_OWN, id, ret);

        if (r != -EACCES)
                return r;
        *id = (struct namespace_id){.number = stat(NAMESPACE_OWN, &st) == 0 ? st.st_ino : 0};
        return 0;
}

bool namespace_is_first(void)
{
        struct stat own, first;

        /* numbers are enough to compare two that are there now */
        return stat(NAMESPACE_OWN, &own) == 0 && stat(NAMESPACE_FIRST, &first) == 0 &&
               own.st_dev == first.st_dev && own.st_ino == first.st_ino;
}

bool namespace_is_same(const struct namespace_id *a, const struct namespace_id *b)
{
        return a->number == b->number && a->id == b->id;
}

bool namespace_is_own(const struct namespace_id *id)
{
        struct namespace_id own = {0};

        return namespace_own(&own, NULL) == 0 && own.number != 0 && namespace_is_same(&own, id);
}

bool namespace_is_ours(int fd)
{
        _cleanup_close_ int owner = ioctl(fd, NS_GET_USERNS);
        struct stat its, own;

        return owner >= 0 && fstat(owner, &its) == 0 && stat(NAMESPACE_USER, &own) == 0 &&
               its.st_dev == own.st_dev && its.st_ino == own.st_ino;
}

bool namespace_is_rooted(void)
{
        struct statx stx;

        return statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &stx) == 0 &&
               stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}
