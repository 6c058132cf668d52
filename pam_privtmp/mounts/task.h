/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* task: one task, as /proc shows it, and its mount namespace */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mounts/mountinfo.h"
#include "mounts/owner.h"

struct task {
        int proc;        /* fd of /proc */
        const char *pid; /* of the process, as text */
        const char *tid; /* of the task */
        bool numbered;   /* false: its namespace can't be told (PID 1's, in some containers) */
        ino_t number;    /* of its mount namespace */
};

/* Does this error of a file below /proc/PID mean that the task has ended? */
bool task_is_gone(int error);

/*
 * Is the task's root the top of its namespace? Else its mount table may lack what is outside. 1, 0,
 * or -errno when it is ending and has no root any more.
 */
int task_is_rooted(const struct task *task);

/* Searches the task's mount table. Returns as mountinfo_search(): 0, -errno or what each() says. */
int task_search_mounts(const struct task *task, const struct mounts_wanted *wanted);

/*
 * The number of the task's namespace of that kind ("mnt", "user"), into *ret. False with errno
 * where it can't be told.
 */
bool task_read_namespace(const struct task *task, const char *kind, ino_t *ret);

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
