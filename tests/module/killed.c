/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module, when two come at the same instant, and when one is stopped or killed. */
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/ptrace.h>

#include "kit/pam-login.h"

/* glibc's <sys/ptrace.h> and the kernel's can't both be had. */
#define SYSCALL_INFO_ENTRY 1

/* ------------------------------------------------------------------ two at the same instant */

enum {
        PAIRS = 500,
};

static _Atomic int *at_the_gate(void)
{
        return (_Atomic int *)&scene->numbers[8];
}

/* Returns when as many as `arg` says have come. */
static void pass_gate(int wanted)
{
        atomic_fetch_add(at_the_gate(), 1);
        while (atomic_load(at_the_gate()) < wanted)
                sched_yield();
}

static int do_open_together(void *arg)
{
        pass_gate((int)(intptr_t)arg);
        return do_open(NULL);
}

static int do_close_together(void *arg)
{
        pass_gate((int)(intptr_t)arg);
        return do_close(NULL);
}

static void both(struct login *one, int (*do_one)(void *), struct login *two, int (*do_two)(void *))
{
        atomic_store(at_the_gate(), 0);
        login_begin(one, do_one, number(2));
        login_begin(two, do_two, number(2));
        ck_assert_int_eq(login_wait(one), PAM_SUCCESS);
        ck_assert_int_eq(login_wait(two), PAM_SUCCESS);
}

START_TEST(two_opens_at_the_same_instant_share_one_instance)
{
        struct login one, two;

        pam_login_begin(SERVICE);
        one = login_as("alice");
        two = login_as("alice");
        for (unsigned n = 0; n < PAIRS; n++) {
                ino_t inode;

                both(&one, do_open_together, &two, do_open_together);
                inode = login_view(&one).st.st_ino;
                ck_assert_uint_eq(login_view(&two).st.st_ino, inode);
                ck_assert_uint_eq(scene_instances(ALICE), 1);
                both(&one, do_close_together, &two, do_close_together);
                ck_assert_uint_eq(scene_instances(ALICE), 0);
        }
        login_finish(&one);
        login_finish(&two);
        assert_nothing_left();
}
END_TEST

/* The opener must not end up in an instance that the closer is taking away. */
START_TEST(an_open_beside_the_last_close_gets_an_instance_in_its_place)
{
        struct login logins[2];

        pam_login_begin(SERVICE);
        logins[0] = login_open("alice");
        logins[1] = login_as("alice");
        for (unsigned n = 0; n < PAIRS; n++) {
                struct login *closer = &logins[n % 2], *opener = &logins[1 - n % 2];
                char path[PATH_MAX];
                struct stat st;

                both(closer, do_close_together, opener, do_open_together);
                assert_private(login_view(opener), ALICE);
                scene_instance(ALICE, path);
                strcat(path, "/root");
                ck_assert_int_eq(stat(path, &st), 0);
                ck_assert_uint_eq(st.st_ino, scene->view.st.st_ino);
                ck_assert_int_eq(login_do(opener, do_make_file, "/tmp/mine"), 0);
                ck_assert_int_eq(login_do(opener, do_unlink, "/tmp/mine"), 0);
        }
        ck_assert_int_eq(login_do(&logins[0], do_close, NULL), PAM_SUCCESS);
        login_finish(&logins[1]);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
}
END_TEST

/* ------------------------------------------------------------------ stopped or killed */

/* What the kernel tells about a stop at a system call (ptrace(2), PTRACE_GET_SYSCALL_INFO). */
struct call_info {
        uint8_t op;
        uint8_t pad[3];
        uint32_t arch;
        uint64_t instruction_pointer, stack_pointer;
        uint64_t nr;
        uint64_t args[6];
};

/* Waits until the traced login program stops. False: it has ended. */
static bool wait_for_stop(const struct login *login, int *status)
{
        ck_assert_int_eq(waitpid(login->pid, status, 0), login->pid);
        return WIFSTOPPED(*status);
}

/* Lets it go on to the entry of its next system call. False: it has done what it was told to. */
static bool next_call(const struct login *login, struct call_info *info)
{
        int status;

        do {
                ck_assert_int_eq(ptrace(PTRACE_SYSCALL, login->pid, NULL, NULL), 0);
                ck_assert(wait_for_stop(login, &status));
                memset(info, 0, sizeof(*info));
                if (WSTOPSIG(status) == (SIGTRAP | 0x80))
                        ck_assert_int_gt(ptrace(PTRACE_GET_SYSCALL_INFO, login->pid,
                                                number(sizeof(*info)), info),
                                         0);
        } while (info->op != SYSCALL_INFO_ENTRY);
        /* the answer to us */
        return info->nr != SYS_write || info->args[0] < SCENE_FDS;
}

/* Takes hold of a login program that waits to be told something, and tells it. */
static void trace(struct login *login, int (*function)(void *))
{
        int status;

        ck_assert_int_eq(ptrace(PTRACE_SEIZE, login->pid, NULL,
                                number(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
                         0);
        ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, login->pid, NULL, NULL), 0);
        ck_assert(wait_for_stop(login, &status));
        login_begin(login, function, NULL);
}

/* Kills the login program at its n-th system call. False: it does not make as many. */
static bool kill_at(struct login *login, int (*function)(void *), unsigned n)
{
        struct call_info info;

        trace(login, function);
        for (; n > 0; n--)
                if (!next_call(login, &info)) {
                        ck_assert_int_eq(ptrace(PTRACE_DETACH, login->pid, NULL, NULL), 0);
                        ck_assert_int_eq(login_wait(login), PAM_SUCCESS);
                        return false;
                }
        login_kill(login);
        return true;
}

