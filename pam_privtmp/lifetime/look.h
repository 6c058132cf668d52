/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * look: which mount namespaces show which instances, and who is in them
 *
 * By the kernel's list of namespaces (nsfs.h, statmount.h); where that can't be had, by the mount
 * tables of all tasks in /proc (proc.h), which do not show a namespace that nobody is in any more
 * but that is held open.
 *
 * In doubt an instance is used. But what can't be told because of what one user has (their
 * namespaces, their processes, how long it takes to read them) is a doubt about that user's
 * instances alone: nobody can keep another's directory from being deleted. What can be read within
 * a share of time counts for all: an "inherit" line brings a user into another's namespace.
 */
#pragma once

#include <stddef.h>

#include "lifetime/query.h"

/*
 * Looks for instances of a base, any number of them at once. `base` is an fd of it and `path` the
 * path that it was opened by; they are called "UID/XXXXXX" or ".trash/UID.XXXXXX" there.
 *
 * When a session closes (LOOK_CLOSE) the caller's own process, and children of it that run the same
 * executable, do not count: sshd's user process lives on then.
 *
 * Reads all namespaces, so it needs CAP_SYS_ADMIN or CAP_SYS_PTRACE: without, all is in doubt. The
 * time that it takes is bounded: of this thread's own for each user's namespaces and for all
 * others, and by the clock on the wall, far away, for all together.
 */
void look_base(int base, const char *path, struct look_query *queries, size_t n, enum look_why why);

/*
 * The same for the tmpfs that has this device; it needs no name. `where`: NULL, or empty, and gets
 * namespaces that show it.
 */
void look_memory(dev_t device, struct look_query *query, enum look_why why,
                 struct look_where *where);
/* Closes the fds. */
void look_where_done(struct look_where *where);
