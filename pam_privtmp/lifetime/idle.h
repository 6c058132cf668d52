/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idle: is an instance mounted anywhere? */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ground/mark.h"
#include "lifetime/match.h"

enum {
        IDLE_MAX = MATCH_MAX, /* instances that one look can ask about */
};

struct idle_query {
        const char *mark; /* where it is below the base: "UID/XXXXXX" */
        bool used;        /* the answer */
};

enum idle_why {
        IDLE_OPEN,  /* everybody counts, and somebody waits */
        IDLE_CLOSE, /* the closing program does not count */
        IDLE_CLEAN, /* nobody waits */
};

/*
 * Has any mount namespace the instance, or anything below it, mounted? `base` is an fd of the base
 * and `path` the path that it was opened by. Asks the kernel for all namespaces (namespaces.h);
 * where that can't be had, the mount tables of all tasks in /proc (passes.h), which do not show a
 * namespace that nobody is in any more but that is held open.
 *
 * When a session closes, the caller's own process, and children of it that run the same executable,
 * do not count: sshd's user process lives on then. In doubt, an instance is used: also when the
 * look takes too long, 250 ms of CPU time, or 10 s for IDLE_CLEAN: any user can make mount tables
 * long.
 */
void idle_look(int base, const char *path, struct idle_query *queries, size_t n, enum idle_why why);

/* The same for a tmpfs, by its mark. */
bool idle_memory_is_used(struct mark mark, enum idle_why why);
