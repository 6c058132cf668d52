/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ending: the end of a session in one directory */
#pragma once

#include "session/place.h"

enum {
        ENDING_USED = 1, /* somebody still uses the instance, or the tmpfs */
};

/*
 * The end of a session: the last one out ends the instance (renames it into the trash and deletes
 * what a fixed budget allows), unless somebody still uses it and its line ends it when idle.
 * Returns 0 or ENDING_USED. What can't be done now is said, and left to the next open of the user.
 */
int ending_of(struct place *place, struct report *report);
