/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions that enter the namespace of a live session of the same user, and those that must not.
 *
 * For each condition there is a test, here and in the other files of this name, in which just that
 * one fails: the session then has a namespace of its own, with the same instance, and says so for
 * the argument debug only. In a throw-away host.
 */
#include "kit/join.h"
#include "kit/login.h"
#include "mounts/namespace.h"

/* ------------------------------------------------------------------ two sessions */

START_TEST(a_second_session_joins_the_first_and_each_closes_on_its_own)
{
        struct login first, second;
        struct seen was;

        no_ids = _i & 1;
        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        ck_assert_uint_eq(was.covers, look(&second).covers);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_entries(RECORDS), 2);
        close_session(_i & 2 ? &first : &second);
        ck_assert_int_eq(login_do(_i & 2 ? &second : &first, do_make_file, "/tmp/file"), 0);
        ck_assert_uint_eq(scene_entries(RECORDS), 1);
        close_session(_i & 2 ? &second : &first);
        assert_nothing_left();
}
END_TEST

START_TEST(another_users_session_is_not_joined)
{
        struct login alice, bob;

        set_up();
        alice = first_session();
        bob = caller(NULL, NULL);
        open_as(&bob, "bob");
        ck_assert_uint_ne(look(&alice).ns.number, look(&bob).ns.number);
        ck_assert_uint_eq(login_view(&bob).st.st_gid, BOB);
        close_session(&bob);
        close_session(&alice);
        assert_nothing_left();
}
END_TEST

