/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proc: all tasks, as /proc lists them */
#pragma once

#include "ground/deadline.h"
#include "ground/idset.h"
#include "mounts/task.h"

/* How to walk over all tasks. */
struct proc {
        const struct deadline *deadline;
        /*
         * Processes that need not be visited, and those that each() says this of: for the next
         * walk. Or NULL.
         */
        struct idset *settled;
};

enum {
        PROC_SETTLED = 1, /* each(): this task need not be visited in the next walk */
};

/*
 * Calls each() for every task until it returns -errno, and returns that; -ETIMEDOUT when the
 * deadline has passed; -EACCES where processes are hidden (hidepid=); 0 at the end. What ends
 * meanwhile is passed over, and what it has left behind is visited, but for the last of ten
 * processes in a row each of which has ended before it could be visited: anybody can go on to fork
 * and end, and that must not be a doubt about what others have. each() says by an error of
 * task_is_gone() that the task has ended.
 *
 * Costs for each process one stat(2), for its threads, and one readlink(2); for a process with
 * several threads one readlink(2) for each.
 */
int proc_each(const struct proc *how, int (*each)(void *, const struct task *), void *arg);
