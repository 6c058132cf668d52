/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hold: what a session has of an instance, or of a tmpfs, from open to close
 *
 * Nothing here points to what goes with the open: table, plan, user.
 */
#pragma once

#include "ground/mark.h"
#include "ground/report.h"
#include "ground/spot.h"
#include "mounts/namespace.h"

struct hold {
        char *base; /* path; NULL for a line in memory */
        int folder; /* that, from hold_end() on; negative if it could not be opened */
        uid_t uid;
        bool end_at_close;
        struct mark mark; /* of the instance or the tmpfs; MARK_NONE: nothing is held */
        struct kept lock; /* of the instance, shared; from the end of the open on */
};

#define HOLD_NONE                                                                                  \
        {                                                                                          \
                .folder = -EBADF, .lock = KEPT_NONE                                                \
        }

enum {
        HOLD_USED = 1, /* somebody still uses the instance or the tmpfs, or it is not known */
};

/*
 * The end of a session: the last one out ends the instance (renames it to .work, see trash.h),
 * unless somebody still uses it and its line ends it when idle. The lock is given up. Returns 0 or
 * HOLD_USED. `records` is the folder of records, negative where there is none: what others left of
 * an instance that nobody uses is forgotten there. `left` is the session's namespace. What can't be
 * done now is said, and left to the next open of the user. Needs to be root.
 */
int hold_end(struct hold *hold, int records, const struct namespace_id *left,
             struct report *report);

/*
 * Deletes what the user has in the trash of the bases of these holds, as far as a fixed budget
 * goes. Last of all: it may hang for ever on what the user holds, so no lock may be held any more.
 */
void hold_empty(const struct hold *holds, size_t n);

/* Gives up the lock, even if a forked child shares it. */
void hold_release(const struct hold *hold);

/* Closes what is open and frees. The lock goes with it, unless a forked child shares it. */
void hold_done(struct hold *hold);
