/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module, and what a caller chooses: limits, working directory, chroot, standard fds. */
#include <pthread.h>

#include "kit/pam-login.h"

/* ------------------------------------------------------------------ what the caller chooses */

static int do_umask_0(void *arg)
{
        (void)arg;
        umask(0);
        return 0;
}

static int do_umask_0777(void *arg)
{
        (void)arg;
        umask(0777);
        return 0;
}

/* SIGXFSZ kills who writes to a file. */
static int do_no_file_size(void *arg)
{
        (void)arg;
        return setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0}) < 0 ? -errno : 0;
}

static int do_ignore_children(void *arg)
{
        (void)arg;
        return signal(SIGCHLD, SIG_IGN) == SIG_ERR ? -errno : 0;
}

static int do_block_signals(void *arg)
{
        sigset_t all;

        (void)arg;
        sigfillset(&all);
        return sigprocmask(SIG_SETMASK, &all, NULL) < 0 ? -errno : 0;
}

static int do_close_0_to_2(void *arg)
{
        (void)arg;
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                close(fd);
        return 0;
}

static int do_egid_of_bob(void *arg)
{
        (void)arg;
        return setegid(BOB) < 0 ? -errno : 0;
}

/* As in su and sudo, which are setuid. */
static int do_ruid_of_alice(void *arg)
{
        (void)arg;
        return setresuid(ALICE, 0, 0) < 0 || setresgid(ALICE, ALICE, 0) < 0 ? -errno : 0;
}

static int do_environment(void *arg)
{
        static const char *const names[] = {
                "LIBMOUNT_FSTAB",
                "LIBMOUNT_MTAB",
                "LIBMOUNT_UTAB",
                "TMPDIR",
                "HOME",
                "USER",
                "LOGNAME",
                "SUDO_USER",
                "SUDO_UID",
                "LC_ALL",
                "LANGUAGE",
                "LANG",
                "TZ",
                "KRB5CCNAME",
                "NLSPATH",
        };

        (void)arg;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (setenv(names[i], "/srv/evil", 1) < 0)
                        return -errno;
        if (setenv("LIBMOUNT_DEBUG", "all", 1) < 0 ||
            setenv("LIBMOUNT_FORCE_MOUNT2", "never", 1) < 0)
                return -errno;
        return 0;
}

static int do_no_environment(void *arg)
{
        (void)arg;
        return clearenv() == 0 ? 0 : -ENOMEM;
}

static void *sleep_for_ever(void *arg)
{
        for (;;)
                pause();
        return arg;
}

static int do_thread(void *arg)
{
        pthread_t thread;

        (void)arg;
        return -pthread_create(&thread, NULL, sleep_for_ever, NULL);
}

static int do_low_memory(void *arg)
{
        struct rlimit limit;
        unsigned long pages;
        char text[64];

        (void)arg;
        scene_read("/proc/self/statm", text, sizeof(text));
        ck_assert_int_eq(sscanf(text, "%lu", &pages), 1);
        getrlimit(RLIMIT_AS, &limit);
        limit.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE);
        return setrlimit(RLIMIT_AS, &limit) < 0 ? -errno : 0;
}

static int do_nothing(void *arg)
{
        (void)arg;
        return 0;
}

static int (*const callers[])(void *) = {
        do_nothing,         do_umask_0,       do_umask_0777,     do_no_file_size,
        do_ignore_children, do_block_signals, do_close_0_to_2,   do_egid_of_bob,
        do_ruid_of_alice,   do_environment,   do_no_environment, do_thread,
};

