/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp run: any command with a private /tmp, as a session would have it */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/account.h"
#include "command/apart.h"
#include "ground/cleanup.h"
#include "command/privtmp.h"
#include "command/program.h"
#include "command/relay.h"
#include "session/session.h"
#include "command/run-without-root.h"

struct run {
        const char *user, *conf, *size;
        char **command; /* NULL at its end; empty: a shell */
};

static int usage(void)
{
        (void)printf("Usage:\n privtmp run [options] [--] [COMMAND [ARGUMENT...]]\n\n"
                     "Run a command, or a shell, with private directories of its own: those that\n"
                     "the table has for the user. They are gone when it has ended.\n\n"
                     "Options:\n"
                     " -u, --user USER    run it as USER, not as root\n"
                     "     --conf FILE    read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     "     --size SIZE    size of the private /tmp when run without root (default\n"
                     "                    10%% of memory)\n"
                     " -h, --help         display this help\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

/* In the process that becomes the command. */
static int start(void *arg)
{
        const struct run *run = arg;

        if (run->user && program_become(run->user) < 0)
                return EXIT_FAULT;
        return program_start(run->command, run->user);
}

/* As root: a session, but with instances of its own. */
static int run_session(struct run *run)
{
        const struct session_request request = {
                .user = run->user ? run->user : "root",
                .service = "privtmp-run",
                .table = {TABLE_CONF, TABLE_DROP_INS, run->conf},
                .load = apart_load,
        };
        struct report report = PRIVTMP_REPORT;
        _cleanup_(terminal_done) struct terminal terminal;
        struct session *session;
        int r, status;

        if (terminal_open(&terminal) < 0)
                return EXIT_FAULT;
        r = session_open(&request, &session, &report);
        if (r == SESSION_E_UNKNOWN_USER) {
                privtmp_say("run: %s: there is no such user", request.user);
                return EXIT_FAULT;
        }
        if (r < 0 || !session) {
                privtmp_say_fault(&report);
                return EXIT_FAULT;
        }
        status = relay_run(&terminal, start, run);
        session_close(session, &report);
        session_free(session);
        return status;
}

/* Without root: what a user can have. */
static int run_for_user(const struct run *run)
{
        struct report report = PRIVTMP_REPORT;

        if (run->user || run->conf) {
                privtmp_say("run: --%s needs root", run->user ? "user" : "conf");
                return EXIT_FAULT;
        }
        if (run_without_root(run->size ? run->size : "10%", &report) < 0) {
                privtmp_say_fault(&report);
                return EXIT_FAULT;
        }
        return program_start(run->command, NULL);
}

int privtmp_run(int argc, char *argv[])
{
        static const struct option options[] = {
                {"user", required_argument, NULL, 'u'},
                {"conf", required_argument, NULL, 'c'},
                {"size", required_argument, NULL, 's'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        _cleanup_free_ char *name = NULL;
        struct run run = {0};
        int option;

        /* "+": the options behind the command's name are the command's */
        while ((option = getopt_long(argc, argv, "+u:h", options, NULL)) >= 0)
                switch (option) {
                case 'u':
                        run.user = optarg;
                        break;
                case 'c':
                        run.conf = optarg;
                        break;
                case 's':
                        run.size = optarg;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        run.command = argv + optind;
        if (run.size && !value_is_size(run.size)) {
                privtmp_say("run: --size must be a size such as 512M, 2G or 10%%");
                return EXIT_USAGE;
        }
        if (run.size && geteuid() == 0) {
                privtmp_say("run: --size is for users; root's is said by the table");
                return EXIT_USAGE;
        }
        if (geteuid() != 0)
                return run_for_user(&run);
        if (run.user) {
                name = account_named(run.user);
                if (!name) {
                        privtmp_say("run: %s: %s", run.user, account_error(-errno));
                        return EXIT_FAULT;
                }
                run.user = name;
        }
        return run_session(&run);
}
