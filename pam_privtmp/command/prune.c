/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prune: takes away the records of sessions that are over and were not closed
 *
 * MUST NOT take away a record whose namespace may be there (unit/command/prune.c).
 */
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "command/prune.h"
#include "ground/cleanup.h"
#include "ground/lock.h"
#include "ground/number.h"
#include "lifetime/opener.h"
#include "lifetime/records.h"

enum {
        STRANGE_SECONDS = 600, /* for so long at least a record stays that can't be understood */
};

struct alive {
        uint64_t since;
        const struct namespace_id *ids;
        size_t n;
};

/* NSNUMBER.PID.UID: the first of them. False where a name is not like that. */
static bool read_name(const char *name, uint64_t *number)
{
        const char *pid = strchr(name, '.'), *uid = pid ? strchr(pid + 1, '.') : NULL;
        uint64_t ignored;

        return uid && number_read(name, pid, UINT64_MAX, number) &&
               number_read(pid + 1, uid, INT32_MAX, &ignored) &&
               number_read(uid + 1, uid + strlen(uid), UINT32_MAX, &ignored);
}

/* Is it a link that was there before anybody asked for the namespaces? */
static bool is_old(int folder, const char *name)
{
        struct stat st;

        return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) &&
               time(NULL) - st.st_mtime > STRANGE_SECONDS;
}

static bool is_gone(const struct alive *alive, int folder, const char *name)
{
        struct record record = {0};
        int r = records_read(folder, name, &record);
        uint64_t number = record.ns.number;

        if (r == 0 ? record.start >= alive->since
                   : r != -EINVAL || !read_name(name, &number) || !is_old(folder, name))
                return false;
        for (size_t i = 0; i < alive->n; i++)
                if (alive->ids[i].number == number &&
                    (r < 0 || alive->ids[i].id == 0 || record.ns.id == 0 ||
                     alive->ids[i].id == record.ns.id))
                        return false;
        return true;
}

void prune_gone(int folder, uint64_t since, const struct namespace_id *alive, size_t n)
{
        const struct alive all = {.since = since, .ids = alive, .n = n};
        int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;

        if (!dir)
                fd_close(fd);
        while (dir && (entry = readdir(dir)))
                if (is_gone(&all, folder, entry->d_name))
                        (void)unlinkat(folder, entry->d_name, 0); /* it may be gone by now */
}

/* Is it a record of the namespace of another one, and its opener alive? */
static int is_alive_there(void *arg, const struct record *record)
{
        const struct record *other = arg;
        const char *why;
        int fd;

        if (!namespace_is_same(&record->ns, &other->ns))
                return 0;
        fd = opener_open_namespace(record, &why);
        fd_close(fd);
        return fd >= 0;
}

static int prune_if_killed(void *arg, const struct record *record)
{
        const int *folder = arg;
        struct record other = *record;
        const char *why;
        int fd = opener_open_namespace(record, &why);

        if (fd < 0 && records_each(*folder, record->uid, is_alive_there, &other) > 0)
                records_remove(*folder, record);
        fd_close(fd);
        return 0;
}

void prune_killed(int folder, uid_t uid)
{
        if (lock_try(folder, LOCK_EX) < 0)
                return;
        (void)records_each(folder, uid, prune_if_killed, &folder);
        (void)lock_try(folder, LOCK_UN);
}
