/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trash: deletes what is in a base's trash (the command's)
 *
 * The trees take turns. What can't be removed, and what grows while somebody still has it mounted,
 * goes to BASE/.stuck, and is tried again the next time: afterwards the trash is empty.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/report.h"

struct trash {
        int base;         /* fd */
        const char *path; /* of the base */
        uid_t uid;        /* whose trees; (uid_t)-1: all that is there */
        /* told, after each slice of work, how many trees of how many are gone, and entries */
        void (*progress)(void *arg, const char *base, unsigned done, unsigned all,
                         uint64_t entries);
        /* told of each tree that stays, in which folder of the base, and why */
        void (*stuck)(void *arg, const char *base, const char *folder, const char *name,
                      const char *why);
        void *arg;
};

/*
 * Empties the trash. Ends whatever writers do that still have something open there. Needs root.
 * Returns 0, 1 when something is stuck, or -errno with the reason in the report.
 */
int trash_empty(const struct trash *trash, struct report *report);

/* Calls found() for the user's trees in that folder of the base (instance.h), as above. 0 or
 * -errno.
 */
int trash_list(int base, const char *folder, uid_t uid, void (*found)(void *arg, const char *name),
               void *arg);
