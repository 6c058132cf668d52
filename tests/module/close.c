/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module through the real libpam: what a close takes away, and who may close. */
#include <sys/un.h>

#include "ground/cleanup.h"
#include "kit/pam-login.h"

/* ------------------------------------------------------------------ what a close takes away */

/* Never answers. The first sign of life is a flag. */
static int do_make_files(void *arg)
{
        (void)arg;
        for (unsigned n = 0;; n++) {
                char path[32];
                int fd;

                snprintf(path, sizeof(path), "/tmp/%u", n);
                fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                if (fd >= 0)
                        close(fd);
                scene->flags[0] = n >= 1000;
        }
        return 0;
}

static bool has_flag(void *arg)
{
        return scene->flags[(intptr_t)arg];
}

START_TEST(close_ends_while_a_process_goes_on_making_files)
{
        struct login login;
        pid_t pid;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * end=close\n");
        scene_write("/tmp/systems", "");
        login = login_open("alice");
        pid = login_do(&login, do_inner_start_orphan, NULL);
        login_inner_begin(&login, do_make_files, NULL);
        scene_wait(has_flag, number(0), "for the first files");
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        ck_assert_uint_eq(scene_entries("/tmp"), 1);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

static int do_mount_inside(void *arg)
{
        (void)arg;
        if (mkdir("/tmp/m", 0700) < 0 || mount("tmpfs", "/tmp/m", "tmpfs", 0, NULL) < 0)
                return -errno;
        return do_make_file(as_mutable("/tmp/m/file"));
}

START_TEST(a_mount_inside_the_directory_is_no_obstacle)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_mount_inside, NULL), 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(a_mount_that_is_still_used_keeps_its_files)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * end=close\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_mount_inside, NULL), 0);
        login_do(&login, do_inner_start_orphan, NULL);
        ck_assert_int_eq(login_inner(&login, do_chdir, "/tmp/m"), 0);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        assert_nothing_left();
        ck_assert(login_inner(&login, do_has, "file"));
        ck_assert_int_eq(login_inner(&login, do_make_file, "another"), 0);
}
END_TEST

/* keep= counts from the close: that a session is open, in an instance used before, stops it. */
START_TEST(the_time_that_an_instance_is_kept_does_not_pass_in_a_session)
{
        char path[PATH_MAX], lock[PATH_MAX + 8];
        struct login login;
        struct stat st;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * keep=1h\n");
        for (unsigned i = 0; i < 2; i++) {
                login = login_open("alice");
                scene_instance(ALICE, path);
                snprintf(lock, sizeof(lock), "%s/lock", path);
                must(stat(lock, &st));
                ck_assert_int_eq(st.st_mtime, 0);
                login_close(&login);
                must(stat(lock, &st));
                ck_assert_int_ne(st.st_mtime, 0);
        }
}
END_TEST

static void make_long_name(char name[NAME_MAX + 1], unsigned n)
{
        memset(name, 'x', NAME_MAX);
        name[NAME_MAX] = '\0';
        name[0] = (char)('0' + n);
}

/* A tree that is hard to remove, made by the user in the working directory. */
static int do_hostile_tree(void *arg)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char name[NAME_MAX + 1];

        (void)arg;
        ck_assert_int_eq(chdir("/tmp"), 0);
        ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        close(fd);
        ck_assert_int_eq(mkfifo("fifo", 0600), 0);
        ck_assert_int_eq(symlink("/etc", "link"), 0);
        ck_assert_int_eq(symlink("/srv/outside", "link-2"), 0);
        for (unsigned n = 0; n < 100000; n++) {
                snprintf(name, sizeof(name), "%u", n);
                ck_assert_int_eq(mknod(name, S_IFREG | 0600, 0), 0);
        }
        for (unsigned n = 0; n < 3; n++) {
                make_long_name(name, n);
                ck_assert_int_eq(mkdir(name, 0700), 0);
                ck_assert_int_eq(chdir(name), 0);
        }
        for (unsigned n = 0; n < 5000; n++) {
                ck_assert_int_eq(mkdir("d", n % 2 ? 0700 : 0300), 0);
                ck_assert_int_eq(chdir("d"), 0);
        }
        ck_assert_int_eq(mknod("file", S_IFREG, 0), 0);
        ck_assert_int_eq(chdir("/tmp"), 0);
        ck_assert_int_eq(mkdir("closed", 0700), 0);
        ck_assert_int_eq(mknod("closed/file", S_IFREG, 0), 0);
        ck_assert_int_eq(chmod("closed", 0), 0);
        return 0;
}

