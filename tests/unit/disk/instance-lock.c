/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock of an instance, and how long it is kept. */
#include <sys/file.h>

#include "disk/instance.h"
#include "kit/ground.h"
#include "kit/instance.h"

/* ------------------------------------------------------------------ the lock */

START_TEST(joining_holds_the_lock_shared)
{
        struct instance instance = make_again(&wanted);
        struct patience patience = {0};

        ck_assert(is_free(instance.dir, "lock", LOCK_EX));
        ck_assert_int_eq(instance_hold(user, &instance, &patience), 0);
        ck_assert(!is_free(instance.dir, "lock", LOCK_EX));
        ck_assert(is_free(instance.dir, "lock", LOCK_SH));
}
END_TEST

START_TEST(one_that_was_put_into_the_trash_meanwhile_cannot_be_joined)
{
        struct instance instance = make_again(&wanted);
        struct patience patience = {0};

        ck_assert_int_eq(put(instance.name), 0);
        ck_assert_int_eq(instance_hold(user, &instance, &patience), -ESTALE);
}
END_TEST

START_TEST(one_whose_name_is_another_now_cannot_be_joined)
{
        struct instance instance = make_again(&wanted), other = make(&wanted);
        struct patience patience = {0};

        must(renameat(user, instance.name, user, "elsewhere"));
        must(renameat(user, other.name, user, instance.name));
        ck_assert_int_eq(instance_hold(user, &instance, &patience), -ESTALE);
}
END_TEST

START_TEST(one_that_is_being_ended_cannot_be_joined_and_patience_is_used_up)
{
        struct instance instance = make_again(&wanted);
        int closer = must(openat(instance.dir, "lock", O_RDONLY | O_CLOEXEC));
        struct patience patience = {0};

        must(flock(closer, LOCK_EX));
        ck_assert_int_eq(instance_hold(user, &instance, &patience), -EBUSY);
        ck_assert_int_ge(patience.waited_ms, LOCK_PATIENCE_MS);
        ck_assert_int_eq(instance_hold(user, &instance, &patience), -EBUSY);
        must(flock(closer, LOCK_UN));
        /* one try is always left */
        ck_assert_int_eq(instance_hold(user, &instance, &patience), 0);
}
END_TEST

/* ------------------------------------------------------------------ how long it is kept */

START_TEST(without_a_time_there_is_no_link)
{
        struct instance instance = make(&wanted);

        ck_assert(!is_there(instance.dir, "keep"));
        ck_assert_uint_eq(instance_keep(instance.dir), 0);
}
END_TEST

/* from, to */
static const unsigned changes[][2] = {{0, 60}, {60, 0}, {60, 86400}, {86400, 60}, {0, 31622400}};

START_TEST(the_time_can_be_changed)
{
        const struct instance_want want = wanted_for(changes[_i][0]);
        struct instance instance = make(&want);
        unsigned entries = count_entries(instance.dir);
        char text[16];

        ck_assert_int_eq(instance_set_keep(instance.dir, changes[_i][1]), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), changes[_i][1]);
        if (changes[_i][1]) {
                (void)snprintf(text, sizeof(text), "%u", changes[_i][1]);
                check_link(instance.dir, "keep", text);
        }
        ck_assert(!is_there(instance.dir, ".keep"));
        ck_assert_uint_eq(count_entries(instance.dir),
                          entries - (changes[_i][0] > 0) + (changes[_i][1] > 0));
}
END_TEST

START_TEST(the_time_that_it_has_is_not_written_again)
{
        const struct instance_want want = wanted_for((unsigned)_i * 60);
        struct instance instance = make(&want);
        struct stat before, after;

        must(fstat(instance.dir, &before));
        ck_assert_int_eq(instance_set_keep(instance.dir, want.keep), 0);
        must(fstat(instance.dir, &after));
        ck_assert_int_eq(memcmp(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim)), 0);
}
END_TEST

START_TEST(what_was_killed_while_it_changed_the_time_is_in_nobodys_way)
{
        const struct instance_want want = wanted_for(60);
        struct instance instance = make(&want);

        must(symlinkat("86400", instance.dir, ".keep"));
        ck_assert_uint_eq(instance_keep(instance.dir), 60);
        ck_assert_int_eq(instance_set_keep(instance.dir, 120), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), 120);
        ck_assert(!is_there(instance.dir, ".keep"));
}
END_TEST

START_TEST(a_time_that_cannot_be_changed_stays)
{
        const struct instance_want want = wanted_for(60);
        struct instance instance = make(&want);

        close(make_dir(instance.dir, ".keep", 0700));
        ck_assert_int_lt(instance_set_keep(instance.dir, 120), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), 60);
}
END_TEST

START_TEST(a_time_that_cannot_be_told_is_the_longest)
{
        static const char *const garbage[] = {"abc",
                                              "-1",
                                              "12h",
                                              "60 ",
                                              "0x60",
                                              "4294967296",
                                              "9999999999999999999999999999999999999999"};
        struct instance instance = make(&wanted);

        ck_assert_uint_eq(instance_keep(-EBADF), UINT_MAX);
        for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
                must(symlinkat(garbage[i], instance.dir, "keep"));
                ck_assert_msg(instance_keep(instance.dir) == UINT_MAX, "%s", garbage[i]);
                must(unlinkat(instance.dir, "keep", 0));
        }
        write_file(instance.dir, "keep", "60");
        ck_assert_uint_eq(instance_keep(instance.dir), UINT_MAX);
        /* and a table that says it anew mends it */
        ck_assert_int_eq(instance_set_keep(instance.dir, 60), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), 60);
}
END_TEST

START_TEST(an_instance_fits_whatever_its_time)
{
        const struct instance_want kept = wanted_for(60), longer = wanted_for(120);
        struct instance with = make_again(&kept), without = make_again(&wanted);

        ck_assert(instance_fits(&with, &kept));
        ck_assert(instance_fits(&with, &longer));
        ck_assert(instance_fits(&with, &wanted));
        ck_assert(instance_fits(&without, &kept));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("instance-lock");
        TCase *lock = tcase_create("lock"), *kept = tcase_create("kept");

        tcase_add_checked_fixture(lock, set_up_user, NULL);
        tcase_add_test(lock, joining_holds_the_lock_shared);
        tcase_add_test(lock, one_that_was_put_into_the_trash_meanwhile_cannot_be_joined);
        tcase_add_test(lock, one_whose_name_is_another_now_cannot_be_joined);
        tcase_add_test(lock, one_that_is_being_ended_cannot_be_joined_and_patience_is_used_up);
        suite_add_tcase(suite, lock);

        tcase_add_checked_fixture(kept, set_up_user, NULL);
        tcase_add_test(kept, without_a_time_there_is_no_link);
        tcase_add_loop_test(kept, the_time_can_be_changed, 0, N(changes));
        tcase_add_loop_test(kept, the_time_that_it_has_is_not_written_again, 0, 2);
        tcase_add_test(kept, what_was_killed_while_it_changed_the_time_is_in_nobodys_way);
        tcase_add_test(kept, a_time_that_cannot_be_changed_stays);
        tcase_add_test(kept, a_time_that_cannot_be_told_is_the_longest);
        tcase_add_test(kept, an_instance_fits_whatever_its_time);
        suite_add_tcase(suite, kept);
        return scratch_run(suite);
}
