/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trouble with locks, the trash and the records, as a security policy or a broken disk makes it: it
 * costs what it must, denies no login, and is said once, with its reason. And who is denied is
 * named. Through the real libpam.
 *
 * Environment: PRIVTMP_MODULE, the path of the module. In a throw-away host.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "kit/pam-login.h"

/* From now on flock(2) with that operation, and LOCK_NB, is denied to the process. */
static int do_deny_flock(void *operation)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(intptr_t)operation | LOCK_NB, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = {
                .len = sizeof(filter) / sizeof(filter[0]),
                .filter = filter,
        };

        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}

/* How often the log has that. */
static unsigned times_logged(const char *words)
{
        unsigned n = 0;

        for (const char *at = scene_log_text(); (at = strstr(at, words)); at += strlen(words))
                n++;
        return n;
}

/* More than the end of a session deletes by itself. */
static int do_fill(void *path)
{
        char name[PATH_MAX];

        for (unsigned i = 0; i < 400; i++) {
                int fd;

                snprintf(name, sizeof(name), "%s/%u", (const char *)path, i);
                fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
                if (fd < 0)
                        return -errno;
                close(fd);
        }
        return 0;
}

/* ------------------------------------------------------------------ locks */

static void lock_of_the_user_is_denied(const char *table, const char *said)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", table);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_deny_flock, number(LOCK_EX)), 0);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(login_view(&login).st.st_gid, ALICE);
        assert_logged("(login:session): ");
        ck_assert_uint_eq(times_logged(said), 1);
        ck_assert_ptr_nonnull(strstr(scene_log_text(), "10.4 ")); /* a warning */
        login_kill(&login);
}

START_TEST(a_lock_that_is_denied_is_said)
{
        lock_of_the_user_is_denied(
                SCENE_TABLE, "/srv/base: going on without the lock of uid 1001: Permission denied");
}
END_TEST

START_TEST(a_lock_that_is_denied_is_said_in_memory)
{
        lock_of_the_user_is_denied(
                "tmpfs /tmp * size=1M\n",
                "/run/privtmp: going on without the lock of uid 1001: Permission "
                "denied");
}
END_TEST

START_TEST(a_lock_that_somebody_has_is_no_trouble)
{
        struct login login;
        int user;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        login_close(&login);
        user = must(open(SCENE_BASE "/1001", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(flock(user, LOCK_EX));
        login = login_open("alice");
        assert_not_logged("without the lock");
        login_close(&login);
        must(close(user));
        assert_nothing_left();
}
END_TEST

START_TEST(at_close_a_lock_that_is_denied_is_said)
{
        struct login login, other;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        other = login_open("alice"); /* of two records one is to go, under a lock */
        ck_assert_int_eq(login_do(&login, do_deny_flock, number(LOCK_EX)), 0);
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(times_logged("can't lock /srv/base/1001/"), 1);
        ck_assert_uint_eq(times_logged(": Permission denied"), 2);
        ck_assert_uint_eq(times_logged("the record of this session stays in /run/privtmp: "), 1);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_finish(&login);
        login_close(&other);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
}
END_TEST

/* ------------------------------------------------------------------ the trash */

START_TEST(at_close_a_trash_that_cannot_be_written_is_said)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_fill, "/tmp"), 0);
        scene_write(SCENE_BASE "/.trash", "no directory");
        scene_write(SCENE_BASE "/.work", "no directory");
        login_close(&login);
        ck_assert_uint_eq(times_logged("can't move /srv/base/1001/"), 1);
        ck_assert_uint_eq(times_logged(" to the trash: Not a directory"), 1);
}
END_TEST

/* Three were killed: what is said of one need not be said of all. */
START_TEST(at_open_a_trash_that_cannot_be_written_is_said_once)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * scope=session\n");
        for (unsigned i = 0; i < 3; i++) {
                login = login_open("alice");
                login_kill(&login);
                if (i == 0)
                        scene_write(SCENE_BASE "/.trash", "no directory");
        }
        assert_logged("can't move /srv/base/1001/");
        ck_assert_uint_eq(times_logged("can't move "), 2); /* at the second, and at the third */
        login = login_open("alice");
        ck_assert_uint_eq(times_logged("can't move "), 3);
        ck_assert_uint_eq(scene_instances(ALICE), 4);
        login_close(&login);
}
END_TEST

START_TEST(a_trash_is_not_mentioned_where_it_can_be_written)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * scope=session\n");
        login = login_open("alice");
        login_kill(&login);
        login = login_open("alice");
        ck_assert_int_eq(login_do(&login, do_fill, "/tmp"), 0);
        login_close(&login);
        assert_not_logged("trash");
        ck_assert_uint_eq(scene_entries(SCENE_BASE "/.trash"), 2);
}
END_TEST

