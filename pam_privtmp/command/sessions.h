/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sessions: those that are open, by their records */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ground/mark.h"
#include "ground/report.h"
#include "lifetime/record.h"

struct sessions {
        struct record *records; /* those whose opener lives */
        size_t n;
};

/*
 * Reads the records into *ret, which is empty at first; with `uid` (else (uid_t)-1) only that
 * user's. Sessions in one namespace stand together, the oldest first. Needs root. 0 or -errno with
 * the reason in the report; sessions_done() releases what was read, also then.
 */
int sessions_read(struct sessions *ret, uid_t uid, struct report *report);

/* Releases what it has. */
void sessions_done(struct sessions *sessions);

/* Does the session have the private directory with that mark? */
bool sessions_has_mark(const struct record *session, struct mark mark);
