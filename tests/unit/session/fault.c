/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-fault: what a caller of su can bring about, and what only root can */
#include <check.h>
#include <errno.h>

#include "kit/scratch.h"
#include "session/fault.h"

static const enum fault_step steps[] = {FAULT_TABLE,  FAULT_GROUPS,    FAULT_OUTER,
                                        FAULT_CALLER, FAULT_DIRECTORY, FAULT_NAMESPACE};

enum {
        STEPS = sizeof(steps) / sizeof(steps[0]),
};

/* By limits, by filling what is limited for all, by signals. */
START_TEST(what_runs_out_is_the_callers_at_every_step)
{
        static const int errors[] = {ENOMEM, EMFILE, ENFILE, EAGAIN, ENOSPC,
                                     EDQUOT, EINTR,  ENOLCK, EUSERS, ENOBUFS};

        for (size_t i = 0; i < STEPS; i++)
                ck_assert(fault_is_callers(steps[i], -errors[_i]));
}
END_TEST

/* Nobody has thought of it yet. */
START_TEST(what_is_unknown_is_the_callers_at_every_step)
{
        for (size_t i = 0; i < STEPS; i++)
                ck_assert(fault_is_callers(steps[i], -4000));
}
END_TEST

START_TEST(what_paths_and_the_kernel_answer_is_not)
{
        static const int errors[] = {EACCES, EINVAL, ELOOP,   ENOENT, ENOSYS,
                                     EPERM,  EROFS,  ENOTDIR, EXDEV,  EOPNOTSUPP};

        ck_assert(!fault_is_callers(FAULT_TABLE, -errors[_i]));
        ck_assert(errors[_i] == EINVAL || !fault_is_callers(FAULT_OUTER, -errors[_i]));
        ck_assert(!fault_is_callers(FAULT_DIRECTORY, -errors[_i]));
        ck_assert(!fault_is_callers(FAULT_NAMESPACE, -errors[_i]));
}
END_TEST

/* Where the caller stands, and why a name service has no answer, only the caller may know. */
START_TEST(of_the_callers_place_and_of_groups_all_is)
{
        static const int errors[] = {EACCES, EINVAL,       ELOOP,       ENOENT,
                                     EPERM,  ENAMETOOLONG, ECONNREFUSED};

        ck_assert(fault_is_callers(FAULT_CALLER, -errors[_i]));
        ck_assert(fault_is_callers(FAULT_GROUPS, -errors[_i]));
}
END_TEST

/* libmount may mean that memory ran out. */
START_TEST(what_libmount_can_not_read_is)
{
        ck_assert(fault_is_callers(FAULT_OUTER, -EINVAL));
}
END_TEST

START_TEST(a_table_that_is_too_large_is_not)
{
        ck_assert(!fault_is_callers(FAULT_TABLE, -EFBIG));
        ck_assert(!fault_is_callers(FAULT_TABLE, -E2BIG));
        ck_assert(!fault_is_callers(FAULT_DIRECTORY, -E2BIG));
        ck_assert(fault_is_callers(FAULT_DIRECTORY, -EFBIG)); /* RLIMIT_FSIZE */
        ck_assert(fault_is_callers(FAULT_NAMESPACE, -E2BIG));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("fault");
        TCase *tests = tcase_create("all");

        tcase_add_loop_test(tests, what_runs_out_is_the_callers_at_every_step, 0, 10);
        tcase_add_test(tests, what_is_unknown_is_the_callers_at_every_step);
        tcase_add_loop_test(tests, what_paths_and_the_kernel_answer_is_not, 0, 10);
        tcase_add_loop_test(tests, of_the_callers_place_and_of_groups_all_is, 0, 7);
        tcase_add_test(tests, what_libmount_can_not_read_is);
        tcase_add_test(tests, a_table_that_is_too_large_is_not);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
