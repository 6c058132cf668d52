/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * disposal: deletes what is in a base's trash
 *
 * Each tree is deleted by a process of its own (worker.h), and of each user one at a time. A tree
 * that takes long has others beside it. What can't be deleted goes to BASE/.stuck, and is tried
 * again the next time; a tree whose owner makes the process hang stays in BASE/.work with that
 * process, and the owner's other trees wait there, too. So they do behind one that takes very long.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "disk/trash.h"
#include "ground/report.h"

struct disposal {
        int base;         /* fd */
        const char *path; /* of the base */
        uid_t uid;        /* whose trees; (uid_t)-1: all that is there */
        bool foreign;     /* it may be no base: nothing but what has a tree's name and form */
        /* told now and then how many trees of how many are gone, and entries */
        void (*progress)(void *arg, const char *base, unsigned done, unsigned all,
                         uint64_t entries);
        /* told of each tree that stays, in which folder of the base, and why */
        void (*stuck)(void *arg, const char *base, const char *folder, const char *name,
                      const char *why);
        void *arg;
};

/*
 * Deletes all that is in the trash. Needs root. Returns 0, 1 when something stays, or -errno with
 * the reason in the report.
 */
int disposal_empty(const struct disposal *disposal, struct report *report);

/*
 * Deletes one tree that is locked, and takes it over: gone, or still there, or its process hangs.
 * Returns 0 when it is gone, else -errno: -ETIMEDOUT when that takes too long.
 */
int disposal_of(struct trash_tree *tree);

/* Calls found() for these trees in that folder of the base (trash.h). 0 or -errno. */
int disposal_list(const struct disposal *disposal, const char *folder,
                  void (*found)(void *arg, const char *name), void *arg);
