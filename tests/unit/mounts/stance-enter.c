/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Into the namespace of PID 1, into that of another session, and back; and where a FUSE file system
 * stands in the way.
 */
#include "ground/cleanup.h"
#include "kit/fuse.h"
#include "kit/ground.h"
#include "kit/stance.h"

/* ------------------------------------------------------------------ to PID 1's namespace */

static struct namespace_id first;

/* In the session of another user: a namespace below PID 1's. */
static void be_inside(void)
{
        ck_assert_int_eq(namespace_open(NAMESPACE_FIRST, &first, NULL), 0);
        own_slave_mounts();
}

static void check_enters(bool aside, struct seen cwd)
{
        struct seen root = seen_at(AT_FDCWD, "/");

        save();
        ck_assert_int_eq(stance_go_first(&stance, &first, aside), 1);
        ck_assert_int_eq(stance.at, STANCE_FIRST);
        ck_assert_int_eq(stance.from, STANCE_FIRST);
        ck_assert_uint_eq(stance.here.number, first.number);
        ck_assert_uint_eq(where().ns, first.number);
        ck_assert(is_same_directory(where().root, root));
        ck_assert(is_same_spot(where().cwd, cwd));
}

static void check_does_not_enter(bool aside)
{
        struct where before = where();

        save();
        ck_assert_int_eq(stance_go_first(&stance, &first, aside), 0);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert_int_eq(stance.from, STANCE_CALLER);
        ck_assert(is_where(&before));
}

MACHINE_TEST(from_the_top_it_enters)
{
        struct seen top = seen_at(AT_FDCWD, "/");

        must(chdir("/"));
        be_inside();
        check_enters(false, top);
        ck_assert(is_same_spot(where().root, top));
}

MACHINE_TEST(from_a_directory_that_is_the_same_there_it_enters)
{
        struct seen home = seen_at(AT_FDCWD, HOME);

        must(chdir(HOME));
        be_inside();
        check_enters(false, home);
}

MACHINE_TEST(from_a_directory_that_is_another_there_it_does_not_enter)
{
        be_inside();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(chdir(HOME));
        check_does_not_enter(false);
}

MACHINE_TEST(from_a_directory_that_is_not_there_it_does_not_enter)
{
        be_inside();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(mkdir(HOME "/sub", 0755));
        must(chdir(HOME "/sub"));
        check_does_not_enter(false);
}

MACHINE_TEST(from_a_directory_that_a_link_leads_to_there_it_does_not_enter)
{
        must(mkdir(OTHER "/real", 0755));
        must(symlink(OTHER "/real", HOME "/link"));
        be_inside();
        must(mkdir(OTHER "/top", 0755));
        must(mount(OTHER, HOME, NULL, MS_BIND, NULL));
        must(rename(HOME "/real", HOME "/link"));
        must(symlink(OTHER "/link", OTHER "/real"));
        must(chdir(HOME "/link"));
        check_does_not_enter(false);
}

MACHINE_TEST(from_a_deleted_directory_it_does_not_enter)
{
        must(chdir(HOME));
        must(rmdir(HOME));
        be_inside();
        check_does_not_enter(false);
}

MACHINE_TEST(where_somebody_else_sees_to_the_directory_it_enters_at_the_top)
{
        struct seen top = seen_at(AT_FDCWD, "/");

        be_inside();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        must(chdir(HOME));
        check_enters(true, top);
}

MACHINE_TEST(it_enters_only_the_namespace_that_is_wanted)
{
        must(chdir("/"));
        be_inside();
        first.number++;
        check_does_not_enter(false);
        first.number--;
        first.id++;
        check_does_not_enter(false);
}

MACHINE_TEST(a_chroot_is_not_left)
{
        make_jail();
        be_inside();
        must(chroot(JAIL));
        must(chdir("/"));
        check_does_not_enter(false);
        check_does_not_enter(true);
        must(chdir("/home"));
        check_does_not_enter(false);
        check_does_not_enter(true);
}

MACHINE_TEST(without_the_right_to_enter_it_does_not)
{
        must(chdir(HOME));
        be_inside();
        drop_capability(CAP_SYS_CHROOT);
        check_does_not_enter(false);
        check_does_not_enter(true);
}

/* ------------------------------------------------------------------ to another session's namespace
 */

