/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* records-lock: the lock of one user's records */
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/lock.h"
#include "ground/name.h"
#include "lifetime/records-lock.h"

static void name_lock(char name[NAME_BYTES], uid_t uid)
{
        (void)snprintf(name, NAME_BYTES, "%ju" RECORDS_LOCK_ENDING, (uintmax_t)uid);
}

int records_lock(int folder, uid_t uid)
{
        _cleanup_close_ int fd = -EBADF;
        char name[NAME_BYTES];
        struct stat st;
        int r;

        name_lock(name, uid);
        fd = openat(folder, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        r = fd < 0 ? -errno : lock_try(fd, LOCK_EX);
        if (r < 0)
                return r;
        /* who had it meanwhile has taken the file away: it keeps nobody out any more */
        return fstat(fd, &st) == 0 && st.st_nlink > 0 ? TAKE_FD(fd) : -EBUSY;
}

int records_unlock(int folder, uid_t uid, int lock)
{
        char name[NAME_BYTES];
        int r;

        name_lock(name, uid);
        r = unlinkat(folder, name, 0) < 0 ? -errno : 0;
        fd_close(lock);
        return r;
}
