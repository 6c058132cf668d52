/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp run: any command with a private /tmp, as a session would have it */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "ground/cleanup.h"
#include "command/privtmp.h"
#include "command/program.h"
#include "session/session.h"
#include "command/solo.h"

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
                     " -u, --user USER    as this user, instead of root\n"
                     "     --conf FILE    read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     "     --size SIZE    without root: of the tmpfs that is /tmp then (10%%)\n"
                     " -h, --help         display this help\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

/* Passes a signal on, unless the terminal has sent it to the child as well. */
static void pass_on(pid_t child, const siginfo_t *info)
{
        bool away = getsid(child) != getsid(0); /* where no terminal can stop it */

        switch (info->si_signo) {
        case SIGCHLD:
        case SIGCONT: /* who sends it to a stopped job sends it to all of it */
        case SIGPIPE:
                return;
        case SIGTSTP:
                if (away)
                        (void)kill(child, SIGSTOP);
                else if (info->si_code != SI_KERNEL)
                        (void)kill(child, SIGTSTP);
                return;
        default:
                if (away || info->si_code != SI_KERNEL)
                        (void)kill(child, info->si_signo);
        }
}

/* Until the child has ended; stops when it stops. Its exit status, as a shell would tell it. */
static int wait_for(pid_t child, const sigset_t *all)
{
        for (;;) {
                siginfo_t info;
                int status;

                if (sigwaitinfo(all, &info) < 0)
                        continue;
                pass_on(child, &info);
                if (waitpid(child, &status, WNOHANG | WUNTRACED) != child)
                        continue;
                if (!WIFSTOPPED(status))
                        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
                (void)raise(SIGSTOP);
                (void)kill(child, SIGCONT);
        }
}

static int run_child(const struct run *run)
{
        sigset_t all, before;
        sighandler_t on_child;
        pid_t child;

        /* ignored, as by some who start us, it would not say how the child has ended */
        on_child = signal(SIGCHLD, SIG_DFL);
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_BLOCK, &all, &before);
        child = fork();
        if (child < 0) {
                privtmp_say("run: can't fork: %s", strerror(errno));
                return EXIT_FAULT;
        }
        if (child == 0) {
                (void)signal(SIGCHLD, on_child);
                (void)sigprocmask(SIG_SETMASK, &before, NULL);
                _exit(run->user && program_become(run->user) < 0
                              ? EXIT_FAULT
                              : program_start(run->command, run->user));
        }
        return wait_for(child, &all);
}

/* As root: a session, but with instances of its own. */
static int run_session(const struct run *run)
{
        const struct session_request request = {
                .user = run->user ? run->user : "root",
                .service = "privtmp-run",
                .table = {TABLE_CONF, TABLE_DROP_INS, run->conf},
                .own = true,
        };
        struct report report = PRIVTMP_REPORT;
        struct session *session;
        int r, status;

        r = session_open(&request, &session, &report);
        if (r == SESSION_E_UNKNOWN_USER) {
                privtmp_say("run: %s: there is no such user", request.user);
                return EXIT_FAULT;
        }
        if (r < 0 || !session) {
                privtmp_say_fault(&report);
                return EXIT_FAULT;
        }
        status = run_child(run);
        session_close(session, &report);
        session_free(session);
        return status;
}

/* Without root: what a user can have. */
static int run_solo(const struct run *run)
{
        struct report report = PRIVTMP_REPORT;

        if (run->user || run->conf) {
                privtmp_say("run: --%s needs root", run->user ? "user" : "conf");
                return EXIT_FAULT;
        }
        if (solo_leave(run->size ? run->size : "10%", &report) < 0) {
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
        return geteuid() == 0 ? run_session(&run) : run_solo(&run);
}
