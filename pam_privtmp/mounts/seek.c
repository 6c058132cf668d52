/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seek: the mount namespace that has a number and an id */
#include "ground/cleanup.h"
#include "mounts/nsfs.h"
#include "mounts/proc.h"
#include "mounts/seek.h"

struct seek {
        const struct namespace_id *id;
        int found; /* an fd */
};

static int compare_entry(void *arg, const struct nsfs_entry *entry)
{
        struct seek *seek = arg;

        if (!namespace_is_same(&entry->id, seek->id))
                return 0;
        seek->found = fcntl(entry->fd, F_DUPFD_CLOEXEC, 0);
        return seek->found < 0 ? -errno : 1;
}

static int compare_task(void *arg, const struct task *task)
{
        struct seek *seek = arg;
        struct namespace_id id;
        int fd;

        if (!task->numbered || task->number != seek->id->number)
                return 0;
        fd = task_open_namespace(task);
        if (fd < 0)
                return task_is_gone(fd) ? fd : 0;
        if (namespace_identify(fd, &id) < 0 || !namespace_is_same(&id, seek->id)) {
                fd_close(fd);
                return 0;
        }
        seek->found = fd;
        return -ECANCELED; /* the walk ends with an error only */
}

int seek_namespace(const struct namespace_id *id, const struct deadline *deadline)
{
        struct seek seek = {.id = id, .found = -EBADF};
        int r = nsfs_each(deadline, compare_entry, &seek);

        if (r == -EOPNOTSUPP)
                r = proc_each(&(struct proc){.deadline = deadline}, compare_task, &seek);
        if (seek.found >= 0)
                return seek.found;
        return r < 0 ? r : -ENOENT;
}
