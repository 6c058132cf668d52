/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * repeat: a login program that opens and closes sessions, one after the other, and does not grow
 *
 * usage: repeat SERVICE USER TIMES
 *
 * Prints ten lines, with what the process has then: descriptors, mappings, resident memory and the
 * heap in KiB, and how many entries are in /run/privtmp. Ends with 1 if one of them has grown
 * between the fifth line and the last: until then the allocator finds its shape, as beside
 * pam_permit.
 *
 * Not a test: run it by "sh tests/bench/live-run".
 */
#include <dirent.h>
#include <err.h>
#include <malloc.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        LINES = 10,
};

struct size {
        unsigned long fds, mappings, resident, heap, records;
};

static unsigned long count_entries(const char *path)
{
        DIR *dir = opendir(path);
        unsigned long n = 0;

        if (!dir)
                err(1, "%s", path);
        while (readdir(dir))
                n++;
        (void)closedir(dir);
        return n;
}

static unsigned long count_lines(const char *path)
{
        FILE *f = fopen(path, "re");
        unsigned long n = 0;
        int c;

        if (!f)
                err(1, "%s", path);
        while ((c = fgetc(f)) != EOF)
                n += c == '\n';
        (void)fclose(f); /* only read from */
        return n;
}

static unsigned long read_resident(void)
{
        FILE *f = fopen("/proc/self/statm", "re");
        unsigned long pages = 0;

        if (!f || fscanf(f, "%*u %lu", &pages) != 1)
                errx(1, "/proc/self/statm");
        (void)fclose(f); /* only read from */
        return pages * 4;
}

static struct size measure(void)
{
        return (struct size){
                .fds = count_entries("/proc/self/fd"),
                .mappings = count_lines("/proc/self/maps"),
                .resident = read_resident(),
                .heap = mallinfo2().uordblks / 1024,
                .records = count_entries("/run/privtmp"),
        };
}

static int say_nothing(int n, const struct pam_message **messages, struct pam_response **responses,
                       void *arg)
{
        (void)n;
        (void)messages;
        (void)responses;
        (void)arg;
        return PAM_CONV_ERR;
}

static void open_and_close(const char *service, const char *user)
{
        const struct pam_conv conversation = {.conv = say_nothing};
        pam_handle_t *pamh;
        int r = pam_start(service, user, &conversation, &pamh);

        if (r == PAM_SUCCESS)
                r = pam_open_session(pamh, 0);
        if (r == PAM_SUCCESS)
                r = pam_close_session(pamh, 0);
        if (r != PAM_SUCCESS)
                errx(1, "a session of %s: %s", user, pam_strerror(pamh, r));
        (void)pam_end(pamh, r);
}

int main(int argc, char **argv)
{
        struct size half = {0}, now = {0};
        unsigned long times;

        if (argc != 4)
                errx(2, "usage: repeat SERVICE USER TIMES");
        times = strtoul(argv[3], NULL, 10);
        printf("%10s %8s %8s %12s %10s %8s\n", "sessions", "fds", "mappings", "resident KiB",
               "heap KiB", "records");
        for (unsigned long i = 1; i <= times; i++) {
                open_and_close(argv[1], argv[2]);
                if (i % (times / LINES) != 0)
                        continue;
                now = measure();
                if (i == times / LINES * (LINES / 2))
                        half = now;
                printf("%10lu %8lu %8lu %12lu %10lu %8lu\n", i, now.fds, now.mappings, now.resident,
                       now.heap, now.records);
                (void)fflush(stdout);
        }
        return now.fds > half.fds || now.mappings > half.mappings || now.heap > half.heap ||
               now.resident > half.resident || now.records > half.records;
}
