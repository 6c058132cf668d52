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

static inline void heard_say(void *arg, enum report_level level, const char *text)
{
        static const char *const levels[] = {
                [REPORT_DEBUG] = "debug",
                [REPORT_WARNING] = "warning",
                [REPORT_CRITICAL] = "critical",
        };
        struct heard *heard = arg;
        size_t used = strlen(heard->text);

        ck_assert_int_lt(snprintf(heard->text + used, sizeof(heard->text) - used, "%s %s\n",
                                  levels[level], text),
                         (int)(sizeof(heard->text) - used));
        heard->lines++;
}

static inline void heard_begin(struct heard *heard)
{
        memset(heard, 0, sizeof(*heard));
        heard->report.say = heard_say;
        heard->report.arg = heard;
}

/* ------------------------------------------------------------------ a folder */

/* A folder for one test. */
struct scratch {
        char path[64];
        int fd;
};

/* Below `parent`: "/tmp", or a place that only root can write where a test needs that. */
static inline void scratch_make(struct scratch *scratch, const char *parent)
{
        snprintf(scratch->path, sizeof(scratch->path), "%s/scratch.XXXXXX", parent);
        assert_done(mkdtemp(scratch->path), scratch->path);
        scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_done(scratch->fd >= 0, scratch->path);
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static inline void scratch_remove(struct scratch *scratch)
{
        close(scratch->fd);
        assert_done(nftw(scratch->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0,
                    scratch->path);
}

/* A path in the folder; valid until the eighth call from now. */
static inline const char *scratch_path(const struct scratch *scratch, const char *name)
{
        static char paths[8][PATH_MAX];
        static unsigned turn;
        char *path = paths[turn++ % 8];

        ck_assert_int_lt(snprintf(path, PATH_MAX, "%s/%s", scratch->path, name), PATH_MAX);
        return path;
}

/* A file, mode 0644 whatever the umask. */
static inline void scratch_write_bytes(const struct scratch *scratch, const char *name,
                                       const void *bytes, size_t size)
{
        int fd = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_done(fd >= 0, name);
        ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
        ck_assert_int_eq(fchmod(fd, 0644), 0);
        close(fd);
}

static inline void scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
        scratch_write_bytes(scratch, name, text, strlen(text));
}

static inline void scratch_mkdir(const struct scratch *scratch, const char *name, mode_t mode)
{
        assert_done(mkdirat(scratch->fd, name, 0700) == 0, name);
        ck_assert_int_eq(fchmodat(scratch->fd, name, mode, 0), 0);
}

static inline bool scratch_has(const struct scratch *scratch, const char *name)
{
        return faccessat(scratch->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline mode_t scratch_mode(const struct scratch *scratch, const char *name)
{
        struct stat st;

        assert_done(fstatat(scratch->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0, name);
        return st.st_mode & 07777;
}

/* ------------------------------------------------------------------ another user */

enum {
        SCRATCH_USER = 1001, /* alice of tests/host/run; any other than root will do */
};

/* ------------------------------------------------------------------ the runner */

/* Runs the suite, speaking TAP. The exit status of main(). */
static inline int scratch_run(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_set_tap(runner, "-");
        srunner_run_all(runner, CK_SILENT);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
