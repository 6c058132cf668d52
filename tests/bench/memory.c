/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory: a benchmark of what sessions take in memory
 *
 * usage: memory SESSIONS MODULE DIR USER
 *
 * So many login programs open a session and stay, with each of some methods (methods.h). Printed
 * are, of one login program, what is resident (with what it shares with others) and what is its
 * own alone, and the mounts of the kernel for each session (mnt_cache in /proc/slabinfo: what
 * others mount meanwhile is counted, too).
 *
 * Not a test: run it by "sh tests/bench/run".
 */
#include <fcntl.h>

#include "bench/crowd.h"
#include "bench/methods.h"

/* The sum of the fields "NAME: N kB" that begin with `name` in a file of /proc. */
static unsigned long read_field(const char *path, const char *name)
{
        unsigned long sum = 0, value;
        FILE *f = fopen(path, "re");
        char line[256];

        if (!f)
                err(1, "%s", path);
        while (fgets(line, sizeof(line), f))
                if (strncmp(line, name, strlen(name)) == 0 &&
                    sscanf(strchr(line, ':') + 1, "%lu", &value) == 1)
                        sum += value;
        (void)fclose(f); /* only read from */
        return sum;
}

/* Bytes. */
static double read_mounts(void)
{
        FILE *f = fopen("/proc/slabinfo", "re");
        double objects = 0, size = 0;
        char line[512];

        if (!f)
                err(1, "/proc/slabinfo");
        while (fgets(line, sizeof(line), f))
                if (sscanf(line, "mnt_cache %lf %*f %lf", &objects, &size) == 2)
                        break;
        (void)fclose(f); /* only read from */
        return objects * size;
}

static void measure(const struct bench *b, const char *service, const char *label)
{
        struct session_of of = {b, service, b->user};
        pid_t *pids = calloc(b->sessions, sizeof(*pids));
        double before = read_mounts(), mounts;
        unsigned long resident = 0, own = 0;

        if (!pids)
                errx(1, "out of memory");
        for (unsigned long i = 0; i < b->sessions; i++) {
                char path[PATH_MAX];

                pids[i] = crowd_start(begin_session, &of);
                format(path, "/proc/%d/smaps_rollup", (int)pids[i]);
                resident += read_field(path, "Rss:");
                own += read_field(path, "Private_");
        }
        mounts = read_mounts() - before;
        for (unsigned long i = 0; i < b->sessions; i++)
                crowd_end(pids[i]);
        printf("%-28s %10lu %10lu %10.1f\n", label, resident / b->sessions, own / b->sessions,
               mounts / 1024 / (double)b->sessions);
        free(pids);
}

int main(int argc, char **argv)
{
        struct bench b = {.rounds = 1, .namespace = true, .only = "privtmp,noinit"};

        if (argc != 5)
                errx(2, "usage: memory SESSIONS MODULE DIR USER");
        b.sessions = strtoul(argv[1], NULL, 10);
        b.module = argv[2];
        b.dir = argv[3];
        b.user = b.other = argv[4];
        if (chdir("/") < 0)
                err(1, "chdir /");
        set_up(&b);
        printf("%lu sessions; KiB for each\n%-28s %10s %10s %10s\n", b.sessions, "method",
               "resident", "own", "mounts");
        measure(&b, "permit", "pam_permit");
        measure(&b, "others", "pam_privtmp, each its own");
        measure(&b, "privtmp", "pam_privtmp, joined");
        measure(&b, "noinit", "pam_namespace:noinit");
        return 0;
}
