/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tasks: all that run, as /proc shows them, and their mount namespaces */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/deadline.h"
#include "ground/idset.h"
#include "mounts/mountinfo.h"
#include "mounts/owner.h"

struct task {
        int proc;        /* fd of /proc */
        const char *pid; /* of the process, as text */
        const char *tid; /* of the task */
        bool numbered;   /* false: its namespace can't be told (PID 1's, in some containers) */
        ino_t number;    /* of its mount namespace */
};

/* How to walk over all tasks. */
struct tasks {
        const struct deadline *deadline;
        /*
         * Processes that need not be visited, and those that each() says this of: for the next
         * walk. Or NULL.
         */
        struct idset *settled;
};

enum {
        TASK_SETTLED = 1, /* each(): this task need not be visited in the next walk */
};

/*
 * Calls each() for every task until it returns -errno, and returns that; -ETIMEDOUT when the
 * deadline has passed; -EACCES where processes are hidden (hidepid=); -EBUSY where they end faster
 * than they can be visited; 0 at the end. What ends meanwhile is passed over, and what it has left
 * behind is visited; each() says by an error of task_is_gone() that the task has ended.
 *
 * Costs for each process one stat(2), for its threads, and one readlink(2); for a process with
 * several threads one readlink(2) for each.
 */
int tasks_each(const struct tasks *tasks, int (*each)(void *, const struct task *), void *arg);

/* Does this error of a file below /proc/PID mean that the task has ended? */
bool task_is_gone(int error);

/*
 * Is the task's root the top of its namespace? Else its mount table may lack what is outside. 1, 0,
 * or -errno when it is ending and has no root any more.
 */
int task_is_rooted(const struct task *task);

/* Searches the task's mount table; as mountinfo_search(). */
int task_search_mounts(const struct task *task, const struct mounts_wanted *wanted);

/* The mount namespace that the task is in: an fd, the caller's to close, or -errno. */
int task_open_namespace(const struct task *task);

/*
 * Whose is the task? In a user namespace of a user's that user's; else that of its effective uid,
 * and, where that is 0, of its real one: what is set-uid root was started by its user.
 */
struct owner task_owner(const struct task *task, ino_t own);

/* Is it this process, or a child of it that runs the same executable? Asks no file system. */
bool task_is_ours(const struct task *task);

/* The folder of a process in /proc: an O_PATH fd, the caller's to close, or -errno. */
int task_open_process(pid_t pid);

/*
 * When the process whose folder in /proc `process` is began: nanoseconds, CLOCK_BOOTTIME, rounded
 * down to a tick. 0, -ESRCH when it has ended, or -EINVAL.
 */
int task_read_start(int process, uint64_t *ret);

/* The numbers of all mount namespaces that tasks are in; *ret is empty at first. 0 or -errno. */
int tasks_namespaces(const struct deadline *deadline, struct idset *ret);
