/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* outer: the session of ours that the caller is in, and what a plan makes of its covers */
#pragma once

#include <stdbool.h>

#include "table/policy.h"
#include "lifetime/record.h"
#include "ground/report.h"

struct outer_cover {
        char *directory;
        struct mark mark;
        bool propagates; /* see cover.h */
};

/* A nested su or sudo: what the outer session covers, and what the inner one's plan says to that.
 */
struct outer {
        bool inside; /* else the caller is in no session of ours, and the rest is empty */
        struct outer_cover *covers;
        size_t n;
        bool recorded;           /* else nothing is known but the covers */
        struct record record;    /* of the outer session */
        const struct plan *plan; /* of the inner session, borrowed */
        uid_t uid;               /* of the inner session */
};

/*
 * Finds out whether the caller is in a session of ours: by what is mounted in its namespace
 * (cover_each()), for a record may be missing, since a user can fill /run. The record that fits
 * says more. What propagates only looks like a cover, unless the record has it or the table, NULL
 * where that can't be read, names its directory. Where "/" is not shared a copy of such a mount
 * does not propagate: then an inner session takes it off, in its own namespace, and that is all.
 * 0 with *ret to be released by outer_done(), also on error: -errno with the reason.
 */
int outer_find(struct outer *ret, const struct table *table, const struct plan *plan, uid_t uid,
               struct report *report);

/* Does the inner session inherit anything? Then it must be made from the caller's namespace. */
bool outer_inherits_any(const struct outer *outer);

/* Is there a cover that the inner session does not inherit? */
bool outer_must_go(const struct outer *outer);

/*
 * Is each cover a directory in which the kernel protects root from what others put there: root's,
 * sticky, writable by all (sysctl fs.protected_symlinks)? Nobody can move what root makes there
 * either. True where there is none.
 */
bool outer_is_safe(const struct outer *outer);

/* Is it a session of the inner user's own, and no other user's around it? False if nobody knows. */
bool outer_is_own(const struct outer *outer);

/* Is the path (NULL: no) at or below something that is to be taken off? */
bool outer_uncovers(const struct outer *outer, const char *path);

/* Adds the covers that are inherited to the inner session's record, as many as fit. */
void outer_keep(const struct outer *outer, struct record *record);

/*
 * Takes the outer session's covers off, in this thread's namespace, whatever lies on top of them;
 * what is inherited stays. 0, or -errno with the reason in the report. Needs CAP_SYS_ADMIN.
 */
int outer_take_off(const struct outer *outer, struct report *report);

/* Releases what it has. */
void outer_done(struct outer *outer);