/* All that lies below the base is root's and closed, whatever the caller's umask and groups. */
static void assert_base_is_closed(void)
{
        static const struct {
                const char *name;
                mode_t mode;
        } wanted[] = {{"", S_IFDIR | 0700}, {"/lock", S_IFREG | 0600}};
        char instance[PATH_MAX], path[PATH_MAX + 16];
        struct stat st;

        ck_assert_int_eq(stat(SCENE_BASE, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_int_eq(stat(SCENE_BASE "/1001", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_uint_eq(st.st_gid, 0);
        ck_assert_int_eq(stat("/run/privtmp", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        scene_instance(ALICE, instance);
        for (size_t i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "%s%s", instance, wanted[i].name);
                ck_assert_int_eq(stat(path, &st), 0);
                ck_assert_uint_eq(st.st_mode, wanted[i].mode);
                ck_assert_uint_eq(st.st_uid, 0);
                ck_assert_uint_eq(st.st_gid, 0);
        }
}

START_TEST(whatever_the_caller_chose_the_session_is_the_same)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, callers[_i], NULL), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_process(&login.before, login_state(&login));
        assert_new_fds_are_hidden(&login.before, &scene->state);
        assert_private(login_view(&login), ALICE);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        assert_base_is_closed();
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        ck_assert_int_eq(login_do(&login, do_pam_end, number(PAM_SUCCESS)), PAM_SUCCESS);
        assert_nothing_left();
        assert_not_logged("(login:session)");
        ck_assert_int_eq(kill(login.pid, SIGKILL), 0); /* it can't end well, as it is */
}
END_TEST

/* Libraries do not always say that they ran out: who has too little room is refused before. */
START_TEST(with_too_little_memory_open_is_refused)
{
        struct login login;

        if (SCENE_SANITIZER)
                return; /* it needs terabytes of address space */
        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_low_memory, NULL), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_BUF_ERR);
        assert_same_state(&login.before, login_state(&login));
        assert_logged("alice is denied: the caller's limits leave too little room");
        assert_nothing_left();
        ck_assert_int_eq(kill(login.pid, SIGKILL), 0);
}
END_TEST

/* Anything on its stdout and stderr goes there from now on. */
static int do_listen(void *arg)
{
        int fd = open("/srv/said", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        (void)arg;
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
                return -errno;
        close(fd);
        return 0;
}

START_TEST(nothing_is_said_on_the_callers_terminal)
{
        struct login login;
        struct stat st;

        pam_login_begin("session required /srv/module.so conf=/srv/table debug\n");
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_listen, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_environment, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        scene_write("/srv/table", "/srv/base /tmp * bogus\n");
        ck_assert_int_ne(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_int_eq(stat("/srv/said", &st), 0);
        ck_assert_int_eq(st.st_size, 0);
        login_end(&login);
}
END_TEST

static int do_limit_fds(void *arg)
{
        struct rlimit limit;

        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = (rlim_t)(intptr_t)arg;
        return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

/* The first number that is not in use. */
static int do_first_free(void *arg)
{
        (void)arg;
        for (int fd = 0;; fd++)
                if (fcntl(fd, F_GETFD) < 0)
                        return fd;
}

START_TEST(with_few_fds_open_works_or_leaves_nothing)
{
        unsigned opened = 0, failed = 0;
        struct login login;
        int first;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        first = login_do(&login, do_first_free, NULL);
        for (int n = 0; n < 24; n++) {
                int r;

                ck_assert_int_eq(login_do(&login, do_limit_fds, number(first + n)), 0);
                login.before = *login_state(&login);
                r = login_do(&login, do_open, NULL);
                opened += r == PAM_SUCCESS;
                failed += r == PAM_SYSTEM_ERR;
                if (r == PAM_SUCCESS) {
                        ck_assert_uint_ne(login_state(&login)->tmp.mount, login.before.tmp.mount);
                        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
                }
                assert_same_state(&login.before, login_state(&login));
                /* what close could not do for want of fds is done by the next session */
                if (r == PAM_SYSTEM_ERR)
                        assert_nothing_left();
        }
        ck_assert_uint_eq(opened + failed, 24);
        ck_assert_uint_gt(opened, 0);
        ck_assert_uint_gt(failed, 0);
        login_end(&login);
        login = login_open("alice");
        login_close(&login);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
}
END_TEST

/* ------------------------------------------------------------------ the working directory */

static int do_link_x(void *arg)
{
        (void)arg;
        return symlink("/srv/secret/project", "/tmp/x") < 0 ? -errno : 0;
}

/*
 * The user owns what is below her private directory: if root walked there to find the place of the
 * same name, a link of hers would lead it where she may not go.
 */
START_TEST(a_link_of_the_users_does_not_move_the_working_directory)
{
        struct login first, second;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir("/srv/secret", 0700), 0);
        ck_assert_int_eq(mkdir("/srv/secret/project", 0755), 0);
        ck_assert_int_eq(mkdir("/tmp/x", 0777), 0);
        first = login_open("alice");
        login_do(&first, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&first, do_become, number(ALICE)), 0);
        ck_assert_int_eq(login_inner(&first, do_link_x, NULL), 0);
        login_do(&first, do_inner_end, NULL);

        second = login_as("alice");
        ck_assert_int_eq(login_do(&second, do_chdir, "/tmp/x"), 0);
        second.before = *login_state(&second);
        ck_assert_int_eq(login_do(&second, do_open, NULL), PAM_SUCCESS);
        ck_assert(login_do(&second, do_has, "/tmp/x"));
        login_state(&second);
        assert_same_spot(scene->state.cwd, scene->state.tmp);
        login_close(&second);
        login_close(&first);
        assert_nothing_left();
}
END_TEST

static int do_gone(void *path)
{
        return mkdir(path, 0700) < 0 || chdir(path) < 0 || rmdir(path) < 0 ? -errno : 0;
}

static const char *const deleted[] = {"/srv/gone", "/tmp/gone"};

START_TEST(a_deleted_working_directory_stays)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_gone, deleted[_i]), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login), ALICE);
        ck_assert_uint_eq(login_state(&login)->cwd.ino, login.before.cwd.ino);
        ck_assert_uint_eq(scene->state.cwd.dev, login.before.cwd.dev);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ chroot */