static void set_immutable(const char *path, bool immutable)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;

        assert_done(fd >= 0, path);
        ck_assert_int_eq(ioctl(fd, FS_IOC_GETFLAGS, &flags), 0);
        flags = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
        ck_assert_int_eq(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
        close(fd);
}

START_TEST(a_hostile_tree_goes_and_nothing_outside_is_touched)
{
        char instance[PATH_MAX], path[PATH_MAX + 16];
        struct login login;
        struct stat st;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/srv/outside", 0755), 0);
        scene_write("/srv/outside/file", "outside");
        login = login_open("alice");
        scene_instance(ALICE, instance);
        login_do(&login, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&login, do_become, number(ALICE)), 0);
        ck_assert_int_eq(login_inner(&login, do_hostile_tree, NULL), 0);
        login_do(&login, do_inner_end, NULL);
        snprintf(path, sizeof(path), "%s/root/hard", instance);
        ck_assert_int_eq(link("/srv/outside/file", path), 0);

        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        scene_empty_trash();
        assert_nothing_left();
        ck_assert_int_eq(stat("/srv/outside/file", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFREG | 0644);
        ck_assert_uint_eq(st.st_nlink, 1);
        ck_assert(scene_has("/etc/passwd"));
}
END_TEST

START_TEST(what_is_immutable_does_not_stop_the_rest)
{
        char instance[PATH_MAX], path[PATH_MAX + 16], name[NAME_MAX + 1];
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        scene_instance(ALICE, instance);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/one"), 0);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/stuck"), 0);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/two"), 0);
        snprintf(path, sizeof(path), "%s/root/stuck", instance);
        set_immutable(path, true);
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
        scene_first_entry(SCENE_BASE "/.trash", name);
        snprintf(path, sizeof(path), SCENE_BASE "/.trash/%.200s/root", name);
        ck_assert_uint_eq(scene_entries(path), 1);

        strcat(path, "/stuck");
        set_immutable(path, false);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

