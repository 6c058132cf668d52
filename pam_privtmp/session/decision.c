/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * decision: what an open has to do
 *
 * MUST NOT change anything (module/failure.c).
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

/* The line that names the group. */
static const struct line *find_group_line(const struct table *table, const char *group)
{
        for (size_t i = 0; i < table->n; i++) {
                const struct users *users = &table->lines[i].users;

                for (size_t j = 0; j < users->n; j++)
                        if (users->items[j].kind == USERS_GROUP &&
                            strcmp(users->items[j].name, group) == 0)
                                return &table->lines[i];
        }
        return NULL;
}

/* A group that nobody has may be a slip, or a name service that is down and does not say so. */
static void say_missing_group(const struct decision *decision, const struct subject *subject,
                              struct report *report)
{
        const char *group = subject->missing_group;
        const struct line *line = group ? find_group_line(decision->table, group) : NULL;

        if (line)
                report_note(report, REPORT_WARNING,
                            "%s:%u: there is no group \"%s\", so it does not match %s", line->file,
                            line->number, group, subject->name);
}

static int make_plan(struct decision *decision, struct subject *subject, struct report *report)
{
        int r;

        decision->step = FAULT_GROUPS;
        r = policy_plan(decision->table, subject, subject_is_member, subject, &decision->plan);
        if (r < 0 && subject->hider)
                return report_fault(report, r,
                                    "can't tell the groups of %s: the environment has %s",
                                    subject->name, subject->hider);
        return r < 0 ? report_errno(report, r, "can't tell the groups of %s", subject->name) : 0;
}

int decision_make(const struct session_request *request, struct subject *subject,
                  struct decision *ret, struct report *report)
{
        int r;

        *ret = (struct decision){.step = FAULT_TABLE};
        r = request->load ? request->load(&request->table, subject, &ret->table, report)
                          : table_load(&request->table, &ret->table, report);
        if (r == 0)
                r = make_plan(ret, subject, report);
        if (r < 0)
                return r;
        plan_say(ret->plan, subject->name, report);
        say_missing_group(ret, subject, report);
        ret->step = FAULT_OUTER;
        r = outer_find(&ret->outer, ret->table, ret->plan, subject->uid, report);
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
