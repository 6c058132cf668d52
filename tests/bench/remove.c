/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: a benchmark of deleting large trees
 *
 *     remove [-r ROUNDS] [-s SHRINK] [-k KIND] DIR     measures below DIR, all kinds or one
 *     remove -t TREE                                   deletes TREE, measures nothing
 *
 * Three kinds of trees: many small files in 1,000 directories, one directory with many files, and a
 * chain of directories. Each is made afresh for each method, by the same code and as the same user,
 * and written out before the clock runs: rm -rf, find -delete and remove_tree(), each a program of
 * its own. The order changes from round to round; what is printed is the round with the median
 * time, and the processor time that the process took in it (on a machine with other work the latter
 * says more).
 *
 * Peak memory is ru_maxrss. The fds of the process are counted every few milliseconds.
 *
 * Not a test: nothing here fails for being slow. Run it by `sh tests/bench/remove-run`.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "disk/remove.h"
#include "command/subvolume.h"

enum {
        USER = 1001,
        ROUNDS_MAX = 99,
        DIRECTORIES = 1000,
        LOOK_MS = 5, /* between two looks at the fds */
        SLICE_MS = 500,
};

/* ------------------------------------------------------------------ trees */

static void make_file(int dir, unsigned long i)
{
        char name[32];
        int fd;

        (void)snprintf(name, sizeof(name), "file-%lu", i);
        fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0 || write(fd, name, strlen(name)) < 0 || close(fd) < 0)
                err(1, "%s", name);
}

static int make_directory(int dir, const char *name)
{
        int fd;

        if (mkdirat(dir, name, 0755) < 0)
                err(1, "mkdir %s", name);
        fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                err(1, "%s", name);
        return fd;
}

static void make_many(int dir, unsigned long n)
{
        for (unsigned long i = 0; i < DIRECTORIES; i++) {
                char name[32];
                int below;

                (void)snprintf(name, sizeof(name), "directory-%lu", i);
                below = make_directory(dir, name);
                for (unsigned long j = 0; j < n / DIRECTORIES; j++)
                        make_file(below, j);
                (void)close(below);
        }
}

static void make_one(int dir, unsigned long n)
{
        for (unsigned long i = 0; i < n; i++)
                make_file(dir, i);
}

static void make_chain(int dir, unsigned long n)
{
        dir = dup(dir);
        for (unsigned long i = 0; i < n; i++) {
                int below = make_directory(dir, "d");

                (void)close(dir);
                dir = below;
        }
        (void)close(dir);
}

static const struct kind {
        const char *name;
        void (*make)(int dir, unsigned long n);
        unsigned long n;
} kinds[] = {
        {"files in 1,000 directories", make_many, 1000000},
        {"files in one directory", make_one, 500000},
        {"directories in a chain", make_chain, 100000},
};

enum {
        KINDS = sizeof(kinds) / sizeof(kinds[0]),
};

/* ------------------------------------------------------------------ methods */

static const struct method {
        const char *name;
        char *const *arguments;
} methods[] = {
        {"rm -rf", (char *const[]){"rm", "-rf", "top", NULL}},
        {"find -delete", (char *const[]){"find", "top", "-delete", NULL}},
        {"ours", (char *const[]){"/proc/self/exe", "-t", "top", NULL}},
};

enum {
        METHODS = sizeof(methods) / sizeof(methods[0]),
        OURS = METHODS - 1,
};

/* In slices, as privtmp-clean does. */
static void remove_ours(const char *name)
{
        int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

        if (here < 0)
                err(1, ".");
        do {
                struct remove_budget budget = {.milliseconds = SLICE_MS,
                                               .subvolume = subvolume_remove};

                r = remove_tree(here, name, &budget);
        } while (r == REMOVE_MORE);
        if (r < 0)
                errx(1, "%s: %s", name, strerror(-r));
}

/* ------------------------------------------------------------------ measuring */

struct sample {
        double seconds, processor;
        long kilobytes;
        unsigned fds;
};

static double now(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned count_fds(pid_t pid)
{
        char path[32];
        unsigned n = 0;
        DIR *dir;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        dir = opendir(path);
        while (dir && readdir(dir))
                n++;
        if (dir)
                (void)closedir(dir);
        return n > 2 ? n - 2 : 0;
}

static pid_t start(const char *dir)
{
        pid_t pid;

        (void)fflush(NULL);
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0 && chdir(dir) < 0)
                err(1, "%s", dir);
        return pid;
}

static void finish(pid_t pid, const char *what)
{
        int status;

        if (waitpid(pid, &status, 0) < 0 || status != 0)
                errx(1, "%s has failed", what);
}

