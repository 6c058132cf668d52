/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From where a login program was, out into a session, and back. */
#include <pthread.h>

#include "ground/cleanup.h"
#include "kit/ground.h"
#include "kit/stance.h"
#include "mounts/stance-save.h"

/* ------------------------------------------------------------------ there and back */

MACHINE_TEST(from_the_top_only_the_namespace_is_kept)
{
        must(chdir("/"));
        save_leave_return();
        save();
        ck_assert_int_ge(stance.ns.fd, 0);
        ck_assert_int_eq(stance.root.fd, -EBADF);
        ck_assert_int_eq(stance.cwd.fd, -EBADF);
        ck_assert_ptr_null(stance.path);
        ck_assert(stance.can_return);
        ck_assert_uint_eq(stance.here.number, where().ns);
}

MACHINE_TEST(from_a_directory_it_comes_back_to_that_directory)
{
        char now[PATH_MAX];

        must(chdir(HOME));
        save_leave_return();
        ck_assert_ptr_nonnull(getcwd(now, sizeof(now)));
        ck_assert_str_eq(now, HOME);
        save();
        ck_assert_str_eq(stance.path, HOME);
        ck_assert(stance.can_return);
}

MACHINE_TEST(from_a_deleted_directory_it_comes_back_to_that_directory)
{
        must(chdir(HOME));
        must(rmdir(HOME));
        save_leave_return();
        save();
        ck_assert_ptr_null(stance.path);
}

MACHINE_TEST(a_directory_that_was_deleted_meanwhile_is_still_the_one)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        leave();
        must(rmdir(HOME));
        check_return(&before);
}

MACHINE_TEST(a_directory_that_was_moved_meanwhile_is_still_the_one)
{
        struct where before;
        char now[PATH_MAX];

        must(chdir(HOME));
        before = where();
        save();
        leave();
        must(rename(HOME, OTHER "/moved"));
        must(mkdir(HOME, 0755));
        check_return(&before);
        ck_assert_ptr_nonnull(getcwd(now, sizeof(now)));
        ck_assert_str_eq(now, OTHER "/moved");
}

MACHINE_TEST(a_directory_that_others_may_not_enter_is_still_the_one)
{
        must(chown(HOME, ALICE, ALICE));
        must(chmod(HOME, 0));
        must(chdir(HOME));
        save_leave_return();
}

MACHINE_TEST(from_below_what_the_session_covered_it_comes_back_to_the_system_directory)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        leave();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(chdir(HOME));
        stance_settle(&stance);
        check_return(&before);
}

MACHINE_TEST(the_directory_can_be_had_again_on_its_own)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        must(chdir("/"));
        ck_assert_int_eq(stance_restore_cwd(&stance), 0);
        ck_assert(is_where(&before));
}

/* ------------------------------------------------------------------ moved by the application */

static void check_stays_in(const char *path, ino_t ns)
{
        struct seen seen = seen_at(AT_FDCWD, path);

        must(chdir(path));
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_uint_eq(where().ns, ns);
        ck_assert(is_same_directory(where().cwd, seen));
}

MACHINE_TEST(from_the_top_an_application_that_moved_stays_there)
{
        ino_t ns = where().ns;

        must(chdir("/"));
        save();
        leave();
        check_stays_in(OTHER, ns);
}

MACHINE_TEST(from_a_directory_an_application_that_moved_stays_there)
{
        ino_t ns = where().ns;

        must(chdir(HOME));
        save();
        leave();
        check_stays_in(OTHER, ns);
}

MACHINE_TEST(an_application_that_moved_to_the_top_stays_there)
{
        ino_t ns = where().ns;

        must(chdir(HOME));
        save();
        leave();
        check_stays_in("/", ns);
}

MACHINE_TEST(an_application_that_moved_to_a_directory_that_is_gone_stays_there)
{
        ino_t ns = where().ns;
        struct seen seen = seen_at(AT_FDCWD, OTHER);

        must(chdir(HOME));
        save();
        leave();
        must(chdir(OTHER));
        must(rmdir(OTHER));
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_uint_eq(where().ns, ns);
        ck_assert(is_same_directory(where().cwd, seen));
}

/* ------------------------------------------------------------------ a chroot */

MACHINE_TEST(in_a_chroot_root_is_the_same_again)
{
        make_jail();
        must(chroot(JAIL));
        must(chdir("/"));
        save_leave_return();
        must(chdir("/home"));
        save_leave_return();
        must(chdir("/proc"));
        save_leave_return();
        ck_assert_int_lt(open("/run", O_PATH | O_CLOEXEC), 0);
}

MACHINE_TEST(in_a_chroot_that_is_no_mount_root_is_the_same_again)
{
        struct where before;

        must(mkdir(JAIL "/proc", 0755));
        must(mount("/proc", JAIL "/proc", NULL, MS_BIND | MS_REC, NULL));
        must(chroot(JAIL));
        must(chdir("/"));
        before = where();
        save();
        must(unshare(CLONE_NEWNS));
        stance.at = STANCE_OWN;
        stance_settle(&stance);
        check_return(&before);
}

