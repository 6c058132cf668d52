/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idle: a benchmark of the look whether an instance is mounted anywhere
 *
 * That look is what end=idle adds to the close of a session, and what an open makes to sweep. It is
 * measured with so many idle processes in the host's mount namespace, and with so many sessions
 * besides, each of another user, with a namespace that has an instance of its own, and, if wanted,
 * so many mounts more; with "nobodys" these namespaces have no record, as those of containers:
 *
 *   list     by the kernel's list of mount namespaces
 *   proc     by /proc, as on Linux 6.1
 *
 *   free     a close: nobody has the instance any more
 *   sshd     a close: a child of the closing program has it, as sshd's process for the user has
 *
 * "cpu/bare" is the CPU time of a look divided by that of the least that could do, just before: for
 * each process in /proc one stat(2), for its threads, and one readlink(2), for its namespace.
 *
 * The program MUST NOT measure a look that gave up: each says "idle", or is counted as a doubt.
 *
 * Not a test: nothing here fails for being slow. Run it by `sh tests/bench/idle-run`.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ground/names.h"
#include "host/linux61.h"
#include "lifetime/look.h"
#include "lifetime/records.h"

#define BASE "/var/lib/privtmp"

enum {
        LOOKS_MAX = 100000,
        PROCESSES_MAX = 20000,
        OTHERS = 10000, /* the first uid of other users */
        OWN = 0,        /* the instance that is looked for; sessions have those from 1 on */
};

static bool nobodys; /* no namespace is noted as a session's */

struct children {
        pid_t pids[PROCESSES_MAX];
        size_t n;
};

static void name_nth(char mark[32], unsigned number)
{
        (void)snprintf(mark, 32, "1001/%06u", number);
}

static void make_instance(int base, unsigned number)
{
        char mark[32], root[64];

        name_nth(mark, number);
        (void)snprintf(root, sizeof(root), "%s/root", mark);
        if (mkdirat(base, mark, 0700) < 0 || mkdirat(base, root, 0700) < 0)
                err(1, "%s", mark);
}

/* In a namespace of its own, as an open makes it. */
static void cover_tmp(unsigned number)
{
        char mark[32], path[128];

        name_nth(mark, number);
        (void)snprintf(path, sizeof(path), BASE "/%s/root", mark);
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
            mount(path, "/tmp", NULL, MS_BIND, NULL) < 0)
                err(1, "%s", path);
}

/* The namespace is a session's of another user, or, without a record, nobody's in particular. */
static void note_session(unsigned number)
{
        struct record record = {.uid = OTHERS + number};
        struct report report = {0};

        if (namespace_own(&record.ns, NULL) < 0 || records_note(&record, true, &report) < 0)
                errx(1, "can't note a session");
}

/* A process that sleeps; number < 0: in the host's namespace, else in a session. */
static void start(struct children *children, int number)
{
        int ready[2];
        char byte;
        pid_t pid;

        if (children->n >= PROCESSES_MAX || pipe2(ready, O_CLOEXEC) < 0)
                errx(1, "too many processes");
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                if (number >= 0)
                        cover_tmp((unsigned)number);
                if (number > OWN && !nobodys)
                        note_session((unsigned)number);
                if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || write(ready[1], "", 1) != 1)
                        _exit(1);
                for (;;)
                        (void)pause(); /* until killed */
        }
        (void)close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                errx(1, "a process has failed");
        (void)close(ready[0]);
        children->pids[children->n++] = pid;
}

static void end_all(struct children *children)
{
        for (size_t i = 0; i < children->n; i++)
                if (kill(children->pids[i], SIGKILL) < 0 ||
                    waitpid(children->pids[i], NULL, 0) != children->pids[i])
                        err(1, "can't end process %d", (int)children->pids[i]);
        children->n = 0;
}

/* The host has so many mounts more, and each session has copies of them. */
static void mount_on_host(size_t mounts)
{
        if (mount("bench", "/mnt", "tmpfs", 0, NULL) < 0)
                err(1, "/mnt");
        for (size_t i = 1; i < mounts; i++) {
                char path[64];

                (void)snprintf(path, sizeof(path), "/mnt/%zu", i);
                if (mkdir(path, 0700) < 0 || mount(path, path, NULL, MS_BIND, NULL) < 0)
                        err(1, "%s", path);
        }
}

