/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-limit: size= and nr_inodes= of a line with a base
 *
 * What the kernel is asked for, by a kernel of the test's own: the machines where this runs have no
 * quotas. vm/quota.sh has the real ones. Needs root, in a throw-away host.
 */
#include <linux/dqblk_xfs.h>
#include <linux/quota.h>

#include "kit/ground.h"
#include "session/limit.h"

static struct scratch scratch; /* is the base: the top of a tmpfs of 64 MiB */
static int user = -EBADF;      /* BASE/UID */
static struct heard heard;
static struct line line;

/* ------------------------------------------------------------------ a kernel with quotas */

static struct {
        struct if_dqblk block; /* alice's */
        unsigned flags;        /* of Q_XGETQSTATV */
        int error;             /* of every call, if it is not 0 */
        int error_of_get, error_of_set;
        unsigned asked, set; /* how often */
} kernel;

long __real_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d);

static int answer(unsigned command, void *data)
{
        switch (command >> SUBCMDSHIFT) {
        case Q_XGETQSTATV:
                ck_assert_int_eq(((struct fs_quota_statv *)data)->qs_version, FS_QSTATV_VERSION1);
                ((struct fs_quota_statv *)data)->qs_flags = (uint16_t)kernel.flags;
                return kernel.error;
        case Q_GETQUOTA & 0xffffff:
                kernel.asked++;
                if (kernel.error_of_get == 0)
                        *(struct if_dqblk *)data = kernel.block;
                return kernel.error ? kernel.error : kernel.error_of_get;
        case Q_SETQUOTA & 0xffffff:
                kernel.set++;
                if (kernel.error_of_set == 0) {
                        const struct if_dqblk *wanted = data;

                        ck_assert_uint_eq(wanted->dqb_valid, QIF_LIMITS);
                        kernel.block.dqb_bhardlimit = wanted->dqb_bhardlimit;
                        kernel.block.dqb_bsoftlimit = wanted->dqb_bsoftlimit;
                        kernel.block.dqb_ihardlimit = wanted->dqb_ihardlimit;
                        kernel.block.dqb_isoftlimit = wanted->dqb_isoftlimit;
                }
                return kernel.error_of_set;
        default:
                ck_abort_msg("an unknown command: %x", command);
        }
}

long __wrap_syscall(long number, long a, long b, long c, long d)
{
        if (number != SYS_quotactl_fd)
                return __real_syscall(number, a, b, c, d);
        ck_assert_int_eq(a, scratch.fd);
        ck_assert_uint_eq((unsigned)b & SUBCMDMASK, USRQUOTA);
        errno = answer((unsigned)b, (void *)d);
        return errno ? -1 : 0;
}

/* ------------------------------------------------------------------ */

