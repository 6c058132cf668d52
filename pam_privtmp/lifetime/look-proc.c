/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * look-proc: a look by the mount tables of all tasks in /proc
 *
 * MUST answer "used" in doubt (unit/lifetime/look.c).
 * MUST NOT compare numbers of namespaces but within one walk (unit/lifetime/look-tasks.c).
 * MUST read a namespace once in a walk, however many tasks are in it (unit/lifetime/look-users.c).
 */
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "lifetime/look-proc.h"
#include "lifetime/met.h"
#include "mounts/namespace.h"
#include "mounts/proc.h"

enum {
        CALM_WALKS = 2, /* a process may move to a namespace that was read before it came */
        TORN_WALKS = 3, /* what is torn for longer than that stays torn */
};

struct walk {
        struct sight *sight;
        ino_t own, first; /* namespaces that stay: the thread's own, PID 1's */
        struct met_list met;
};

static void walk_done(struct walk *walk)
{
        met_done(&walk->met);
}

/* Errors that are our own, and say nothing about what was to be read. */
static bool is_ours(int error)
{
        return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/*
 * Is the payer a guest, in what is nobody's in particular? Then it is read again by whoever else is
 * there: a user who has spent their share hides nothing from the others.
 */
static bool is_guest(const struct met *met, const struct owner *payer)
{
        return payer->is_user && !met->owner.is_user;
}

/* Reads the task's table. 0, or -errno: our own fault, or the task is gone. */
static int read_table(struct met *met, const struct task *task, const struct owner *payer,
                      const struct mounts_wanted *wanted)
{
        int r = task_search_mounts(task, wanted);
        bool empty = r == -ENODATA;

        if (r < 0 && (is_ours(r) || task_is_gone(r)))
                return r;
        met->tried = true;
        if (r < 0 && !empty) {
                met->failed |= r != -ETIMEDOUT || !is_guest(met, payer);
                return 0;
        }
        r = task_is_rooted(task);
        if (r < 0)
                return r; /* it is ending: it has no root any more */
        met->whole |= r && !empty;
        /* as in the middle of unshare() or setns(), or when its root was unmounted below it */
        met->torn |= r && empty;
        return 0;
}

/*
 * Reads the table of the first task of a namespace, and, where that one is chrooted, of the first
 * other whose root shows all. The time is the payer's.
 */
static int examine(struct walk *walk, struct met *met, const struct task *task,
                   const struct owner *payer)
{
        struct mounts_wanted wanted;
        struct sight_shown shown;
        int r = sight_start(walk->sight, payer, is_guest(met, payer), &wanted);

        if (r < 0)
                return r;
        if (deadline_is_over(wanted.deadline))
                met->failed |= !met->tried && !is_guest(met, payer);
        else if (!met->tried || (r = task_is_rooted(task)) > 0)
                r = read_table(met, task, payer, &wanted);
        sight_stop(walk->sight, &shown);
        if (shown.n == 0)
                return r;
        if (walk->sight->where) {
                _cleanup_close_ int ns = task_open_namespace(task);

                sight_keep_where(walk->sight, ns);
        }
        free(met->shown.asked);
        met->shown = shown;
        return r;
}

/* The closing program's own tasks do not count. */
static bool counts(const struct sight *sight, const struct task *task)
{
        return sight->why != LOOK_CLOSE || !task_is_ours(task);
}

/* Each is a namespace of its own as far as anybody knows: PID 1's, in some containers. */
static int visit_unnumbered(struct walk *walk, const struct task *task)
{
        struct sight *sight = walk->sight;
        const struct owner owner = task_owner(task, sight->users);
        struct met met = {.owner = owner};
        int r = examine(walk, &met, task, &owner);

        /* whether it is chrooted can't be told either, and is no doubt */
        if (r == 0 && (met.failed || sight_is_new(sight, &met.shown)) && counts(sight, task)) {
                sight_use(sight, &met.shown);
                if (met.failed)
                        sight_doubt(sight, &owner);
        }
        free(met.shown.asked);
        return r;
}

/* Uses what the namespace shows, and suspects the owner of what it may hide. */
static int judge_task(struct walk *walk, struct met *met, const struct task *task,
                      const struct owner *owner)
{
        struct sight *sight = walk->sight;

        if ((met->whole || met->doubted) && !sight_is_new(sight, &met->shown))
                return 0;
        if (!counts(sight, task))
                return 0;
        met->counts = true;
        sight_use(sight, &met->shown);
        if (sight->why != LOOK_LIST && !sight->where && !sight_is_open(sight))
                return -ECANCELED;
        if (met->whole || met->doubted)
                return 0;
        met->doubted = met->owner.is_user || !owner->is_user;
        return met_suspect(&walk->met, met, owner);
}

/*
 * Need it be visited once only? The namespaces of this thread and of PID 1 stay, and keep their
 * numbers; and who moves between those of users whom the look is not about may hide, by that, only
 * from themselves.
 */
static bool stays(const struct walk *walk, const struct met *met)
{
        return met->owner.is_user ? !sight_matters(walk->sight, &met->owner)
                                  : met->number == walk->own || met->number == walk->first;
}

static void learn_owner(const struct walk *walk, struct met *met, const struct task *task)
{
        struct sight *sight = walk->sight;

        if (met->number != walk->first) { /* PID 1's is nobody's in particular */
                _cleanup_close_ int fd = task_open_namespace(task);

                met->owner = owner_of_mounts(fd, sight->users);
                met->stays = stays(walk, met);
                met->owner = sight_claim(sight, fd, &met->owner);
        } else {
                met->stays = true;
        }
}

/*
 * Who pays for it, and answers for what it may hide: in what is nobody's in particular each does
 * for what their own task sees. Else whoever mounts there, as by FUSE, would spend what is for all.
 */
static struct owner payer_of(const struct walk *walk, const struct met *met,
                             const struct task *task, bool first)
{
        if (met->owner.is_user || met->whole || met->doubted ||
            (first && met->number == walk->first))
                return met->owner;
        return task_owner(task, walk->sight->users);
}

static int visit(void *arg, const struct task *task)
{
        struct walk *walk = arg;
        struct owner owner;
        struct met *met;
        bool first;
        int r = 0;

        if (!task->numbered)
                return visit_unnumbered(walk, task);
        met = met_get(&walk->met, task->number);
        if (!met)
                return -ENOMEM;
        first = !met->known;
        if (first)
                learn_owner(walk, met, task);
        owner = payer_of(walk, met, task, first);
        if (!met->whole && !met->failed)
                r = examine(walk, met, task, &owner);
        met->known |= r == 0;
        if (first && r == 0 && !met->whole && !owner.is_user)
                owner = task_owner(task, walk->sight->users);
        if (r == 0)
                r = judge_task(walk, met, task, &owner);
        if (r < 0)
                return r;
        met->processes += strcmp(task->pid, task->tid) == 0;
        return met->stays && (met->whole || met->owner.is_user) ? PROC_SETTLED : 0;
}

/* After a walk. True: it must be done again for what was torn, if `again` is wanted. */
static bool judge_walk(struct walk *walk, bool again)
{
        struct sight *sight = walk->sight;
        bool torn = false;

        for (size_t i = 0; i < walk->met.n_suspects; i++) {
                const struct met_suspect *one = &walk->met.suspects[i];
                const struct met *met = one->met;

                if (met->whole)
                        continue;
                if (again && met->torn && sight_matters(sight, &one->owner))
                        torn = true;
                else
                        sight_doubt(sight, &one->owner);
        }
        for (size_t i = 0; i < walk->met.n; i++) {
                const struct met *met = walk->met.places[i].met;

                /* more may have been seen of it behind the task that counts */
                if (met->counts)
                        sight_use(sight, &met->shown);
                sight_count(sight, &met->shown, met->processes);
        }
        return torn;
}

int look_proc(struct sight *sight)
{
        _cleanup_(idset_done) struct idset settled = {0};
        const struct proc proc = {.deadline = &sight->end, .settled = &settled};
        struct stat own = {0}, first = {0};
        unsigned calm = 0;

        /* one that can't be had is 0, which no namespace is */
        (void)stat(NAMESPACE_OWN, &own);
        (void)stat(NAMESPACE_FIRST, &first);
        for (unsigned i = 0; calm < (sight->why == LOOK_LIST ? 1 : CALM_WALKS); i++) {
                _cleanup_(walk_done) struct walk walk = {
                        .sight = sight, .own = own.st_ino, .first = first.st_ino};
                int r = proc_each(&proc, visit, &walk);

                if (r == -ECANCELED) /* everything is used */
                        return 0;
                if (r < 0)
                        return r;
                calm += !judge_walk(&walk, i + 1 < TORN_WALKS && sight->why != LOOK_LIST);
        }
        return 0;
}
