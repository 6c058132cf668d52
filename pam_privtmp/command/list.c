/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp list: the private directories, and their sessions */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/account.h"
#include "command/columns.h"
#include "command/first.h"
#include "command/own.h"
#include "command/privtmp.h"
#include "command/rows.h"
#include "command/survey-base.h"
#include "command/views.h"

struct list {
        const char *user, *conf, *sort;
        char **bases; /* those that are named */
        size_t n_bases;
        uid_t uid; /* (uid_t)-1: all */
        bool json, noheadings, size, bytes, sum, processes;
        struct columns columns;
        struct survey survey;
        struct views views;
        struct report report;
};

static int usage(void)
{
        (void)printf(
                "Usage:\n privtmp list [options] [USER] [BASE...]\n\n"
                "List the private directories, with the sessions that have them open.\n"
                "They are looked for in each BASE, or, if none is named, in those of the table.\n"
                "A BASE need not be in the table any more.\n"
                "Without root: list those that one's own processes see.\n\n"
                "Options:\n"
                " -b, --bytes          sizes in bytes\n"
                " -J, --json           as JSON\n"
                " -n, --noheadings     without headings\n"
                " -o, --output LIST    these columns; +LIST adds them to the usual ones\n"
                " -p, --processes      with the processes that see them\n"
                " -s, --size           size and inodes, too\n"
                "     --sort COLUMN    sorted by it, the largest last\n"
                "     --sum            size and inodes, and a line with what all take together\n"
                "     --conf FILE      read FILE instead of " TABLE_CONF " and its drop-ins\n"
                " -h, --help           display this help\n\nColumns:\n");
        columns_help();
        (void)printf("\nFor more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

static int print(struct list *list)
{
        struct rows rows = {.survey = &list->survey,
                            .columns = &list->columns,
                            .size = list->size,
                            .bytes = list->bytes || list->json,
                            .json = list->json,
                            .own = geteuid() != 0,
                            .processes = list->processes ? &list->views : NULL};
        int r = columns_begin(&list->columns, list->json, list->noheadings);

        if (r == 0)
                r = rows_add_all(&rows);
        if (r == 0 && list->columns.sort < COLUMNS)
                columns_sort(&list->columns);
        if (r == 0 && list->sum)
                r = rows_add_total(&rows);
        if (r == 0)
                r = columns_print(&list->columns);
        columns_done(&list->columns);
        idset_done(&rows.hanging);
        return r < 0 ? report_errno(&list->report, r, "list") : 0;
}

static int add_base(void *arg, const char *base)
{
        struct list *list = arg;
        const struct survey_base what = {.path = base, .uid = list->uid};
        int r = survey_base(&list->survey, &what, &list->report);

        return r < 0 ? r : 0;
}

static int add_named(struct list *list, const struct table *table)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < list->n_bases; i++) {
                const struct survey_base what = {.path = list->bases[i],
                                                 .uid = list->uid,
                                                 .foreign = !has_base(table, list->bases[i])};

                r = survey_base(&list->survey, &what, &list->report);
                if (r > 0)
                        r = report_fault(&list->report, -ENOENT, "%s: there is no such folder",
                                         what.path);
        }
        return r;
}

/* What could not be seen: something of that user's took too long, or can't be read. */
static void say_doubts(const struct survey *survey)
{
        for (size_t i = 0; i < survey->n; i++)
                if (survey->items[i].doubt)
                        privtmp_say("list: %s%s%s: can't tell who uses it",
                                    survey->items[i].base ? survey->items[i].base : "tmpfs",
                                    survey->items[i].base ? "/" : " ", survey->items[i].name);
}

static int take(struct list *list)
{
        const struct table_source place = {TABLE_CONF, TABLE_DROP_INS, list->conf};
        _cleanup_table_ struct table *table = NULL;
        int r = table_load(&place, &table, &list->report);

        if (r == 0)
                r = survey_begin(&list->survey, list->uid, &list->report);
        if (r == 0)
                r = list->n_bases > 0 ? add_named(list, table)
                                      : privtmp_each_base(table, add_base, list);
        if (r == 0)
                survey_end(&list->survey);
        if (r == 0)
                say_doubts(&list->survey);
        /* the bases' names are the table's */
        return r == 0 ? print(list) : r;
}

