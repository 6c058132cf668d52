/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* holders: who has which instances mounted */
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "command/holders.h"
#include "lifetime/match.h"
#include "mounts/mounts.h"
#include "ground/name.h"
#include "ground/path.h"
#include "mounts/namespaces.h"
#include "mounts/tasks.h"

enum {
        LOOK_MILLISECONDS = 10 * 1000,
};

struct look {
        struct holders *holders;
        const struct match *match;
        const struct deadline *deadline;
        ino_t ns; /* that is being looked at */
        ino_t *seen;
        size_t n_seen;
};

static void look_done(struct look *look)
{
        free(look->seen);
}

/* Notes the instance that a mount of the base's device begins at or in: PREFIX/UID/XXXXXX/root. */
static int add_mount(void *arg, const char *root)
{
        struct look *look = arg;
        struct holders *holders = look->holders;
        size_t prefix = strlen(look->match->prefix), length;
        struct holders_mount *mounts;
        const char *mark = root + prefix + 1, *name;

        if (strncmp(root, look->match->prefix, prefix) != 0 || root[prefix] != '/')
                return 0;
        name = strchr(mark, '/');
        length = name ? (size_t)(name - mark) + 1 + NAME_RANDOM : 0;
        if (!name || strlen(mark) < length || length >= HOLDERS_MARK ||
            !path_is_within(mark + length, "/root"))
                return 0;
        mounts = grow(holders->mounts, holders->n, sizeof(*mounts));
        if (!mounts)
                return -ENOMEM;
        holders->mounts = mounts;
        mounts[holders->n].ns = look->ns;
        (void)snprintf(mounts[holders->n++].mark, HOLDERS_MARK, "%.*s", (int)length, mark);
        return 0;
}

static int find_by_namespaces(struct look *look)
{
        _cleanup_free_ struct namespaces_entry *list = NULL;
        size_t n;
        int r = namespaces_list(&list, &n, look->deadline);

        for (size_t i = 0; r == 0 && i < n; i++) {
                look->ns = list[i].id.number;
                r = namespaces_each_mount(&list[i], look->match->device, look->deadline, add_mount,
                                          look);
        }
        return r;
}

static int add_entry(void *arg, const struct mounts_entry *entry)
{
        struct look *look = arg;

        return entry->device == look->match->device ? add_mount(look, entry->root) : 0;
}

/* The mount table of a task whose namespace was not seen yet. */
static int look_at_task(void *arg, const struct task *task)
{
        static const char *const needle = "/root";
        struct look *look = arg;
        char path[96];
        ino_t *seen;
        int r;

        for (size_t i = 0; i < look->n_seen; i++)
                if (look->seen[i] == task->number)
                        return 0;
        seen = task->numbered ? grow(look->seen, look->n_seen, sizeof(*seen)) : NULL;
        if (!seen)
                return task->numbered ? -ENOMEM : 0;
        look->seen = seen;
        (void)snprintf(path, sizeof(path), "%.20s/task/%.20s/mountinfo", task->pid, task->tid);
        look->ns = task->number;
        r = mounts_search(task->proc, path, &needle, 1, look->deadline, add_entry, look);
        if (r < 0)
                return task_is_gone(r) ? 0 : r;
        seen[look->n_seen++] = task->number;
        return 0;
}

static int find_by_tasks(struct look *look)
{
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

        return proc < 0 ? -errno : tasks_each(proc, look->deadline, look_at_task, look);
}

int holders_find(struct holders *holders, int base, const char *path)
{
        const struct deadline deadline = deadline_in(LOOK_MILLISECONDS);
        struct match match = {0};
        _cleanup_(look_done) struct look look = {
                .holders = holders, .match = &match, .deadline = &deadline};
        size_t before = holders->n;
        int r = match_base(&match, base, path);

        if (r < 0)
                return r;
        r = find_by_namespaces(&look);
        if (r != -EOPNOTSUPP)
                return r;
        holders->n = before;
        return find_by_tasks(&look);
}

static int add_process(void *arg, const struct task *task)
{
        struct holders *holders = arg;
        ino_t *processes;

        if (!task->numbered || strcmp(task->pid, task->tid) != 0)
                return 0;
        processes = grow(holders->processes, holders->n_processes, sizeof(*processes));
        if (!processes)
                return -ENOMEM;
        holders->processes = processes;
        processes[holders->n_processes++] = task->number;
        return 0;
}

static int compare(const void *a, const void *b)
{
        ino_t x = *(const ino_t *)a, y = *(const ino_t *)b;

        return x < y ? -1 : x > y;
}

int holders_count(struct holders *holders)
{
        const struct deadline deadline = deadline_in(LOOK_MILLISECONDS);
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int r = proc < 0 ? -errno : tasks_each(proc, &deadline, add_process, holders);

        if (holders->n_processes > 0)
                qsort(holders->processes, holders->n_processes, sizeof(ino_t), compare);
        return r;
}

unsigned holders_in(const struct holders *holders, ino_t ns)
{
        size_t low = 0, high = holders->n_processes;
        unsigned n = 0;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (holders->processes[middle] < ns)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (; low < holders->n_processes && holders->processes[low] == ns; low++)
                n++;
        return n;
}

/* Was the namespace of this mount counted already? It may show an instance more than once. */
static bool is_repeated(const struct holders *holders, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (holders->mounts[j].ns == holders->mounts[i].ns &&
                    strcmp(holders->mounts[j].mark, holders->mounts[i].mark) == 0)
                        return true;
        return false;
}

unsigned holders_of(const struct holders *holders, const char *mark)
{
        unsigned n = 0;

        for (size_t i = 0; i < holders->n; i++)
                if (strcmp(holders->mounts[i].mark, mark) == 0 && !is_repeated(holders, i))
                        n += holders_in(holders, holders->mounts[i].ns);
        return n;
}

void holders_done(struct holders *holders)
{
        free(holders->mounts);
        free(holders->processes);
        *holders = (struct holders){0};
}
