/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-lock: flock(2) that never waits for long
 *
 * flock and nanosleep are replaced at link time: each flock is looked at before it is done, and
 * nobody sleeps, so the waiting is counted instead of measured.
 */
#include <sys/file.h>

#include "ground/lock.h"
#include "kit/scratch.h"

static struct {
        unsigned calls, sleeps;
        long slept_ms;
        int release_fd; /* unlocked after release_ms of sleep */
        long release_ms;
        int error; /* what flock fails with, the first error_times times */
        unsigned error_times;
} seen;

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
        seen.calls++;
        ck_assert_msg(operation & LOCK_NB, "flock(2) that may wait in the kernel");
        if (seen.error && seen.calls <= seen.error_times) {
                errno = seen.error;
                return -1;
        }
        return __real_flock(fd, operation);
}

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
        (void)left;
        seen.sleeps++;
        seen.slept_ms += wanted->tv_sec * 1000 + wanted->tv_nsec / 1000000;
        if (seen.release_fd >= 0 && seen.slept_ms >= seen.release_ms) {
                ck_assert_int_eq(__real_flock(seen.release_fd, LOCK_UN), 0);
                seen.release_fd = -1;
        }
        return 0;
}

static struct scratch scratch;
static int mine, theirs; /* one file, opened twice */

static int open_lock(void)
{
        int fd = openat(scratch.fd, "lock", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

        assert_done(fd >= 0, "lock");
        return fd;
}

static void setup(void)
{
        scratch_make(&scratch, "/tmp");
        mine = open_lock();
        theirs = open_lock();
        memset(&seen, 0, sizeof(seen));
        seen.release_fd = -1;
}

static void teardown(void)
{
        close(mine);
        close(theirs);
        scratch_remove(&scratch);
}

static void they_hold(int operation)
{
        ck_assert_int_eq(__real_flock(theirs, operation | LOCK_NB), 0);
}

START_TEST(a_free_lock_is_got_at_once)
{
        struct patience patience = {0};

        ck_assert_int_eq(lock_take(mine, LOCK_EX, &patience), 0);
        ck_assert_int_eq(patience.waited_ms, 0);
        ck_assert_uint_eq(seen.calls, 1);
        ck_assert_uint_eq(seen.sleeps, 0);
        ck_assert_int_eq(__real_flock(theirs, LOCK_SH | LOCK_NB), -1);
}
END_TEST

START_TEST(shared_locks_go_together)
{
        struct patience patience = {0};

        they_hold(LOCK_SH);
        ck_assert_int_eq(lock_take(mine, LOCK_SH, &patience), 0);
        ck_assert_int_eq(patience.waited_ms, 0);
        ck_assert_int_eq(lock_try(mine, LOCK_EX), -EBUSY);
}
END_TEST

START_TEST(a_lock_of_others_is_not_waited_for_longer_than_the_patience)
{
        struct patience patience = {0};

        they_hold(LOCK_EX);
        ck_assert_int_eq(lock_take(mine, LOCK_SH, &patience), -EBUSY);
        ck_assert_int_eq(patience.waited_ms, LOCK_PATIENCE_MS);
        ck_assert_int_eq(seen.slept_ms, LOCK_PATIENCE_MS);
        ck_assert_uint_gt(seen.calls, 2);
}
END_TEST

START_TEST(the_patience_is_for_all_locks_together)
{
        struct patience patience = {.waited_ms = LOCK_PATIENCE_MS / 2};

        they_hold(LOCK_SH);
        ck_assert_int_eq(lock_take(mine, LOCK_EX, &patience), -EBUSY);
        ck_assert_int_eq(seen.slept_ms, LOCK_PATIENCE_MS - LOCK_PATIENCE_MS / 2);
        /* used up: one try, no sleep */
        memset(&seen, 0, sizeof(seen));
        seen.release_fd = -1;
        ck_assert_int_eq(lock_take(mine, LOCK_EX, &patience), -EBUSY);
        ck_assert_uint_eq(seen.calls, 1);
        ck_assert_uint_eq(seen.sleeps, 0);
        ck_assert_int_eq(patience.waited_ms, LOCK_PATIENCE_MS);
        /* but a free lock is still got */
        ck_assert_int_eq(lock_take(mine, LOCK_SH, &patience), 0);
}
END_TEST

START_TEST(a_lock_that_is_released_meanwhile_is_got)
{
        struct patience patience = {0};

        they_hold(LOCK_EX);
        seen.release_fd = theirs;
        seen.release_ms = LOCK_PATIENCE_MS / 4;
        ck_assert_int_eq(lock_take(mine, LOCK_EX, &patience), 0);
        ck_assert_int_ge(patience.waited_ms, LOCK_PATIENCE_MS / 4);
        ck_assert_int_lt(patience.waited_ms, LOCK_PATIENCE_MS / 2);
        ck_assert_int_eq(__real_flock(theirs, LOCK_SH | LOCK_NB), -1);
}
END_TEST

START_TEST(one_try_does_not_wait)
{
        they_hold(LOCK_SH);
        ck_assert_int_eq(lock_try(mine, LOCK_EX), -EBUSY);
        ck_assert_uint_eq(seen.calls, 1);
        ck_assert_uint_eq(seen.sleeps, 0);
        ck_assert_int_eq(lock_try(mine, LOCK_SH), 0);
}
END_TEST

START_TEST(a_conversion_that_fails_loses_what_was_held)
{
        they_hold(LOCK_SH);
        ck_assert_int_eq(lock_try(mine, LOCK_SH), 0);
        ck_assert_int_eq(lock_try(mine, LOCK_EX), -EBUSY);
        they_hold(LOCK_EX);
}
END_TEST

START_TEST(an_interrupted_try_is_repeated)
{
        struct patience patience = {0};

        seen.error = EINTR;
        seen.error_times = 3;
        ck_assert_int_eq(lock_take(mine, LOCK_EX, &patience), 0);
        ck_assert_uint_eq(seen.calls, 4);
        ck_assert_int_eq(patience.waited_ms, 0);
}
END_TEST

START_TEST(other_errors_are_told_at_once)
{
        struct patience patience = {0};

        ck_assert_int_eq(lock_take(-EBADF, LOCK_EX, &patience), -EBADF);
        seen.error = ENOLCK;
        seen.error_times = 100;
        ck_assert_int_eq(lock_take(mine, LOCK_EX, &patience), -ENOLCK);
        ck_assert_int_eq(lock_try(mine, LOCK_SH), -ENOLCK);
        ck_assert_int_eq(patience.waited_ms, 0);
        ck_assert_uint_eq(seen.sleeps, 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("lock");
        TCase *tcase = tcase_create("lock");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, a_free_lock_is_got_at_once);
        tcase_add_test(tcase, shared_locks_go_together);
        tcase_add_test(tcase, a_lock_of_others_is_not_waited_for_longer_than_the_patience);
        tcase_add_test(tcase, the_patience_is_for_all_locks_together);
        tcase_add_test(tcase, a_lock_that_is_released_meanwhile_is_got);
        tcase_add_test(tcase, one_try_does_not_wait);
        tcase_add_test(tcase, a_conversion_that_fails_loses_what_was_held);
        tcase_add_test(tcase, an_interrupted_try_is_repeated);
        tcase_add_test(tcase, other_errors_are_told_at_once);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