/* Other sessions of the user work, and sweep what was left; what is half made in ten minutes. */
static void assert_user_can_log_in(void)
{
        struct login login = login_open("alice");

        assert_private(login_view(&login), ALICE);
        login_close(&login);
        ck_assert_uint_le(scene_instances(ALICE), 1);
        scene_age(ALICE);
        login = login_open("alice");
        login_close(&login);
        scene_empty_trash();
        assert_nothing_left();
}

START_TEST(an_opener_that_is_killed_at_any_instant_is_in_nobodys_way)
{
        bool killed = true;
        unsigned n;

        pam_login_begin(SERVICE);
        for (n = 1; killed; n++) {
                struct login login = login_as("alice");

                killed = kill_at(&login, do_open, n);
                assert_mounts_unchanged();
                if (!killed)
                        login_close(&login);
                assert_user_can_log_in();
        }
        ck_assert_uint_gt(n, 50);
}
END_TEST

START_TEST(a_closer_that_is_killed_at_any_instant_is_in_nobodys_way)
{
        bool killed = true;
        unsigned n;

        pam_login_begin(SERVICE);
        for (n = 1; killed; n++) {
                struct login login = login_open("alice");

                ck_assert_int_eq(login_do(&login, do_make_file, "/tmp/mine"), 0);
                killed = kill_at(&login, do_close, n);
                assert_mounts_unchanged();
                if (!killed)
                        login_finish(&login);
                assert_user_can_log_in();
        }
        ck_assert_uint_gt(n, 20);
}
END_TEST

/* Stops the login program before its first call of that number. */
static void stop_at(struct login *login, int (*function)(void *), long call)
{
        struct call_info info;

        trace(login, function);
        do
                ck_assert_msg(next_call(login, &info), "no system call %ld", call);
        while (info.nr != (uint64_t)call);
}

static const long stops[] = {
        SYS_mkdirat, SYS_flock,     SYS_symlinkat,     SYS_renameat2,
        SYS_unshare, SYS_open_tree, SYS_mount_setattr, SYS_move_mount,
};

/* A user can stop su and sudo at any instant. */
START_TEST(a_stopped_opener_does_not_block_others)
{
        struct login stopped, other;
        ino_t inode;

        pam_login_begin(SERVICE);
        other = login_open("alice");
        login_close(&other); /* the folders are there */
        stopped = login_as("alice");
        stop_at(&stopped, do_open, stops[_i]);

        other = login_open("alice");
        assert_private(login_view(&other), ALICE);
        inode = scene->view.st.st_ino;
        ck_assert_int_eq(login_do(&other, do_make_file, "/tmp/mine"), 0);

        ck_assert_int_eq(ptrace(PTRACE_DETACH, stopped.pid, NULL, NULL), 0);
        ck_assert_int_eq(login_wait(&stopped), PAM_SUCCESS);
        assert_private(login_view(&stopped), ALICE);
        ck_assert_uint_eq(login_view(&other).st.st_ino, inode);
        ck_assert_int_eq(login_do(&other, do_unlink, "/tmp/mine"), 0);
        login_close(&stopped);
        login_close(&other);
        assert_nothing_left();
}
END_TEST

START_TEST(a_stopped_closer_does_not_block_others)
{
        struct login stopped, other;

        pam_login_begin(SERVICE);
        stopped = login_open("alice");
        stop_at(&stopped, do_close, SYS_renameat2);
        other = login_open("alice");
        assert_private(login_view(&other), ALICE);
        ck_assert_int_eq(login_do(&other, do_make_file, "/tmp/mine"), 0);
        ck_assert_int_eq(ptrace(PTRACE_DETACH, stopped.pid, NULL, NULL), 0);
        ck_assert_int_eq(login_wait(&stopped), PAM_SUCCESS);
        ck_assert(login_do(&other, do_has, "/tmp/mine"));
        login_finish(&stopped);
        login_close(&other);
        assert_nothing_left();
}
END_TEST

static int do_hold_user(void *arg)
{
        int fd = open(SCENE_BASE "/1001", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        (void)arg;
        return fd < 0 || flock(fd, LOCK_EX) < 0 ? -errno : 0;
}

START_TEST(who_does_not_get_the_users_lock_has_an_instance_of_its_own)
{
        struct login holder, one, two;
        ino_t inode;

        pam_login_begin(SERVICE);
        one = login_open("alice");
        inode = login_view(&one).st.st_ino;
        holder = login_start();
        ck_assert_int_eq(login_do(&holder, do_hold_user, NULL), 0);
        two = login_open("alice");
        assert_private(login_view(&two), ALICE);
        ck_assert_uint_ne(scene->view.st.st_ino, inode);
        ck_assert_uint_eq(scene_instances(ALICE), 2);
        login_close(&two);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_end(&holder);
        login_close(&one);
        assert_nothing_left();
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("killed");
        TCase *tests;

        tests = scratch_case(suite, "together");
        tcase_add_test(tests, two_opens_at_the_same_instant_share_one_instance);
        tcase_add_test(tests, an_open_beside_the_last_close_gets_an_instance_in_its_place);
        tests = scratch_case(suite, "killed");
        tcase_add_test(tests, an_opener_that_is_killed_at_any_instant_is_in_nobodys_way);
        tcase_add_test(tests, a_closer_that_is_killed_at_any_instant_is_in_nobodys_way);
        tests = scratch_case(suite, "stopped");
        tcase_add_loop_test(tests, a_stopped_opener_does_not_block_others, 0,
                            sizeof(stops) / sizeof(stops[0]));
        tcase_add_test(tests, a_stopped_closer_does_not_block_others);
        tcase_add_test(tests, who_does_not_get_the_users_lock_has_an_instance_of_its_own);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
