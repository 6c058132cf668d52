/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views: which processes see which private directories, as /proc tells whoever may ask */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ground/mark.h"

enum {
        VIEWS_COMMAND = 16, /* bytes of a process's name, NUL included */
};

struct view_process {
        pid_t pid;
        ino_t ns; /* its mount namespace */
        char command[VIEWS_COMMAND];
};

/* A private directory that is mounted in a namespace. */
struct view_cover {
        ino_t ns;
        char mark[MARK_BYTES]; /* as text */
        char *directory;
};

struct views {
        struct view_process *processes;
        size_t n_processes;
        struct view_cover *covers;
        size_t n_covers;
};

/*
 * Looks at all processes, or, with `uid` other than (uid_t)-1, at those of that user; who may not
 * look into a process does not see it. 0 or -errno; views_done() releases it in both cases.
 */
int views_load(struct views *views, uid_t uid);

/* Is what is marked mounted in that namespace? */
bool views_show(const struct views *views, ino_t ns, const char *mark);

/* Releases what it has. */
void views_done(struct views *views);
