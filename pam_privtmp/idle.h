/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idle: is an instance mounted anywhere? */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
        IDLE_MAX = 16, /* instances that one pass can ask about */
};

struct idle_query {
        const char *mark; /* "UID/XXXXXX", see cover.h */
        bool used;        /* the answer */
};

/*
 * One pass over the mount tables of all tasks in /proc: has any of them the instance, or anything
 * below it, mounted? `base` is an fd of the base and `path` the path that it was opened by. With
 * `closing`, the caller's own process, and children of it that run the same executable, do not
 * count: sshd's user process lives on while the session closes. In doubt, an instance is used: also
 * when the pass takes too long, and when all that can be seen of a namespace is chrooted tasks of
 * the user's.
 */
void idle_look(int base, const char *path, struct idle_query *queries, size_t n, bool closing);
