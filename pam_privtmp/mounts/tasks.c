/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tasks: all that run, as /proc shows them
 *
 * MUST NOT ask a user's file system: it may never answer (unit/lifetime/idle.c).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/name.h"
#include "ground/number.h"
#include "ground/idset.h"
#include "mounts/tasks.h"

enum {
        TASK_PATH = 96, /* bytes: "PID/task/TID/mountinfo" */
        STAT_BYTES = 512,
        FIRST_FIELD = 3, /* of /proc/PID/stat, behind the name */
        START_FIELD = 22,
        ROUNDS = 50,
};

#define SECOND UINT64_C(1000000000) /* in nanoseconds */

bool task_is_gone(int error)
{
        return error == -ENOENT || error == -ESRCH || error == -EINVAL;
}

static void task_path(const struct task *task, const char *file, char path[TASK_PATH])
{
        (void)snprintf(path, TASK_PATH, "%.20s/task/%.20s/%.20s", task->pid, task->tid, file);
}

struct walk {
        int proc;
        const struct deadline *deadline;
        int (*each)(void *, const struct task *);
        void *arg;
        struct idset visited;   /* processes */
        bool lost;              /* one that was listed had ended when it was to be visited */
};

static inline void walk_done(struct walk *walk)
{
        idset_done(&walk->visited);
}

static int visit(struct walk *walk, const char *pid, const char *tid)
{
        struct task task = {.proc = walk->proc, .pid = pid, .tid = tid};
        char path[TASK_PATH];
        struct stat st;
        int r;

        if (deadline_is_over(walk->deadline))
                return -ETIMEDOUT;
        task_path(&task, "ns/mnt", path);
        task.numbered = fstatat(walk->proc, path, &st, 0) == 0;
        if (task.numbered)
                task.number = st.st_ino;
        r = task.numbered || !task_is_gone(-errno) ? walk->each(walk->arg, &task) : -ESRCH;
        if (task_is_gone(r))
                walk->lost = true;
        return task_is_gone(r) ? 0 : r;
}

/* Calls visit() for the names in a folder of /proc that are numbers. */
static int each_number(struct walk *walk, const char *folder, const char *pid,
                       int (*each)(struct walk *, const char *, const char *))
{
        _cleanup_closedir_ DIR *dir = NULL;
        struct dirent *entry;
        int fd, r;

        fd = openat(walk->proc, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return -ENOMEM;
        }
        while ((errno = 0, entry = readdir(dir))) {
                if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
                        continue;
                r = each(walk, pid ? pid : entry->d_name, entry->d_name);
                if (r != 0)
                        return r;
        }
        return -errno;
}

static int visit_process(struct walk *walk, const char *pid, const char *unused)
{
        char path[TASK_PATH];
        struct stat st;
        int r;

        (void)unused;
        r = idset_add(&walk->visited, strtoull(pid, NULL, 10));
        if (r != 0)
                return r < 0 ? r : 0;
        (void)snprintf(path, sizeof(path), "%.20s/task", pid);
        /* one link for each task: most processes have a single one, and need not be listed */
        if (fstatat(walk->proc, path, &st, 0) == 0 && st.st_nlink == 2 + 1)
                return visit(walk, pid, pid);
        r = each_number(walk, path, pid, visit);
        if (task_is_gone(r))
                walk->lost = true;
        return task_is_gone(r) ? 0 : r;
}

int tasks_each(int proc, const struct deadline *deadline, int (*each)(void *, const struct task *),
               void *arg)
{
        _cleanup_(walk_done) struct walk walk = {
                .proc = proc, .deadline = deadline, .each = each, .arg = arg};
        int r = 0;

        /* who has ended before the visit may have left a child that was not listed */
        walk.lost = true;
        for (unsigned i = 0; r == 0 && walk.lost; i++) {
                if (i >= ROUNDS)
                        return -EBUSY;
                walk.lost = false;
                r = each_number(&walk, ".", NULL, visit_process);
        }
        /* PID 1 is always there: who does not see it does not see others either (hidepid=) */
        return r == 0 && (walk.visited.n == 0 || walk.visited.ids[0] != 1) ? -EACCES : r;
}

int task_is_rooted(const struct task *task)
{
        char path[TASK_PATH], root[2];
        ssize_t n;

        task_path(task, "root", path);
        n = readlinkat(task->proc, path, root, sizeof(root));
        if (n < 0)
                return task_is_gone(-errno) ? -errno : 0;
        return n == 1 && root[0] == '/';
}

uid_t task_owner(const struct task *task)
{
        struct stat st;

        return fstatat(task->proc, task->pid, &st, 0) == 0 ? st.st_uid : 0;
}

/*
 * The fields of a stat file behind the second, which may hold anything: "S PPID ...". `text` has
 * room for it.
 */
static const char *read_stat(int proc, const char *path, char text[STAT_BYTES])
{
        _cleanup_close_ int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, text, STAT_BYTES - 1);
        const char *field;

        if (n <= 0)
                return NULL;
        text[n] = '\0';
        field = strrchr(text, ')');
        return field && strlen(field) > 4 ? field + 2 : NULL;
}

static pid_t parent_of(const struct task *task)
{
        char path[TASK_PATH], text[STAT_BYTES];
        const char *fields;

        task_path(task, "stat", path);
        fields = read_stat(task->proc, path, text);
        return fields ? (pid_t)strtol(fields + 2, NULL, 10) : -1;
}

int task_open_process(pid_t pid)
{
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        char name[NAME_BYTES];
        int fd;

        (void)snprintf(name, sizeof(name), "%jd", (intmax_t)pid);
        fd = proc < 0 ? -1 : openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int task_read_start(int process, uint64_t *ret)
{
        const char *fields;
        char text[STAT_BYTES];
        uint64_t ticks;

        fields = read_stat(process, "stat", text);
        for (unsigned i = FIRST_FIELD; fields && i < START_FIELD; i++) {
                fields = strchr(fields, ' ');
                fields += fields != NULL;
        }
        if (!fields)
                return -ESRCH;
        if (!number_read(fields, fields + strspn(fields, "0123456789"), UINT64_MAX / SECOND,
                         &ticks))
                return -EINVAL;
        *ret = ticks * (SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
        return 0;
}

bool task_is_ours(const struct task *task)
{
        const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
        struct statx ours, its;
        char path[TASK_PATH];

        if (strtol(task->pid, NULL, 10) == getpid())
                return true;
        task_path(task, "exe", path);
        return parent_of(task) == getpid() &&
               statx(task->proc, "self/exe", flags, STATX_INO, &ours) == 0 &&
               statx(task->proc, path, flags, STATX_INO, &its) == 0 &&
               ours.stx_dev_major == its.stx_dev_major && ours.stx_dev_minor == its.stx_dev_minor &&
               ours.stx_ino == its.stx_ino;
}

static int add_number(void *arg, const struct task *task)
{
        int r = task->numbered ? idset_add(arg, task->number) : 0;

        return r < 0 ? r : 0;
}

int tasks_namespaces(const struct deadline *deadline, struct idset *ret)
{
        _cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

        return proc < 0 ? -errno : tasks_each(proc, deadline, add_number, ret);
}
