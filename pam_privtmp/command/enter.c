/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp enter: look at what a user sees */
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/account.h"
#include "lifetime/opener.h"
#include "command/lasting.h"
#include "command/program.h"
#include "command/privtmp.h"
#include "command/relay.h"
#include "lifetime/records.h"
#include "ground/safedir.h"

static int usage(void)
{
        (void)printf("Usage:\n privtmp enter [options] USER [--] [COMMAND [ARGUMENT...]]\n\n"
                     "Run a shell, or a command, as root, that sees the private directories of a\n"
                     "user: those of a live session, else those that are still there.\n\n"
                     "Options:\n"
                     " -u, --user      run it as USER, not as root\n"
                     "     --conf FILE read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     " -h, --help      display this help\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

/* The youngest live session. */
struct youngest {
        char boot[RECORD_BOOT];
        uint64_t start;
        int ns;
};

static int consider_session(void *arg, const struct record *record)
{
        struct youngest *youngest = arg;
        const char *why;
        int fd;

        if (strcmp(record->boot, youngest->boot) != 0 || record->start < youngest->start)
                return 0;
        fd = opener_open_namespace(record, &why);
        if (fd < 0)
                return 0;
        fd_close(youngest->ns);
        youngest->ns = fd;
        youngest->start = record->start;
        return 0;
}

/* Enters the namespace of a session. 1, 0 if there is none, or -errno. */
static int enter_session(uid_t uid, struct report *report)
{
        struct youngest youngest = {.ns = -EBADF};
        _cleanup_close_ int folder = -EBADF, ns = -EBADF;
        int r;

        r = safedir_open_own(RECORD_FOLDER, false, &folder, report);
        if (r != 0)
                return r < 0 ? r : 0;
        r = record_read_boot(youngest.boot);
        if (r == 0)
                r = records_each(folder, uid, consider_session, &youngest);
        ns = youngest.ns;
        if (r < 0)
                return report_errno(report, r, RECORD_FOLDER);
        if (ns < 0)
                return 0;
        return setns(ns, CLONE_NEWNS) < 0 ? report_errno(report, -errno, "setns") : 1;
}

struct enter {
        const char *user, *conf;
        bool as_user;
        char **command; /* NULL at its end; empty: a shell */
};

/* In the process that becomes the command. */
static int start(void *arg)
{
        const struct enter *enter = arg;

        if (enter->as_user && program_become(enter->user) < 0)
                return EXIT_FAULT;
        return program_start(enter->command, enter->as_user ? enter->user : NULL);
}

static int enter(struct enter *enter)
{
        struct report report = PRIVTMP_REPORT;
        _cleanup_(terminal_done) struct terminal terminal;
        _cleanup_free_ char *name = NULL;
        uid_t uid;
        int r;

        if (terminal_open(&terminal) < 0)
                return EXIT_FAULT;
        r = account_uid(enter->user, &uid);
        name = r == 0 ? account_name(uid) : NULL;
        if (r == 0 && !name && (enter->as_user || errno != ENOENT))
                r = -errno;
        if (r < 0) {
                privtmp_say("enter: %s: %s", enter->user, account_error(r));
                return EXIT_FAULT;
        }
        if (enter->as_user)
                enter->user = name;
        r = enter_session(uid, &report);
        if (r == 0)
                r = lasting_enter(uid, name, enter->conf, &report);
        if (r == 0)
                privtmp_say("enter: %s: no session is open, and no private directory is there",
                            enter->user);
        privtmp_say_fault(&report);
        if (r <= 0)
                return EXIT_FAULT;
        r = program_scrub();
        if (r < 0 || chdir("/") < 0) {
                privtmp_say("enter: can't start the command: %s", strerror(r < 0 ? -r : errno));
                return EXIT_FAULT;
        }
        return relay_run(&terminal, start, enter);
}

int privtmp_enter(int argc, char *argv[])
{
        static const struct option options[] = {
                {"user", no_argument, NULL, 'u'},
                {"conf", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct enter request = {0};
        int option;

        while ((option = getopt_long(argc, argv, "+uh", options, NULL)) >= 0)
                switch (option) {
                case 'u':
                        request.as_user = true;
                        break;
                case 'c':
                        request.conf = optarg;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        if (optind == argc) {
                privtmp_say("enter: whose directories? A user's name is missing");
                return EXIT_USAGE;
        }
        if (geteuid() != 0) {
                privtmp_say("enter: needs root");
                return EXIT_FAULT;
        }
        request.user = argv[optind++];
        if (optind < argc && strcmp(argv[optind], "--user") == 0) {
                request.as_user = true;
                optind++;
        }
        if (optind < argc && strcmp(argv[optind], "--") == 0)
                optind++;
        request.command = argv + optind;
        return enter(&request);
}
