/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* candidate: which of a user's instances a session can use again, and which are stale */
#pragma once

#include "instance.h"

/* Where a user's instances are. */
struct candidate_place {
        int base;         /* fd of the base */
        const char *path; /* of the base */
        int user;         /* fd of BASE/UID at its beginning, locked by the caller */
};

/*
 * The instance that has sessions, else the youngest that is in use, if it is what is wanted (one
 * for a single session never is). *ret holds its lock shared. What has no sessions and is in use by
 * nobody is renamed into the trash on the way: at most IDLE_MAX, and none when a live one is found
 * first. Returns 1, or 0 when there is none to use.
 */
int candidate_pick(const struct candidate_place *place, const struct instance_want *want,
                   struct patience *patience, struct instance *ret);
