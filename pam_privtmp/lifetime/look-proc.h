/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* look-proc: a look by the mount tables of all tasks in /proc */
#pragma once

#include "lifetime/sight.h"

/*
 * Walks over all tasks until a walk finds nothing new, and fills in the answers. A namespace that
 * no task is in is not seen. 0, or -errno: all that is not known to be used is in doubt then.
 */
int look_proc(struct sight *sight);
