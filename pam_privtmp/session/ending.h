/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ending: the end of a session in one directory */
#pragma once

#include "session/place.h"

enum {
        ENDING_USED = 1, /* somebody still uses the instance, or the tmpfs */
};

/*
 * The end of a session: the last one out ends the instance (renames it to .work, see trash.h),
 * unless somebody still uses it and its line ends it when idle. Gives up the instance's lock.
 * Returns 0 or ENDING_USED. What can't be done now is said, and left to the next open of the user.
 */
int ending_of(struct place *place, struct report *report);

/*
 * Deletes what the user has in the trash of the bases of these places, as far as a fixed budget
 * goes. Last of all: it may hang for ever on what the user holds, so no lock may be held any more.
 */
void ending_empty(const struct place *places, size_t n);
