/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module through the real libpam: what the calling program is and has, and its programs. */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "kit/pam-login.h"

START_TEST(pam_ruser_has_no_effect)
{
        static const char *const names[] = {"nobody-of-that-name", "root", "bob", "", NULL};

        pam_login_begin(SERVICE);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct login login = login_as("alice");

                ck_assert_int_eq(login_do(&login, do_ruser, names[i]), PAM_SUCCESS);
                ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
                assert_private(login_view(&login), ALICE);
                login_close(&login);
                assert_nothing_left();
        }
}
END_TEST

/* From now on the kernel refuses this system call to the login program, with scene->numbers[0]. */
static int do_forbid(void *arg)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(intptr_t)arg, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)scene->numbers[0]),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

static const struct {
        long call;
        const char *words;
} forbidden[] = {
        {SYS_unshare, "can't leave the shared mount namespace: Operation not permitted"},
        {SYS_mount_setattr, "Operation not permitted"},
        {SYS_move_mount, "can't cover /tmp: Operation not permitted"},
        {SYS_open_tree, "can't prepare the mount for /tmp: Operation not permitted"},
};

START_TEST(what_fails_late_leaves_nothing)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        scene->numbers[0] = EPERM;
        ck_assert_int_eq(login_do(&login, do_forbid, number((int)forbidden[_i].call)), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        login_finish(&login);
        assert_nothing_left();
        assert_logged(forbidden[_i].words);
}
END_TEST

START_TEST(want_of_memory_is_said_to_be_that)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        scene->numbers[0] = ENOMEM;
        ck_assert_int_eq(login_do(&login, do_forbid, number(SYS_unshare)), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_BUF_ERR);
        login_finish(&login);
        assert_nothing_left();
        assert_logged("Cannot allocate memory");
}
END_TEST

static void handle_child(int number)
{
        (void)number;
        scene->numbers[0]++;
}

static int do_handle_child(void *arg)
{
        struct sigaction action = {.sa_handler = arg ? SIG_IGN : handle_child,
                                   .sa_flags = SA_RESTART};

        return sigaction(SIGCHLD, &action, NULL) < 0 ? -errno : 0;
}

/* Starts a child that ends when the pipe is closed. */
static int child_pipe[2];

static int do_child(void *arg)
{
        char byte;
        pid_t pid;

        (void)arg;
        ck_assert_int_eq(pipe2(child_pipe, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                close(child_pipe[1]);
                (void)!read(child_pipe[0], &byte, 1);
                _exit(7);
        }
        return pid;
}

static int do_open_while_the_child_ends(void *arg)
{
        int r;

        close(child_pipe[1]);
        r = do_open(arg);
        close(child_pipe[0]);
        return r;
}

static int do_wait(void *pid)
{
        int status;

        if (waitpid((pid_t)(intptr_t)pid, &status, 0) < 0)
                return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -EINVAL;
}

START_TEST(the_callers_child_is_not_lost)
{
        struct login login;
        pid_t pid;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_handle_child, NULL), 0);
        login.before = *login_state(&login);
        pid = login_do(&login, do_child, NULL);
        ck_assert_int_eq(login_do(&login, do_open_while_the_child_ends, NULL), PAM_SUCCESS);
        ck_assert_int_eq(login_do(&login, do_wait, number(pid)), 7);
        ck_assert_int_eq(scene->numbers[0], 1);
        login_close(&login);
        ck_assert_int_eq(scene->numbers[0], 1);
        assert_nothing_left();
}
END_TEST

START_TEST(ignored_sigchld_stays_ignored)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_handle_child, number(1)), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        assert_same_process(&login.before, login_state(&login));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static int do_cwd_is(void *path)
{
        struct scene_spot here = scene_spot(AT_FDCWD, ""), there = scene_spot(AT_FDCWD, path);

        return here.dev == there.dev && here.ino == there.ino && here.mount == there.mount;
}

static const struct {
        const char *cwd, *then;
} cwds[] = {
        {"/", "/"},
        {"/srv/dir", "/srv/dir"},
        {"/srv/dir/x", "/srv/dir"},
        {"/srv/dirfoo", "/srv/dirfoo"},
        {"/srv", "/srv"},
};

/* The directory is no mount of its own here, as /tmp is on most hosts. */
START_TEST(new_fds_are_hidden_and_the_working_directory_stays_unless_it_is_covered)
{
        const struct scene_state *now;
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /srv/dir *\n");
        ck_assert_int_eq(mkdir("/srv/dir", 0777), 0);
        ck_assert_int_eq(mkdir("/srv/dir/x", 0777), 0);
        ck_assert_int_eq(mkdir("/srv/dirfoo", 0777), 0);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_chdir, cwds[_i].cwd), 0);
        login.before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        now = login_state(&login);
        assert_new_fds_are_hidden(&login.before, now);
        if (strcmp(cwds[_i].cwd, cwds[_i].then) == 0 && strcmp(cwds[_i].cwd, "/srv/dir") != 0)
                ck_assert_uint_eq(now->cwd.ino, login.before.cwd.ino);
        else
                ck_assert_uint_ne(now->cwd.ino, login.before.cwd.ino);
        ck_assert(login_do(&login, do_cwd_is, cwds[_i].then));
        ck_assert(!login_do(&login, do_has, "/srv/dir/x"));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* Runs a command as the user, and returns its exit status. */
