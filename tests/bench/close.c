/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * close: a benchmark of what it costs to close a session, by what is in its /tmp
 *
 * Opens PAM sessions of a line with end=close, fills /tmp, and times pam_close_session:
 *
 *   few       300 files: more than a close deletes
 *   many      FILES files in directories of 1,000 each
 *   extents   one file with EXTENTS extents: to delete it takes seconds
 *
 * The kinds take turns. After each close the instance is gone from its place, or the program ends
 * with status 1. usage: close -f FILES -e EXTENTS -n ROUNDS DIR USER; DIR is on the file system to
 * be measured, root's, and empty. Not a test: run it by `sh tests/bench/close-run`.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind {
        FEW,
        MANY,
        EXTENTS,
        KINDS
};

static const char *const names[KINDS] = {"few", "many", "extents"};

enum {
        ROUNDS_MAX = 100,
        FEW_FILES = 300,
        IN_A_DIRECTORY = 1000,
        BLOCK = 4096,
};

static unsigned long files = 1000000, extents = 200000, rounds = 3;
static const char *dir, *user;

static double now(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void write_file(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        if (!f || fputs(text, f) < 0 || fclose(f) < 0)
                err(1, "%s", path);
}

static void make_file(const char *path)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0 || close(fd) < 0)
                err(1, "%s", path);
}

static void fill_many(unsigned long n)
{
        char path[64];

        for (unsigned long i = 0; i < n; i++) {
                if (i % IN_A_DIRECTORY == 0) {
                        (void)snprintf(path, sizeof(path), "/tmp/%lu", i / IN_A_DIRECTORY);
                        if (mkdir(path, 0700) < 0)
                                err(1, "%s", path);
                }
                (void)snprintf(path, sizeof(path), "/tmp/%lu/%lu", i / IN_A_DIRECTORY, i);
                make_file(path);
        }
}

/* Every second block is written: the file system can't put them together. */
static void fill_extents(void)
{
        char block[BLOCK] = "x";
        int fd = open("/tmp/extents", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        for (unsigned long i = 0; i < extents; i++)
                if (pwrite(fd, block, sizeof(block), (off_t)i * 2 * BLOCK) != BLOCK)
                        err(1, "/tmp/extents");
        if (fsync(fd) < 0 || close(fd) < 0)
                err(1, "/tmp/extents");
}

static void fill(enum kind kind)
{
        char path[64];

        if (kind == MANY)
                fill_many(files);
        else if (kind == EXTENTS)
                fill_extents();
        else
                for (unsigned i = 0; i < FEW_FILES; i++) {
                        (void)snprintf(path, sizeof(path), "/tmp/%u", i);
                        make_file(path);
                }
        sync(); /* what was written is not close's to write */
}

static void check_gone(void)
{
        const struct passwd *pw = getpwnam(user);
        char path[512];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/base/%u", dir, pw ? pw->pw_uid : 0);
        if (stat(path, &st) < 0 || st.st_nlink != 2)
                errx(1, "%s: the instance is still there", path);
}

/* One session, in a process of its own. Microseconds of its close. */
static double session(enum kind kind)
{
        static const struct pam_conv conv = {0};
        char confdir[512], command[600];
        double start, took;
        pam_handle_t *pamh;
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0)
                err(1, "fork");
        if (pid == 0) {
                (void)snprintf(confdir, sizeof(confdir), "%s/pam.d", dir);
                if (pam_start_confdir("close", user, &conv, confdir, &pamh) != PAM_SUCCESS ||
                    pam_open_session(pamh, 0) != PAM_SUCCESS)
                        errx(1, "the session can't be opened");
                fill(kind);
                start = now();
                if (pam_close_session(pamh, 0) != PAM_SUCCESS)
                        errx(1, "the session can't be closed");
                took = now() - start;
                check_gone();
                if (write(fds[1], &took, sizeof(took)) != sizeof(took))
                        err(1, "pipe");
                _exit(pam_end(pamh, PAM_SUCCESS));
        }
        if (read(fds[0], &took, sizeof(took)) != sizeof(took) || waitpid(pid, NULL, 0) != pid)
                errx(1, "%s: no result", names[kind]);
        (void)close(fds[0]);
        (void)close(fds[1]);
        /* what the close has left is not to fill the disk */
        (void)snprintf(command, sizeof(command), "rm -rf '%s/base/.trash'", dir);
        if (system(command) != 0)
                errx(1, "%s failed", command);
        return took;
}

static int compare(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static void set_up(const char *module)
{
        char path[512], text[1024];

        (void)snprintf(path, sizeof(path), "%s/pam.d", dir);
        if (mkdir(path, 0755) < 0)
                err(1, "%s", path);
        (void)snprintf(path, sizeof(path), "%s/pam.d/close", dir);
        (void)snprintf(text, sizeof(text), "session required %s conf=%s/privtmp.conf\n", module,
                       dir);
        write_file(path, text);
        (void)snprintf(path, sizeof(path), "%s/privtmp.conf", dir);
        (void)snprintf(text, sizeof(text), "%s/base /tmp * end=close\n", dir);
        write_file(path, text);
}

int main(int argc, char **argv)
{
        double times[KINDS][ROUNDS_MAX];
        int c;

        while ((c = getopt(argc, argv, "f:e:n:")) != -1) {
                unsigned long *number = c == 'f' ? &files : c == 'e' ? &extents : &rounds;

                if (c == '?' || (*number = strtoul(optarg, NULL, 10)) == 0)
                        errx(2, "usage: close [-f FILES] [-e EXTENTS] [-n ROUNDS] DIR USER");
        }
        if (argc - optind != 2 || rounds > ROUNDS_MAX)
                errx(2, "usage: close [-f FILES] [-e EXTENTS] [-n ROUNDS] DIR USER");
        dir = argv[optind];
        user = argv[optind + 1];
        if (chdir("/") < 0)
                err(1, "/");
        set_up("pam_privtmp.so");
        (void)session(FEW); /* to warm up */
        for (unsigned long i = 0; i < rounds; i++)
                for (enum kind kind = 0; kind < KINDS; kind++)
                        times[kind][i] = session(kind);
        printf("%-10s %8s %8s   (microseconds of close; files %lu, extents %lu, rounds %lu)\n", "",
               "p50", "/ few", files, extents, rounds);
        for (enum kind kind = 0; kind < KINDS; kind++) {
                qsort(times[kind], rounds, sizeof(double), compare);
                printf("%-10s %8.0f %8.2f%s\n", names[kind], times[kind][rounds / 2],
                       times[kind][rounds / 2] / times[FEW][rounds / 2],
                       kind == FEW ? "" : "   aim: at most 4");
        }
        return 0;
}
