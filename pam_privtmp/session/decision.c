/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decision: what an open has to do
 *
 * MUST NOT change anything (module/session.c).
 */
#include <string.h>

#include "session/decision.h"

/* Is there anything that this session must cover or take off? */
static bool has_work(const struct opening *o)
{
        for (size_t i = 0; i < o->plan->n; i++)
                if (line_is_private(o->plan->lines[i].line))
                        return true;
        return outer_must_go(&o->outer);
}

static int make_plan(struct opening *o)
{
        int r;

        o->step = FAULT_GROUPS;
        r = policy_plan(o->table, o->subject, subject_is_member, o->subject, &o->plan);
        return r < 0 ? report_errno(o->report, r, "can't tell the groups of %s", o->subject->name)
                     : 0;
}

/* A plan of lines that make something private: the table's, else the built-in one. */
static int make_own_plan(struct opening *o)
{
        int r;

        table_make_own(o->table);
        r = make_plan(o);
        if (r < 0 || o->plan->n > 0)
                return r;
        o->plan = plan_free(o->plan);
        o->table = table_free(o->table);
        r = table_parse("built-in table", table_built_in, strlen(table_built_in), &o->table,
                        o->report);
        if (r < 0)
                return r;
        table_make_own(o->table);
        return make_plan(o);
}

int decision_make(struct opening *o)
{
        int r;

        o->step = FAULT_TABLE;
        r = table_load(&o->request->table, &o->table, o->report);
        if (r == 0)
                r = o->request->own ? make_own_plan(o) : make_plan(o);
        if (r < 0)
                return r;
        plan_say(o->plan, o->subject->name, o->report);
        o->step = FAULT_OUTER;
        r = outer_find(&o->outer, o->plan, o->subject->uid, o->report);
        if (r < 0)
                return r;
        if (!has_work(o))
                return 1;
        o->step = FAULT_CALLER;
        if (!namespace_is_rooted())
                return report_fault(o->report, -EINVAL,
                                    "the caller is in a chroot whose \"/\" is no mount point");
        return 0;
}
