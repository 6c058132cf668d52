/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tasks: all that run, as /proc shows them
 *
 * MUST NOT ask a user's file system: it may never answer (unit/lifetime/look-close.c).
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
        STATUS_BYTES = 1024, /* the uids stand in the first lines */
        FIRST_FIELD = 3,     /* of /proc/PID/stat, behind the name */
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
        const struct tasks *tasks;
        int (*each)(void *, const struct task *);
        void *arg;
        struct idset visited; /* processes */
        bool lost;            /* one that was listed had ended when it was to be visited */
        bool all_settled;     /* the tasks of the process that is being visited */
};

static inline void walk_done(struct walk *walk)
{
        idset_done(&walk->visited);
        fd_close(walk->proc);
}

/* "mnt:[4026531841]"; a link that is read costs half of one that is followed. */
static bool read_number(int proc, const char *path, ino_t *ret)
{
        char link[NAME_BYTES];
        ssize_t n = readlinkat(proc, path, link, sizeof(link) - 1);
        const char *text;
        uint64_t number;

        if (n < 0)
                return false;
        link[n] = '\0';
        text = strchr(link, '[');
        if (!text || !number_read(text + 1, text + 1 + strspn(text + 1, "0123456789"), UINT64_MAX,
                                  &number)) {
                errno = EBADMSG;
                return false;
        }
        *ret = (ino_t)number;
        return true;
}

static int visit(struct walk *walk, const char *pid, const char *tid)
{
        struct task task = {.proc = walk->proc, .pid = pid, .tid = tid};
        char path[TASK_PATH];
        int r;

        if (deadline_is_over(walk->tasks->deadline))
                return -ETIMEDOUT;
        task_path(&task, "ns/mnt", path);
        task.numbered = read_number(walk->proc, path, &task.number);
        r = task.numbered || !task_is_gone(-errno) ? walk->each(walk->arg, &task) : -ESRCH;
        walk->all_settled &= r == TASK_SETTLED;
        if (task_is_gone(r))
                walk->lost = true;
        return r == TASK_SETTLED || task_is_gone(r) ? 0 : r;
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

static int visit_tasks(struct walk *walk, const char *pid)
{
        char path[TASK_PATH];
        struct stat st;
        int r;

        (void)snprintf(path, sizeof(path), "%.20s/task", pid);
        /* one link for each task: most processes have a single one, and need not be listed */
        if (fstatat(walk->proc, path, &st, 0) == 0 && st.st_nlink == 2 + 1)
                return visit(walk, pid, pid);
        r = each_number(walk, path, pid, visit);
        if (task_is_gone(r))
                walk->lost = true;
        return task_is_gone(r) ? 0 : r;
}

static int visit_process(struct walk *walk, const char *pid, const char *unused)
{
        struct idset *settled = walk->tasks->settled;
        uint64_t number = strtoull(pid, NULL, 10);
        int r = idset_add(&walk->visited, number);

        (void)unused;
        if (r != 0)
                return r < 0 ? r : 0;
        if (settled && idset_has(settled, number))
                return 0;
        walk->all_settled = true;
        r = visit_tasks(walk, pid);
        if (r == 0 && settled && walk->all_settled)
                r = idset_add(settled, number);
        return r;
}

int tasks_each(const struct tasks *tasks, int (*each)(void *, const struct task *), void *arg)
{
        _cleanup_(walk_done) struct walk walk = {.tasks = tasks, .each = each, .arg = arg};
        int r = 0;

        walk.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (walk.proc < 0)
                return -errno;
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

int task_search_mounts(const struct task *task, const struct mounts_wanted *wanted)
{
        char path[TASK_PATH];

        task_path(task, "mountinfo", path);
        return mountinfo_search(task->proc, path, wanted);
}

int task_open_namespace(const struct task *task)
{
        char path[TASK_PATH];
        int fd;

        task_path(task, "ns/mnt", path);
        fd = openat(task->proc, path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
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

/* The real uid of a process: "Uid:\tREAL\tEFFECTIVE ..." in its status (proc(5)); 0 in doubt. */
static uid_t real_uid(const struct task *task)
{
        _cleanup_close_ int fd = -EBADF;
        char path[TASK_PATH], text[STATUS_BYTES];
        const char *uid;
        uint64_t number;
        ssize_t n;

        task_path(task, "status", path);
        fd = openat(task->proc, path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return 0;
        text[n] = '\0';
        uid = strstr(text, "\nUid:\t"); /* a name has no newline, it is written as \n */
        if (!uid)
                return 0;
        uid += strlen("\nUid:\t");
        return number_read(uid, uid + strspn(uid, "0123456789"), UINT32_MAX, &number)
                       ? (uid_t)number
                       : 0;
}

struct owner task_owner(const struct task *task, ino_t own)
{
        char path[TASK_PATH];
        struct stat st;
        ino_t users;
        uid_t uid;

        task_path(task, "ns/user", path);
        if (read_number(task->proc, path, &users) && users != own) {
                _cleanup_close_ int fd = openat(task->proc, path, O_RDONLY | O_CLOEXEC);

                return owner_of_users(fd, own);
        }
        /* the effective uid, whether or not the process may be dumped */
        if (fstatat(task->proc, task->pid, &st, 0) < 0)
                return (struct owner){.is_user = false};
        /* a program that is set-uid root was still started by its user */
        uid = st.st_uid != 0 ? st.st_uid : real_uid(task);
        return (struct owner){.is_user = uid != 0, .uid = uid};
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
        return tasks_each(&(struct tasks){.deadline = deadline}, add_number, ret);
}