MACHINE_TEST(in_a_chroot_a_directory_outside_of_it_is_never_lost)
{
        int outside = must(open(HOME, O_PATH | O_DIRECTORY | O_CLOEXEC));
        struct where before;

        make_jail();
        must(chroot(JAIL));
        must(fchdir(outside));
        before = where();
        save();
        ck_assert_ptr_null(stance.path);
        leave();
        /* mountinfo in a chroot is silent about it: whether it is FUSE can't be told */
        if (stance_return(&stance) == 0)
                ck_assert(is_where(&before));
        ck_assert(is_same_directory(where().cwd, before.cwd));
        ck_assert(is_same_directory(where().root, before.root));
}

MACHINE_TEST(an_application_that_went_into_a_chroot_is_as_before_again)
{
        struct where before;

        make_jail();
        must(chdir("/"));
        before = where();
        save();
        leave();
        must(chroot(JAIL));
        must(chdir("/"));
        ck_assert_int_eq(stance_return(&stance), 0);
        ck_assert_uint_eq(where().ns, before.ns);
        ck_assert(is_same_spot(where().root, before.root));
}

/* ------------------------------------------------------------------ fds */

MACHINE_TEST(fds_are_of_three_or_above_and_close_on_exec)
{
        make_jail();
        must(chroot(JAIL));
        must(chdir("/home"));
        close(0);
        close(1);
        close(2);
        save();
        ck_assert_int_gt(stance.ns.fd, 2);
        ck_assert_int_gt(stance.root.fd, 2);
        ck_assert_int_gt(stance.cwd.fd, 2);
        ck_assert_int_eq(must(fcntl(stance.ns.fd, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(stance.root.fd, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(stance.cwd.fd, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_lt(fcntl(0, F_GETFD), 0);
        ck_assert_int_lt(fcntl(1, F_GETFD), 0);
        ck_assert_int_lt(fcntl(2, F_GETFD), 0);
}

/* The application closed the fd, and has another file there now. */
static void take_fd(int fd, const char *path)
{
        int other = must(open(path, O_RDONLY | O_CLOEXEC));

        must(dup2(other, fd));
        close(other);
}

static bool is_file(int fd, const char *path)
{
        _cleanup_close_ int there = must(open(path, O_RDONLY | O_CLOEXEC));

        return is_same_directory(seen_at(fd, ""), seen_at(there, ""));
}

static void save_in_jail(void)
{
        make_jail();
        must(chroot(JAIL));
        must(chdir("/home"));
        save();
        leave();
}

MACHINE_TEST(without_the_namespace_it_stays)
{
        int fd;

        save_in_jail();
        fd = stance.ns.fd;
        take_fd(fd, NAMESPACE_OWN);
        check_stays();
        stance_done(&stance);
        ck_assert(is_file(fd, NAMESPACE_OWN));
}

MACHINE_TEST(without_its_root_it_stays_in_its_chroot)
{
        int fd;

        save_in_jail();
        fd = stance.root.fd;
        take_fd(fd, "/proc");
        check_stays();
        stance_done(&stance);
        ck_assert(is_file(fd, "/proc"));
}

MACHINE_TEST(without_its_directory_it_stays_in_that_directory)
{
        int fd;

        save_in_jail();
        fd = stance.cwd.fd;
        take_fd(fd, "/proc");
        check_stays();
        ck_assert_int_lt(stance_restore_cwd(&stance), 0);
        stance_done(&stance);
        ck_assert(is_file(fd, "/proc"));
}

MACHINE_TEST(closed_fds_are_not_closed_again)
{
        must(chdir(HOME));
        save();
        leave();
        close(stance.ns.fd);
        close(stance.root.fd);
        close(stance.cwd.fd);
        check_stays();
        stance_done(&stance);
        ck_assert_int_eq(stance.ns.fd, -EBADF);
}

/* ------------------------------------------------------------------ what is missing */

MACHINE_TEST(without_proc_nothing_is_saved)
{
        struct seen root = seen_at(AT_FDCWD, "/"), cwd;
        unsigned fds = count_fds();

        must(chdir(HOME));
        cwd = seen_at(AT_FDCWD, "");
        while (umount2("/proc", MNT_DETACH) == 0)
                ;
        ck_assert_int_eq(stance_save(&stance, &heard.report), -ENOENT);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "/proc"));
        ck_assert_int_eq(stance.ns.fd, -EBADF);
        ck_assert(is_same_spot(seen_at(AT_FDCWD, "/"), root));
        ck_assert(is_same_spot(seen_at(AT_FDCWD, ""), cwd));
        must(mount("proc", "/proc", "proc", 0, NULL));
        ck_assert_uint_eq(count_fds(), fds);
}

MACHINE_TEST(without_the_right_to_go_back_it_stays)
{
        static const char *const dirs[] = {"/", HOME};

        for (size_t i = 0; i < 2; i++) {
                must(chdir(dirs[i]));
                if (i == 0)
                        drop_capability(CAP_SYS_CHROOT);
                save();
                leave();
                check_stays();
                stance_done(&stance);
        }
}

MACHINE_TEST(where_root_may_not_enter_its_own_directory_it_stays)
{
        must(chown(HOME, ALICE, ALICE));
        must(chmod(HOME, 0700));
        must(chdir(HOME));
        drop_capability(CAP_DAC_OVERRIDE);
        drop_capability(CAP_DAC_READ_SEARCH);
        save();
        leave();
        check_stays();
}

/* ------------------------------------------------------------------ threads */

struct thread {
        pthread_t id;
        int ready[2], go[2];
        struct where where;
};

static void *be_there(void *arg)
{
        struct thread *thread = arg;
        char byte;

        must((int)write(thread->ready[1], "", 1));
        must((int)read(thread->go[0], &byte, 1));
        thread->where = where();
        return NULL;
}

static void with_another_thread(const char *path)
{
        struct where before, session;
        struct thread thread;
        char byte;

        must(chdir(path));
        must(pipe2(thread.ready, O_CLOEXEC));
        must(pipe2(thread.go, O_CLOEXEC));
        ck_assert_int_eq(pthread_create(&thread.id, NULL, be_there, &thread), 0);
        must((int)read(thread.ready[0], &byte, 1));
        before = where();
        save();
        leave();
        session = where();
        ck_assert_uint_ne(session.ns, before.ns);
        check_return(&before);
        must((int)write(thread.go[1], "", 1));
        ck_assert_int_eq(pthread_join(thread.id, NULL), 0);
        ck_assert_uint_eq(thread.where.ns, before.ns);
        ck_assert(is_same_spot(thread.where.root, before.root));
        ck_assert(is_same_spot(thread.where.cwd, before.cwd));
}

MACHINE_TEST(another_thread_is_not_moved)
{
        with_another_thread("/");
}

MACHINE_TEST(another_thread_is_not_moved_from_a_directory)
{
        with_another_thread(HOME);
}

int main(void)
{
        Suite *suite = suite_create("stance");
        TCase *back = tcase_create("back"), *jail = tcase_create("chroot"),
              *fds = tcase_create("fds"), *missing = tcase_create("missing"),
              *threads = tcase_create("threads");

        tcase_add_test(back, from_the_top_only_the_namespace_is_kept);
        tcase_add_test(back, from_a_directory_it_comes_back_to_that_directory);
        tcase_add_test(back, from_a_deleted_directory_it_comes_back_to_that_directory);
        tcase_add_test(back, a_directory_that_was_deleted_meanwhile_is_still_the_one);
        tcase_add_test(back, a_directory_that_was_moved_meanwhile_is_still_the_one);
        tcase_add_test(back, a_directory_that_others_may_not_enter_is_still_the_one);
        tcase_add_test(back,
                       from_below_what_the_session_covered_it_comes_back_to_the_system_directory);
        tcase_add_test(back, the_directory_can_be_had_again_on_its_own);
        tcase_add_test(back, from_the_top_an_application_that_moved_stays_there);
        tcase_add_test(back, from_a_directory_an_application_that_moved_stays_there);
        tcase_add_test(back, an_application_that_moved_to_the_top_stays_there);
        tcase_add_test(back, an_application_that_moved_to_a_directory_that_is_gone_stays_there);
        suite_add_tcase(suite, back);

        tcase_add_test(jail, in_a_chroot_root_is_the_same_again);
        tcase_add_test(jail, in_a_chroot_that_is_no_mount_root_is_the_same_again);
        tcase_add_test(jail, in_a_chroot_a_directory_outside_of_it_is_never_lost);
        tcase_add_test(jail, an_application_that_went_into_a_chroot_is_as_before_again);
        suite_add_tcase(suite, jail);

        tcase_add_test(fds, fds_are_of_three_or_above_and_close_on_exec);
        tcase_add_test(fds, without_the_namespace_it_stays);
        tcase_add_test(fds, without_its_root_it_stays_in_its_chroot);
        tcase_add_test(fds, without_its_directory_it_stays_in_that_directory);
        tcase_add_test(fds, closed_fds_are_not_closed_again);
        suite_add_tcase(suite, fds);

        tcase_add_test(missing, without_proc_nothing_is_saved);
        tcase_add_test(missing, without_the_right_to_go_back_it_stays);
        tcase_add_test(missing, where_root_may_not_enter_its_own_directory_it_stays);
        suite_add_tcase(suite, missing);

        tcase_add_test(threads, another_thread_is_not_moved);
        tcase_add_test(threads, another_thread_is_not_moved_from_a_directory);
        suite_add_tcase(suite, threads);
        return scratch_run(suite);
}
