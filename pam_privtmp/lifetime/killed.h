/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * killed: the records of sessions whose opener was killed
 *
 * Whoever calls su can kill it, as often as they like, and each look reads the records of the
 * namespaces that it meets. So those of the killed must not become many.
 */
#pragma once

#include <stdbool.h>

#include "lifetime/record.h"

enum {
        KILLED_MANY = 16, /* records of one user and namespace: it takes more than a few logins */
};

/* Has the process that opened the session ended? False for one that is elsewhere just now. */
bool killed_is(const struct record *record);

/*
 * Takes away the user's records of the namespace whose openers have ended, if there are many. For
 * who is about to write another one: it stands for the namespace then. Needs no lock.
 */
void killed_thin(int folder, uid_t uid, const struct namespace_id *ns);