/* An instance as it is in the trash: root's, with what the user has left in it. */
static void make_tree(const char *dir, const struct kind *kind, unsigned long n)
{
        pid_t pid = start(dir);

        if (pid == 0) {
                int root;

                (void)umask(022);
                if (mkdir("top", 0700) < 0 || mkdir("top/root", 0700) < 0 ||
                    chown("top/root", USER, USER) < 0)
                        err(1, "%s/top", dir);
                root = open("top/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (root < 0 || setresgid(USER, USER, USER) < 0 || setresuid(USER, USER, USER) < 0)
                        err(1, "%s/top", dir);
                kind->make(root, n);
                _exit(0);
        }
        finish(pid, kind->name);
        sync();
}

static struct sample measure(const char *dir, const struct method *method)
{
        const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
        struct sample sample = {0};
        struct rusage usage;
        double t0 = now();
        pid_t pid = start(dir), ended;
        char path[PATH_MAX];
        int status;

        if (pid == 0) {
                (void)close_range(STDERR_FILENO + 1, ~0U, 0);
                (void)execvp(method->arguments[0], method->arguments);
                err(1, "%s", method->name);
        }
        while ((ended = wait4(pid, &status, WNOHANG, &usage)) == 0) {
                unsigned fds = count_fds(pid);

                if (fds > sample.fds)
                        sample.fds = fds;
                (void)nanosleep(&pause, NULL);
        }
        sample.seconds = now() - t0;
        if (ended < 0 || status != 0)
                errx(1, "%s has failed", method->name);
        (void)snprintf(path, sizeof(path), "%s/top", dir);
        if (access(path, F_OK) == 0)
                errx(1, "%s has left something", method->name);
        sample.kilobytes = usage.ru_maxrss;
        sample.processor = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
        return sample;
}

static int compare(const void *a, const void *b)
{
        double x = ((const struct sample *)a)->seconds, y = ((const struct sample *)b)->seconds;

        return x < y ? -1 : x > y;
}

static void run_kind(const char *dir, const struct kind *kind, unsigned long n,
                     unsigned long rounds)
{
        static struct sample samples[METHODS][ROUNDS_MAX];
        const struct sample *ours;

        for (unsigned long i = 0; i < rounds; i++)
                for (unsigned long j = 0; j < METHODS; j++) {
                        unsigned long k = (i + j) % METHODS;

                        make_tree(dir, kind, n);
                        samples[k][i] = measure(dir, &methods[k]);
                }
        for (unsigned long k = 0; k < METHODS; k++)
                qsort(samples[k], rounds, sizeof(samples[k][0]), compare);
        ours = &samples[OURS][rounds / 2];
        printf("%lu %s\n", n, kind->name);
        for (unsigned long k = 0; k < METHODS; k++) {
                const struct sample *sample = &samples[k][rounds / 2];

                printf("  %-13s %8.2f s %8.2f s cpu %9.0f/s %8ld KiB %4u fds", methods[k].name,
                       sample->seconds, sample->processor, (double)n / sample->seconds,
                       sample->kilobytes, sample->fds);
                if (k != OURS)
                        printf("   ours takes %.2f of it, %.2f of its cpu",
                               ours->seconds / sample->seconds,
                               ours->processor / sample->processor);
                printf("\n");
        }
}

static unsigned long number(const char *text, unsigned long max)
{
        char *end;
        unsigned long n = strtoul(text, &end, 10);

        if (*text < '0' || *text > '9' || *end != '\0' || n < 1 || n > max)
                errx(2, "%s: not a number from 1 to %lu", text, max);
        return n;
}

int main(int argc, char **argv)
{
        unsigned long rounds = 3, shrink = 1, kind = 0;
        int c;

        while ((c = getopt(argc, argv, "r:s:k:t:")) != -1) {
                if (c == 'r')
                        rounds = number(optarg, ROUNDS_MAX);
                else if (c == 's')
                        shrink = number(optarg, 1000);
                else if (c == 'k')
                        kind = number(optarg, KINDS);
                else if (c == 't')
                        return remove_ours(optarg), 0;
                else
                        return 2;
        }
        if (argc - optind != 1)
                errx(2, "usage: remove [-r ROUNDS] [-s SHRINK] [-k KIND] DIR");
        for (unsigned i = 0; i < KINDS; i++)
                if (kind == 0 || kind == i + 1)
                        run_kind(argv[optind], &kinds[i], kinds[i].n / shrink, rounds);
        return 0;
}