START_TEST(open_twice_and_close_twice_on_one_handle)
{
        struct scene_state open;
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        open = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_state(&open, login_state(&login));
        ck_assert_uint_eq(scene_instances(ALICE), 1);

        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        assert_nothing_left();
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_open_as(void *user)
{
        int r = pam_set_item(pamh, PAM_USER, user);

        return r == PAM_SUCCESS ? pam_open_session(pamh, 0) : r;
}

/* An application that could not close may go on to the next user. */
START_TEST(a_session_of_one_user_is_none_of_another)
{
        char alice[] = "alice", bob[] = "bob";
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open(alice);
        ck_assert_int_eq(login_do(&login, do_open_as, bob), PAM_SYSTEM_ERR);
        assert_logged("bob is denied: there is an open session of another user");
        ck_assert_int_eq(login_do(&login, do_open_as, alice), PAM_SUCCESS);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(open_close_and_open_again_on_one_handle)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login), ALICE);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(listed_twice_is_as_once)
{
        struct login login;

        pam_login_begin(SERVICE SERVICE);
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 1);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(close_without_open_is_success)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* What libpam makes of it is libpam's affair: to it the stack has failed for good. */
START_TEST(close_after_a_failed_open_touches_nothing)
{
        struct login login, other;
        ino_t inode;

        pam_login_begin(SERVICE);
        other = login_open("alice");
        inode = login_view(&other).st.st_ino;
        login = login_as("alice");
        scene_write("/srv/table", "bogus\n");
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        (void)login_do(&login, do_close, NULL);
        login_finish(&login);
        ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_close(&other);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ who closes, and who must not
 */

START_TEST(pam_end_in_a_forked_child_touches_nothing)
{
        static const int statuses[] = {PAM_SUCCESS | PAM_DATA_SILENT, PAM_SUCCESS, PAM_ABORT,
                                       PAM_SYSTEM_ERR | PAM_DATA_SILENT};
        struct login login, other;
        struct scene_state open;
        ino_t inode;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        open = *login_state(&login);
        inode = login_view(&login).st.st_ino;
        for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
                login_do(&login, do_inner_start, NULL);
                ck_assert_int_eq(login_inner(&login, do_pam_end, number(statuses[i])), PAM_SUCCESS);
                ck_assert_int_eq(login_inner(&login, do_view, NULL), 0);
                ck_assert_uint_eq(scene->view.st.st_ino, inode);
                login_do(&login, do_inner_end, NULL);
        }
        ck_assert_uint_eq(login_view(&login).st.st_ino, inode);
        assert_same_fds(&open, login_state(&login));
        ck_assert_uint_eq(open.ns, scene->state.ns);
        /* the lock is still held: another session joins */
        other = login_open("alice");
        ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
        login_close(&other);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(pam_end_with_an_error_undoes_what_was_not_closed)
{
        static const int statuses[] = {PAM_SESSION_ERR, PAM_ABORT | PAM_DATA_SILENT};

        pam_login_begin(SERVICE);
        for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
                struct login login = login_open("alice");

                ck_assert_int_eq(login_do(&login, do_pam_end, number(statuses[i])), PAM_SUCCESS);
                assert_same_state(&login.before, login_state(&login));
                assert_nothing_left();
                login_end(&login);
        }
}
END_TEST

/* pkexec ends PAM and goes on as the user's program: the session lives as long as that. */
START_TEST(pam_end_with_success_leaves_the_session)
{
        struct scene_state open;
        struct login login;
        ino_t inode;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        open = *login_state(&login);
        inode = login_view(&login).st.st_ino;
        ck_assert_int_eq(login_do(&login, do_pam_end, number(PAM_SUCCESS)), PAM_SUCCESS);
        ck_assert_uint_eq(login_view(&login).st.st_ino, inode);
        ck_assert_uint_eq(login_state(&login)->ns, open.ns);
        assert_same_fds(&login.before, &scene->state);
        ck_assert_uint_eq(scene_instances(ALICE), 1);

        /* it has no lock any more, but it is in use */
        open = (struct scene_state){0};
        login.before = scene->state;
        {
                struct login other = login_open("alice");

                ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
                ck_assert_int_eq(login_do(&other, do_close, NULL), PAM_SUCCESS);
                login_end(&other);
        }
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
        login_end(&login);
}
END_TEST

START_TEST(a_later_module_that_fails_leaves_nothing_after_pam_end)
{
        struct login login;

        pam_login_begin(SERVICE "session required pam_deny.so\n");
        login = login_as("alice");
        ck_assert_int_ne(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_pam_end, number(PAM_SESSION_ERR)), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        assert_nothing_left();
        login_end(&login);
}
END_TEST

static bool is_gone(void *arg)
{
        pid_t pid = (pid_t)(intptr_t)arg;

        return kill(pid, 0) < 0 && errno == ESRCH;
}

/* In a child of the opener that outlives it, as sudo -b of another kind does it. */
static int do_close_when_alone(void *opener)
{
        scene_wait(is_gone, opener, "for the opener's end");
        scene->numbers[0] = pam_close_session(pamh, 0);
        scene_state_take(&scene->state);
        scene->flags[0] = true;
        for (;;)
                pause();
        return 0;
}

