/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits: a benchmark of what size= and nr_inodes= cost an open
 *
 * Opens and closes PAM sessions, each in a process of its own. In each round a line with limits and
 * one without take turns, each on a file system of its own: what both do to one file system would
 * undo what the other has done there. The clock covers pam_open_session.
 *
 * The program MUST NOT measure something that did nothing: after an open /tmp is on the line's file
 * system. It writes below DIR, and in the folders PLAIN and LIMITED, the roots of two file systems
 * of one kind, of which LIMITED has user quotas in force. Not a test: run it by
 * `sudo sh tests/vm/run limits`.
 */
#include <limits.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/stats.h"

enum line {
        PLAIN,
        LIMITED,
        LINES
};

enum {
        ROUNDS_MAX = 100000,
};

static const char *const names[LINES] = {"plain", "limited"};
static const char *const options[LINES] = {"noexec", "noexec,size=20M,nr_inodes=10k"};

static int talk(int n, const struct pam_message **messages, struct pam_response **ret, void *arg)
{
        (void)n;
        (void)messages;
        (void)ret;
        (void)arg;
        return PAM_CONV_ERR;
}

static void write_file(const char *dir, const char *name, const char *text)
{
        char path[PATH_MAX];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        f = fopen(path, "we");
        if (!f || fputs(text, f) < 0 || fclose(f) != 0)
                err(1, "%s", path);
}

/* The table, and the service that names it. */
static void set_up(const char *dir, const char *base, enum line line)
{
        char name[64], text[PATH_MAX];

        (void)snprintf(text, sizeof(text), "%s /tmp * %s\n", base, options[line]);
        (void)snprintf(name, sizeof(name), "%s.conf", names[line]);
        write_file(dir, name, text);
        (void)snprintf(text, sizeof(text), "session required pam_privtmp.so conf=%s/%s.conf\n", dir,
                       names[line]);
        write_file(dir, names[line], text);
}

static dev_t device(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                err(1, "%s", path);
        return st.st_dev;
}

/* Microseconds of one open, in this process, which is lost to other things then. */
static double measure(const char *dir, const char *user, const char *base, enum line line)
{
        const struct pam_conv conversation = {.conv = talk};
        pam_handle_t *pamh;
        double begin, taken;
        int r = pam_start_confdir(names[line], user, &conversation, dir, &pamh);

        if (r != PAM_SUCCESS)
                errx(1, "pam_start: %d", r);
        begin = now();
        r = pam_open_session(pamh, 0);
        taken = now() - begin;
        if (r != PAM_SUCCESS)
                errx(1, "%s: pam_open_session: %s", names[line], pam_strerror(pamh, r));
        if (device("/tmp") != device(base))
                errx(1, "%s: /tmp was not covered", names[line]);
        r = pam_close_session(pamh, 0);
        if (r != PAM_SUCCESS)
                errx(1, "%s: pam_close_session: %s", names[line], pam_strerror(pamh, r));
        (void)pam_end(pamh, PAM_SUCCESS);
        return taken;
}

static double measure_in_child(const char *dir, const char *user, const char *base, enum line line)
{
        int fds[2], status;
        double taken = 0;
        pid_t pid;

        if (pipe(fds) < 0)
                err(1, "pipe");
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                taken = measure(dir, user, base, line);
                _exit(write(fds[1], &taken, sizeof(taken)) == sizeof(taken) ? 0 : 1);
        }
        (void)close(fds[1]); /* a pipe that nothing was written to */
        if (read(fds[0], &taken, sizeof(taken)) != sizeof(taken) ||
            waitpid(pid, &status, 0) != pid || status != 0)
                errx(1, "%s: a session failed", names[line]);
        (void)close(fds[0]); /* only read from */
        return taken;
}

int main(int argc, char **argv)
{
        static double taken[LINES][ROUNDS_MAX];
        const unsigned long rounds = argc == 6 ? strtoul(argv[5], NULL, 10) : 0;

        if (rounds == 0 || rounds > ROUNDS_MAX)
                errx(2, "usage: limits DIR USER PLAIN LIMITED ROUNDS");
        (void)umask(022); /* cannot fail */
        if (chdir("/") < 0)
                err(1, "/");
        for (enum line line = 0; line < LINES; line++)
                set_up(argv[1], argv[3 + line], line);

        /* The first round makes what stays, sets the limit, and fills caches. */
        for (unsigned long round = 0; round <= rounds; round++)
                for (unsigned i = 0; i < LINES; i++) {
                        const enum line line = (enum line)((round + i) % LINES);

                        taken[line][round ? round - 1 : 0] =
                                measure_in_child(argv[1], argv[2], argv[3 + line], line);
                }

        printf("%-10s %8s %8s %8s   %s\n", "open, us", "p25", "p50", "p75", "times plain");
        for (enum line line = 0; line < LINES; line++) {
                const struct spread s = spread_of(taken[line], rounds);
                const struct spread r = ratio_of(taken[line], taken[PLAIN], rounds);

                printf("%-10s %8.0f %8.0f %8.0f   %.2f (%.2f to %.2f)\n", names[line], s.p25, s.p50,
                       s.p75, r.p50, r.p25, r.p75);
        }
        return 0;
}
