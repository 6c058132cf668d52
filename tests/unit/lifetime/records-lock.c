/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-records-lock: the lock of one user's records
 *
 * flock(2) is replaced at link time: what another process does just before it, is done there.
 */
#include <sys/file.h>

#include "kit/ground.h"
#include "lifetime/records-lock.h"

enum {
        UID = 1001,
        OTHER = 1002,
};

static struct scratch scratch;
static int other;                  /* another process's lock */
static void (*before_flock)(void); /* once */

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
        void (*act)(void) = before_flock;

        ck_assert(operation & LOCK_NB);
        before_flock = NULL;
        if (act)
                act();
        return __real_flock(fd, operation);
}

static void set_up(void)
{
        scratch_make(&scratch, "/tmp");
        other = -EBADF;
        before_flock = NULL;
}

static void tear_down(void)
{
        scratch_remove(&scratch);
}

static void lock_other(void)
{
        other = records_lock(scratch.fd, UID);
        ck_assert_int_ge(other, 0);
}

static void unlock_other(void)
{
        records_unlock(scratch.fd, UID, other);
}

static void lock_and_unlock_other(void)
{
        lock_other();
        unlock_other();
}

static bool has_file(void)
{
        return is_there(scratch.fd, "1001.records");
}

START_TEST(the_file_goes_with_the_lock)
{
        int lock = records_lock(scratch.fd, UID);

        ck_assert_int_ge(lock, 0);
        ck_assert_int_eq(must(fcntl(lock, F_GETFD)), FD_CLOEXEC);
        ck_assert(has_file());
        records_unlock(scratch.fd, UID, lock);
        ck_assert(!has_file());
        ck_assert(fcntl(lock, F_GETFD) < 0);
}
END_TEST

START_TEST(it_keeps_others_out_but_not_of_another_users)
{
        int lock;

        lock_other();
        ck_assert_int_eq(records_lock(scratch.fd, UID), -EBUSY);
        ck_assert(has_file());
        lock = records_lock(scratch.fd, OTHER);
        ck_assert_int_ge(lock, 0);
        records_unlock(scratch.fd, OTHER, lock);
        unlock_other();
        lock_other();
        unlock_other();
}
END_TEST

/* Who comes next makes another file, and two would have the lock. */
START_TEST(a_file_that_was_taken_away_meanwhile_is_no_lock)
{
        int lock;

        lock_other();
        before_flock = unlock_other;
        ck_assert_int_eq(records_lock(scratch.fd, UID), -EBUSY);
        before_flock = lock_and_unlock_other;
        ck_assert_int_eq(records_lock(scratch.fd, UID), -EBUSY);
        before_flock = lock_other;
        ck_assert_int_eq(records_lock(scratch.fd, UID), -EBUSY);
        unlock_other();
        lock = records_lock(scratch.fd, UID);
        ck_assert_int_ge(lock, 0);
        records_unlock(scratch.fd, UID, lock);
}
END_TEST

START_TEST(no_file_is_an_error)
{
        must(symlinkat("/etc/passwd", scratch.fd, "1001.records"));
        ck_assert_int_eq(records_lock(scratch.fd, UID), -ELOOP);
        ck_assert_int_eq(records_lock(-EBADF, UID), -EBADF);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("records-lock");
        TCase *tcase = tcase_create("records-lock");

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_add_test(tcase, the_file_goes_with_the_lock);
        tcase_add_test(tcase, it_keeps_others_out_but_not_of_another_users);
        tcase_add_test(tcase, a_file_that_was_taken_away_meanwhile_is_no_lock);
        tcase_add_test(tcase, no_file_is_an_error);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
