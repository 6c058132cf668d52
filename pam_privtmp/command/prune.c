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

/* 1, 0 or -errno. */
static int is_gone(const struct alive *alive, int folder, const char *name)
{
        struct record record = {0};
        int r = records_read(folder, name, &record);
        uint64_t number = record.ns.number;

        if (r < 0 && r != -EINVAL)
                return r == -ENOENT ? 0 : r;
        if (r == 0 ? record.start >= alive->since
                   : !records_read_name(name, &number) || !is_old(folder, name))
                return 0;
        for (size_t i = 0; i < alive->n; i++)
                if (alive->ids[i].number == number &&
                    (r < 0 || alive->ids[i].id == 0 || record.ns.id == 0 ||
                     alive->ids[i].id == record.ns.id))
                        return 0;
        return 1;
}

int prune_gone(int folder, uint64_t since, const struct namespace_id *alive, size_t n)
{
        const struct alive all = {.since = since, .ids = alive, .n = n};
        struct names names;
        const char *name;
        int first = 0;

        names_begin(&names, folder);
        while ((name = names_next(&names))) {
                int r = is_gone(&all, folder, name);

                /* it may be gone by now */
                if (r > 0 && unlinkat(folder, name, 0) < 0 && errno != ENOENT)
                        r = -errno;
                first = first < 0 || r > 0 ? first : r;
        }
        return first < 0 ? first : names.error;
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
        int lock, r, unlock;

        if (!has_several(pruning, record->ns.number) || !killed_is(record))
                return 0;
        lock = records_lock(pruning->folder, record->uid);
        if (lock < 0)
                return lock == -EBUSY ? 0 : lock;
        r = records_have_other(pruning->folder, record);
        if (r > 0)
                r = records_remove(pruning->folder, record);
        unlock = records_unlock(pruning->folder, record->uid, lock);
        return r < 0 ? r : unlock;
}

int prune_killed(int folder, uid_t uid)
{
        /* two walks that go on at the same time need an fd each */
        _cleanup_(pruning_done) struct pruning pruning = {
                .folder = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        int r = pruning.folder < 0 ? -errno : records_each_name(folder, add_number, &pruning);

        if (r < 0)
                return r;
        if (pruning.n > 0)
                qsort(pruning.numbers, pruning.n, sizeof(*pruning.numbers), sorted_compare);
        return records_each(folder, uid, prune_if_killed, &pruning);
}

static int prune_lock(int folder, const char *name)
{
        const char *end = name + strcspn(name, ".");
        uint64_t uid;
        int lock;

        if (strcmp(end, RECORDS_LOCK_ENDING) != 0 || !number_read(name, end, UINT32_MAX, &uid))
                return 0;
        lock = records_lock(folder, (uid_t)uid);
        if (lock < 0)
                return lock == -EBUSY ? 0 : lock;
        return records_unlock(folder, (uid_t)uid, lock);
}

int prune_locks(int folder)
{
        struct names names;
        const char *name;
        int first = 0;

        names_begin(&names, folder);
        while ((name = names_next(&names))) {
                int r = prune_lock(folder, name);

                first = first < 0 ? first : r;
        }
        return first < 0 ? first : names.error;
}

struct memories {
        bool dry;
        int folder;
        void (*used)(const struct memory *memory);
        struct report *report;
};

/* One that can't be told of is used, and that is said. 0, or -errno if it is not the user's doing.
 */
static int doubt(const struct memories *memories, const struct memory *memory, bool theirs)
{
        char mark[MARK_BYTES];

        mark_format(memory->mark, mark);
        report_note(memories->report, REPORT_WARNING, "tmpfs %s: can't tell whether it is used",
                    mark);
        return theirs ? 0 : -EAGAIN;
}

static int prune_one(void *arg, const struct memory *memory)
{
        const struct memories *memories = arg;
        _cleanup_close_ int turn = memory_open_turn(memories->folder, memory->uid);
        struct look_query query = {.uid = memory->uid};
        int r = turn < 0 ? turn : memories->dry ? 0 : lock_try(turn, LOCK_EX);

        if (r < 0) /* who has the turn may just take it over */
                return r == -EBUSY ? 0 : r;
        look_memory(memory->mark.device, &query, LOOK_CLEAN, NULL);
        if (query.used)
                memories->used(memory);
        else if (!memories->dry)
                r = memory_forget(memories->folder, memory);
        return query.doubt ? doubt(memories, memory, query.theirs) : r;
}

int prune_memory(int folder, uid_t uid, bool dry, void (*used)(const struct memory *memory),
                 struct report *report)
{
        struct memories memories = {.dry = dry, .folder = folder, .used = used, .report = report};
        int r = memory_each(folder, uid, prune_one, &memories);

        return r < 0 && r != -EAGAIN ? report_errno(report, r, RECORD_FOLDER) : r;
}