static void make_session(void *arg)
{
        own_slave_mounts();
        if (arg) /* covers where the caller is */
                must(mount("tmpfs", arg, "tmpfs", 0, NULL));
}

/* Another session's namespace, as an fd, and which that is. */
static int open_session(pid_t opener, struct namespace_id *id)
{
        char path[64];
        int fd = -EBADF;

        (void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", opener);
        ck_assert_int_eq(namespace_open(path, id, &fd), 0);
        return fd;
}

static void check_joins(pid_t opener)
{
        struct namespace_id id, from = stance.here;
        int fd = open_session(opener, &id);
        struct where before = where();
        enum stance_at at = stance.at;

        ck_assert_int_eq(stance_join(&stance, fd, &id, false), 1);
        ck_assert_int_eq(stance.at, STANCE_JOINED);
        ck_assert_uint_eq(stance.here.number, id.number);
        ck_assert_uint_eq(where().ns, id.number);
        ck_assert(is_same_directory(where().cwd, before.cwd));
        ck_assert_int_eq(stance_part(&stance), 0);
        ck_assert_int_eq(stance.at, at);
        ck_assert(namespace_is_same(&stance.here, &from));
        ck_assert(is_where(&before));
        /* and back from there, as at the end of a session */
        ck_assert_int_eq(stance_join(&stance, fd, &id, false), 1);
        stance_settle(&stance);
}

MACHINE_TEST(it_joins_and_parts_and_comes_back)
{
        pid_t opener = child_start(make_session, NULL);
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        check_joins(opener);
        check_return(&before);
        child_end(opener);
}

MACHINE_TEST(from_the_first_namespace_too_it_joins_and_parts_and_comes_back)
{
        pid_t opener = child_start(make_session, NULL);
        struct where before;

        must(chdir(HOME));
        be_inside();
        before = where();
        save();
        ck_assert_int_eq(stance_go_first(&stance, &first, false), 1);
        check_joins(opener);
        ck_assert(namespace_is_same(&stance.origin, &first));
        check_return(&before);
        child_end(opener);
}

MACHINE_TEST(where_the_directory_is_another_it_comes_back_at_once)
{
        static char home[] = HOME;
        pid_t opener = child_start(make_session, home);
        struct namespace_id id;
        int fd = open_session(opener, &id);
        struct where before;

        must(chdir(HOME));
        before = where();
        save();
        ck_assert_int_eq(stance_join(&stance, fd, &id, false), -ESTALE);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert(is_where(&before));
        /* unless somebody sees to the directory */
        ck_assert_int_eq(stance_join(&stance, fd, &id, true), 1);
        ck_assert_int_eq(stance.at, STANCE_JOINED);
        child_end(opener);
}

MACHINE_TEST(without_a_way_back_it_is_lost)
{
        pid_t opener = child_start(make_session, NULL);
        struct namespace_id id;
        int fd = open_session(opener, &id);

        must(chdir("/"));
        save();
        ck_assert_int_eq(stance_join(&stance, fd, &id, false), 1);
        close(stance.ns.fd);
        ck_assert_int_lt(stance_part(&stance), 0);
        ck_assert_int_eq(stance.at, STANCE_LOST);
        child_end(opener);
}

MACHINE_TEST(without_the_right_to_leave_it_stays)
{
        struct where before = where();

        save();
        drop_capability(CAP_SYS_ADMIN);
        ck_assert_int_eq(stance_make_own(&stance, &heard.report), -EPERM);
        ck_assert_int_eq(stance.at, STANCE_CALLER);
        ck_assert(is_where(&before));
}

MACHINE_TEST(what_is_mounted_in_its_own_namespace_is_not_seen_elsewhere)
{
        struct where before;

        must(chdir("/"));
        before = where();
        save();
        leave();
        must(mount("tmpfs", HOME, "tmpfs", 0, NULL));
        write_file(AT_FDCWD, HOME "/inside", "");
        check_return(&before);
        ck_assert(!is_there(AT_FDCWD, HOME "/inside"));
}

/* ------------------------------------------------------------------ FUSE */

MACHINE_TEST(a_fuse_that_the_caller_is_on_is_not_asked)
{
        pid_t server = fuse_mount(HOME, ALICE);

        must(chdir(HOME));
        be_inside();
        fuse_silence(server);
        save();
        ck_assert(!stance.can_return);
        leave();
        check_stays();
        check_does_not_enter(false);
        check_does_not_enter(true);
}

MACHINE_TEST(a_fuse_that_the_application_moved_to_is_not_asked)
{
        pid_t server = fuse_mount(OTHER, ALICE);

        must(chdir(HOME));
        save();
        leave();
        must(chdir(OTHER));
        fuse_silence(server);
        check_stays();
}

MACHINE_TEST(a_fuse_that_lies_elsewhere_is_not_asked)
{
        struct where before;

        must(chdir(HOME));
        before = where();
        fuse_silence(fuse_mount(OTHER, ALICE));
        save();
        leave();
        check_return(&before);
}

MACHINE_TEST(a_fuse_on_the_way_to_the_directory_is_not_asked)
{
        pid_t server = fuse_mount(HOME, ALICE);
        struct where before;

        must(mount("tmpfs", HOME "/sub", "tmpfs", 0, NULL));
        must(chdir(HOME "/sub"));
        be_inside();
        before = where();
        fuse_silence(server);
        check_does_not_enter(false);
        leave();
        check_return(&before);
}

MACHINE_TEST(a_fuse_in_the_place_of_the_directory_is_not_asked)
{
        must(mkdir(HOME "/sub", 0755));
        be_inside();
        must(chdir(HOME "/sub"));
        {
                _cleanup_close_ int own = must(open(NAMESPACE_OWN, O_RDONLY | O_CLOEXEC));
                _cleanup_close_ int cwd = must(open(".", O_PATH | O_CLOEXEC));
                _cleanup_close_ int there = must(open(NAMESPACE_FIRST, O_RDONLY | O_CLOEXEC));

                must(setns(there, CLONE_NEWNS));
                must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
                fuse_silence(fuse_mount(HOME, ALICE));
                must(setns(own, CLONE_NEWNS));
                must(fchdir(cwd));
        }
        check_does_not_enter(false);
}

int main(void)
{
        Suite *suite = suite_create("stance-enter");
        TCase *enter = tcase_create("first"), *join = tcase_create("join"),
              *fuse = tcase_create("fuse");

        tcase_add_test(enter, from_the_top_it_enters);
        tcase_add_test(enter, from_a_directory_that_is_the_same_there_it_enters);
        tcase_add_test(enter, from_a_directory_that_is_another_there_it_does_not_enter);
        tcase_add_test(enter, from_a_directory_that_is_not_there_it_does_not_enter);
        tcase_add_test(enter, from_a_directory_that_a_link_leads_to_there_it_does_not_enter);
        tcase_add_test(enter, from_a_deleted_directory_it_does_not_enter);
        tcase_add_test(enter, where_somebody_else_sees_to_the_directory_it_enters_at_the_top);
        tcase_add_test(enter, it_enters_only_the_namespace_that_is_wanted);
        tcase_add_test(enter, a_chroot_is_not_left);
        tcase_add_test(enter, without_the_right_to_enter_it_does_not);
        suite_add_tcase(suite, enter);

        tcase_add_test(join, it_joins_and_parts_and_comes_back);
        tcase_add_test(join, from_the_first_namespace_too_it_joins_and_parts_and_comes_back);
        tcase_add_test(join, where_the_directory_is_another_it_comes_back_at_once);
        tcase_add_test(join, without_a_way_back_it_is_lost);
        tcase_add_test(join, without_the_right_to_leave_it_stays);
        tcase_add_test(join, what_is_mounted_in_its_own_namespace_is_not_seen_elsewhere);
        suite_add_tcase(suite, join);

        if (fuse_is_there()) {
                tcase_set_timeout(fuse, 30);
                tcase_add_test(fuse, a_fuse_that_the_caller_is_on_is_not_asked);
                tcase_add_test(fuse, a_fuse_that_the_application_moved_to_is_not_asked);
                tcase_add_test(fuse, a_fuse_that_lies_elsewhere_is_not_asked);
                tcase_add_test(fuse, a_fuse_on_the_way_to_the_directory_is_not_asked);
                tcase_add_test(fuse, a_fuse_in_the_place_of_the_directory_is_not_asked);
                suite_add_tcase(suite, fuse);
        }
        return scratch_run(suite);
}
