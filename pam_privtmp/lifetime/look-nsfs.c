/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * look-nsfs: a look by the kernel's list of mount namespaces
 *
 * MUST answer "used" in doubt (unit/lifetime/look.c).
 * MUST NOT take one user's trouble for everybody's (unit/lifetime/look-users.c).
 */
#include <stdint.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/idset.h"
#include "ground/sorted.h"
#include "lifetime/look-nsfs.h"
#include "mounts/statmount.h"
#include "mounts/proc.h"

enum {
        WALKS = 30,
        CALM_WALKS = 3,
        TRIES = 4,
};

/* A namespace that shows something. */
struct holder {
        uint64_t number; /* of the namespace; it stands first: see ground/sorted */
        struct sight_shown shown;
        bool ours;   /* a task of the closing program's is in it */
        bool others; /* so is another one */
        unsigned processes;
};

struct list {
        struct sight *sight;
        struct idset known; /* ids of what was read */
        bool news;          /* one that matters was read in this walk */
        struct holder *holders;
        size_t n;
};

static void list_done(struct list *list)
{
        for (size_t i = 0; i < list->n; i++)
                free(list->holders[i].shown.asked);
        free(list->holders);
        idset_done(&list->known);
}

static int add_holder(struct list *list, ino_t number, const struct sight_shown *shown)
{
        struct holder *larger = grow(list->holders, list->n, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        list->holders = larger;
        larger[list->n++] = (struct holder){.number = number, .shown = *shown};
        return 0;
}

/* Could a user bring that about? By long paths, and by what takes long. */
static bool is_theirs(int error)
{
        return error == -EOVERFLOW || error == -ETIMEDOUT;
}

static int read_namespace(void *arg, const struct nsfs_entry *entry)
{
        struct list *list = arg;
        struct sight *sight = list->sight;
        struct mounts_wanted wanted;
        struct sight_shown shown;
        struct owner owner;
        int r = idset_add(&list->known, entry->id.id);

        if (r != 0)
                return r < 0 ? r : 0;
        owner = owner_of_mounts(entry->fd, sight->users);
        owner = sight_claim(sight, entry->fd, &owner);
        list->news |= sight_matters(sight, &owner);
        r = sight_start(sight, &owner, false, &wanted);
        if (r < 0)
                return r;
        r = deadline_is_over(wanted.deadline) ? -ETIMEDOUT : statmount_each(entry, &wanted);
        sight_stop(sight, &shown);
        if (shown.n > 0)
                sight_keep_where(sight, entry->fd);
        if (is_theirs(r)) {
                sight_doubt(sight, &owner);
                r = 0;
        }
        if (r == 0 && shown.n > 0)
                r = add_holder(list, entry->id.number, &shown);
        if (r < 0 || shown.n == 0)
                free(shown.asked);
        return r;
}

/*
 * Reads all namespaces, each while it can't go away. One that is made meanwhile may stand before
 * those that are still to come, and have gone before the next walk: so the walks go on for a while
 * when there are new ones, but for those of users whom the look is not about.
 */
static int read_all(struct list *list)
{
        unsigned calm = 0;
        int r = 0;

        for (unsigned i = 0; r == 0 && i < WALKS && calm < CALM_WALKS; i++) {
                list->news = false;
                r = nsfs_each(&list->sight->end, read_namespace, list);
                calm = list->news ? 0 : calm + 1;
        }
        if (list->n > 0)
                qsort(list->holders, list->n, sizeof(*list->holders), sorted_compare);
        return r;
}

/* The first holder with that number, or where it belongs. */
static size_t find(const struct list *list, uint64_t number)
{
        return sorted_find(list->holders, list->n, sizeof(*list->holders), number);
}

/* What can't be told of a task whose namespace has no number for us is looked up in its table. */
static int visit_unnumbered(struct list *list, const struct task *task)
{
        struct sight *sight = list->sight;
        const struct owner owner = task_owner(task, sight->users);
        struct mounts_wanted wanted;
        struct sight_shown shown;
        int r = sight_start(sight, &owner, false, &wanted);

        if (r < 0)
                return r;
        r = task_search_mounts(task, &wanted);
        sight_stop(sight, &shown);
        if (r == 0 && sight_is_new(sight, &shown) && !task_is_ours(task))
                sight_use(sight, &shown);
        else if (r < 0 && !task_is_gone(r) && !task_is_ours(task))
                sight_doubt(sight, &owner);
        free(shown.asked);
        return task_is_gone(r) ? r : 0;
}

/* Who is in the namespaces that show something? */
static int visit(void *arg, const struct task *task)
{
        struct list *list = arg;

        if (!task->numbered)
                return visit_unnumbered(list, task);
        for (size_t i = find(list, task->number);
             i < list->n && list->holders[i].number == task->number; i++) {
                struct holder *holder = &list->holders[i];

                holder->processes += strcmp(task->pid, task->tid) == 0;
                if (list->sight->why != LOOK_CLOSE || holder->others)
                        continue;
                if (task_is_ours(task))
                        holder->ours = true;
                else
                        holder->others = true;
        }
        return 0;
}

/* When a session closes, a namespace with nobody but the closing program in it does not count. */
static int look_at_tasks(struct list *list)
{
        const struct proc proc = {.deadline = &list->sight->end};
        size_t n_before = list->n;
        bool empty = false;
        int r = proc_each(&proc, visit, list);

        for (size_t i = 0; r == 0 && i < list->n; i++) {
                const struct holder *holder = &list->holders[i];

                if (holder->others)
                        sight_use(list->sight, &holder->shown);
                else if (!holder->ours)
                        empty |= sight_is_new(list->sight, &holder->shown);
        }
        /* who was there may have left for a new one before it was read */
        if (r == 0 && sight_is_open(list->sight))
                r = read_all(list);
        return r == 0 && (empty || list->n > n_before) ? -EAGAIN : r;
}

static void use_all(struct list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                sight_use(list->sight, &list->holders[i].shown);
                sight_count(list->sight, &list->holders[i].shown, list->holders[i].processes);
        }
}

static int look_once(struct list *list, bool last)
{
        const struct proc proc = {.deadline = &list->sight->end};
        int r = read_all(list);

        if (r < 0 || list->n == 0)
                return r;
        if (list->sight->why == LOOK_CLOSE)
                r = look_at_tasks(list);
        else if (list->sight->why == LOOK_LIST)
                r = proc_each(&proc, visit, list);
        /* nobody knows who holds what nobody is in */
        if (list->sight->why != LOOK_CLOSE || (r == -EAGAIN && last))
                use_all(list);
        return r;
}

/*
 * Somebody else's look may hold a namespace for a moment after the last process has left it, and a
 * process may be just about to end: when a session closes, a namespace that nobody is in is looked
 * for again.
 */
int look_nsfs(struct sight *sight)
{
        int r = -EAGAIN;

        for (unsigned i = 0; r == -EAGAIN && sight_is_open(sight) && i < TRIES; i++) {
                _cleanup_(list_done) struct list list = {.sight = sight};

                if (i > 0)
                        (void)nanosleep(&(struct timespec){.tv_nsec = (long)i * 1000000}, NULL);
                r = look_once(&list, i + 1 == TRIES);
        }
        return r == -EAGAIN ? 0 : r;
}
