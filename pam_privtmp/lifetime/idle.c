/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idle: is an instance mounted anywhere?
 *
 * MUST answer "used" in doubt (unit/lifetime/idle.c).
 * MUST compare mounts, never numbers of namespaces but those that are there now
 * (unit/lifetime/idle.c).
 * MUST end in time, whatever users have mounted (unit/lifetime/idle.c).
 */
#include <stdint.h>
#include <string.h>

#include "ground/cleanup.h"
#include "lifetime/idle.h"
#include "mounts/namespaces.h"
#include "ground/idset.h"
#include "lifetime/passes.h"
#include "mounts/tasks.h"

enum {
        LOOK_MILLISECONDS = 250, /* most hosts need a tenth; any user can make it last */
        CLEAN_MILLISECONDS = 10 * 1000,
        WALKS = 30,
        CALM_WALKS = 3,
        TRIES = 4,
};

/* A namespace that has some of the instances. */
struct holder {
        ino_t number;
        unsigned mask;
        bool ours;   /* a task of the closing program's is in it */
        bool others; /* so is another one */
};

struct look {
        const struct match *match;
        const struct deadline *deadline;
        unsigned mask;        /* of the namespace that is being looked at */
        struct idset known;   /* ids of what was looked at */
        struct holder *holders;
        size_t n_holders;
        unsigned used;
};

static inline void look_done(struct look *look)
{
        idset_done(&look->known);
        free(look->holders);
}

static int compare_mount(void *arg, const char *root)
{
        struct look *look = arg;

        look->mask |= match_mount(look->match, look->match->device, root);
        return 0;
}

static int look_at_namespace(void *arg, const struct namespaces_entry *entry)
{
        struct look *look = arg;
        struct holder *larger;
        int r = idset_add(&look->known, entry->id.id);

        if (r != 0)
                return r < 0 ? r : 0;
        look->mask = 0;
        r = namespaces_each_mount(entry, look->match->device, look->deadline, compare_mount, look);
        if (r < 0 || look->mask == 0)
                return r;
        larger = reallocarray(look->holders, look->n_holders + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        look->holders = larger;
        look->holders[look->n_holders++] =
                (struct holder){.number = entry->id.number, .mask = look->mask};
        return 0;
}

/*
 * Looks at all namespaces, each while it can't go away. One that is made meanwhile may stand before
 * those that are still to come, and have gone before the next walk: so the walks go on for a while
 * when there are new ones.
 */
static int look_at_all(struct look *look)
{
        unsigned calm = 0;
        int r = 0;

        for (unsigned i = 0; r == 0 && i < WALKS && calm < CALM_WALKS; i++) {
                size_t n_before = look->known.n;

                r = namespaces_each(look->deadline, look_at_namespace, look);
                calm = look->known.n == n_before ? calm + 1 : 0;
        }
        return r;
}

/* Who is in the namespaces that have an instance? */
static int look_at_task(void *arg, const struct task *task)
{
        struct look *look = arg;
        unsigned mask;
        int r;

        if (!task->numbered) {
                r = passes_look_at(look->match, task, look->deadline, &mask);
                if (r < 0)
                        return r;
                if (mask != 0 && !task_is_ours(task))
                        look->used |= mask;
                return 0;
        }
        for (size_t i = 0; i < look->n_holders; i++) {
                struct holder *holder = &look->holders[i];

                if (holder->number != task->number || holder->others)
                        continue;
                if (task_is_ours(task))
                        holder->ours = true;
                else
                        holder->others = true;
        }
        return 0;
}

/* When a session closes, a namespace with nobody but the closing program in it does not count. */
static int look_at_holders(struct look *look)
{
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        size_t n_before = look->n_holders;
        bool empty = false;
        int r;

        if (proc < 0)
                return -errno;
        r = tasks_each(proc, look->deadline, look_at_task, look);
        for (size_t i = 0; r == 0 && i < look->n_holders; i++) {
                const struct holder *holder = &look->holders[i];

                if (holder->others)
                        look->used |= holder->mask;
                else if (!holder->ours)
                        empty = true;
        }
        /* who was there may have left for a new one before it was looked at */
        if (r == 0)
                r = look_at_all(look);
        return r == 0 && (empty || look->n_holders > n_before) ? -EAGAIN : r;
}

/*
 * By the kernel's list. -EOPNOTSUPP where there is none. Somebody else's look may hold a namespace
 * for a moment after the last process has left it, and a process may be just about to end: a
 * namespace that nobody is in is looked for again.
 */
static int look_at_namespaces(const struct match *match, bool closing,
                              const struct deadline *deadline, unsigned *used)
{
        int r = -EAGAIN;

        for (unsigned i = 0; r == -EAGAIN && i < TRIES; i++) {
                _cleanup_(look_done) struct look look = {.match = match, .deadline = deadline};

                if (i > 0)
                        (void)nanosleep(&(struct timespec){.tv_nsec = i * 1000000L}, NULL);
                r = look_at_all(&look);
                if (r == 0 && closing && look.n_holders > 0)
                        r = look_at_holders(&look);
                else
                        for (size_t j = 0; r == 0 && j < look.n_holders; j++)
                                look.used |= look.holders[j].mask;
                *used = look.used;
        }
        return r;
}

/* Answers what match has been filled in for. */
static int answer(const struct match *match, enum idle_why why, unsigned *used)
{
        const struct deadline deadline =
                deadline_in(why == IDLE_CLEAN ? CLEAN_MILLISECONDS : LOOK_MILLISECONDS);
        int r = look_at_namespaces(match, why == IDLE_CLOSE, &deadline, used);

        return r == -EOPNOTSUPP ? passes_look(match, why == IDLE_CLOSE, &deadline, used) : r;
}

void idle_look(int base, const char *path, struct idle_query *queries, size_t n, enum idle_why why)
{
        struct match match = {.n = n < IDLE_MAX ? n : IDLE_MAX};
        unsigned used = 0;
        int r;

        for (size_t i = 0; i < match.n; i++)
                match.marks[i] = queries[i].mark;
        r = match_base(&match, base, path);
        if (r == 0)
                r = answer(&match, why, &used);
        for (size_t i = 0; i < n; i++)
                queries[i].used = r < 0 || i >= IDLE_MAX || used & 1U << i;
}

bool idle_memory_is_used(struct mark mark, enum idle_why why)
{
        char text[MARK_BYTES];
        struct match match = {.marks = {text}, .n = 1};
        unsigned used = 0;

        mark_format(mark, text);
        return match_memory(&match, mark) < 0 || answer(&match, why, &used) < 0 || used;
}
