/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* foreign: what is surely ours in a base that no line names */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/foreign.h"
#include "ground/cleanup.h"
#include "ground/number.h"
#include "ground/path.h"
#include "ground/safedir.h"

int foreign_open_base(const char *path, int *ret, struct report *report)
{
        _cleanup_close_ int parent = -EBADF;
        struct report own = {0}, silent = {0};
        const char *last;
        struct stat st;
        int r = safedir_open_own(path, false, ret, &own);

        if (r >= 0)
                return r;
        parent = safedir_walk_to_parent(path, &last, &silent);
        if (r == -EPERM && parent >= 0 && fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_uid == 0 && st.st_mode & (S_IRWXG | S_IRWXO))
                return report_fault(report, r, "%s is no base: it has mode %04o, a base has 0700",
                                    path, st.st_mode & 07777);
        return report_fault(report, r, "%s", own.fault);
}

int foreign_open_instance(int user, const char *name, struct instance *ret)
{
        char directory[PATH_MAX], of[PATH_MAX];
        int r = instance_open(user, name, ret);

        if (r < 0)
                return r;
        r = instance_read(ret->dir, "directory", directory);
        if (r == 0)
                r = path_is_valid(directory) ? instance_read(ret->dir, "user", of) : -ESTALE;
        if (r < 0)
                instance_done(ret);
        return r == -ENOENT || r == -EINVAL || r == -ENAMETOOLONG ? -ESTALE : r;
}

bool foreign_is_trash(const char *name)
{
        const char *dot = strchr(name, '.');
        uint64_t uid;

        return dot && number_read(name, dot, UINT32_MAX, &uid) && name_is_instance(dot + 1);
}

int foreign_is_tree(int folder, const char *name)
{
        struct stat st;

        if (!foreign_is_trash(name))
                return 0;
        if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        return S_ISDIR(st.st_mode) && st.st_uid == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}