static int do_chroot(void *path)
{
        return chroot(path) < 0 || chdir("/") < 0 ? -errno : 0;
}

/* The whole tree once more: "/" there is a mount point. */
static void make_root(void)
{
        ck_assert_int_eq(mkdir("/srv/root", 0755), 0);
        scene_mount("/", "/srv/root", NULL, MS_BIND | MS_REC, NULL);
        scene_mounted();
}

START_TEST(in_a_chroot_with_a_mount_as_its_top_the_session_is_private)
{
        struct login login;

        pam_login_begin(SERVICE);
        make_root();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chroot, "/srv/root"), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login), ALICE);
        assert_new_fds_are_hidden(&login.before, login_state(&login));
        ck_assert_uint_eq(scene->state.root.ino, login.before.root.ino);
        assert_mounts_unchanged();
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_chroot_only(void *path)
{
        return chroot(path) < 0 ? -errno : 0;
}

/* The same with a working directory that is outside of the chroot, on a disk. */
START_TEST(a_working_directory_outside_of_the_chroot_stays)
{
        struct login login;

        pam_login_begin(SERVICE);
        make_root();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chdir, "/usr"), 0);
        ck_assert_int_eq(login_do(&login, do_chroot_only, "/srv/root"), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_private(login_view(&login), ALICE);
        ck_assert_uint_eq(login_state(&login)->cwd.ino, login.before.cwd.ino);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* A few bind mounts below a directory that is no mount itself. */
static void make_jail(void)
{
        static const char *const folders[] = {"proc", "etc", "run", "tmp", "srv"};
        char path[64], source[64];

        ck_assert_int_eq(mkdir("/srv/jail", 0755), 0);
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                snprintf(path, sizeof(path), "/srv/jail/%s", folders[i]);
                snprintf(source, sizeof(source), "/%s", folders[i]);
                ck_assert_int_eq(mkdir(path, 0755), 0);
                scene_mount(source, path, NULL, MS_BIND, NULL);
        }
        scene_mounted();
}

START_TEST(in_a_chroot_without_a_mount_as_its_top_open_is_refused)
{
        struct login login;

        pam_login_begin(SERVICE);
        make_jail();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chroot, "/srv/jail"), 0);
        login.before = *login_state(&login);
        login_is_refused(&login, PAM_SYSTEM_ERR);
        assert_logged("the caller is in a chroot whose \"/\" is no mount point");
}
END_TEST

START_TEST(in_such_a_chroot_root_is_let_in)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp *\n");
        make_jail();
        login = login_as("root");
        ck_assert_int_eq(login_do(&login, do_chroot, "/srv/jail"), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
        assert_nothing_left();
        assert_logged("root is let in without a private directory: the caller is in a chroot");
        ck_assert_ptr_nonnull(strstr(scene_log_text(), "10.2 "));
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("hostile");
        TCase *tests;

        tests = scratch_case(suite, "caller");
        tcase_add_loop_test(tests, whatever_the_caller_chose_the_session_is_the_same, 0,
                            sizeof(callers) / sizeof(callers[0]));
        tcase_add_test(tests, with_too_little_memory_open_is_refused);
        tcase_add_test(tests, nothing_is_said_on_the_callers_terminal);
        tcase_add_test(tests, with_few_fds_open_works_or_leaves_nothing);
        tests = scratch_case(suite, "cwd");
        tcase_add_test(tests, a_link_of_the_users_does_not_move_the_working_directory);
        tcase_add_loop_test(tests, a_deleted_working_directory_stays, 0,
                            sizeof(deleted) / sizeof(deleted[0]));
        tests = scratch_case(suite, "chroot");
        tcase_add_test(tests, in_a_chroot_with_a_mount_as_its_top_the_session_is_private);
        tcase_add_test(tests, a_working_directory_outside_of_the_chroot_stays);
        tcase_add_test(tests, in_a_chroot_without_a_mount_as_its_top_open_is_refused);
        tcase_add_test(tests, in_such_a_chroot_root_is_let_in);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