START_TEST(close_in_another_privileged_process_closes)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        login_do(&login, do_inner_start_orphan, NULL);
        login_inner_begin(&login, do_close_when_alone, number(login.pid));
        login_kill(&login);
        scene_wait(has_flag, number(0), "for the close");
        ck_assert_int_eq(scene->numbers[0], PAM_SUCCESS);
        ck_assert_uint_eq(scene->state.ns, login.before.ns);
        assert_same_spot(scene->state.tmp, login.before.tmp);
        assert_same_spot(scene->state.cwd, login.before.cwd);
        assert_nothing_left();
}
END_TEST

START_TEST(close_in_a_child_leaves_the_opener_where_it_is)
{
        struct login login;
        ino_t inode;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        inode = login_view(&login).st.st_ino;
        login_do(&login, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_inner(&login, do_state, NULL), 0);
        ck_assert_uint_eq(scene->state.ns, login.before.ns);
        login_do(&login, do_inner_end, NULL);

        ck_assert_uint_eq(login_view(&login).st.st_ino, inode);
        ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_unshare(void *arg)
{
        (void)arg;
        return unshare(CLONE_NEWNS) < 0 ? -errno : 0;
}

/* The application went elsewhere meanwhile: it stays there, but the session is over. */
START_TEST(close_elsewhere_drops_lock_and_record_only)
{
        struct scene_state elsewhere;
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_unshare, NULL), 0);
        elsewhere = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(login_state(&login)->ns, elsewhere.ns);
        assert_same_spot(scene->state.tmp, elsewhere.tmp);
        assert_same_fds(&login.before, &scene->state);
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 0);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_end(&login);
}
END_TEST

START_TEST(close_keeps_a_working_directory_that_was_changed)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_chdir, "/srv"), 0);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(login_state(&login)->cwd.ino, scene_spot(AT_FDCWD, "/srv").ino);
        ck_assert_uint_eq(scene->state.ns, login.before.ns);
        assert_nothing_left();
        login_end(&login);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("close");
        TCase *tests;

        tests = scratch_case(suite, "session");
        tcase_add_test(tests, close_ends_while_a_process_goes_on_making_files);
        tcase_add_test(tests, a_mount_inside_the_directory_is_no_obstacle);
        tcase_add_test(tests, a_mount_that_is_still_used_keeps_its_files);
        tcase_add_test(tests, the_time_that_an_instance_is_kept_does_not_pass_in_a_session);
        tcase_add_test(tests, a_hostile_tree_goes_and_nothing_outside_is_touched);
        tcase_add_test(tests, what_is_immutable_does_not_stop_the_rest);
        tests = scratch_case(suite, "close");
        tcase_add_test(tests, open_twice_and_close_twice_on_one_handle);
        tcase_add_test(tests, open_close_and_open_again_on_one_handle);
        tcase_add_test(tests, listed_twice_is_as_once);
        tcase_add_test(tests, a_session_of_one_user_is_none_of_another);
        tcase_add_test(tests, close_without_open_is_success);
        tcase_add_test(tests, close_after_a_failed_open_touches_nothing);
        tcase_add_test(tests, pam_end_in_a_forked_child_touches_nothing);
        tcase_add_test(tests, pam_end_with_an_error_undoes_what_was_not_closed);
        tcase_add_test(tests, pam_end_with_success_leaves_the_session);
        tcase_add_test(tests, a_later_module_that_fails_leaves_nothing_after_pam_end);
        tcase_add_test(tests, close_in_another_privileged_process_closes);
        tcase_add_test(tests, close_in_a_child_leaves_the_opener_where_it_is);
        tcase_add_test(tests, close_elsewhere_drops_lock_and_record_only);
        tcase_add_test(tests, close_keeps_a_working_directory_that_was_changed);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
