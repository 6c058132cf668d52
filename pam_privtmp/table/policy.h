/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy: what a table says for one user (pure) */
#pragma once

#include <stdint.h>

#include "table/line.h"
#include "table/subject.h"
#include "table/table.h"

/* One directory of a plan: the line that decided, and the mode that follows from the whole table.
 */
struct plan_line {
        const struct line *line; /* the table's */
        mode_t mode;             /* mode bits */
};

struct plan {
        struct plan_line *lines; /* one for each directory that a line decides, as in the table */
        size_t n;
        uint64_t digest; /* the same for the same plan: sessions of one plan can share a view */
};

/*
 * The plan of `subject`: for each directory the last line that matches wins, whole. Lines are tried
 * from the last to the first, so groups are asked for (by `member`, see users.h) only when a line
 * that names one is reached. *ret holds pointers into the table and is the caller's to free by
 * plan_free(). Returns 0, -ENOMEM, or what `member` failed with.
 */
int policy_plan(const struct table *table, const struct subject *subject, users_member member,
                void *arg, struct plan **ret);
/* Frees the plan; NULL will do. Returns NULL. */
struct plan *plan_free(struct plan *plan);

/* The plan's line for a directory, NULL if it has none. */
const struct line *plan_find(const struct plan *plan, const char *directory);

/* Says, for the argument debug, what each line came to. */
void plan_say(const struct plan *plan, const char *user, struct report *report);

static inline void plan_cleanup(struct plan **plan)
{
        *plan = plan_free(*plan);
}
#define _cleanup_plan_ __attribute__((__cleanup__(plan_cleanup)))
