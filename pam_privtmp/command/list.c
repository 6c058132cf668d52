/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp list: the private directories, and their sessions */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ground/cleanup.h"
#include "command/account.h"
#include "command/columns.h"
#include "command/privtmp.h"
#include "ground/safedir.h"
#include "command/survey.h"
#include "command/usage.h"

enum {
        SIZE_MILLISECONDS = 1000, /* for one directory */
        CELL_BYTES = 64,
};

struct list {
        const char *user, *conf;
        uid_t uid; /* (uid_t)-1: all */
        bool json, noheadings, size;
        struct columns columns;
        struct survey survey;
        struct report report;
};

static int usage(void)
{
        (void)printf("Usage:\n privtmp list [options] [USER]\n\n"
                     "List the private directories, with the sessions that have them open.\n\n"
                     "Options:\n"
                     " -J, --json           as JSON\n"
                     " -n, --noheadings     without headings\n"
                     " -o, --output LIST    these columns\n"
                     " -s, --size           size and inodes, too\n"
                     "     --conf FILE      read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     " -h, --help           display this help\n\nColumns:\n");
        columns_help();
        (void)printf("\nFor more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

static void format_time(time_t at, char ret[CELL_BYTES])
{
        struct tm tm;

        ret[0] = '\0';
        if (at > 0 && localtime_r(&at, &tm))
                (void)strftime(ret, CELL_BYTES, "%Y-%m-%dT%H:%M:%S%z", &tm);
}

/* "42s", "5m", "3h", "2d" */
static void format_age(time_t at, char ret[CELL_BYTES])
{
        static const struct {
                time_t seconds;
                char unit;
        } units[] = {{24 * 60 * 60, 'd'}, {60 * 60, 'h'}, {60, 'm'}, {1, 's'}};
        time_t age = time(NULL) - at;
        size_t i = 0;

        ret[0] = '\0';
        if (at <= 0 || age < 0)
                return;
        while (units[i].seconds > age && units[i].seconds > 1)
                i++;
        (void)snprintf(ret, CELL_BYTES, "%jd%c", (intmax_t)(age / units[i].seconds), units[i].unit);
}

static int set_times(const struct list *list, struct libscols_line *line, time_t at)
{
        char since[CELL_BYTES], age[CELL_BYTES];
        int r;

        format_time(at, since);
        format_age(at, age);
        r = columns_set(&list->columns, line, COLUMN_SINCE, "%s", since);
        return r < 0 ? r : columns_set(&list->columns, line, COLUMN_AGE, "%s", age);
}

/* When a session was opened, by the clock. */
static time_t time_of(const struct record *session)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        return time(NULL) - now.tv_sec + (time_t)(session->start / 1000000000);
}

static int add_session(const struct list *list, struct libscols_line *parent,
                       const struct record *session)
{
        struct libscols_line *line = columns_add(&list->columns, parent);
        int r = line ? 0 : -ENOMEM;

        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_STATE, "session");
        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_SERVICE, "%s", session->service);
        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_FROM, "%s",
                                *session->rhost ? session->rhost : session->tty);
        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_PID, "%jd", (intmax_t)session->pid);
        return r == 0 ? set_times(list, line, time_of(session)) : r;
}

static int add_size(const struct list *list, struct libscols_line *line,
                    const struct survey_item *item)
{
        const struct deadline deadline = deadline_in(SIZE_MILLISECONDS);
        _cleanup_close_ int base = -EBADF;
        struct report silent = {0};
        struct usage used = {0};
        const char *more;
        int r;

        if (!list->size || !item->base || safedir_open_own(item->base, false, &base, &silent) != 0)
                return 0;
        usage_add(base, item->name, &deadline, &used);
        more = used.partial ? ">" : "";
        r = columns_set(&list->columns, line, COLUMN_SIZE, "%s%ju", more, (uintmax_t)used.bytes);
        return r < 0 ? r
                     : columns_set(&list->columns, line, COLUMN_INODES, "%s%ju", more,
                                   (uintmax_t)used.inodes);
}

static int set_state(const struct list *list, struct libscols_line *line,
                     const struct survey_item *item)
{
        static const char *const states[] = {
                [SURVEY_LIVE] = "live",   [SURVEY_USED] = "used",   [SURVEY_KEPT] = "kept",
                [SURVEY_STALE] = "stale", [SURVEY_TRASH] = "trash", [SURVEY_STUCK] = "stuck",
        };
        char until[CELL_BYTES];
        int r = columns_set(&list->columns, line, COLUMN_STATE, "%s", states[item->state]);

        format_time(item->state == SURVEY_KEPT ? item->until : 0, until);
        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_UNTIL, "%s", until);
        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_SESSIONS, "%u", item->sessions);
        return r == 0 ? columns_set(&list->columns, line, COLUMN_PROCS, "%u", item->processes) : r;
}

