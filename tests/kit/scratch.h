/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scratch: what the tests of single rooms share: a report that is heard, a folder, a runner */
#pragma once

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/report.h"

/* A system call that must succeed, and what it is about. */
#define assert_done(condition, what) ck_assert_msg((condition), "%s: %s", (what), strerror(errno))

/* ------------------------------------------------------------------ a report that is heard */

/* Collects what is said, a line each: "LEVEL text". */
struct heard {
        struct report report;
        char text[8192];
        unsigned lines;
};

void heard_say(void *arg, enum report_level level, const char *text);

void heard_begin(struct heard *heard);

/* ------------------------------------------------------------------ a folder */

/* A folder for one test. */
struct scratch {
        char path[64];
        int fd;
};

/* Below `parent`: "/tmp", or a place that only root can write where a test needs that. */
void scratch_make(struct scratch *scratch, const char *parent);

int scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw);

void scratch_remove(struct scratch *scratch);

/* A path in the folder; valid until the eighth call from now. */
const char *scratch_path(const struct scratch *scratch, const char *name);

/* A file, mode 0644 whatever the umask. */
void scratch_write_bytes(const struct scratch *scratch, const char *name, const void *bytes,
                         size_t size);

void scratch_write(const struct scratch *scratch, const char *name, const char *text);

void scratch_mkdir(const struct scratch *scratch, const char *name, mode_t mode);

bool scratch_has(const struct scratch *scratch, const char *name);

mode_t scratch_mode(const struct scratch *scratch, const char *name);

/* ------------------------------------------------------------------ another user */

enum {
        SCRATCH_USER = 1001, /* alice of tests/host/run; any other than root will do */
};

/* ------------------------------------------------------------------ suites */

/* A new case of the suite, whose tests may take two minutes each. */
TCase *scratch_case(Suite *suite, const char *name);

/* Runs the suite, speaking TAP. The exit status of main(). */
int scratch_run(Suite *suite);
