/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limit: size= and nr_inodes= of a line with a base
 *
 * They are limits of the user on the whole file system of the base, by user quotas (disk/quota.h):
 * all instances, sessions and trash of the user count together. So the base must be the top of a
 * file system of its own, else the limit would hold for what else the user has there. The link
 * BASE/UID/limit says which limits are ours; those that somebody else has set are never changed.
 */
#pragma once

#include <stdbool.h>

#include "disk/instance.h"
#include "ground/report.h"
#include "table/line.h"

/* A missing base, of which a login makes none where the line has limits. */
#define LIMIT_NOT_MOUNTED "%s, a file system of its own, is not mounted"

/* Do two lines name the same limits, in the same words? */
bool limit_is_same(const struct line *a, const struct line *b);

/* Does the line limit that user on disk? The kernel does not limit uid 0. */
bool limit_is_wanted(const struct line *line, uid_t uid);

/*
 * Can the line's limits be put in force on its base, an fd? Sets nothing. 0, or -errno with the
 * reason, and what to do, in the report. Needs /proc.
 */
int limit_check(const struct line *line, int base, struct report *report);

/*
 * Makes the user's limits on the base what the line says, before anything of the user's is made
 * there; takes ours away where the line has none. A user who has reached them is let in, and the
 * log says so. Does nothing for uid 0. limit_check() has been asked. 0, -EEXIST where somebody
 * else has set a limit, or another -errno, with the reason in the report. Needs CAP_SYS_ADMIN.
 */
int limit_apply(const struct line *line, const struct shelf *where, struct report *report);