static int do_run(void *command)
{
        int status;
        pid_t pid;

        fflush(NULL);
        pid = fork();
        if (pid == 0) {
                if (do_become(number(ALICE)) < 0)
                        _exit(126);
                (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* what it says is no TAP */
                execl("/bin/sh", "sh", "-c", (const char *)command, (char *)NULL);
                _exit(127);
        }
        if (waitpid(pid, &status, 0) != pid)
                return -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* perl-base and, for meson, python3 are on every machine that builds this */
static const char *const temporary_files[] = {
        "f=$(mktemp) && d=$(mktemp -d) && test -f \"$f\" && test -d \"$d\" && rm \"$f\" && rmdir "
        "\"$d\"",
        ("for level in 0 1 2; do"
         " perl -MFile::Temp -e 'File::Temp->safe_level(shift);"
         " File::Temp::tempfile(DIR => \"/tmp\", UNLINK => 1);"
         " File::Temp::tempdir(DIR => \"/tmp\", CLEANUP => 1)' $level || exit 1; done"),
        ("/usr/bin/python3 -c"
         " 'import tempfile; tempfile.NamedTemporaryFile(); tempfile.mkdtemp()'"),
};

START_TEST(programs_can_make_temporary_files)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_run, temporary_files[_i]), 0);
        ck_assert_uint_eq(scene_entries("/tmp"), 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(without_proc_open_is_refused_before_it_changes_anything)
{
        struct scene_state before, after;
        struct stat ns_before, ns_after;
        struct login login;
        char path[64];

        pam_login_begin(SERVICE);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_hide_proc, NULL), 0);
        snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)login.pid);
        ck_assert_int_eq(stat(path, &ns_before), 0);
        before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        after = *login_state(&login);
        ck_assert_int_eq(stat(path, &ns_after), 0);
        assert_same_state(&before, &after);
        ck_assert_uint_eq(ns_before.st_ino, ns_after.st_ino);
        assert_nothing_left();
        assert_logged("(is /proc mounted?)");
        ck_assert_int_eq(kill(login.pid, SIGKILL), 0); /* a sanitizer needs /proc at the end */
}
END_TEST

/* The copy is root's, so that it could be setuid. */
static int do_copy_id(void *arg)
{
        (void)arg;
        scene_copy("/usr/bin/id", "/tmp/id");
        scene_write("/tmp/script", "#!/bin/sh\nexit 0\n");
        if (chmod("/tmp/id", 04755) < 0 || chmod("/tmp/script", 0755) < 0)
                return -errno;
        return 0;
}

START_TEST(programs_are_not_run)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_copy_id, NULL), 0);
        /* 126: sh could not execute it */
        ck_assert_int_eq(login_do(&login, do_run, "/tmp/id 2>/dev/null"), 126);
        ck_assert_int_eq(login_do(&login, do_run, "/tmp/script 2>/dev/null"), 126);
        ck_assert_int_eq(login_do(&login, do_run, "sh /tmp/script"), 0);
        login_close(&login);
}
END_TEST

START_TEST(setuid_has_no_effect)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * exec\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_copy_id, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_run, "test \"$(/tmp/id -u)\" = 1001"), 0);
        login_close(&login);
        scene_write("/srv/table", "/srv/base /tmp * exec,suid\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_copy_id, NULL), 0);
        ck_assert_int_eq(login_do(&login, do_run, "test \"$(/tmp/id -u)\" = 0"), 0);
        login_close(&login);
}
END_TEST

/* Opens a device file of /dev/null's number. */
static int do_device(void *arg)
{
        int fd;

        (void)arg;
        if (mknod("/tmp/null", S_IFCHR | 0666, makedev(1, 3)) < 0)
                return -errno;
        fd = open("/tmp/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        close(fd);
        return 0;
}

START_TEST(device_files_are_not_opened)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_device, NULL), -EACCES);
        login_close(&login);
        scene_write("/srv/table", "/srv/base /tmp * dev\n");
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_device, NULL), 0);
        login_close(&login);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("caller");
        TCase *tests;

        tests = scratch_case(suite, "caller");
        tcase_add_test(tests, pam_ruser_has_no_effect);
        tcase_add_loop_test(tests, what_fails_late_leaves_nothing, 0,
                            sizeof(forbidden) / sizeof(forbidden[0]));
        tcase_add_test(tests, want_of_memory_is_said_to_be_that);
        tcase_add_test(tests, the_callers_child_is_not_lost);
        tcase_add_test(tests, ignored_sigchld_stays_ignored);
        tcase_add_loop_test(tests,
                            new_fds_are_hidden_and_the_working_directory_stays_unless_it_is_covered,
                            0, sizeof(cwds) / sizeof(cwds[0]));
        tcase_add_loop_test(tests, programs_can_make_temporary_files, 0,
                            sizeof(temporary_files) / sizeof(temporary_files[0]));
        tcase_add_test(tests, without_proc_open_is_refused_before_it_changes_anything);
        tcase_add_test(tests, programs_are_not_run);
        tcase_add_test(tests, setuid_has_no_effect);
        tcase_add_test(tests, device_files_are_not_opened);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
