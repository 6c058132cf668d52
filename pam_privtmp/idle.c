/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idle: is an instance mounted anywhere?
 *
 * MUST answer "used" in doubt (test-idle.c).
 * MUST compare mounts, never numbers of namespaces, and never st_dev: it is not the device that
 * mountinfo has (btrfs) (test-idle.c).
 * MUST end in time, whatever users have mounted (test-idle.c).
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "idle.h"
#include "mounts.h"
#include "name.h"
#include "tasks.h"

enum {
        LOOK_MILLISECONDS = 250, /* most hosts need a tenth; any user can make it last */
};

/* A namespace seen in this pass, and which instances it has: a bit each. */
struct seen {
        ino_t number;
        unsigned mask;
        unsigned doubt; /* whose user has a task in it */
        bool counts;    /* a task was seen that counts */
        bool whole;     /* a task was seen whose root shows all of it */
};

struct look {
        int proc;
        struct deadline deadline;
        struct idle_query *queries;
        size_t n;
        bool closing;
        dev_t device;          /* of the base's mount, as mountinfo gives it */
        char prefix[PATH_MAX]; /* of the base in its file system */
        struct seen *seen;     /* sorted by number */
        size_t n_seen;
        unsigned used;
};

static inline void look_done(struct look *look)
{
        fd_close(look->proc);
        free(look->seen);
}

/* Where the base is in its file system: a mount of an instance begins below that. */
static int find_base(struct look *look, int base, const char *path)
{
        _cleanup_mounts_ struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        struct mounts_entry entry;
        struct statx stx;
        const char *below;
        size_t size;
        int r;

        if (statx(base, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
                return -errno;
        r = mounts_read(look->proc, "thread-self/mountinfo", &text, &size);
        if (r == 0)
                r = mounts_parse_one(text, stx.stx_mnt_id, &table);
        if (r == 0)
                r = mounts_find(table, stx.stx_mnt_id, &entry);
        if (r < 0)
                return r;
        below = path;
        if (strcmp(entry.target, "/") != 0) {
                if (!name_is_within(path, entry.target))
                        return -EXDEV;
                below += strlen(entry.target);
        }
        look->device = entry.device;
        r = snprintf(look->prefix, sizeof(look->prefix), "%s%s",
                     strcmp(entry.root, "/") == 0 ? "" : entry.root, below);
        return r < 0 || (size_t)r >= sizeof(look->prefix) ? -ENAMETOOLONG : 0;
}

struct compare {
        const struct look *look;
        unsigned mask;
};

static int compare_mount(void *arg, const struct mounts_entry *entry)
{
        struct compare *compare = arg;

        if (entry->device != compare->look->device)
                return 0;
        for (size_t i = 0; i < compare->look->n; i++) {
                char top[PATH_MAX];
                int n = snprintf(top, sizeof(top), "%s/%s/root", compare->look->prefix,
                                 compare->look->queries[i].mark);

                /* what is removed already has "//deleted" behind its path: below, then */
                if (n < 0 || (size_t)n >= sizeof(top) || name_is_within(entry->root, top))
                        compare->mask |= 1U << i;
        }
        return 0;
}

/* The instances that a task's mount table has. -errno when the task is gone, or in doubt. */
static int look_at_table(const struct look *look, const struct task *task, unsigned *mask)
{
        struct compare compare = {.look = look};
        const char *marks[IDLE_MAX];
        char path[96];
        int r;

        for (size_t i = 0; i < look->n; i++)
                marks[i] = look->queries[i].mark;
        (void)snprintf(path, sizeof(path), "%.20s/task/%.20s/mountinfo", task->pid, task->tid);
        r = mounts_search(look->proc, path, marks, look->n, &look->deadline, compare_mount,
                          &compare);
        *mask = compare.mask;
        return r;
}

/* Where in look->seen the number is, or belongs. */
static size_t find_seen(const struct look *look, ino_t number)
{
        size_t low = 0, high = look->n_seen;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (look->seen[middle].number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* The namespace's place in look->seen, made if need be. */
static struct seen *get_seen(struct look *look, ino_t number)
{
        size_t at = find_seen(look, number);

        if (at < look->n_seen && look->seen[at].number == number)
                return &look->seen[at];
        if ((look->n_seen & (look->n_seen - 1)) == 0) {
                size_t room = look->n_seen ? look->n_seen * 2 : 1;
                struct seen *larger = reallocarray(look->seen, room, sizeof(*larger));

                if (!larger)
                        return NULL;
                look->seen = larger;
        }
        memmove(look->seen + at + 1, look->seen + at, (look->n_seen - at) * sizeof(*look->seen));
        look->seen[at] = (struct seen){.number = number};
        look->n_seen++;
        return &look->seen[at];
}

/* The instances that a task's user may well have: its own, or any if it is root. */
static unsigned doubt_of(const struct look *look, const struct task *task)
{
        uid_t owner = task_owner(task);
        char own[NAME_BYTES];
        unsigned mask = 0;

        name_uid(own, owner);
        for (size_t i = 0; i < look->n; i++)
                if (owner == 0 || name_is_within(look->queries[i].mark, own))
                        mask |= 1U << i;
        return mask;
}

static int look_at_task(void *arg, const struct task *task)
{
        struct seen unnumbered = {0}, *seen = &unnumbered;
        struct look *look = arg;
        unsigned mask;
        int r;

        if (task->numbered) {
                seen = get_seen(look, task->number);
                if (!seen)
                        return -ENOMEM;
        }
        if (!seen->whole) {
                r = look_at_table(look, task, &mask);
                if (r < 0)
                        return task_is_gone(r) ? 0 : r;
                seen->mask |= mask;
                r = task_is_rooted(task);
                if (r < 0)
                        return 0; /* it is ending: it has no root any more */
                seen->whole = r;
        }
        /* whatever would count, counts not if it is the closing program itself */
        if ((!(seen->mask & ~look->used) && seen->whole) || (look->closing && task_is_ours(task)))
                return 0;
        look->used |= seen->mask;
        seen->counts = true;
        /* what is chrooted below a cover does not show it: see whether another task does */
        if (!seen->whole)
                seen->doubt |= doubt_of(look, task);
        return 0;
}

void idle_look(int base, const char *path, struct idle_query *queries, size_t n, bool closing)
{
        _cleanup_(look_done) struct look look = {
                .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC),
                .deadline = deadline_in(LOOK_MILLISECONDS),
                .queries = queries,
                .n = n < IDLE_MAX ? n : IDLE_MAX,
                .closing = closing,
        };
        int r = look.proc < 0 ? -errno : find_base(&look, base, path);

        if (r == 0)
                r = tasks_each(look.proc, &look.deadline, look_at_task, &look);
        for (size_t i = 0; i < look.n_seen; i++)
                if (look.seen[i].counts)
                        look.used |= look.seen[i].whole ? look.seen[i].mask : look.seen[i].doubt;
        for (size_t i = 0; i < n; i++)
                queries[i].used = r < 0 || i >= IDLE_MAX || look.used & 1U << i;
}
