/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lines: a benchmark of what an open costs by the number of lines in the table
 *
 * The user's own line is the first, and all others name somebody else: each is read, and each is
 * tried. Three kinds of others:
 *
 *   names        none /tmp uNUMBER
 *   not reached  none /tmp @gNUMBER, and after them all the user's line: no group is looked up
 *   groups       none /tmp @gNUMBER: each is looked up, for it might be the user's
 *
 * Each session is one of a process of its own, and the sizes take turns. The clock covers
 * pam_open_session. The program MUST NOT measure something that did nothing: after an open, /tmp is
 * another directory. It writes below DIR. Not a test: run it by `sh tests/bench/lines-run`.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind {
        NAMES,
        NOT_REACHED,
        GROUPS,
        KINDS
};

static const char *const kinds[KINDS] = {"names", "not reached", "groups"};
static const unsigned sizes[] = {1, 100, 10000};

enum {
        SIZES = sizeof(sizes) / sizeof(sizes[0]),
        ROUNDS_MAX = 10000,
};

static int talk(int n, const struct pam_message **messages, struct pam_response **ret, void *arg)
{
        (void)n;
        (void)messages;
        (void)ret;
        (void)arg;
        return PAM_CONV_ERR;
}

static FILE *create(const char *dir, const char *name)
{
        char path[PATH_MAX];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "we");
        if (!f)
                err(1, "%s", path);
        return f;
}

static void finish(FILE *f)
{
        if (fclose(f) != 0)
                err(1, "can't write");
}

/* The table, and the service that names it, both called KIND.SIZE. */
static void set_up(const char *dir, const char *module, enum kind kind, unsigned size)
{
        char name[64];
        FILE *f;

        (void)snprintf(name, sizeof(name), "%d.%u.conf", kind, size);
        f = create(dir, name);
        if (kind != NOT_REACHED)
                (void)fprintf(f, "%s/base /tmp *\n", dir);
        for (unsigned i = 1; i < size; i++)
                (void)fprintf(f, kind == NAMES ? "none /tmp u%u\n" : "none /tmp @g%u\n", i);
        if (kind == NOT_REACHED)
                (void)fprintf(f, "%s/base /tmp *\n", dir);
        finish(f);

        (void)snprintf(name, sizeof(name), "pam.d/%d.%u", kind, size);
        f = create(dir, name);
        (void)fprintf(f, "session required %s conf=%s/%d.%u.conf\n", module, dir, kind, size);
        finish(f);
}

static double now(void)
{
        struct timespec t;

        if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
                err(1, "clock_gettime");
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Microseconds of one open, in this process, which is lost to other things then. */
static double measure(const char *dir, const char *user, enum kind kind, unsigned size)
{
        const struct pam_conv conversation = {.conv = talk};
        char service[64], folder[PATH_MAX];
        struct stat before, after;
        pam_handle_t *pamh;
        double begin, taken;
        int r;

        (void)snprintf(service, sizeof(service), "%d.%u", kind, size);
        (void)snprintf(folder, sizeof(folder), "%s/pam.d", dir);
        if (stat("/tmp", &before) < 0)
                err(1, "/tmp");
        r = pam_start_confdir(service, user, &conversation, folder, &pamh);
        if (r != PAM_SUCCESS)
                errx(1, "pam_start: %d", r);
        begin = now();
        r = pam_open_session(pamh, 0);
        taken = now() - begin;
        if (r != PAM_SUCCESS)
                errx(1, "%s, %u lines: pam_open_session: %s", kinds[kind], size,
                     pam_strerror(pamh, r));
        if (stat("/tmp", &after) < 0)
                err(1, "/tmp");
        if (before.st_ino == after.st_ino && before.st_dev == after.st_dev)
                errx(1, "%s, %u lines: /tmp was not covered", kinds[kind], size);
        r = pam_close_session(pamh, 0);
        if (r != PAM_SUCCESS)
                errx(1, "pam_close_session: %d", r);
        (void)pam_end(pamh, PAM_SUCCESS);
        return taken;
}

static double measure_in_child(const char *dir, const char *user, enum kind kind, unsigned size)
{
        int pipefd[2], status;
        double taken = 0;
        pid_t pid;

        if (pipe(pipefd) < 0)
                err(1, "pipe");
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                taken = measure(dir, user, kind, size);
                _exit(write(pipefd[1], &taken, sizeof(taken)) == sizeof(taken) ? 0 : 1);
        }
        (void)close(pipefd[1]);
        if (read(pipefd[0], &taken, sizeof(taken)) != sizeof(taken) ||
            waitpid(pid, &status, 0) != pid || status != 0)
                errx(1, "a session failed");
        (void)close(pipefd[0]);
        return taken;
}

static int compare(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static double percentile(double *values, unsigned n, unsigned p)
{
        qsort(values, n, sizeof(*values), compare);
        return values[(n * p + 99) / 100 - 1];
}

int main(int argc, char **argv)
{
        static double taken[KINDS][SIZES][ROUNDS_MAX];
        const unsigned rounds = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
        const char *dir = argv[1], *user = argv[2];
        char path[PATH_MAX];

        if (rounds == 0 || rounds > ROUNDS_MAX)
                errx(2, "usage: lines DIR USER MODULE ROUNDS");
        (void)umask(022); /* cannot fail */
        (void)snprintf(path, sizeof(path), "%s/pam.d", dir);
        if (mkdir(path, 0755) < 0 || chdir("/") < 0)
                err(1, "%s", path);
        for (enum kind kind = 0; kind < KINDS; kind++)
                for (unsigned i = 0; i < SIZES; i++)
                        set_up(dir, argv[3], kind, sizes[i]);

        /* the first round makes what stays, and fills caches */
        for (unsigned round = 0; round <= rounds; round++)
                for (enum kind kind = 0; kind < KINDS; kind++)
                        for (unsigned i = 0; i < SIZES; i++)
                                taken[kind][i][round ? round - 1 : 0] =
                                        measure_in_child(dir, user, kind, sizes[i]);

        printf("%-12s %6s  %10s %10s %10s\n", "open, us", "lines", "p10", "p50", "p99");
        for (enum kind kind = 0; kind < KINDS; kind++)
                for (unsigned i = 0; i < SIZES; i++)
                        printf("%-12s %6u  %10.0f %10.0f %10.0f\n", kinds[kind], sizes[i],
                               percentile(taken[kind][i], rounds, 10),
                               percentile(taken[kind][i], rounds, 50),
                               percentile(taken[kind][i], rounds, 99));
        return 0;
}
