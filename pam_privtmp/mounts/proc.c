/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proc: all tasks, as /proc lists them */
#include <stdio.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/names.h"
#include "mounts/proc.h"

enum {
        TASKS_PATH = 32, /* bytes: "PID/task" */
        ROUNDS = 10,     /* of a walk: who goes on for so long to fork and end hides only itself */
        LOOK_AT_TIME = 16, /* tasks between two looks at the clock */
};

struct walk {
        int proc;
        const struct proc *how;
        int (*each)(void *, const struct task *);
        void *arg;
        struct idset visited; /* processes */
        unsigned seen;        /* tasks */
        bool lost;            /* one that was listed had ended when it was to be visited */
        bool all_settled;     /* the tasks of the process that is being visited */
};

static void walk_done(struct walk *walk)
{
        idset_done(&walk->visited);
        fd_close(walk->proc);
}

static int visit(struct walk *walk, const char *pid, const char *tid)
{
        struct task task = {.proc = walk->proc, .pid = pid, .tid = tid};
        int r;

        if (walk->seen++ % LOOK_AT_TIME == 0 && deadline_is_over(walk->how->deadline))
                return -ETIMEDOUT;
        task.numbered = task_read_namespace(&task, "mnt", &task.number);
        r = task.numbered || !task_is_gone(-errno) ? walk->each(walk->arg, &task) : -ESRCH;
        walk->all_settled &= r == PROC_SETTLED;
        if (task_is_gone(r))
                walk->lost = true;
        return r == PROC_SETTLED || task_is_gone(r) ? 0 : r;
}

/* Calls each() for the names in a folder of /proc that are numbers. */
static int each_number(struct walk *walk, int folder, const char *pid,
                       int (*each)(struct walk *, const char *, const char *))
{
        struct names names;
        const char *name;

        names_begin(&names, folder);
        while ((name = names_next(&names))) {
                bool is_number = name[0] >= '0' && name[0] <= '9';
                int r = is_number ? each(walk, pid ? pid : name, name) : 0;

                if (r != 0)
                        return r;
        }
        return names.error;
}

static int visit_tasks(struct walk *walk, const char *pid)
{
        _cleanup_close_ int folder = -EBADF;
        char path[TASKS_PATH];
        struct stat st;
        int r;

        (void)snprintf(path, sizeof(path), "%.20s/task", pid);
        /* one link for each task: most processes have a single one, and need not be listed */
        if (fstatat(walk->proc, path, &st, 0) == 0 && st.st_nlink == 2 + 1)
                return visit(walk, pid, pid);
        folder = openat(walk->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = folder < 0 ? -errno : each_number(walk, folder, pid, visit);
        if (task_is_gone(r))
                walk->lost = true;
        return task_is_gone(r) ? 0 : r;
}

static int visit_process(struct walk *walk, const char *pid, const char *unused)
{
        struct idset *settled = walk->how->settled;
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

int proc_each(const struct proc *how, int (*each)(void *, const struct task *), void *arg)
{
        _cleanup_(walk_done) struct walk walk = {.how = how, .each = each, .arg = arg};
        int r = 0;

        walk.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (walk.proc < 0)
                return -errno;
        /* who has ended before the visit may have left a child that was not listed */
        walk.lost = true;
        for (unsigned i = 0; r == 0 && walk.lost && i < ROUNDS; i++) {
                walk.lost = false;
                r = each_number(&walk, walk.proc, NULL, visit_process);
        }
        /* PID 1 is always there: who does not see it does not see others either (hidepid=) */
        return r == 0 && (walk.visited.n == 0 || walk.visited.ids[0] != 1) ? -EACCES : r;
}
