/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scratch: what the tests of single rooms share: a report that is heard, a folder, a runner */
#include "kit/scratch.h"

/* ------------------------------------------------------------------ a report that is heard */

void heard_say(void *arg, enum report_level level, const char *text)
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

void heard_begin(struct heard *heard)
{
        memset(heard, 0, sizeof(*heard));
        heard->report.say = heard_say;
        heard->report.arg = heard;
}

/* ------------------------------------------------------------------ a folder */

void scratch_make(struct scratch *scratch, const char *parent)
{
        snprintf(scratch->path, sizeof(scratch->path), "%s/scratch.XXXXXX", parent);
        assert_done(mkdtemp(scratch->path), scratch->path);
        scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_done(scratch->fd >= 0, scratch->path);
}

int scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
        close(scratch->fd);
        assert_done(nftw(scratch->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0,
                    scratch->path);
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
        static char paths[8][PATH_MAX];
        static unsigned turn;
        char *path = paths[turn++ % 8];

        ck_assert_int_lt(snprintf(path, PATH_MAX, "%s/%s", scratch->path, name), PATH_MAX);
        return path;
}

void scratch_write_bytes(const struct scratch *scratch, const char *name, const void *bytes,
                         size_t size)
{
        int fd = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_done(fd >= 0, name);
        ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
        ck_assert_int_eq(fchmod(fd, 0644), 0);
        close(fd);
}

void scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
        scratch_write_bytes(scratch, name, text, strlen(text));
}

void scratch_mkdir(const struct scratch *scratch, const char *name, mode_t mode)
{
        assert_done(mkdirat(scratch->fd, name, 0700) == 0, name);
        ck_assert_int_eq(fchmodat(scratch->fd, name, mode, 0), 0);
}

bool scratch_has(const struct scratch *scratch, const char *name)
{
        return faccessat(scratch->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

mode_t scratch_mode(const struct scratch *scratch, const char *name)
{
        struct stat st;

        assert_done(fstatat(scratch->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0, name);
        return st.st_mode & 07777;
}

/* ------------------------------------------------------------------ suites */

TCase *scratch_case(Suite *suite, const char *name)
{
        TCase *tests = tcase_create(name);

        tcase_set_timeout(tests, 120);
        suite_add_tcase(suite, tests);
        return tests;
}

int scratch_run(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_set_tap(runner, "-");
        srunner_run_all(runner, CK_SILENT);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
