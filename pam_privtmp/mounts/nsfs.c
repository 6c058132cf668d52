/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nsfs: all mount namespaces that the kernel has
 *
 * MUST say so when it can't see everything (unit/mounts/nsfs.c).
 */
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "mounts/nsfs.h"

/* What Debian 12's headers, those of Linux 6.1, do not have; the numbers are the same everywhere.
 */
struct mount_namespace {
        uint32_t size;
        uint32_t mounts;
        uint64_t id;
};

#define GET_INFO _IOR(NSIO, 10, struct mount_namespace)
#define GET_NEXT _IOR(NSIO, 11, struct mount_namespace)
#define GET_PREV _IOR(NSIO, 12, struct mount_namespace)

int nsfs_error(int error)
{
        switch (error) {
        case ENOTTY:
        case ENOSYS:
        case EINVAL:
        case EPERM:
        case EACCES:
                return -EOPNOTSUPP;
        default:
                return -error;
        }
}

static int visit(int fd, const struct mount_namespace *info,
                 int (*each)(void *, const struct nsfs_entry *), void *arg)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        return each(arg,
                    &(struct nsfs_entry){.fd = fd, .id = {.number = st.st_ino, .id = info->id}});
}

/* From the namespace of `fd`, which is not added itself, to one end of the kernel's list. */
static int walk(int fd, unsigned long step, const struct deadline *deadline,
                int (*each)(void *, const struct nsfs_entry *), void *arg)
{
        _cleanup_close_ int at = fcntl(fd, F_DUPFD_CLOEXEC, 0);

        if (at < 0)
                return -errno;
        for (;;) {
                struct mount_namespace info = {.size = sizeof(info)};
                int r, next = ioctl(at, step, &info);

                if (next < 0)
                        return errno == ENOENT ? 0 : nsfs_error(errno);
                fd_close(at);
                at = next;
                r = visit(at, &info, each, arg);
                if (r != 0)
                        return r;
                if (deadline_is_over(deadline))
                        return -ETIMEDOUT;
        }
}

int nsfs_each(const struct deadline *deadline, int (*each)(void *, const struct nsfs_entry *),
              void *arg)
{
        struct mount_namespace info = {.size = sizeof(info)};
        _cleanup_close_ int own = -EBADF;
        struct stat st;
        int r;

        own = open(NAMESPACE_OWN, O_RDONLY | O_CLOEXEC);
        if (own < 0 || fstat(own, &st) < 0)
                return -errno;
        if (ioctl(own, GET_INFO, &info) < 0)
                return nsfs_error(errno);
        r = walk(own, GET_PREV, deadline, each, arg);
        if (r == 0)
                r = walk(own, GET_NEXT, deadline, each, arg);
        /* its number of mounts has changed meanwhile: anybody may mount and unmount */
        if (r == 0 && ioctl(own, GET_INFO, &info) < 0)
                r = nsfs_error(errno);
        /* last of all: this one is still there then, and where there is no list it is not read */
        if (r == 0)
                r = each(arg, &(struct nsfs_entry){.fd = own,
                                                   .id = {.number = st.st_ino, .id = info.id},
                                                   .mounts = info.mounts});
        return r;
}