/* Without root: what the user's own processes see. */
static int take_own(struct list *list)
{
        int r = own_survey(&list->survey, &list->views, list->uid);

        return r < 0 ? report_errno(&list->report, r, "can't look at the processes") : print(list);
}

static int list_user(struct list *list)
{
        bool root = geteuid() == 0;
        int r;

        list->uid = root ? (uid_t)-1 : getuid();
        r = list->user ? account_uid(list->user, &list->uid) : 0;
        if (r < 0) {
                privtmp_say("list: %s: %s", list->user, account_error(r));
                return EXIT_FAULT;
        }
        if (!root && (list->uid != getuid() || list->size || list->n_bases > 0)) {
                privtmp_say("list: %s", list->size          ? "sizes need root"
                                        : list->n_bases > 0 ? "bases need root"
                                                            : "only root can list other users' "
                                                              "directories");
                return EXIT_FAULT;
        }
        r = list->processes || !root ? views_load(&list->views, root ? (uid_t)-1 : list->uid) : 0;
        if (r < 0)
                (void)report_errno(&list->report, r, "can't look at the processes");
        else
                r = root ? take(list) : take_own(list);
        privtmp_say_fault(&list->report);
        survey_done(&list->survey);
        views_done(&list->views);
        return r < 0 ? EXIT_FAULT : EXIT_SUCCESS;
}

/* What is to be shown, from the options. 0, or -EINVAL with a line on stderr. */
static int choose(struct list *list, const char *names)
{
        struct columns asked = {0};
        int r = names ? columns_choose(&asked, names) : 0;

        if (r == 0 && list->sort)
                r = columns_choose_sort(&asked, list->sort);
        if (list->sum || columns_have(&asked, COLUMN_SIZE) || columns_have(&asked, COLUMN_INODES) ||
            columns_have(&asked, COLUMN_PARTIAL))
                list->size = true;
        if (r == 0)
                r = columns_choose(&list->columns, list->json   ? COLUMNS_ALL
                                                   : list->size ? COLUMNS_WITH_SIZE
                                                                : COLUMNS_USUAL);
        if (r == 0 && names)
                r = columns_choose(&list->columns, names);
        list->columns.sort = COLUMNS;
        if (r == 0 && list->sort)
                r = columns_choose_sort(&list->columns, list->sort);
        if (r == 0 && list->processes)
                r = columns_choose(&list->columns, "+COMMAND");
        if (r == 0 && list->json && list->sum) {
                privtmp_say("list: --sum is for tables, not for JSON");
                r = -EINVAL;
        }
        return r;
}

/* Whose, and where. False, with a line on stderr, for what is no path. */
static bool take_arguments(struct list *list, size_t n, char *arguments[])
{
        bool has_user = n > 0 && arguments[0][0] != '/';

        list->user = has_user ? arguments[0] : NULL;
        list->bases = arguments + has_user;
        list->n_bases = n - has_user;
        return privtmp_are_paths("list", list->bases, list->n_bases);
}

int privtmp_list(int argc, char *argv[])
{
        enum {
                SUM = 256,
                SORT,
        };
        static const struct option options[] = {
                {"bytes", no_argument, NULL, 'b'},
                {"json", no_argument, NULL, 'J'},
                {"noheadings", no_argument, NULL, 'n'},
                {"output", required_argument, NULL, 'o'},
                {"processes", no_argument, NULL, 'p'},
                {"size", no_argument, NULL, 's'},
                {"sum", no_argument, NULL, SUM},
                {"sort", required_argument, NULL, SORT},
                {"conf", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct list list = {.report = PRIVTMP_REPORT};
        const char *names = NULL;
        int option;

        while ((option = getopt_long(argc, argv, "bJno:psh", options, NULL)) >= 0)
                switch (option) {
                case 'b':
                        list.bytes = true;
                        break;
                case 'J':
                        list.json = true;
                        break;
                case 'n':
                        list.noheadings = true;
                        break;
                case 'o':
                        names = optarg;
                        break;
                case 'p':
                        list.processes = true;
                        break;
                case SUM:
                        list.sum = true;
                        break;
                case SORT:
                        list.sort = optarg;
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
        if (!take_arguments(&list, (size_t)(argc - optind), argv + optind))
                return EXIT_USAGE;
        return choose(&list, names) < 0 ? EXIT_USAGE : list_user(&list);
}