static void set_up(void)
{
        own_mounts();
        ground_make(&scratch);
        close(scratch.fd);
        must(mount("base", scratch.path, "tmpfs", 0, "size=64m,mode=0700"));
        scratch.fd = must(open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        heard_begin(&heard);
        ck_assert_int_eq(instance_open_user(scratch.fd, ALICE, &user, &heard.report), 0);
        memset(&kernel, 0, sizeof(kernel));
        kernel.flags = FS_QUOTA_UDQ_ACCT | FS_QUOTA_UDQ_ENFD;
        line = (struct line){.file = "conf",
                             .number = 7,
                             .source = LINE_DISK,
                             .base = scratch.path,
                             .directory = as_mutable("/tmp")};
}

static void limits_are(const char *size, const char *inodes)
{
        line.size = size ? as_mutable(size) : NULL;
        line.inodes = inodes ? as_mutable(inodes) : NULL;
}

static int apply_for(uid_t uid)
{
        const struct shelf where = {
                .base = scratch.fd, .path = scratch.path, .user = user, .uid = uid};

        heard_begin(&heard);
        return limit_apply(&line, &where, &heard.report);
}

static int apply(void)
{
        return apply_for(ALICE);
}

static void check_limit(uint64_t kib, uint64_t inodes)
{
        ck_assert_uint_eq(kernel.block.dqb_bhardlimit, kib);
        ck_assert_uint_eq(kernel.block.dqb_ihardlimit, inodes);
        ck_assert_uint_eq(kernel.block.dqb_bsoftlimit, 0);
        ck_assert_uint_eq(kernel.block.dqb_isoftlimit, 0);
}

static void check_words(const char *words)
{
        ck_assert_msg(strstr(heard.report.fault, words) != NULL, "not \"%s\": %s", words,
                      heard.report.fault);
        ck_assert_uint_eq(kernel.set, 0);
}

static void check_fault(int error, const char *words)
{
        ck_assert_int_eq(apply(), error);
        check_words(words);
}

static void check_refused(int error, const char *words)
{
        heard_begin(&heard);
        ck_assert_int_eq(limit_check(&line, scratch.fd, &heard.report), error);
        check_words(words);
}

/* ------------------------------------------------------------------ */

static const struct {
        const char *size, *inodes;
        uint64_t kib, count;
} limits[] = {
        {"1G", NULL, 1 << 20, (1 << 16) + 1},
        {"1G", "100", 1 << 20, 100},
        {NULL, "4k", 0, 4096},
        {"10%", NULL, 6553, 410}, /* of 64 MiB */
        {"100%", "1M", 1 << 16, 1 << 20},
        {"1", NULL, 1, 1}, /* less than the kernel can count is not "none" */
        {"8388607T", "1", 8388607UL << 30, 1},
};

START_TEST(the_kernel_is_given_what_the_line_says)
{
        limits_are(limits[_i].size, limits[_i].inodes);
        ck_assert_int_eq(apply(), 0);
        check_limit(limits[_i].kib, limits[_i].count);
        ck_assert_str_eq(heard.text, "");
}
END_TEST

START_TEST(one_that_is_in_force_is_not_set_again)
{
        limits_are("1G", NULL);
        ck_assert_int_eq(apply(), 0);
        ck_assert_int_eq(apply(), 0);
        ck_assert_uint_eq(kernel.set, 1);
}
END_TEST

START_TEST(a_changed_line_changes_the_limit_and_none_takes_it_away)
{
        limits_are("1G", NULL);
        ck_assert_int_eq(apply(), 0);
        limits_are("2G", "10");
        ck_assert_int_eq(apply(), 0);
        check_limit(2 << 20, 10);
        limits_are(NULL, NULL);
        ck_assert_int_eq(apply(), 0);
        check_limit(0, 0);
        ck_assert(!is_there(user, "limit"));
        limits_are("2G", "10");
        ck_assert_int_eq(apply(), 0);
        check_limit(2 << 20, 10);
}
END_TEST

START_TEST(one_that_could_not_be_asked_for_is_taken_away_by_a_later_open)
{
        limits_are("1M", "10");
        ck_assert_int_eq(apply(), 0);
        limits_are(NULL, NULL);
        kernel.error_of_get = EIO;
        ck_assert_int_eq(apply(), 0);
        check_limit(1024, 10);
        kernel.error_of_get = 0;
        ck_assert_int_eq(apply(), 0);
        check_limit(0, 0);
}
END_TEST

START_TEST(who_was_killed_before_or_after_the_change_does_not_lose_it)
{
        limits_are("1G", NULL);
        ck_assert_int_eq(apply(), 0);
        limits_are("2G", NULL);
        kernel.error_of_set = EIO; /* what was noted is not what is in force */
        ck_assert_int_eq(apply(), -EIO);
        check_limit(1 << 20, (1 << 16) + 1);
        kernel.error_of_set = 0;
        ck_assert_int_eq(apply(), 0);
        check_limit(2 << 20, (1 << 17) + 1);
}
END_TEST

START_TEST(a_limit_of_somebody_elses_is_never_changed)
{
        limits_are("1G", NULL);
        if (_i == 0)
                kernel.block.dqb_bhardlimit = 5;
        else if (_i == 1)
                kernel.block.dqb_ihardlimit = 5;
        else
                kernel.block.dqb_bsoftlimit = 5;
        check_fault(-EEXIST, "that somebody else has set: take it away with \"setquota -u 1001 "
                             "0 0 0 0 ");
        limits_are(NULL, NULL);
        ck_assert_int_eq(apply(), 0);
        ck_assert_uint_eq(kernel.set, 0);
}
END_TEST

START_TEST(one_that_is_changed_behind_our_back_is_somebody_elses)
{
        limits_are("1G", NULL);
        ck_assert_int_eq(apply(), 0);
        kernel.block.dqb_bhardlimit = 77;
        kernel.set = 0;
        limits_are(_i ? "2G" : "1G", NULL);
        check_fault(-EEXIST, "somebody else has set");
        limits_are(NULL, NULL);
        ck_assert_int_eq(apply(), 0);
        ck_assert_uint_eq(kernel.block.dqb_bhardlimit, 77);
}
END_TEST

START_TEST(what_others_could_have_left_as_a_note_is_no_note)
{
        static const char *const notes[] = {"",         "1:2",       "5:0",      "5:0 ",
                                            "5:0 5",    "x:0 5:0",   "5:0 5:0x", "-5:0 5:0",
                                            "5:0  5:0", "5:00005:0", " 5:0 5:0", "5 :0 5:0"};

        must(symlinkat(notes[_i][0] ? notes[_i] : "/", user, "limit"));
        kernel.block.dqb_bhardlimit = 5;
        limits_are("1G", NULL);
        check_fault(-EEXIST, "somebody else has set");
}
END_TEST

START_TEST(root_has_no_limit)
{
        limits_are("1G", NULL);
        ck_assert(!limit_is_wanted(&line, 0));
        ck_assert(limit_is_wanted(&line, ALICE));
        ck_assert_int_eq(apply_for(0), 0);
        ck_assert_uint_eq(kernel.asked + kernel.set, 0);
}
END_TEST

START_TEST(a_user_at_the_limit_is_let_in_and_told_of)
{
        limits_are("1G", "10");
        ck_assert_int_eq(apply(), 0);
        kernel.block.dqb_curspace = (1UL << 30) - (_i == 1);
        kernel.block.dqb_curinodes = _i == 0 ? 9 : 10;
        ck_assert_int_eq(apply(), 0);
        ck_assert_str_eq(heard.text,
                         _i == 0   ? "warning conf:7: the user has reached the limit of size=: "
                                     "nothing can be written to /tmp until something is removed\n"
                         : _i == 1 ? "warning conf:7: the user has reached the limit of "
                                     "nr_inodes=: nothing can be written to /tmp until something "
                                     "is removed\n"
                                   : "warning conf:7: the user has reached the limit of size= "
                                     "and nr_inodes=: nothing can be written to /tmp until "
                                     "something is removed\n");
}
END_TEST

static const struct {
        int error;
        unsigned flags;
        int result;
        const char *words;
} states[] = {
        {ENOSYS, 0, -ENOSYS, "it must be ext4, xfs or a tmpfs, mounted with usrquota"},
        {ESRCH, 0, -ESRCH, "no user quotas are in force"},
        {0, 0, -ESRCH, "mounted with usrquota"},
        {0, FS_QUOTA_UDQ_ACCT, -ESRCH, "no user quotas are in force"},
        {0, FS_QUOTA_GDQ_ACCT | FS_QUOTA_GDQ_ENFD, -ESRCH, "no user quotas are in force"},
        {EPERM, 0, -EPERM, "can't ask for the quotas of "},
};

START_TEST(without_quotas_that_bind_the_login_is_refused)
{
        limits_are("1G", NULL);
        kernel.error = states[_i].error;
        kernel.flags = states[_i].flags;
        check_refused(states[_i].result, states[_i].words);
        limits_are(NULL, NULL);
        ck_assert_int_eq(apply(), 0);
}
END_TEST

START_TEST(what_xfs_says_of_a_user_without_files_is_no_error)
{
        limits_are("1G", NULL);
        kernel.error_of_get = ENOENT;
        ck_assert_int_eq(apply(), 0);
        check_limit(1 << 20, (1 << 16) + 1);
}
END_TEST

/* A folder of a file system, and one that is mounted by itself: other things lie beside it. */
START_TEST(the_base_must_have_a_file_system_of_its_own)
{
        char path[PATH_MAX];

        close(make_dir(scratch.fd, "base", 0700));
        snprintf(path, sizeof(path), "%s/base", scratch.path);
        if (_i == 1)
                must(mount(path, path, NULL, MS_BIND, NULL));
        close(scratch.fd);
        scratch.fd = must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        line.base = path;
        limits_are("1G", NULL);
        check_refused(-EXDEV, "need a file system of the base's own, mounted on ");
}
END_TEST

START_TEST(two_lines_are_the_same_only_in_the_same_words)
{
        struct line other = line;

        limits_are("1G", NULL);
        ck_assert(!limit_is_same(&line, &other));
        ck_assert(!limit_is_same(&other, &line));
        other.size = as_mutable("1G");
        ck_assert(limit_is_same(&line, &other));
        other.inodes = as_mutable("1k");
        ck_assert(!limit_is_same(&line, &other));
        limits_are("1G", "1k");
        ck_assert(limit_is_same(&line, &other));
        limits_are("2G", "1k");
        ck_assert(!limit_is_same(&line, &other));
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
        Suite *suite = suite_create("limit");
        TCase *limit = tcase_create("limit");

        tcase_add_checked_fixture(limit, set_up, NULL);
        tcase_add_loop_test(limit, the_kernel_is_given_what_the_line_says, 0, N(limits));
        tcase_add_test(limit, one_that_is_in_force_is_not_set_again);
        tcase_add_test(limit, a_changed_line_changes_the_limit_and_none_takes_it_away);
        tcase_add_test(limit, one_that_could_not_be_asked_for_is_taken_away_by_a_later_open);
        tcase_add_test(limit, who_was_killed_before_or_after_the_change_does_not_lose_it);
        tcase_add_loop_test(limit, a_limit_of_somebody_elses_is_never_changed, 0, 3);
        tcase_add_loop_test(limit, one_that_is_changed_behind_our_back_is_somebody_elses, 0, 2);
        tcase_add_loop_test(limit, what_others_could_have_left_as_a_note_is_no_note, 0, 12);
        tcase_add_test(limit, root_has_no_limit);
        tcase_add_loop_test(limit, a_user_at_the_limit_is_let_in_and_told_of, 0, 3);
        tcase_add_loop_test(limit, without_quotas_that_bind_the_login_is_refused, 0, N(states));
        tcase_add_test(limit, what_xfs_says_of_a_user_without_files_is_no_error);
        tcase_add_loop_test(limit, the_base_must_have_a_file_system_of_its_own, 0, 2);
        tcase_add_test(limit, two_lines_are_the_same_only_in_the_same_words);
        suite_add_tcase(suite, limit);
        return scratch_run(suite);
}
