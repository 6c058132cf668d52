/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp explain: what a user would get, and which line decides */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/explain/document.h"
#include "command/explain/outlook.h"
#include "ground/cleanup.h"
#include "table/policy.h"
#include "command/account.h"
#include "command/privtmp.h"
#include "table/subject.h"

static int usage(void)
{
        (void)printf("Usage:\n privtmp explain [options] [USER]\n\n"
                     "Tell, for each directory of the table, what the user would get at a login,\n"
                     "which lines say so, and what would stand in its way now. Touches nothing.\n\n"
                     "Options:\n"
                     " -J, --json       as JSON\n"
                     "     --conf FILE  read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     " -h, --help       display this help\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

static void print_flags(const struct line *line)
{
        (void)printf("%s,%s,%s", line->flags & FLAG_NOEXEC ? "noexec" : "exec",
                     line->flags & FLAG_NOSUID ? "nosuid" : "suid",
                     line->flags & FLAG_NODEV ? "nodev" : "dev");
        if (line->flags & (FLAG_NOATIME | FLAG_RELATIME))
                (void)printf(",%s", line->flags & FLAG_NOATIME ? "noatime" : "relatime");
}

/* In the largest unit that has no rest. */
static void print_time(unsigned seconds)
{
        static const struct {
                unsigned seconds;
                const char *name;
        } units[] = {{24 * 60 * 60, "day"}, {60 * 60, "hour"}, {60, "minute"}};
        size_t i = 0;

        while (i < 2 && seconds % units[i].seconds > 0)
                i++;
        (void)printf("%u %s%s", seconds / units[i].seconds, units[i].name,
                     seconds / units[i].seconds == 1 ? "" : "s");
}

static void print_lifetime(const struct line *line)
{
        if (line->per_session)
                (void)printf("  one for each session; ");
        else
                (void)printf("  shared by the user's sessions; ");
        if (line->source == LINE_MEMORY)
                (void)printf("gone with the last process\n");
        else if (line->end_at_close)
                (void)printf("gone at the last logout, whatever still runs\n");
        else if (!line->keep)
                (void)printf("gone when nobody uses it any more\n");
        if (line->keep) {
                (void)printf("kept for ");
                print_time(line->keep);
                (void)printf(" after its last use\n");
        }
}

static void print_private(const struct plan_line *plan_line, const struct subject *subject)
{
        const struct line *line = plan_line->line;
        bool own = plan_line->mode == 0700;

        if (line->source == LINE_DISK)
                (void)printf("  private: an instance below %s/%ju", line->base,
                             (uintmax_t)subject->uid);
        else
                (void)printf("  private: a tmpfs, size %s, %s inodes",
                             line->size ? line->size : "10%", line->inodes ? line->inodes : "100k");
        (void)printf(", %s:%ju %04o%s, ", own ? subject->name : "root", (uintmax_t)subject->gid,
                     plan_line->mode,
                     plan_line->mode != line->mode ? " (sticky since root inherits)" : "");
        print_flags(line);
        (void)printf("\n");
        print_lifetime(line);
        for (size_t i = 0; i < line->n_shares; i++)
                (void)printf("%s%s%s%s", i == 0 ? "  with what is shared: " : ":",
                             line->shares[i].glob, line->shares[i].owner ? "@" : "",
                             line->shares[i].owner ? line->shares[i].owner : "");
        if (line->n_shares > 0)
                (void)printf("\n");
        if (line->nofail)
                (void)printf("  if that fails, the login has the system directory\n");
}

/* What stands in its way on this host. True where the login would be denied. */
static bool print_outlook(const struct line *line, const struct subject *subject)
{
        struct report report = {0};
        const char *what = "a login is denied";
        bool denied = false;

        switch (outlook_of(line, subject->uid, &report)) {
        case OUTLOOK_CLEAR:
        case OUTLOOK_UNKNOWN:
                return false;
        case OUTLOOK_MEMORY:
                what = "a login has a tmpfs of 16M in its place";
                break;
        case OUTLOOK_FAILS:
                if (line->nofail)
                        what = "a login has the system directory in its place";
                else if (subject->uid == 0)
                        what = "a direct login has the system directory";
                else
                        denied = true;
                break;
        }
        (void)printf("  now: %s: %s\n", what, report.fault);
        return denied;
}

/* Which lines of that directory match, and which of them decides: the last. */
static int print_lines(const struct table *table, const char *directory, const struct line *decides,
                       struct subject *subject)
{
        for (size_t i = table->n; i-- > 0;) {
                const struct line *line = &table->lines[i];
                int r;

                if (strcmp(line->directory, directory) != 0)
                        continue;
                r = users_match(&line->users, subject, subject_is_member, subject);
                if (r < 0)
                        return r;
                (void)printf("  %s:%u: %s\n", line->file, line->number,
                             line == decides ? "decides, as the last line that matches"
                             : r > 0         ? "matches, but a later line does, too"
                                             : "is not for this user");
        }
        return 0;
}

static void print_without_line(const char *directory, const struct subject *subject)
{
        (void)printf("%s\n  %s: no line is for this user\n", directory,
                     subject->uid == 0 ? "what the caller had" : "the system directory");
}

/* True where the login would be denied. */
static bool print_decided(const struct plan_line *plan_line, const struct subject *subject)
{
        const struct line *line = plan_line->line;

        (void)printf("%s\n", line->directory);
        if (line_is_private(line)) {
                print_private(plan_line, subject);
                return print_outlook(line, subject);
        }
        if (line->source == LINE_NONE)
                (void)printf("  the system directory, also within another user's session\n");
        else
                (void)printf("  what the caller had; a direct login has the system directory\n");
        return false;
}

static int explain(const struct table *table, const struct plan *plan, struct subject *subject,
                   bool *denied)
{
        size_t next = 0;
        int r = 0;

        if (table->n == 0)
                (void)printf("the table has no lines: nothing is private\n");
        for (size_t i = 0; r == 0 && i < table->n; i++) {
                const char *directory = table->lines[i].directory;
                const struct line *decides = NULL;

                if (!table_is_first_of_directory(table, i))
                        continue;
                /* the plan has the directories in the same order */
                if (next < plan->n && strcmp(plan->lines[next].line->directory, directory) == 0) {
                        decides = plan->lines[next].line;
                        *denied |= print_decided(&plan->lines[next++], subject);
                } else {
                        print_without_line(directory, subject);
                }
                r = print_lines(table, directory, decides, subject);
        }
        return r;
}

static int explain_user(const char *who, const char *conf, bool json)
{
        const struct table_source place = {
                .conf = TABLE_CONF, .drop_ins = TABLE_DROP_INS, .only = conf};
        struct report report = PRIVTMP_REPORT;
        _cleanup_subject_ struct subject *subject = NULL;
        _cleanup_table_ struct table *table = NULL;
        _cleanup_plan_ struct plan *plan = NULL;
        _cleanup_free_ char *user = account_named(who);
        bool denied = false;
        int r;

        if (!user) {
                privtmp_say("explain: %s: %s", who, account_error(-errno));
                return EXIT_FAULT;
        }
        r = subject_load(user, &subject);
        if (r != 0) {
                privtmp_say("explain: %s: %s", who, r > 0 ? "there is no such user" : strerror(-r));
                return EXIT_FAULT;
        }
        if (table_load(&place, &table, &report) < 0) {
                privtmp_say_fault(&report);
                if (subject->uid != 0 && !conf)
                        privtmp_say("explain: so %s can't log in", user);
                return EXIT_FAULT;
        }
        r = policy_plan(table, subject, subject_is_member, subject, &plan);
        if (r == 0)
                r = (json ? document_print : explain)(table, plan, subject, &denied);
        if (r < 0)
                privtmp_say("explain: can't tell what %s would get: %s", user, strerror(-r));
        return r < 0 || denied ? EXIT_FAULT : EXIT_SUCCESS;
}

int privtmp_explain(int argc, char *argv[])
{
        _cleanup_free_ char *own = NULL;
        const char *conf = NULL;
        bool json = false;
        int status = privtmp_read_options(argc, argv, usage, &conf, &json);

        if (status >= 0)
                return status;
        if (argc - optind > 1) {
                privtmp_say("explain: one user belongs here");
                return EXIT_USAGE;
        }
        own = optind == argc ? account_name(getuid()) : NULL;
        if (optind == argc && !own) {
                privtmp_say("explain: uid %ju%s%s", (uintmax_t)getuid(),
                            errno == ENOENT ? " has no name" : ": ",
                            errno == ENOENT ? "" : strerror(errno));
                return EXIT_FAULT;
        }
        return explain_user(own ? own : argv[optind], conf, json);
}
