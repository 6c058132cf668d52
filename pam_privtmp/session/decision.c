/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decision: what an open has to do
 *
 * MUST NOT change anything (module/session.c).
 */
#include <string.h>

#include "session/decision.h"

/* Is there anything that this session must cover or take off? */
static bool has_work(const struct decision *decision)
{
        for (size_t i = 0; i < decision->plan->n; i++)
                if (line_is_private(decision->plan->lines[i].line))
                        return true;
        return outer_must_go(&decision->outer);
}

static int make_plan(struct decision *decision, struct subject *subject, struct report *report)
{
        int r;

        decision->step = FAULT_GROUPS;
        r = policy_plan(decision->table, subject, subject_is_member, subject, &decision->plan);
        return r < 0 ? report_errno(report, r, "can't tell the groups of %s", subject->name) : 0;
}

/* A plan of lines that make something private: the table's, else the built-in one. */
static int make_own_plan(struct decision *decision, struct subject *subject, struct report *report)
{
        int r;

        table_make_own(decision->table);
        r = make_plan(decision, subject, report);
        if (r < 0 || decision->plan->n > 0)
                return r;
        decision->plan = plan_free(decision->plan);
        decision->table = table_free(decision->table);
        r = table_parse("built-in table", table_built_in, strlen(table_built_in), &decision->table,
                        report);
        if (r < 0)
                return r;
        table_make_own(decision->table);
        return make_plan(decision, subject, report);
}

int decision_make(const struct session_request *request, struct subject *subject,
                  struct decision *ret, struct report *report)
{
        int r;

        *ret = (struct decision){.step = FAULT_TABLE};
        r = table_load(&request->table, &ret->table, report);
        if (r == 0)
                r = request->own ? make_own_plan(ret, subject, report)
                                 : make_plan(ret, subject, report);
        if (r < 0)
                return r;
        plan_say(ret->plan, subject->name, report);
        ret->step = FAULT_OUTER;
        r = outer_find(&ret->outer, ret->plan, subject->uid, report);
        if (r < 0)
                return r;
        if (!has_work(ret))
                return 1;
        ret->step = FAULT_CALLER;
        if (!namespace_is_rooted())
                return report_fault(report, -EINVAL,
                                    "the caller is in a chroot whose \"/\" is no mount point");
        return 0;
}

void decision_done(struct decision *decision)
{
        outer_done(&decision->outer);
        decision->plan = plan_free(decision->plan);
        decision->table = table_free(decision->table);
}
