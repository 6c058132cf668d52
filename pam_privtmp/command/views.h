/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views: which processes see which private directories, as /proc tells whoever may ask */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/idset.h"
#include "ground/mark.h"

enum {
        VIEWS_COMMAND = 16, /* bytes of a process's name, NUL included */
};

struct view_process {
        uint64_t ns; /* its mount namespace; it stands first: see ground/sorted */
        pid_t pid;
        char command[VIEWS_COMMAND];
};

/* A private directory that is mounted in a namespace. */
struct view_cover {
        uint64_t ns;           /* it stands first, too */
        char mark[MARK_BYTES]; /* as text */
        bool partly;           /* as somebody in a chroot sees it */
        char *directory;
};

struct views {
        struct view_process *processes; /* sorted by their namespaces */
        size_t n_processes;
        struct view_cover *covers; /* sorted by what is marked, then by namespaces */
        size_t n_covers;
        struct idset seen;   /* namespaces whose covers have been read */
        struct idset partly; /* as far as somebody in a chroot sees them */
};

/*
 * Looks at all processes, or, with `uid` other than (uid_t)-1, at those of that user; who may not
 * look into a process does not see it. 0 or -errno; views_done() releases it in both cases.
 */
int views_load(struct views *views, uid_t uid);

/*
 * Calls each() for the processes that see what is marked, by namespaces, until it returns something
 * else than 0, and returns that; 0 at the end.
 */
int views_each(const struct views *views, const char *mark,
               int (*each)(void *arg, const struct view_process *process), void *arg);

/* Releases what it has. */
void views_done(struct views *views);
