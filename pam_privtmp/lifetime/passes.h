/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* passes: which instances are mounted anywhere, by the mount tables of all tasks in /proc */
#pragma once

#include <stdbool.h>

#include "ground/deadline.h"
#include "lifetime/match.h"
#include "mounts/tasks.h"

/*
 * The instances that a task's mount table shows, a bit each. -errno when the task is gone
 * (task_is_gone()) or when it can't be told.
 */
int passes_look_at(const struct match *match, const struct task *task,
                   const struct deadline *deadline, unsigned *mask);

/*
 * Passes over all tasks until two agree: which instances does any of them have mounted? With
 * `closing`, the caller's own process, and children of it that run the same executable, do not
 * count. In doubt an instance is used: also when all that can be seen of a namespace is chrooted
 * tasks of the user's. A namespace that no task is in is not seen. 0 or -errno.
 */
int passes_look(const struct match *match, bool closing, const struct deadline *deadline,
                unsigned *used);
