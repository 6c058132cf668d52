/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prune: takes away the records of sessions that are over and were not closed
 *
 * MUST NOT take away a record whose namespace may be there (unit/command/prune.c).
 */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command/prune.h"
#include "ground/cleanup.h"
#include "ground/lock.h"
#include "ground/names.h"
#include "ground/number.h"
#include "lifetime/look.h"
#include "lifetime/opener.h"
#include "lifetime/records-lock.h"
#include "lifetime/records.h"

enum {
        STRANGE_SECONDS = 600, /* for so long at least a record stays that can't be understood */
};

struct alive {
        uint64_t since;
        const struct namespace_id *ids;
        size_t n;
};

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
                   : r != -EINVAL || !records_read_name(name, &number) || !is_old(folder, name))
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
        struct names names;
        const char *name;

        names_begin(&names, folder);
        while ((name = names_next(&names)))
                if (is_gone(&all, folder, name))
                        (void)unlinkat(folder, name, 0); /* it may be gone by now */
}

/*
 * Is it another record of the same namespace, and its opener alive? Who was elsewhere, in a session
 * that it had opened there, may have come back since.
 */
static int is_alive_there(void *arg, const struct record *record)
{
        const struct record *other = arg;
        const char *why;
        int fd;

        if (!namespace_is_same(&record->ns, &other->ns) || record->pid == other->pid)
                return 0;
        fd = opener_open_namespace(record, &why);
        fd_close(fd);
        return fd >= 0;
}

static int prune_if_killed(void *arg, const struct record *record)
{
        const int *folder = arg;
        _cleanup_close_ int ns = -EBADF;
        struct record other = *record;
        const char *why;
        int lock;

        ns = opener_open_namespace(record, &why);
        lock = ns < 0 ? records_lock(*folder, record->uid) : -EBADF;
        if (lock < 0)
                return 0;
        if (records_each(*folder, record->uid, is_alive_there, &other) > 0)
                records_remove(*folder, record);
        records_unlock(*folder, record->uid, lock);
        return 0;
}

void prune_killed(int folder, uid_t uid)
{
        /* two walks that go on at the same time need an fd each */
        _cleanup_close_ int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (again >= 0)
                (void)records_each(folder, uid, prune_if_killed, &again);
}

static void prune_lock(int folder, const char *name)
{
        const char *end = name + strcspn(name, ".");
        uint64_t uid;
        int lock;

        if (strcmp(end, RECORDS_LOCK_ENDING) != 0 || !number_read(name, end, UINT32_MAX, &uid))
                return;
        lock = records_lock(folder, (uid_t)uid);
        if (lock >= 0)
                records_unlock(folder, (uid_t)uid, lock);
}

void prune_locks(int folder)
{
        struct names names;
        const char *name;

        names_begin(&names, folder);
        while ((name = names_next(&names)))
                prune_lock(folder, name);
}

struct memories {
        bool dry;
        int folder;
        void (*used)(const struct memory *memory);
};

static int prune_one(void *arg, const struct memory *memory)
{
        const struct memories *memories = arg;
        _cleanup_close_ int turn = memory_open_turn(memories->folder, memory->uid);
        struct look_query query = {.uid = memory->uid};

        /* who has the turn may just take it over */
        if (turn < 0 || (!memories->dry && lock_try(turn, LOCK_EX) < 0))
                return 0;
        look_memory(memory->mark.device, &query, LOOK_CLEAN, NULL);
        if (query.used)
                memories->used(memory);
        else if (!memories->dry)
                memory_forget(memories->folder, memory);
        return 0;
}

void prune_memory(int folder, uid_t uid, bool dry, void (*used)(const struct memory *memory))
{
        struct memories memories = {.dry = dry, .folder = folder, .used = used};

        (void)memory_each(folder, uid, prune_one, &memories);
}
