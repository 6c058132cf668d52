/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp clean: delete what is stale, and the trash */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ground/cleanup.h"
#include "ground/deadline.h"
#include "disk/instance.h"
#include "command/census.h"
#include "disk/trash.h"
#include "command/account.h"
#include "command/first.h"
#include "command/foreign.h"
#include "command/known.h"
#include "command/privtmp.h"
#include "command/prune.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "command/sweep.h"
#include "table/table.h"
#include "command/disposal.h"

enum {
        BAR_WIDTH = 24,
        BAR_AFTER = 1000000, /* microseconds: what is over sooner needs no bar */
        RECORDS_MILLISECONDS = 10 * 1000,
};

struct clean {
        uid_t uid; /* whose; (uid_t)-1: all users' */
        bool dry;
        bool bar;               /* stderr is a terminal */
        struct timespec bar_at; /* when it is shown */
        bool shown;
        unsigned trees;   /* gone, of this base */
        uint64_t entries; /* gone with them */
};

static int usage(void)
{
        (void)printf("Usage:\n privtmp clean [options] [BASE...]\n\n"
                     "Delete the private directories that nobody uses any more, and the trash, in\n"
                     "each BASE, or, if none is named, in those of the table.\n"
                     "A BASE need not be in the table any more.\n\n"
                     "Options:\n"
                     " -n, --dry-run      only print what would be deleted\n"
                     "     --user USER    only what is of this user: a name, or a uid\n"
                     "     --conf FILE    read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     " -h, --help         display this help\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

static void hide_bar(struct clean *clean)
{
        if (clean->shown)
                (void)fputs("\r\033[K", stderr);
        clean->shown = false;
}

static void note_progress(void *arg, const char *base, unsigned done, unsigned all,
                          uint64_t entries)
{
        static const char full[] = "########################";
        struct clean *clean = arg;
        int length;

        clean->trees = done;
        clean->entries = entries;
        length = all ? (int)((uint64_t)BAR_WIDTH * done / all) : BAR_WIDTH;

        if (!clean->bar || !deadline_has_passed(CLOCK_MONOTONIC, &clean->bar_at))
                return;
        clean->shown = true;
        (void)fprintf(stderr, "\r%s [%.*s%*s] %u/%u, %ju entries\033[K", base, length, full,
                      BAR_WIDTH - length, "", done, all, (uintmax_t)entries);
}

static void say_stuck(void *arg, const char *base, const char *folder, const char *name,
                      const char *why)
{
        hide_bar(arg);
        privtmp_say("%s/%s/%s: %s", base, folder, name, why);
}

static void say_found(void *arg, const char *base, const char *name)
{
        const struct clean *clean = arg;

        if (clean->dry)
                (void)printf("stale %s/%s\n", base, name);
}

struct listing {
        const char *base, *folder;
};

static void print_tree(void *arg, const char *name)
{
        const struct listing *listing = arg;

        (void)printf("%s %s/%s/%s\n", listing->folder + 1, listing->base, listing->folder, name);
}

static int list(const struct disposal *disposal, struct report *report)
{
        static const char *const folders[] = {TRASH_NEW, TRASH_WORK, TRASH_STUCK};
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(folders) / sizeof(folders[0]); i++)
                r = disposal_list(disposal, folders[i], print_tree,
                                  &(struct listing){.base = disposal->path, .folder = folders[i]});
        return r < 0 ? report_errno(report, r, "%s", disposal->path) : 0;
}

/* One base; `foreign`: no line names it. Returns the exit status. */
static int clean_base(struct clean *clean, const char *path, bool foreign)
{
        struct report report = PRIVTMP_REPORT;
        _cleanup_close_ int base = -EBADF;
        struct sweep sweep = {.path = path,
                              .uid = clean->uid,
                              .foreign = foreign,
                              .dry = clean->dry,
                              .found = say_found,
                              .arg = clean};
        struct disposal disposal = {.path = path,
                                    .uid = clean->uid,
                                    .foreign = foreign,
                                    .progress = note_progress,
                                    .stuck = say_stuck,
                                    .arg = clean};
        int r, status;

        clean->trees = 0;
        r = foreign ? foreign_open_base(path, &base, &report)
                    : safedir_open_own(path, false, &base, &report);
        if (r > 0 && !foreign) /* nobody has logged in yet */
                return EXIT_SUCCESS;
        if (r > 0)
                (void)report_fault(&report, -ENOENT, "%s: there is no such folder", path);
        if (r != 0) {
                privtmp_say_fault(&report);
                return EXIT_FAULT;
        }
        if (!foreign && !clean->dry)
                known_note(path);
        sweep.base = disposal.base = base;
        status = sweep_base(&sweep, &report) < 0 ? EXIT_FAULT : EXIT_SUCCESS;
        privtmp_say_fault(&report);
        r = clean->dry ? list(&disposal, &report) : disposal_empty(&disposal, &report);
        hide_bar(clean);
        if (clean->trees > 0)
                (void)printf("deleted %u %s with %ju entries in %s\n", clean->trees,
                             clean->trees == 1 ? "directory" : "directories",
                             (uintmax_t)clean->entries, path);
        privtmp_say_fault(&report);
        return r != 0 ? EXIT_FAULT : status;
}

static void say_used(const struct memory *memory)
{
        _cleanup_free_ char *user = account_name(memory->uid);
        char mark[MARK_BYTES];

        mark_format(memory->mark, mark);
        (void)printf("used tmpfs %s (%s of %s)\n", mark, memory->directory, user ? user : "?");
}

static void say_nothing(const struct memory *memory)
{
        (void)memory;
}

/* What processes have in memory goes with them; only its note is left. */
static int clean_memory(uid_t uid, bool dry)
{
        struct report report = PRIVTMP_REPORT;
        _cleanup_close_ int folder = -EBADF;
        int r = safedir_open_own(RECORD_FOLDER, false, &folder, &report);

        if (r == 0)
                r = prune_memory(folder, uid, dry, dry ? say_used : say_nothing, &report);
        privtmp_say_fault(&report);
        return r < 0 ? EXIT_FAULT : EXIT_SUCCESS;
}

/* The records of namespaces that are gone: whoever opened these sessions was killed. */
static int clean_records(uid_t uid)
{
        const struct deadline deadline = deadline_in_ms(RECORDS_MILLISECONDS);
        const uint64_t since = record_now();
        struct report report = PRIVTMP_REPORT;
        _cleanup_close_ int folder = -EBADF;
        _cleanup_free_ struct namespace_id *alive = NULL;
        size_t n;
        int r;

        r = safedir_open_own(RECORD_FOLDER, false, &folder, &report);
        if (r > 0)
                return EXIT_SUCCESS;
        if (r == 0)
                r = census_alive(&alive, &n, &deadline);
        if (r == 0)
                r = prune_gone(folder, since, alive, n);
        if (r == 0)
                r = prune_killed(folder, uid);
        if (r == 0)
                r = prune_locks(folder);
        if (r < 0)
                (void)report_errno(&report, r, "%s", RECORD_FOLDER);
        privtmp_say_fault(&report);
        return r < 0 ? EXIT_FAULT : EXIT_SUCCESS;
}

struct all {
        struct clean *clean;
        int status;
};

static int clean_one(void *arg, const char *base)
{
        struct all *all = arg;

        all->status |= clean_base(all->clean, base, false);
        return 0; /* the next one, whatever came of this */
}

/* In all bases of the table, or in those that are named. */
static int clean_all(struct clean *clean, const char *conf, char **named, size_t n)
{
        const struct table_source place = {
                .conf = TABLE_CONF, .drop_ins = TABLE_DROP_INS, .only = conf};
        struct report report = PRIVTMP_REPORT;
        _cleanup_table_ struct table *table = NULL;
        struct all all = {.clean = clean};

        if (table_load(&place, &table, &report) < 0) {
                privtmp_say_fault(&report);
                return EXIT_FAULT;
        }
        for (size_t i = 0; i < n; i++)
                all.status |= clean_base(clean, named[i], !has_base(table, named[i]));
        if (n == 0)
                (void)privtmp_each_base(table, clean_one, &all);
        if (!clean->dry)
                all.status |= clean_records(clean->uid);
        return all.status | clean_memory(clean->uid, clean->dry);
}

int privtmp_clean(int argc, char *argv[])
{
        static const struct option options[] = {
                {"dry-run", no_argument, NULL, 'n'},
                {"user", required_argument, NULL, 'u'},
                {"conf", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct clean clean = {.uid = (uid_t)-1,
                              .bar = isatty(STDERR_FILENO),
                              .bar_at = deadline_from_now_us(CLOCK_MONOTONIC, BAR_AFTER)};
        const char *conf = NULL, *user = NULL;
        int option, r;

        while ((option = getopt_long(argc, argv, "nh", options, NULL)) >= 0)
                switch (option) {
                case 'n':
                        clean.dry = true;
                        break;
                case 'u':
                        user = optarg;
                        break;
                case 'c':
                        conf = optarg;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        if (!privtmp_are_paths("clean", argv + optind, (size_t)(argc - optind)))
                return EXIT_USAGE;
        if (geteuid() != 0) {
                privtmp_say("clean: needs root");
                return EXIT_FAULT;
        }
        r = user ? account_uid(user, &clean.uid) : 0;
        if (r < 0) {
                privtmp_say("clean: %s: %s", user, account_error(r));
                return EXIT_FAULT;
        }
        return clean_all(&clean, conf, argv + optind, (size_t)(argc - optind));
}
