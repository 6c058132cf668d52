/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apart: a table whose directories a session has for itself ("privtmp run") */
#include <string.h>

#include "command/apart.h"
#include "ground/cleanup.h"
#include "table/policy.h"

/*
 * Takes out the lines that make nothing private, and makes the others such that a session has its
 * directories for itself and they end with it.
 */
static void make_own(struct table *table)
{
        size_t kept = 0;

        for (size_t i = 0; i < table->n; i++) {
                struct line *line = &table->lines[i];

                if (!line_is_private(line)) {
                        line_done(line);
                        continue;
                }
                line->per_session = true;
                line->end_at_close = line->source == LINE_DISK;
                line->keep = 0;
                line->nofail = false; /* nothing is run where a directory can't be made private */
                table->lines[kept++] = *line;
        }
        table->n = kept;
}

/* Is any line for this user? 1, 0, or -errno with the reason in the report. */
static int has_lines_for(const struct table *table, struct subject *subject, struct report *report)
{
        struct plan *plan = NULL;
        int r = policy_plan(table, subject, subject_is_member, subject, &plan);

        if (r < 0)
                return report_errno(report, r, "can't tell the groups of %s", subject->name);
        r = plan->n > 0;
        plan_free(plan);
        return r;
}

int apart_load(const struct table_source *source, struct subject *subject, struct table **ret,
               struct report *report)
{
        const struct table_source built_in = {
                .only = "built-in table", .text = table_built_in, .length = strlen(table_built_in)};
        _cleanup_table_ struct table *table = NULL;
        int r = table_load(source, &table, report);

        if (r < 0)
                return r;
        make_own(table);
        r = has_lines_for(table, subject, report);
        if (r < 0)
                return r;
        if (r == 0) {
                table = table_free(table);
                r = table_load(&built_in, &table, report);
                if (r < 0)
                        return r;
                make_own(table);
        }
        *ret = TAKE_PTR(table);
        return 0;
}