/* ------------------------------------------------------------------ records */

/* What is not a folder of ours holds no records, and may not be written either. */
START_TEST(a_folder_of_records_that_cannot_be_used_is_said_once)
{
        struct login login;

        pam_login_begin(SERVICE);
        must(mkdir("/run/privtmp", 0755));
        login = login_open("alice");
        ck_assert_uint_eq(times_logged("no record of this session: /run/privtmp has mode 0755"), 1);
        ck_assert_uint_eq(times_logged("/run/privtmp"), 1);
        login_kill(&login);
}
END_TEST

static int do_login_inside(void *user)
{
        int r = do_pam_start(user);

        return r != PAM_SUCCESS ? r : do_open(NULL);
}

/*
 * Without a record any FUSE may be the outer user's. That of the kernel's own by which a FUSE is
 * controlled, and which systemd mounts everywhere, is nobody's.
 */
START_TEST(without_a_record_what_controls_a_fuse_denies_no_nested_session)
{
        struct login login;

        pam_login_begin(SERVICE);
        if (access("/sys/fs/fuse/connections", F_OK) < 0)
                return;
        if (mount("fusectl", "/sys/fs/fuse/connections", "fusectl", 0, NULL) < 0)
                ck_assert_int_eq(errno, EBUSY); /* this machine has it already */
        scene_mounted();
        must(mkdir("/run/privtmp", 0755)); /* which is no folder of ours */
        login = login_open("alice");
        login_do(&login, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&login, do_login_inside, "bob"), PAM_SUCCESS);
        ck_assert_int_eq(login_inner(&login, do_view, NULL), 0);
        assert_private(scene->view, BOB);
        login_inner(&login, do_read, "/proc/self/mountinfo");
        ck_assert_ptr_nonnull(strstr(scene->text, " - fusectl "));
        ck_assert_int_eq(login_inner(&login, do_close, NULL), PAM_SUCCESS);
        login_do(&login, do_inner_end, NULL);
        login_kill(&login);
}
END_TEST

/* ------------------------------------------------------------------ the file of the namespace */

/* Without allow_other a FUSE file system answers EACCES to all but its user, and asks no server. */
static void shut(pid_t pid)
{
        int fd = must(open("/dev/fuse", O_RDWR | O_CLOEXEC));
        char path[64], options[64];

        snprintf(path, sizeof(path), "/proc/%d/task/%d/ns", pid, pid);
        snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=1001,group_id=1001", fd);
        must(mount("test", path, "fuse.test", MS_NOSUID | MS_NODEV, options));
}

/* It costs joining others, and the way back. */
START_TEST(a_namespace_file_that_is_denied_denies_no_login)
{
        struct login first, login;

        pam_login_begin(SERVICE);
        first = login_open("alice");
        login = login_as("alice");
        shut(login.pid);
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(login_view(&login).st.st_gid, ALICE);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        assert_not_logged("is /proc mounted");
        assert_not_logged("(login:session)");
        ck_assert_int_eq(login_do(&login, do_close, NULL), PAM_SUCCESS);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        login_kill(&login);
        login_close(&first);
        ck_assert_uint_eq(scene_instances(ALICE), 0);
}
END_TEST

/* ------------------------------------------------------------------ who is denied */

/* The name may be what the remote side has typed: no line of its own, no escape sequence. */
START_TEST(the_name_of_who_is_denied_can_be_printed)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_as("no\n\033[2Jbody");
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_USER_UNKNOWN);
        assert_logged("(login:session): no??[2Jbody is denied: there is no such user");
        login_end(&login);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("trouble");
        TCase *tests = tcase_create("trouble");

        tcase_set_timeout(tests, 60);
        tcase_add_test(tests, a_lock_that_is_denied_is_said);
        tcase_add_test(tests, a_lock_that_is_denied_is_said_in_memory);
        tcase_add_test(tests, a_lock_that_somebody_has_is_no_trouble);
        tcase_add_test(tests, at_close_a_lock_that_is_denied_is_said);
        tcase_add_test(tests, at_close_a_trash_that_cannot_be_written_is_said);
        tcase_add_test(tests, at_open_a_trash_that_cannot_be_written_is_said_once);
        tcase_add_test(tests, a_trash_is_not_mentioned_where_it_can_be_written);
        tcase_add_test(tests, a_folder_of_records_that_cannot_be_used_is_said_once);
        tcase_add_test(tests, without_a_record_what_controls_a_fuse_denies_no_nested_session);
        tcase_add_test(tests, a_namespace_file_that_is_denied_denies_no_login);
        tcase_add_test(tests, the_name_of_who_is_denied_can_be_printed);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
