/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* census: which mount namespaces there are, and how many */
#include "command/census.h"
#include "ground/cleanup.h"
#include "ground/grow.h"
#include "mounts/nsfs.h"
#include "mounts/proc.h"

struct list {
        struct namespace_id *ids;
        size_t n;
};

static int add(void *arg, const struct nsfs_entry *entry)
{
        struct list *list = arg;
        struct namespace_id *larger = grow(list->ids, list->n, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        list->ids = larger;
        list->ids[list->n++] = entry->id;
        return 0;
}

static int add_number(void *arg, const struct task *task)
{
        int r = task->numbered ? idset_add(arg, task->number) : 0;

        return r < 0 ? r : 0;
}

static int read_tasks(const struct deadline *deadline, struct idset *ret)
{
        return proc_each(&(struct proc){.deadline = deadline}, add_number, ret);
}

static int alive_by_tasks(struct namespace_id **ret, size_t *n, const struct deadline *deadline)
{
        _cleanup_(idset_done) struct idset numbers = {0};
        int r = read_tasks(deadline, &numbers);

        if (r < 0)
                return r;
        *n = numbers.n;
        *ret = calloc(*n + 1, sizeof(**ret));
        for (size_t i = 0; *ret && i < *n; i++)
                (*ret)[i].number = numbers.ids[i];
        return *ret ? 0 : -ENOMEM;
}

int census_alive(struct namespace_id **ret, size_t *n, const struct deadline *deadline)
{
        struct list list = {0};
        int r = nsfs_each(deadline, add, &list);

        if (r < 0) {
                free(list.ids);
                return r == -EOPNOTSUPP ? alive_by_tasks(ret, n, deadline) : r;
        }
        *ret = list.ids;
        *n = list.n;
        return 0;
}

struct count {
        struct idset numbers; /* of those that were judged */
        uint64_t n;
};

static void count_done(struct count *count)
{
        idset_done(&count->numbers);
}

static int count_one(void *arg, const struct nsfs_entry *entry)
{
        struct count *count = arg;

        count->n += namespace_is_ours(entry->fd);
        return 0;
}

static int count_of_task(void *arg, const struct task *task)
{
        struct count *count = arg;
        int r = task->numbered ? idset_add(&count->numbers, task->number) : 1;

        if (r == 0) {
                _cleanup_close_ int fd = task_open_namespace(task);

                count->n += namespace_is_ours(fd);
        }
        return r < 0 ? r : 0;
}

int census_count(const struct deadline *deadline, uint64_t *ret)
{
        _cleanup_(count_done) struct count count = {.n = 0};
        int r = nsfs_each(deadline, count_one, &count);

        if (r == -EOPNOTSUPP) {
                count.n = 0;
                r = proc_each(&(struct proc){.deadline = deadline}, count_of_task, &count);
        }
        *ret = count.n;
        return r;
}