static int set_place(const struct list *list, struct libscols_line *line,
                     const struct survey_item *item)
{
        int r;

        if (item->user)
                r = columns_set(&list->columns, line, COLUMN_USER, "%s", item->user);
        else
                r = columns_set(&list->columns, line, COLUMN_USER, "%ju", (uintmax_t)item->uid);
        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_DIRECTORY, "%s",
                                item->directory ? item->directory : "");
        if (r == 0)
                r = columns_set(&list->columns, line, COLUMN_SOURCE, "%s",
                                item->base ? item->base : "tmpfs");
        if (r == 0 && item->base)
                r = columns_set(&list->columns, line, COLUMN_PATH, "%s/%s", item->base, item->name);
        return r;
}

static int add_item(const struct list *list, const struct survey_item *item)
{
        struct libscols_line *line = columns_add(&list->columns, NULL);
        int r = line ? set_place(list, line, item) : -ENOMEM;

        if (r == 0)
                r = set_state(list, line, item);
        if (r == 0)
                r = set_times(list, line, item->made);
        if (r == 0)
                r = add_size(list, line, item);
        if (!columns_tell_sessions(&list->columns))
                return r;
        for (size_t i = 0; r == 0 && i < list->survey.n_sessions; i++)
                if (survey_is_session_of(&list->survey.sessions[i], item))
                        r = add_session(list, line, &list->survey.sessions[i]);
        return r;
}

static int print(struct list *list)
{
        int r = columns_begin(&list->columns, list->json, list->noheadings);

        for (size_t i = 0; r == 0 && i < list->survey.n; i++)
                r = add_item(list, &list->survey.items[i]);
        if (r == 0)
                r = columns_print(&list->columns);
        columns_done(&list->columns);
        return r < 0 ? report_errno(&list->report, r, "list") : 0;
}

static int add_base(void *arg, const char *base)
{
        struct list *list = arg;

        return survey_base(&list->survey, base, list->uid, &list->report);
}

static int take(struct list *list)
{
        const struct table_place place = {TABLE_CONF, TABLE_DROP_INS, list->conf};
        _cleanup_table_ struct table *table = NULL;
        int r = table_load(&place, &table, &list->report);

        if (r == 0)
                r = survey_begin(&list->survey, list->uid, &list->report);
        if (r == 0)
                r = privtmp_each_base(table, add_base, list);
        if (r == 0)
                r = survey_end(&list->survey, &list->report);
        /* the bases' names are the table's */
        return r == 0 ? print(list) : r;
}

static int list_user(struct list *list)
{
        int r;

        if (geteuid() != 0) {
                privtmp_say("list: needs root");
                return EXIT_FAULT;
        }
        list->uid = (uid_t)-1;
        r = list->user ? account_uid(list->user, &list->uid) : 0;
        if (r < 0) {
                privtmp_say("list: %s: %s", list->user,
                            r == -ENOENT ? "there is no such user" : strerror(-r));
                return EXIT_FAULT;
        }
        r = take(list);
        privtmp_say_fault(&list->report);
        survey_done(&list->survey);
        return r < 0 ? EXIT_FAULT : EXIT_SUCCESS;
}

int privtmp_list(int argc, char *argv[])
{
        static const struct option options[] = {
                {"json", no_argument, NULL, 'J'},
                {"noheadings", no_argument, NULL, 'n'},
                {"output", required_argument, NULL, 'o'},
                {"size", no_argument, NULL, 's'},
                {"conf", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct list list = {.report = PRIVTMP_REPORT};
        const char *names = NULL;
        int option;

        while ((option = getopt_long(argc, argv, "Jno:sh", options, NULL)) >= 0)
                switch (option) {
                case 'J':
                        list.json = true;
                        break;
                case 'n':
                        list.noheadings = true;
                        break;
                case 'o':
                        names = optarg;
                        break;
                case 's':
                        list.size = true;
                        break;
                case 'c':
                        list.conf = optarg;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        if (argc - optind > 1) {
                privtmp_say("list: one user's name belongs here, or none");
                return EXIT_USAGE;
        }
        if (!names && (list.json || list.size))
                names = list.size && !list.json ? COLUMNS_WITH_SIZE : COLUMNS_ALL;
        if (columns_choose(&list.columns, names) < 0)
                return EXIT_USAGE;
        list.user = argv[optind];
        return list_user(&list);
}
