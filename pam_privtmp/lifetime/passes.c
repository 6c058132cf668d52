/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * passes: which instances are mounted anywhere, by /proc
 *
 * MUST answer "used" in doubt (unit/lifetime/idle.c).
 * MUST NOT compare numbers of namespaces but within one pass (unit/lifetime/idle.c).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "mounts/mounts.h"
#include "ground/name.h"
#include "ground/path.h"
#include "lifetime/passes.h"

enum {
        PASSES = 5, /* who moves from one namespace to the next all the time is in use */
};

/* A namespace seen in this pass, and which instances it has: a bit each. */
struct seen {
        ino_t number;
        unsigned mask;
        unsigned doubt; /* whose user has a task in it */
        bool counts;    /* a task was seen that counts */
        bool whole;     /* a task was seen whose root shows all of it */
};

struct pass {
        const struct match *match;
        const struct deadline *deadline;
        bool closing;
        struct seen *seen; /* sorted by number */
        size_t n_seen;
        unsigned used;
};

static inline void pass_done(struct pass *pass)
{
        free(pass->seen);
}

struct compare {
        const struct match *match;
        unsigned mask;
};

static int compare_mount(void *arg, const struct mounts_entry *entry)
{
        struct compare *compare = arg;

        compare->mask |= match_mount(compare->match, entry->device, entry->root);
        return 0;
}

int passes_look_at(const struct match *match, const struct task *task,
                   const struct deadline *deadline, unsigned *mask)
{
        struct compare compare = {.match = match};
        char path[96];
        int r;

        (void)snprintf(path, sizeof(path), "%.20s/task/%.20s/mountinfo", task->pid, task->tid);
        r = mounts_search(task->proc, path, match->marks, match->n, deadline, compare_mount,
                          &compare);
        *mask = compare.mask;
        return r;
}

/* Where in pass->seen the number is, or belongs. */
static size_t find_seen(const struct pass *pass, ino_t number)
{
        size_t low = 0, high = pass->n_seen;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (pass->seen[middle].number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* The namespace's place in pass->seen, made if need be. */
static struct seen *get_seen(struct pass *pass, ino_t number)
{
        size_t at = find_seen(pass, number);
        struct seen *larger;

        if (at < pass->n_seen && pass->seen[at].number == number)
                return &pass->seen[at];
        larger = grow(pass->seen, pass->n_seen, sizeof(*larger));
        if (!larger)
                return NULL;
        pass->seen = larger;
        memmove(pass->seen + at + 1, pass->seen + at, (pass->n_seen - at) * sizeof(*pass->seen));
        pass->seen[at] = (struct seen){.number = number};
        pass->n_seen++;
        return &pass->seen[at];
}

/* The instances that a task's user may well have: its own, or any if it is root. */
static unsigned doubt_of(const struct pass *pass, const struct task *task)
{
        uid_t owner = task_owner(task);
        char own[NAME_BYTES];
        unsigned mask = 0;

        name_uid(own, owner);
        for (size_t i = 0; i < pass->match->n; i++)
                if (owner == 0 || path_is_within(pass->match->marks[i], own))
                        mask |= 1U << i;
        return mask;
}

static int look_at_task(void *arg, const struct task *task)
{
        struct seen unnumbered = {0}, *seen = &unnumbered;
        struct pass *pass = arg;
        unsigned mask;
        int r;

        if (task->numbered) {
                seen = get_seen(pass, task->number);
                if (!seen)
                        return -ENOMEM;
        }
        if (!seen->whole) {
                bool empty;

                r = passes_look_at(pass->match, task, pass->deadline, &mask);
                empty = r == -ENODATA;
                if (r < 0 && !empty)
                        return r;
                seen->mask |= mask;
                r = task_is_rooted(task);
                if (r < 0)
                        return r; /* it is ending: it has no root any more */
                /* in the middle of unshare() or setns() its root is not in its namespace */
                if (r && empty)
                        return -EAGAIN;
                seen->whole = r;
        }
        /* whatever would count, counts not if it is the closing program itself */
        if ((!(seen->mask & ~pass->used) && seen->whole) || (pass->closing && task_is_ours(task)))
                return 0;
        pass->used |= seen->mask;
        seen->counts = true;
        /* what is chrooted below a cover does not show it: see whether another task does */
        if (!seen->whole)
                seen->doubt |= doubt_of(pass, task);
        return 0;
}

static int look_once(int proc, struct pass *pass)
{
        int r = tasks_each(proc, pass->deadline, look_at_task, pass);

        for (size_t i = 0; i < pass->n_seen; i++)
                if (pass->seen[i].counts)
                        pass->used |=
                                pass->seen[i].whole ? pass->seen[i].mask : pass->seen[i].doubt;
        return r;
}

int passes_look(const struct match *match, bool closing, const struct deadline *deadline,
                unsigned *used)
{
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        const unsigned all = (1U << match->n) - 1;
        bool agree = false;

        if (proc < 0)
                return -errno;
        *used = 0;
        /* a process may move to a namespace that was looked at before it came */
        for (unsigned i = 0; i < PASSES; i++) {
                _cleanup_(pass_done) struct pass pass = {
                        .match = match, .deadline = deadline, .closing = closing};
                int r = look_once(proc, &pass);

                if (r == -EAGAIN) {
                        agree = false;
                        continue;
                }
                if (r < 0)
                        return r;
                if (pass.used == all || (agree && pass.used == *used)) {
                        *used = pass.used;
                        return 0;
                }
                *used = pass.used;
                agree = true;
        }
        return -EBUSY;
}
