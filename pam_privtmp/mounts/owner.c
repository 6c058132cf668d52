/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * owner: whose is a namespace?
 *
 * MUST NOT take a uid of a user's own user namespace for another user (unit/mounts/owner.c).
 */
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "mounts/namespace.h"
#include "mounts/owner.h"

ino_t owner_begin(void)
{
        struct stat st;

        return stat(NAMESPACE_USER, &st) == 0 ? st.st_ino : 0;
}

struct owner owner_of_users(int fd, ino_t own)
{
        _cleanup_close_ int at = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        struct owner owner = {.is_user = false};
        struct stat st;

        while (at >= 0 && fstat(at, &st) == 0 && st.st_ino != own) {
                int parent = ioctl(at, NS_GET_USERNS); /* of a user namespace that is its parent */

                if (parent >= 0 && fstat(parent, &st) == 0 && st.st_ino == own &&
                    ioctl(at, NS_GET_OWNER_UID, &owner.uid) == 0)
                        owner.is_user = owner.uid != 0;
                fd_close(at);
                at = parent;
        }
        return owner;
}

struct owner owner_of_mounts(int fd, ino_t own)
{
        _cleanup_close_ int users = ioctl(fd, NS_GET_USERNS);

        if (users < 0)
                return (struct owner){.is_user = false};
        return owner_of_users(users, own);
}
