/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nsfs: all mount namespaces that the kernel has
 *
 * MUST say so when it can't see everything (unit/mounts/nsfs.c).
 */
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/idset.h"
#include "mounts/nsfs.h"
#include "mounts/tasks.h"

/* What Debian 12's headers, those of Linux 6.1, do not have; the numbers are the same everywhere.
 */
struct mount_namespace {
        uint32_t size;
        uint32_t mounts;
        uint64_t id;
};

#define GET_INFO _IOR(NSIO, 10, struct mount_namespace)
#define GET_NEXT _IOR(NSIO, 11, struct mount_namespace)
#define GET_PREV _IOR(NSIO, 12, struct mount_namespace)

int nsfs_error(int error)
{
        switch (error) {
        case ENOTTY:
        case ENOSYS:
        case EINVAL:
        case EPERM:
        case EACCES:
                return -EOPNOTSUPP;
        default:
                return -error;
        }
}

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

static int visit(int fd, const struct mount_namespace *info,
                 int (*each)(void *, const struct nsfs_entry *), void *arg)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        return each(arg,
                    &(struct nsfs_entry){.fd = fd, .id = {.number = st.st_ino, .id = info->id}});
}

/* From the namespace of `fd`, which is not added itself, to one end of the kernel's list. */
static int walk(int fd, unsigned long step, const struct deadline *deadline,
                int (*each)(void *, const struct nsfs_entry *), void *arg)
{
        _cleanup_close_ int at = fcntl(fd, F_DUPFD_CLOEXEC, 0);

        if (at < 0)
                return -errno;
        for (;;) {
                struct mount_namespace info = {.size = sizeof(info)};
                int r, next = ioctl(at, step, &info);

                if (next < 0)
                        return errno == ENOENT ? 0 : nsfs_error(errno);
                fd_close(at);
                at = next;
                r = visit(at, &info, each, arg);
                if (r != 0)
                        return r;
                if (deadline_is_over(deadline))
                        return -ETIMEDOUT;
        }
}

int nsfs_each(const struct deadline *deadline, int (*each)(void *, const struct nsfs_entry *),
              void *arg)
{
        struct mount_namespace info = {.size = sizeof(info)};
        _cleanup_close_ int own = -EBADF;
        struct stat st;
        int r;

        own = open(NAMESPACE_OWN, O_RDONLY | O_CLOEXEC);
        if (own < 0 || fstat(own, &st) < 0)
                return -errno;
        if (ioctl(own, GET_INFO, &info) < 0)
                return nsfs_error(errno);
        r = walk(own, GET_PREV, deadline, each, arg);
        if (r == 0)
                r = walk(own, GET_NEXT, deadline, each, arg);
        /* its number of mounts has changed meanwhile: anybody may mount and unmount */
        if (r == 0 && ioctl(own, GET_INFO, &info) < 0)
                r = nsfs_error(errno);
        /* last of all: this one is still there then, and where there is no list it is not read */
        if (r == 0)
                r = each(arg, &(struct nsfs_entry){.fd = own,
                                                   .id = {.number = st.st_ino, .id = info.id},
                                                   .mounts = info.mounts});
        return r;
}

static int alive_by_tasks(struct namespace_id **ret, size_t *n, const struct deadline *deadline)
{
        _cleanup_(idset_done) struct idset numbers = {0};
        int r = tasks_namespaces(deadline, &numbers);

        if (r < 0)
                return r;
        *n = numbers.n;
        *ret = calloc(*n + 1, sizeof(**ret));
        for (size_t i = 0; *ret && i < *n; i++)
                (*ret)[i].number = numbers.ids[i];
        return *ret ? 0 : -ENOMEM;
}

int nsfs_alive(struct namespace_id **ret, size_t *n, const struct deadline *deadline)
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

int nsfs_count(const struct deadline *deadline, uint64_t *ret)
{
        _cleanup_(count_done) struct count count = {.n = 0};
        int r = nsfs_each(deadline, count_one, &count);

        if (r == -EOPNOTSUPP) {
                count.n = 0;
                r = tasks_each(&(struct tasks){.deadline = deadline}, count_of_task, &count);
        }
        *ret = count.n;
        return r;
}