START_TEST(what_is_mounted_in_one_session_is_there_in_the_other)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        ck_assert_int_eq(login_do(&first, do_hide_dir, NULL), 0);
        ck_assert_int_eq(login_do(&first, do_make_file, "/srv/dir/file"), 0);
        ck_assert(login_do(&second, do_has, "/srv/dir/file"));
        ck_assert(!scene_has("/srv/dir/file"));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(two_directories_are_joined_at_once)
{
        struct login first, second;
        struct seen was;

        set_up();
        scene_write("/srv/table", "/srv/base /tmp *\n/srv/base /srv/dir *\n");
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        ck_assert_int_eq(login_do(&first, do_make_file, "/srv/dir/file"), 0);
        ck_assert_int_eq(login_do(&second, do_unlink, "/srv/dir/file"), 0);
        close_session(&first);
        close_session(&second);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ plans */

START_TEST(where_the_table_was_changed_the_session_has_what_it_says_now)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        scene_write("/srv/table", "/srv/base /tmp * exec\ninherit /tmp root\n");
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its plan or its instances are others");
        ck_assert_uint_eq(login_view(&second).flags & ST_NOEXEC, 0);
        ck_assert_uint_ne(login_view(&first).flags & ST_NOEXEC, 0);
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(where_other_lines_of_the_table_were_changed_the_session_joins)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        scene_write("/srv/table", "# new\n" SCENE_TABLE "/srv/base /tmp bob exec\n");
        second = caller(NULL, NULL);
        joins(&second, &was);
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(sessions_of_their_own_scope_are_not_joined)
{
        struct login first, second;

        set_up();
        scene_write("/srv/table", "/srv/base /tmp * scope=session\ninherit /tmp root\n");
        first = first_session();
        second = caller(NULL, NULL);
        open_as(&second, "alice");
        ck_assert_uint_ne(look(&first).ns.number, look(&second).ns.number);
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        close_session(&first);
        close_session(&second);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ the working directory */

static int do_enter_deleted(void *path)
{
        int r = do_mkdir(path);

        if (r == 0)
                r = do_chdir(path);
        return r < 0 ? r : do_rmdir(path);
}

static const struct {
        const char *cwd;
        int (*enter)(void *);  /* by the second login program */
        int (*inside)(void *); /* by the first one, in its session */
        bool top;              /* it becomes the top of the private /tmp */
        bool apart;
} cwds[] = {
        {"/", do_chdir, NULL, false, false},
        {"/home/alice", do_chdir, NULL, false, false},
        {"/srv/dir/sub", do_chdir, NULL, false, false},
        {"/dev", do_chdir, NULL, false, false},
        {"/tmp", do_chdir, NULL, true, false},
        {"/tmp/sub", do_chdir, NULL, true, false},
        {"/srv/gone", do_enter_deleted, NULL, false, true},
        {"/tmp/gone", do_enter_deleted, NULL, false, true},
        {"/srv/late", do_chdir, NULL, false, false},
        {"/srv/private/late", do_chdir, NULL, false, true},
        {"/srv/dir", do_chdir, do_hide_dir, false, true},
        {"/srv/dir/sub", do_chdir, do_hide_dir, false, true},
};

enum {
        CWDS = sizeof(cwds) / sizeof(cwds[0]),
};

START_TEST(the_working_directory_is_the_one_it_was)
{
        struct login first, second;
        struct seen was, own;

        set_up();
        ck_assert_int_eq(mkdir("/tmp/sub", 0777), 0);
        ck_assert_int_eq(mkdir("/srv/private", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/late", 0755), 0);
        scene_mount("tmpfs", "/srv/private", "tmpfs", 0, NULL);
        scene_mount(NULL, "/srv/private", NULL, MS_PRIVATE, NULL);
        ck_assert_int_eq(mkdir("/srv/private/late", 0755), 0);
        first = first_session();
        was = look(&first);
        /* what the host mounts now the session sees, but not below what is private */
        scene_mount("tmpfs", "/srv/late", "tmpfs", 0, NULL);
        scene_mount("tmpfs", "/srv/private/late", "tmpfs", 0, NULL);
        scene_mounted();
        if (cwds[_i].inside)
                ck_assert_int_eq(login_do(&first, cwds[_i].inside, NULL), 0);

        second = caller(cwds[_i].enter, cwds[_i].cwd);
        if (cwds[_i].apart)
                stays_apart(&second, &was, "\"/\" or the working directory is another there");
        else
                joins(&second, &was);
        own = look(&second);
        ck_assert(is_same_file(own.cwd, cwds[_i].top ? own.tmp : second.before.cwd));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ any order */

enum {
        CROWD = 3,
};

/* The orders of three, and who of them is killed. */
static const unsigned char orders[][CROWD] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                              {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

enum {
        ORDERS = sizeof(orders) / sizeof(orders[0]) << CROWD,
};

START_TEST(in_any_order_the_end_of_one_session_does_not_disturb_the_others)
{
        const unsigned char *order = orders[_i >> CROWD];
        struct login logins[CROWD];
        struct seen was;

        set_up();
        logins[0] = first_session();
        was = look(&logins[0]);
        for (unsigned i = 1; i < CROWD; i++) {
                logins[i] = caller(NULL, NULL);
                joins(&logins[i], &was);
        }
        ck_assert_int_eq(login_do(&logins[0], do_make_file, "/tmp/file"), 0);
        for (unsigned i = 0; i < CROWD; i++) {
                bool killed = _i >> i & 1;

                if (killed)
                        login_kill(&logins[order[i]]);
                else
                        close_session(&logins[order[i]]);
                for (unsigned j = i + 1; j < CROWD; j++) {
                        struct seen own = look(&logins[order[j]]);

                        ck_assert(namespace_is_same(&own.ns, &was.ns));
                        ck_assert(login_do(&logins[order[j]], do_has, "/tmp/file"));
                }
                /* who comes now joins those who are there */
                if (i + 1 < CROWD) {
                        struct login next = caller(NULL, NULL);

                        open_as(&next, "alice");
                        ck_assert_uint_eq(look(&next).ns.number, was.ns.number);
                        close_session(&next);
                }
        }
        if (_i >> (CROWD - 1) & 1)
                assert_next_session_cleans();
        else
                assert_nothing_left();
}
END_TEST

START_TEST(a_process_of_the_first_session_keeps_the_instance_and_what_it_sees)
{
        struct login keeper, first, second, third;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        keeper = caller(do_enter, number(first.pid));
        ck_assert_int_eq(login_do(&keeper, do_make_file, "/tmp/file"), 0);
        close_session(&first);
        close_session(&second);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert(login_do(&keeper, do_has, "/tmp/file"));
        third = caller(NULL, NULL);
        stays_apart(&third, &was, "its process is ");
        ck_assert(login_do(&third, do_has, "/tmp/file"));
        login_end(&keeper);
        close_session(&third);
        assert_nothing_left();
}
END_TEST

/* Its record says as much as the first one's did. */
START_TEST(the_second_session_can_be_joined_when_the_first_has_ended)
{
        struct login first, second, third;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(NULL, NULL);
        joins(&second, &was);
        close_session(&first);
        third = caller(NULL, NULL);
        joins(&third, &was);
        close_session(&second);
        close_session(&third);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ sessions inside sessions */

static int do_deeper(void *arg)
{
        (void)arg;
        return login_do(&login_child, seen->deeper.function, seen->deeper.arg);
}

/* In the login program that is inside of the one that is inside of this. */
static int login_deeper(struct login *login, int (*function)(void *), const void *arg)
{
        seen->deeper = (struct login_call){function, (void *)(uintptr_t)arg};
        return login_inner(login, do_deeper, NULL);
}

START_TEST(nested_sessions_join_the_live_ones_of_their_users)
{
        struct scene_state outer, middle, inner;
        struct login alice, bob;
        struct seen hers, his;

        set_up();
        alice = first_session();
        hers = look(&alice);
        bob = caller(NULL, NULL);
        open_as(&bob, "bob");
        his = look(&bob);
        outer = *login_state(&alice);

        login_do(&alice, do_inner_start, NULL);
        login_inner(&alice, do_state, NULL);
        middle = scene->state;
        ck_assert_int_eq(login_inner(&alice, do_join_open, "bob"), 0);
        login_inner(&alice, do_look, NULL);
        ck_assert(namespace_is_same(&seen->ns, &his.ns));
        ck_assert_uint_eq(seen->covers, his.covers);

        login_inner(&alice, do_inner_start, NULL);
        login_deeper(&alice, do_state, NULL);
        inner = scene->state;
        ck_assert_int_eq(login_deeper(&alice, do_join_open, "alice"), 0);
        login_deeper(&alice, do_look, NULL);
        ck_assert(namespace_is_same(&seen->ns, &hers.ns));
        ck_assert_uint_eq(seen->covers, hers.covers);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_instances(BOB), 1);

        login_deeper(&alice, do_join_close, NULL);
        login_deeper(&alice, do_state, NULL);
        assert_same_state(&inner, &scene->state);
        login_inner(&alice, do_inner_end, NULL);
        login_inner(&alice, do_join_close, NULL);
        login_inner(&alice, do_state, NULL);
        assert_same_state(&middle, &scene->state);
        login_do(&alice, do_inner_end, NULL);
        assert_same_state(&outer, login_state(&alice));
        close_session(&bob);
        close_session(&alice);
        assert_nothing_left();
}
END_TEST

/* su alice in a session of alice's: the way is home, and back into the same. */
START_TEST(a_session_of_the_same_user_inside_a_session_is_in_the_same_namespace)
{
        static const char *const paths[] = {"/", "/srv/dir/sub", "/tmp"};
        struct scene_state before;
        struct login first;
        struct seen was;
        pid_t pid;

        set_up();
        first = first_session();
        was = look(&first);
        (void)start_inside(&first, NULL, &pid);
        ck_assert_int_eq(login_inner(&first, do_chdir, paths[_i]), 0);
        login_inner(&first, do_state, NULL);
        before = scene->state;
        ck_assert_int_eq(login_inner(&first, do_join_open, "alice"), 0);
        login_inner(&first, do_look, NULL);
        ck_assert(namespace_is_same(&seen->ns, &was.ns));
        ck_assert_uint_eq(seen->covers, was.covers);
        ck_assert(is_same_file(seen->cwd, before.cwd));
        login_inner(&first, do_join_close, NULL);
        login_inner(&first, do_state, NULL);
        assert_same_state(&before, &scene->state);
        login_do(&first, do_inner_end, NULL);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* Where the live session can't be joined, the way back is to where the join began: home. */
START_TEST(a_nested_session_that_can_not_join_is_made_from_home)
{
        static const char *const paths[] = {"/", "/srv/dir/sub", "/tmp"};
        struct scene_state before;
        struct login alice, bob;
        struct seen his;
        pid_t pid;

        set_up();
        bob = caller(NULL, NULL);
        open_as(&bob, "bob");
        his = look(&bob);
        ck_assert_int_eq(login_do(&bob, do_cover, NULL), 0);
        alice = first_session();
        (void)start_inside(&alice, NULL, &pid);
        ck_assert_int_eq(login_inner(&alice, do_chdir, paths[_i]), 0);
        login_inner(&alice, do_state, NULL);
        before = scene->state;
        ck_assert_int_eq(login_inner(&alice, do_join_open, "bob"), 0);
        ck_assert_ptr_nonnull(strstr(scene->text, "a directory is covered by something else"));
        login_inner(&alice, do_look, NULL);
        ck_assert_uint_ne(seen->ns.number, his.ns.number);
        ck_assert(is_same_file(seen->tmp, his.tmp));
        ck_assert_uint_eq(seen->covers, his.covers);
        ck_assert(is_same_file(seen->cwd, _i == 2 ? seen->tmp : before.cwd));
        login_inner(&alice, do_join_close, NULL);
        login_inner(&alice, do_state, NULL);
        assert_same_state(&before, &scene->state);
        login_do(&alice, do_inner_end, NULL);
        close_session(&alice);
        close_session(&bob);
        assert_nothing_left();
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("join");
        TCase *tests;

        tests = scratch_case(suite, "plans");
        tcase_add_test(tests, where_the_table_was_changed_the_session_has_what_it_says_now);
        tcase_add_test(tests, where_other_lines_of_the_table_were_changed_the_session_joins);
        tcase_add_test(tests, sessions_of_their_own_scope_are_not_joined);
        tests = scratch_case(suite, "cwd");
        tcase_add_loop_test(tests, the_working_directory_is_the_one_it_was, 0, CWDS);
        tests = scratch_case(suite, "two");
        tcase_add_loop_test(tests, a_second_session_joins_the_first_and_each_closes_on_its_own, 0,
                            4);
        tcase_add_test(tests, another_users_session_is_not_joined);
        tcase_add_test(tests, what_is_mounted_in_one_session_is_there_in_the_other);
        tcase_add_test(tests, two_directories_are_joined_at_once);
        tests = scratch_case(suite, "order");
        tcase_add_loop_test(tests, in_any_order_the_end_of_one_session_does_not_disturb_the_others,
                            0, ORDERS);
        tcase_add_test(tests, a_process_of_the_first_session_keeps_the_instance_and_what_it_sees);
        tcase_add_test(tests, the_second_session_can_be_joined_when_the_first_has_ended);
        tests = scratch_case(suite, "nested");
        tcase_add_test(tests, nested_sessions_join_the_live_ones_of_their_users);
        tcase_add_loop_test(
                tests, a_session_of_the_same_user_inside_a_session_is_in_the_same_namespace, 0, 3);
        tcase_add_loop_test(tests, a_nested_session_that_can_not_join_is_made_from_home, 0, 3);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