static double now(clockid_t clock)
{
        struct timespec t;

        if (clock_gettime(clock, &t) < 0)
                err(1, "clock_gettime");
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* For each process the number of its threads, and the name of its namespace. */
static void look_bare(void)
{
        int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct names names;
        const char *name;

        if (proc < 0)
                err(1, "/proc");
        names_begin(&names, proc);
        while ((name = names_next(&names))) {
                char path[64], link[64];
                struct stat st;

                if (name[0] < '0' || name[0] > '9')
                        continue;
                (void)snprintf(path, sizeof(path), "%.20s/task", name);
                if (fstatat(proc, path, &st, 0) < 0)
                        continue; /* it has ended */
                (void)snprintf(path, sizeof(path), "%.20s/ns/mnt", name);
                /* PID 1's can't be had in some containers */
                if (readlinkat(proc, path, link, sizeof(link)) < 0 && errno == ENOTDIR)
                        err(1, "%s", path);
        }
        (void)close(proc);
}

/* Prints a line; nearest rank. */
static void measure(int base, const char *way, const char *close, size_t looks)
{
        static double times[LOOKS_MAX], cpu[LOOKS_MAX], ratios[LOOKS_MAX];
        unsigned doubts = 0;
        char mark[32];

        name_nth(mark, OWN);
        for (size_t i = 0; i < looks; i++) {
                struct look_query query = {.name = mark, .uid = 1001};
                double bare_begin = now(CLOCK_THREAD_CPUTIME_ID), begin, cpu_begin;

                look_bare();
                begin = now(CLOCK_MONOTONIC);
                cpu_begin = now(CLOCK_THREAD_CPUTIME_ID);
                ratios[i] = cpu_begin - bare_begin;
                look_base(base, BASE, &query, 1, LOOK_CLOSE);
                times[i] = now(CLOCK_MONOTONIC) - begin;
                cpu[i] = now(CLOCK_THREAD_CPUTIME_ID) - cpu_begin;
                ratios[i] = cpu[i] / ratios[i];
                doubts += query.used;
        }
        qsort(times, looks, sizeof(*times), compare);
        qsort(cpu, looks, sizeof(*cpu), compare);
        qsort(ratios, looks, sizeof(*ratios), compare);
        printf("%-5s %-5s %10.0f %8.0f %8.0f %8.0f %10.2f %8u\n", way, close,
               times[(looks - 1) / 10], times[(looks - 1) / 2], times[(looks - 1) * 99 / 100],
               cpu[(looks - 1) / 2], ratios[(looks - 1) / 2], doubts);
}

/* In a process of its own, whose children are its own alone. */
static void measure_in_child(int base, bool list, bool sshd, size_t looks)
{
        static struct children own;
        int status;
        pid_t pid;

        (void)fflush(stdout);
        pid = fork();
        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                if (sshd)
                        start(&own, OWN);
                if (!list && linux61_begin() < 0)
                        err(1, "no filter of system calls");
                measure(base, list ? "list" : "proc", sshd ? "sshd" : "free", looks);
                end_all(&own);
                exit(0);
        }
        if (waitpid(pid, &status, 0) != pid || status != 0)
                errx(1, "a measurement has failed");
}

int main(int argc, char **argv)
{
        static struct children children;
        size_t looks, processes, sessions;
        int base;

        if (argc < 4 || argc > 6 || (argc == 6 && strcmp(argv[5], "nobodys") != 0))
                errx(2, "usage: idle LOOKS PROCESSES SESSIONS [MOUNTS [nobodys]]");
        nobodys = argc == 6;
        looks = strtoul(argv[1], NULL, 10);
        processes = strtoul(argv[2], NULL, 10);
        sessions = strtoul(argv[3], NULL, 10);
        if (looks < 1 || looks > LOOKS_MAX || processes + sessions > PROCESSES_MAX)
                errx(2, "too many, or too few");

        (void)mkdir(BASE, 0700);
        base = open(BASE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (base < 0 || (mkdirat(base, "1001", 0700) < 0 && errno != EEXIST))
                err(1, BASE);
        for (unsigned i = OWN; i <= sessions; i++)
                make_instance(base, i);
        if (argc > 4)
                mount_on_host(strtoul(argv[4], NULL, 10));
        for (size_t i = 1; i <= sessions; i++)
                start(&children, (int)i);
        for (size_t i = 0; i < processes; i++)
                start(&children, -1);

        printf("%zu idle processes, %zu %s, %s mounts more; microseconds\n", processes, sessions,
               nobodys ? "namespaces of nobody's" : "sessions of other users",
               argc > 4 ? argv[4] : "no");
        printf("%-5s %-5s %10s %8s %8s %8s %10s %8s\n", "way", "close", "p10", "p50", "p99",
               "cpu p50", "cpu/bare", "doubts");
        for (int way = 0; way < 2; way++)
                for (int sshd = 0; sshd < 2; sshd++)
                        measure_in_child(base, way == 0, sshd, looks);
        end_all(&children);
        return 0;
}
