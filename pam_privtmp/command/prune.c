/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prune: takes away the records of sessions that are over and were not closed
 *
 * MUST NOT take away a record whose namespace may be there (unit/command/prune.c).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command/prune.h"
#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/lock.h"
#include "ground/names.h"
#include "ground/number.h"
#include "ground/sorted.h"
#include "lifetime/killed.h"
#include "lifetime/look.h"
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

struct pruning {
        int folder;        /* beside the one that is walked through */
        uint64_t *numbers; /* of the namespaces of all records, sorted: see ground/sorted */
        size_t n;
};

static void pruning_done(struct pruning *pruning)
{
        fd_close(pruning->folder);
        free(pruning->numbers);
}

static int add_number(void *arg, int folder, const char *name)
{
        struct pruning *pruning = arg;
        uint64_t number, *larger;

        (void)folder;
        if (!records_read_name(name, &number))
                return 0;
        larger = grow(pruning->numbers, pruning->n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        pruning->numbers = larger;
        larger[pruning->n++] = number;
        return 0;
}

/* Users can have very many namespaces: for most one record is all there is. */
static bool has_several(const struct pruning *pruning, uint64_t number)
{
        size_t at = sorted_find(pruning->numbers, pruning->n, sizeof(number), number);

        return at + 1 < pruning->n && pruning->numbers[at + 1] == number;
}

/* One record says that the namespace is ours, whoever opened it: as a close leaves it. */
static int prune_if_killed(void *arg, const struct record *record)
{
        const struct pruning *pruning = arg;
        int lock;

        if (!has_several(pruning, record->ns.number) || !killed_is(record))
                return 0;
        lock = records_lock(pruning->folder, record->uid);
        if (lock < 0)
                return 0;
        if (records_have_other(pruning->folder, record))
                records_remove(pruning->folder, record);
        records_unlock(pruning->folder, record->uid, lock);
        return 0;
}

void prune_killed(int folder, uid_t uid)
{
        /* two walks that go on at the same time need an fd each */
        _cleanup_(pruning_done) struct pruning pruning = {
                .folder = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

        if (pruning.folder < 0 || records_each_name(folder, add_number, &pruning) < 0)
                return;
        if (pruning.n > 0)
                qsort(pruning.numbers, pruning.n, sizeof(*pruning.numbers), sorted_compare);
        (void)records_each(folder, uid, prune_if_killed, &pruning);
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
