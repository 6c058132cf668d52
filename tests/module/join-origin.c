/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions that are not joined, for they or the caller come from somewhere else. */
#include <pthread.h>

#include "kit/join.h"
#include "kit/login.h"
#include "session/session.h"

/* ------------------------------------------------------------------ origins */

/* Why a caller elsewhere does not join. Without ids its own namespace proves nothing. */
static const char *elsewhere(void)
{
        return no_ids ? "can't tell which namespace this is" : "it comes from another namespace";
}

START_TEST(a_session_that_was_opened_within_another_users_is_not_joined)
{
        struct login alice, second;
        struct seen nested;

        first_hidden = true; /* else bob's would be made from there, too */
        set_up();
        alice = first_session();
        login_do(&alice, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&alice, do_join_open, "bob"), 0);
        ck_assert_int_eq(login_inner(&alice, do_look, NULL), 0);
        nested = *seen;
        second = caller(NULL, NULL);
        open_as(&second, "bob");
        assert_apart(&second, &nested,
                     no_ids ? elsewhere() : "it was opened within another user's");
        close_session(&second);
        login_inner(&alice, do_join_close, NULL);
        login_do(&alice, do_inner_end, NULL);
        close_session(&alice);
        assert_nothing_left();
}
END_TEST

START_TEST(a_session_from_another_namespace_is_not_joined)
{
        struct login first, second;
        struct seen was;

        no_ids = _i;
        set_up();
        first = caller(do_unshare_shared, NULL);
        open_as(&first, "alice");
        was = look(&first);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "it comes from another namespace");
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* "sudo unshare -m" */
START_TEST(a_caller_in_another_namespace_does_not_leave_it)
{
        struct login first, second;
        struct seen was;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        second = caller(do_unshare, NULL);
        stays_apart(&second, &was, elsewhere());
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(a_caller_in_a_namespace_made_from_the_session_does_not_leave_it)
{
        struct login first;
        struct seen was;
        pid_t pid;

        set_up();
        first = first_session();
        was = look(&first);
        (void)start_inside(&first, do_unshare, &pid);
        ck_assert_int_eq(login_inner(&first, do_join_open, "alice"), 0);
        ck_assert_int_eq(login_inner(&first, do_look, NULL), 0);
        ck_assert_uint_ne(seen->ns.number, was.ns.number);
        ck_assert(is_same_file(seen->tmp, was.tmp));
        ck_assert_uint_eq(seen->covers, was.covers); /* not one over the other */
        login_inner(&first, do_join_close, NULL);
        login_do(&first, do_inner_end, NULL);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* Without ids a number proves nothing: of namespaces that are gone it is used again. */
START_TEST(without_ids_a_caller_elsewhere_is_never_where_the_session_came_from)
{
        struct login first, second;
        struct record record;
        struct seen was;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        second = caller(do_unshare, NULL);
        record = take_record();
        record.left = look(&second).ns;
        put_record(&record);
        open_as(&second, "alice");
        ck_assert(!no_ids || strstr(scene->text, elsewhere()));
        ck_assert_int_eq(look(&second).ns.number == was.ns.number, !no_ids);
        ck_assert(is_same_file(look(&second).tmp, was.tmp));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

static int do_new_processes(void *arg)
{
        (void)arg;
        return unshare(CLONE_NEWPID) < 0 ? -errno : 0;
}

/* Process 1 of a container that has the host's /run and base. */
static int do_container(void *arg)
{
        int r = do_unshare(arg);

        return r == 0 && mount("proc", "/proc", "proc", 0, NULL) < 0 ? -errno : r;
}

START_TEST(a_caller_in_a_container_does_not_leave_it)
{
        struct login first, host;
        struct seen was;
        pid_t pid;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        host = caller(do_new_processes, NULL);
        (void)start_inside(&host, do_container, &pid);
        ck_assert_int_eq(login_inner(&host, do_join_open, "alice"), 0);
        ck_assert_ptr_nonnull(strstr(scene->text, "it comes from another namespace"));
        ck_assert_int_eq(login_inner(&host, do_look, NULL), 0);
        ck_assert_uint_ne(seen->ns.number, was.ns.number);
        ck_assert(is_same_file(seen->tmp, was.tmp));
        login_inner(&host, do_join_close, NULL);
        login_do(&host, do_inner_end, NULL);
        login_end(&host);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(where_the_top_is_private_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        scene_mount(NULL, "/", NULL, MS_PRIVATE, NULL);
        scene_mounted();
        first = first_session();
        was = look(&first);
        second_stays_apart(&first, &was, "later mounts of the host do not show there");
}
END_TEST

/* ------------------------------------------------------------------ callers */

/* The whole tree once more, and a mount that only this one has. */
static void make_root(void)
{
        ck_assert_int_eq(mkdir("/srv/root", 0755), 0);
        scene_mount("/", "/srv/root", NULL, MS_BIND | MS_REC, NULL);
        scene_mount("tmpfs", "/srv/root/opt", "tmpfs", 0, NULL);
        scene_write("/srv/root/opt/jailed", "");
        scene_mounted();
}

/* A few bind mounts below a mount that is another file system than "/". */
static void make_jail(void)
{
        static const char *const folders[] = {"proc", "etc", "run", "srv", "tmp", "opt"};
        char path[64], source[64];

        ck_assert_int_eq(mkdir("/srv/root", 0755), 0);
        scene_mount("tmpfs", "/srv/root", "tmpfs", 0, "mode=755");
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                snprintf(path, sizeof(path), "/srv/root/%s", folders[i]);
                snprintf(source, sizeof(source), "/%s", folders[i]);
                ck_assert_int_eq(mkdir(path, 0755), 0);
                if (i < 4)
                        scene_mount(source, path, NULL, MS_BIND, NULL);
        }
        scene_write("/srv/root/opt/jailed", "");
        scene_mounted();
}

static int do_chroot(void *cwd)
{
        return chroot("/srv/root") < 0 || chdir(cwd) < 0 ? -errno : 0;
}

/* The directories of the chroot are found through it: the private one is that at its /tmp. */
START_TEST(a_caller_in_a_chroot_does_not_leave_it)
{
        static const char *const cwds[] = {"/", "/srv/dir"};
        struct login first, second;
        struct seen was;

        no_ids = _i & 4;
        set_up();
        if (_i & 1)
                make_jail();
        else
                make_root();
        first = first_session();
        was = look(&first);
        second = caller(do_chroot, cwds[_i >> 1 & 1]);
        stays_apart(&second, &was, "another there");
        ck_assert(login_do(&second, do_has, "/opt/jailed"));
        ck_assert(is_same_file(look(&second).cwd, second.before.cwd));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

static ino_t thread_ns(pid_t thread)
{
        struct stat st;
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/task/%d/ns/mnt", thread);
        return stat(path, &st) == 0 ? st.st_ino : 0;
}

static pid_t thread_id;

static void *thread_body(void *ready)
{
        thread_id = gettid();
        pthread_barrier_wait(ready);
        for (;;)
                pause();
        return NULL;
}

static int do_start_thread(void *arg)
{
        static pthread_barrier_t ready;
        pthread_t thread;
        int r;

        (void)arg;
        pthread_barrier_init(&ready, NULL, 2);
        r = pthread_create(&thread, NULL, thread_body, &ready);
        if (r == 0)
                pthread_barrier_wait(&ready);
        return -r;
}

static int do_thread_is_home(void *arg)
{
        (void)arg;
        return thread_ns(thread_id) == scene_ns();
}

START_TEST(a_caller_with_another_thread_does_not_move_that)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        second = caller(do_start_thread, NULL);
        ck_assert(login_do(&second, do_thread_is_home, NULL));
        stays_apart(&second, &was, "its namespace can't be entered from here");
        ck_assert(!login_do(&second, do_thread_is_home, NULL));
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("join-origin");
        TCase *tests;

        tests = scratch_case(suite, "origins");
        tcase_add_test(tests, a_session_that_was_opened_within_another_users_is_not_joined);
        tcase_add_loop_test(tests, a_session_from_another_namespace_is_not_joined, 0, 2);
        tcase_add_loop_test(tests, a_caller_in_another_namespace_does_not_leave_it, 0, 2);
        tcase_add_test(tests, a_caller_in_a_namespace_made_from_the_session_does_not_leave_it);
        tcase_add_loop_test(
                tests, without_ids_a_caller_elsewhere_is_never_where_the_session_came_from, 0, 2);
        tcase_add_loop_test(tests, a_caller_in_a_container_does_not_leave_it, 0, 2);
        tcase_add_test(tests, where_the_top_is_private_nobody_joins);
        tests = scratch_case(suite, "callers");
        tcase_add_loop_test(tests, a_caller_in_a_chroot_does_not_leave_it, 0, 8);
        tcase_add_test(tests, a_caller_with_another_thread_does_not_move_that);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
