/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * survivor: a benchmark of a login that finds what processes have kept in memory
 *
 * usage: survivor [-n ROUNDS] MODULE DIR USER
 *
 * Opens and closes PAM sessions of a line in memory, each in a process of its own, in rounds:
 *
 *   first      nothing is kept
 *   survivor   a process keeps the tmpfs of an ended session
 *
 * Printed are the quartiles of the times of open, close and both, and of their ratio to those of
 * the first in the same round. A session that has not found what is kept ends the program with
 * status 1. DIR is root's and empty. Not a test: run it by "sh tests/bench/survivor-run".
 */
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <string.h>

#include "bench/crowd.h"
#include "bench/stats.h"

enum kind {
        FIRST,
        SURVIVOR,
        KINDS
};

enum what {
        OPEN,
        CLOSE,
        BOTH,
        WHATS
};

enum {
        ROUNDS_MAX = 10000,
};

static const char *const kinds[KINDS] = {"first", "survivor"};
static const char *const whats[WHATS] = {"open", "close", "both"};
static double times[KINDS][WHATS][ROUNDS_MAX];
static const char *dir, *user;

static void write_file(const char *name, const char *text)
{
        char path[512];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "we");
        if (!f || fputs(text, f) < 0 || fclose(f) < 0)
                err(1, "%s", path);
}

static pam_handle_t *start(void)
{
        static const struct pam_conv conv = {0};
        pam_handle_t *pamh;

        if (pam_start_confdir("bench", user, &conv, dir, &pamh) != PAM_SUCCESS)
                errx(1, "pam_start");
        (void)getpwnam(user); /* loads the name service, as every login program has done */
        return pamh;
}

/* The times of a session that finds that /tmp is kept, or not. */
static void time_session(bool kept, double took[WHATS])
{
        pam_handle_t *pamh = start();
        double begin = now(), opened, closed;
        struct stat st;

        if (pam_open_session(pamh, 0) != PAM_SUCCESS)
                errx(1, "the session can't be opened");
        opened = now();
        if ((stat("/tmp/kept", &st) == 0) != kept)
                errx(1, kept ? "a session has not found what is kept" : "something is kept");
        closed = now();
        if (pam_close_session(pamh, 0) != PAM_SUCCESS)
                errx(1, "the session can't be closed");
        took[OPEN] = opened - begin;
        took[CLOSE] = now() - closed;
        took[BOTH] = took[OPEN] + took[CLOSE];
        (void)pam_end(pamh, PAM_SUCCESS);
}

static void measure(enum kind kind, size_t round)
{
        double took[WHATS];
        int ends[2];
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
                err(1, "fork");
        if (pid == 0) {
                time_session(kind == SURVIVOR, took);
                _exit(write(ends[1], took, sizeof(took)) == sizeof(took) ? 0 : 1);
        }
        (void)close(ends[1]);
        if (read(ends[0], took, sizeof(took)) != sizeof(took) || waitpid(pid, NULL, 0) != pid)
                errx(1, "%s: no result", kinds[kind]);
        (void)close(ends[0]);
        for (size_t i = 0; i < WHATS; i++)
                times[kind][i][round] = took[i];
}

/* Two processes more: who stays is not the login program's child. */
static pid_t leave_process(void)
{
        int ends[2];
        pid_t pid;

        if (pipe(ends) < 0 || (pid = fork()) < 0)
                err(1, "fork");
        if (pid == 0) {
                if ((pid = fork()) == 0) {
                        (void)prctl(PR_SET_PDEATHSIG, 0);
                        for (;;)
                                (void)pause(); /* until killed */
                }
                _exit(pid > 0 && write(ends[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1);
        }
        if (waitpid(pid, NULL, 0) < 0 || read(ends[0], &pid, sizeof(pid)) != sizeof(pid))
                errx(1, "no process stays");
        (void)close(ends[0]);
        (void)close(ends[1]);
        return pid;
}

/* A process that is left of a session that has ended. */
static pid_t leave_session(void)
{
        int ends[2], fd;
        pid_t pid, left;

        if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
                err(1, "fork");
        if (pid == 0) {
                pam_handle_t *pamh = start();

                if (pam_open_session(pamh, 0) != PAM_SUCCESS)
                        errx(1, "the session can't be opened");
                fd = open("/tmp/kept", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                if (fd < 0 || close(fd) < 0)
                        err(1, "/tmp/kept");
                left = leave_process();
                if (pam_close_session(pamh, 0) != PAM_SUCCESS)
                        errx(1, "the session can't be closed");
                (void)pam_end(pamh, PAM_SUCCESS);
                _exit(write(ends[1], &left, sizeof(left)) == sizeof(left) ? 0 : 1);
        }
        (void)close(ends[1]);
        if (read(ends[0], &left, sizeof(left)) != sizeof(left) || waitpid(pid, NULL, 0) != pid)
                errx(1, "nothing is left of a session");
        (void)close(ends[0]);
        return left;
}

static void run_round(size_t round)
{
        pid_t left;

        measure(FIRST, round);
        left = leave_session();
        measure(SURVIVOR, round);
        crowd_end(left);
}

static void set_up(const char *module)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), "session required %s conf=%s/privtmp.conf\n", module,
                       dir);
        write_file("bench", text);
        write_file("privtmp.conf", "tmpfs /tmp * size=16M\n");
}

static void print(size_t rounds)
{
        printf("%-8s %-10s %8s %8s %8s  %s\n", "", "", "p25", "p50", "p99",
               "times the first: p50 (quartiles)");
        for (size_t what = 0; what < WHATS; what++)
                for (size_t kind = 0; kind < KINDS; kind++) {
                        struct spread s = spread_of(times[kind][what], rounds);
                        struct spread r = ratio_of(times[kind][what], times[FIRST][what], rounds);

                        printf("%-8s %-10s %8.0f %8.0f %8.0f  %5.2f (%.2f to %.2f)\n", whats[what],
                               kinds[kind], s.p25, s.p50, s.p99, r.p50, r.p25, r.p75);
                }
}

int main(int argc, char **argv)
{
        unsigned long rounds = 500;
        int c;

        while ((c = getopt(argc, argv, "n:")) != -1)
                rounds = c == 'n' ? strtoul(optarg, NULL, 10) : 0;
        if (argc - optind != 3 || rounds == 0 || rounds > ROUNDS_MAX)
                errx(2, "usage: survivor [-n ROUNDS] MODULE DIR USER");
        dir = argv[optind + 1];
        user = argv[optind + 2];
        if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
                err(1, "orphans");
        set_up(argv[optind]);
        run_round(0); /* to warm up */
        for (size_t i = 0; i < rounds; i++)
                run_round(i);
        printf("open and close, %lu rounds, microseconds\n\n", rounds);
        print(rounds);
        return 0;
}
