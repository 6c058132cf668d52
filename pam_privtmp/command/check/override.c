/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/override: lines that take in whom an earlier line is for */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/check/override.h"
#include "table/policy.h"
#include "table/subject.h"

#define ADVICE                                                                                     \
        "leave them out with \"!\", as in \"*,!0:999\", or name them one by one if they are meant"

/* Whom an item of an earlier line stands for. */
struct left_out {
        const struct line *line;   /* that leaves them out */
        const char *prefix, *name; /* as messages call them */
        const char *group;         /* all its members; NULL: none */
};

/* Is the line for many at once? */
static bool is_broad(const struct line *line)
{
        for (size_t i = 0; i < line->users.n; i++) {
                const struct users_item *item = &line->users.items[i];

                if (!item->except && (item->kind == USERS_ALL || item->kind == USERS_GROUP ||
                                      (item->kind == USERS_UIDS && item->min < item->max)))
                        return true;
        }
        return false;
}

/* Somebody without a name, who is in one group or in none. */
static int is_in_group(void *arg, const char *group)
{
        const struct left_out *left_out = arg;

        return left_out->group && strcmp(left_out->group, group) == 0;
}

/* What can't be looked up is told elsewhere. */
static int unless_told(int error)
{
        return error == -ENOMEM ? error : 0;
}

/* Asks the plan of one of them. 1 when that has been told, 0, or -ENOMEM. */
static int check_one(struct findings *findings, const struct left_out *left_out,
                     const struct plan *plan)
{
        const struct line *line = plan_find(plan, left_out->line->directory);

        /* lines of one table stand in one array, in their order */
        if (!line || line <= left_out->line || !line_is_private(line) || !is_broad(line))
                return 0;
        findings_add_at(findings, SEVERITY_WARNING, line, ADVICE,
                        "takes in %s%s, whom %s:%u leaves with the %s %s", left_out->prefix,
                        left_out->name, left_out->line->file, left_out->line->number,
                        left_out->line->source == LINE_INHERIT ? "caller's" : "system's",
                        line->directory);
        return 1;
}

static int check_uid(struct findings *findings, const struct table *table,
                     struct left_out *left_out, uid_t uid)
{
        const struct subject nameless = {.name = (char[]){""}, .uid = uid, .gid = (gid_t)-1};
        _cleanup_plan_ struct plan *plan = NULL;
        int r;

        if (users_match(&left_out->line->users, &nameless, is_in_group, left_out) <= 0)
                return 0;
        r = policy_plan(table, &nameless, is_in_group, left_out, &plan);
        return r < 0 ? unless_told(r) : check_one(findings, left_out, plan);
}

/* What holds for a uid can change at the ends of ranges only: those are asked for. */
static int check_range(struct findings *findings, const struct table *table,
                       struct left_out *left_out, const struct users_item *range)
{
        int r = check_uid(findings, table, left_out, range->min);

        for (size_t i = 0; r == 0 && i < table->n; i++) {
                const struct users *users = &table->lines[i].users;

                for (size_t j = 0; r == 0 && j < users->n; j++) {
                        const struct users_item *item = &users->items[j];

                        if (item->kind != USERS_UIDS)
                                continue;
                        if (item->min > range->min && item->min <= range->max)
                                r = check_uid(findings, table, left_out, item->min);
                        if (r == 0 && item->max >= range->min && item->max < range->max)
                                r = check_uid(findings, table, left_out, item->max + 1);
                }
        }
        return r;
}

static int check_name(struct findings *findings, const struct table *table,
                      const struct left_out *left_out)
{
        _cleanup_subject_ struct subject *subject = NULL;
        _cleanup_plan_ struct plan *plan = NULL;
        int r = subject_load(left_out->name, &subject);

        if (r != 0)
                return unless_told(r);
        if (users_match(&left_out->line->users, subject, subject_is_member, subject) <= 0)
                return 0;
        r = policy_plan(table, subject, subject_is_member, subject, &plan);
        return r < 0 ? unless_told(r) : check_one(findings, left_out, plan);
}

/* All whom one item of a line leaves out. */
static int check_item(struct findings *findings, const struct table *table, const struct line *line,
                      const struct users_item *item)
{
        struct left_out left_out = {.line = line, .prefix = "", .name = item->name};
        char range[32];

        switch (item->kind) {
        case USERS_ALL: /* the rule, to which later lines are exceptions */
                return 0;
        case USERS_NAME:
                return check_name(findings, table, &left_out);
        case USERS_GROUP:
                left_out.prefix = "@";
                left_out.group = item->name;
                /* an account of people, whose uid no line names */
                return check_uid(findings, table, &left_out, UINT32_MAX - 1);
        case USERS_UIDS:
                break;
        }
        (void)snprintf(range, sizeof(range), item->min == item->max ? "uid %u" : "%u:%u", item->min,
                       item->max);
        left_out.name = range;
        return check_range(findings, table, &left_out, item);
}

static bool is_same_item(const struct users_item *a, const struct users_item *b)
{
        if (a->kind != b->kind || a->except != b->except)
                return false;
        return a->name ? strcmp(a->name, b->name) == 0 : a->min == b->min && a->max == b->max;
}

static bool is_for_same(const struct users *a, const struct users *b)
{
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (!is_same_item(&a->items[i], &b->items[i]))
                        return false;
        return true;
}

static bool is_for_all(const struct users *users)
{
        return users->n == 1 && users->items[0].kind == USERS_ALL;
}

/*
 * A line that decides for nobody, since a later one of its file is for the same users or for all.
 * In another file it may be meant; whom a line leaves out, and one for all takes in, is told above.
 */
static void check_unreached(struct findings *findings, const struct table *table,
                            const struct line *line)
{
        for (const struct line *later = line + 1; later < table->lines + table->n; later++) {
                if (later->file != line->file || strcmp(later->directory, line->directory) != 0 ||
                    !(is_for_same(&line->users, &later->users) ||
                      (line_is_private(line) && is_for_all(&later->users))))
                        continue;
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "put it behind that line, or take it out",
                                "no login has this line: %s:%u, which stands behind it, is for all "
                                "of its users",
                                later->file, later->number);
                return;
        }
}

int check_overrides(struct findings *findings, const struct table *table)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < table->n; i++) {
                const struct line *line = &table->lines[i];

                for (size_t j = 0; r >= 0 && !line_is_private(line) && j < line->users.n; j++)
                        if (!line->users.items[j].except)
                                r = check_item(findings, table, line, &line->users.items[j]);
                check_unreached(findings, table, line);
        }
        return r < 0 ? r : 0;
}
