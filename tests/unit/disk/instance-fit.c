/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which instance is used again, and what is none. */
#include "disk/instance.h"
#include "disk/seal.h"
#include "kit/ground.h"
#include "kit/instance.h"

/* ------------------------------------------------------------------ what is used again */

START_TEST(an_instance_fits_what_it_was_made_for)
{
        struct instance_want want = wanted;
        struct instance instance = make_again(&want);

        ck_assert(instance_fits(&instance, &want));
        ck_assert(!instance.made);
        check_close_on_exec(&instance);
        instance_done(&instance);

        want.mode = 0700;
        instance = make_again(&want);
        ck_assert(instance_fits(&instance, &want));
        instance_done(&instance);

        want.per_session = true;
        instance = make_again(&want);
        ck_assert(instance_fits(&instance, &want));
        instance_done(&instance);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

static void want_other_directory(struct instance_want *want)
{
        want->directory = "/var/tmp";
}

static void want_shorter_directory(struct instance_want *want)
{
        want->directory = "/tm";
}

static void want_longer_directory(struct instance_want *want)
{
        want->directory = "/tmp/tmp";
}

static void want_other_user(struct instance_want *want)
{
        want->user = "bob";
}

static void want_longer_user(struct instance_want *want)
{
        want->user = "alice2";
}

static void want_other_group(struct instance_want *want)
{
        want->gid = BOB;
}

static void want_no_sticky_bit(struct instance_want *want)
{
        want->mode = 0770;
}

static void want_other_mode(struct instance_want *want)
{
        want->mode = 01777;
}

static void want_own_by_user(struct instance_want *want)
{
        want->mode = 0700;
}

static void want_per_session(struct instance_want *want)
{
        want->per_session = true;
}

static void (*const other_wants[])(struct instance_want *want) = {
        want_other_directory, want_shorter_directory, want_longer_directory, want_other_user,
        want_longer_user,     want_other_group,       want_no_sticky_bit,    want_other_mode,
        want_own_by_user,     want_per_session,
};

START_TEST(an_instance_fits_nothing_else)
{
        struct instance instance = make_again(&wanted);
        struct instance_want want = wanted;

        other_wants[_i](&want);
        ck_assert(!instance_fits(&instance, &want));
}
END_TEST

static void spoil_directory(int dir)
{
        must(unlinkat(dir, "directory", 0));
}

static void spoil_directory_file(int dir)
{
        must(unlinkat(dir, "directory", 0));
        write_file(dir, "directory", "/tmp");
}

static void spoil_user(int dir)
{
        must(unlinkat(dir, "user", 0));
}

static void spoil_user_link(int dir)
{
        must(unlinkat(dir, "user", 0));
        must(symlinkat("alice2", dir, "user"));
}

static void spoil_scope(int dir)
{
        must(symlinkat("anything", dir, "scope"));
}

static void spoil_root_owner(int dir)
{
        must(fchownat(dir, "root", ALICE, ALICE, 0));
        must(fchmodat(dir, "root", 01770, 0));
}

static void spoil_root_group(int dir)
{
        must(fchownat(dir, "root", 0, BOB, 0));
        must(fchmodat(dir, "root", 01770, 0));
}

static void spoil_root_mode(int dir)
{
        must(fchmodat(dir, "root", 01777, 0));
}

static void spoil_root_setgid(int dir)
{
        must(fchmodat(dir, "root", 03770, 0));
}

static void spoil_root(int dir)
{
        must(unlinkat(dir, "root", AT_REMOVEDIR));
}

static void spoil_root_link(int dir)
{
        must(renameat(dir, "root", dir, "elsewhere"));
        must(symlinkat("elsewhere", dir, "root"));
}

static void spoil_root_file(int dir)
{
        must(unlinkat(dir, "root", AT_REMOVEDIR));
        write_file(dir, "root", "");
}

static void spoil_lock(int dir)
{
        must(unlinkat(dir, "lock", 0));
}

static void spoil_lock_link(int dir)
{
        must(renameat(dir, "lock", dir, "elsewhere"));
        must(symlinkat("elsewhere", dir, "lock"));
}

static void spoil_outer_owner(int dir)
{
        must(fchown(dir, BOB, BOB));
        must(fchmod(dir, 0777));
}

static void (*const spoilers[])(int dir) = {
        spoil_directory,   spoil_directory_file, spoil_user,        spoil_user_link,
        spoil_scope,       spoil_root_owner,     spoil_root_group,  spoil_root_mode,
        spoil_root_setgid, spoil_root,           spoil_root_link,   spoil_root_file,
        spoil_lock,        spoil_lock_link,      spoil_outer_owner,
};

START_TEST(an_instance_that_was_changed_is_not_used_again)
{
        struct instance instance = make(&wanted), again = INSTANCE_NONE;
        int r;

        spoilers[_i](instance.dir);
        r = instance_open(user, instance.name, &again);
        if (r == 0)
                ck_assert(!instance_fits(&again, &wanted));
        else
                ck_assert_int_eq(r, -ESTALE);
        instance_done(&again);
        instance_done(&instance);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

static void plant_closed_directory(void)
{
        close(make_dir(user, "abcdef", 0400));
}

static void plant_bobs_directory(void)
{
        int dir = make_dir(user, "abcdef", 0700);

        close(make_dir(dir, "root", 0777));
        write_file(dir, "lock", "");
        must(symlinkat("/tmp", dir, "directory"));
        must(symlinkat("alice", dir, "user"));
        must(fchownat(dir, "root", 0, ALICE, 0));
        must(fchmodat(dir, "root", 01770, 0));
        must(fchown(dir, BOB, BOB));
        must(fchmod(dir, 0777));
        close(dir);
}

static void plant_link_to_an_instance(void)
{
        struct instance instance = make(&wanted);

        must(symlinkat(instance.name, user, "abcdef"));
        instance_done(&instance);
}

static void plant_fifo_as_instance(void)
{
        must(mknodat(user, "abcdef", S_IFIFO | 0600, 0));
}

static void plant_file_as_instance(void)
{
        write_file(user, "abcdef", "");
}

static void plant_fifo_as_lock(void)
{
        plant_closed_directory();
        close(make_dir(user, "abcdef/root", 0700));
        must(mknodat(user, "abcdef/lock", S_IFIFO | 0600, 0));
        must(fchownat(user, "abcdef", BOB, BOB, 0));
}

static void (*const planters[])(void) = {
        plant_closed_directory, plant_bobs_directory,   plant_link_to_an_instance,
        plant_fifo_as_instance, plant_file_as_instance, plant_fifo_as_lock,
};

START_TEST(what_others_planted_is_no_instance)
{
        struct instance instance = INSTANCE_NONE;

        planters[_i]();
        ck_assert_int_eq(instance_open(user, "abcdef", &instance), -ESTALE);
        ck_assert_int_eq(instance.dir, -EBADF);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

START_TEST(one_that_is_sealed_is_none)
{
        struct instance instance = make(&wanted), again = INSTANCE_NONE;

        ck_assert(!seal_is_on_name(user, instance.name));
        ck_assert_int_eq(seal_put(instance.dir), 0);
        ck_assert(seal_is_on_name(user, instance.name));
        ck_assert_int_eq(instance_open(user, instance.name, &again), -ESTALE);
        ck_assert(!seal_is_on_name(user, "absent"));
}
END_TEST

START_TEST(one_that_is_gone_is_told_apart)
{
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_open(user, "abcdef", &instance), -ENOENT);
}
END_TEST

START_TEST(it_knows_when_it_was_made)
{
        struct instance instance = make(&wanted), again = INSTANCE_NONE;

        set_mtime(user, instance.name, 5000);
        ck_assert_int_eq(instance_open(user, instance.name, &again), 0);
        ck_assert_int_le(labs(time(NULL) - 5000 - again.time), 100);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("instance-fit");
        TCase *again = tcase_create("again");

        tcase_add_checked_fixture(again, set_up_user, NULL);
        tcase_add_test(again, an_instance_fits_what_it_was_made_for);
        tcase_add_loop_test(again, an_instance_fits_nothing_else, 0, N(other_wants));
        tcase_add_loop_test(again, an_instance_that_was_changed_is_not_used_again, 0, N(spoilers));
        tcase_add_loop_test(again, what_others_planted_is_no_instance, 0, N(planters));
        tcase_add_test(again, one_that_is_gone_is_told_apart);
        tcase_add_test(again, one_that_is_sealed_is_none);
        tcase_add_test(again, it_knows_when_it_was_made);
        suite_add_tcase(suite, again);
        return scratch_run(suite);
}
