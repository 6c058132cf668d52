/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions that are not joined, for what covers is not what it was; and a FUSE that never answers.
 */
#include "kit/fuse.h"
#include "kit/join.h"
#include "kit/login.h"

/* ------------------------------------------------------------------ covers */

static int do_uncover(void *arg)
{
        (void)arg;
        return umount2("/tmp", MNT_DETACH) < 0 ? -errno : 0;
}

/* The same file system, with the same flags. */
static int do_cover_by_part(void *arg)
{
        (void)arg;
        return mkdir("/tmp/part", 0777) < 0 || mount("/tmp/part", "/tmp", NULL, MS_BIND, NULL) < 0
                       ? -errno
                       : 0;
}

/* Another file system, a directory of the same number. */
static int do_cover_by_number(void *arg)
{
        struct stat wanted, st = {0};
        char path[64];

        (void)arg;
        if (stat("/tmp", &wanted) < 0 ||
            mount("tmpfs", "/srv/dir", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) < 0)
                return -errno;
        for (unsigned i = 0; i < 10000 && st.st_ino != wanted.st_ino; i++) {
                snprintf(path, sizeof(path), "/srv/dir/%u", i);
                if (mkdir(path, 0777) < 0 || stat(path, &st) < 0)
                        return -errno;
        }
        if (st.st_ino != wanted.st_ino)
                return -ENOENT;
        return mount(path, "/tmp", NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static int remount(unsigned long flags)
{
        return mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0 ? -errno : 0;
}

static int do_allow_exec(void *arg)
{
        (void)arg;
        return remount(MS_NOSUID | MS_NODEV);
}

static int do_allow_suid(void *arg)
{
        (void)arg;
        return remount(MS_NOEXEC | MS_NODEV);
}

static int do_allow_dev(void *arg)
{
        (void)arg;
        return remount(MS_NOEXEC | MS_NOSUID);
}

static int (*const changes[])(void *) = {
        do_uncover,    do_cover,      do_cover_by_part, do_cover_by_number,
        do_allow_exec, do_allow_suid, do_allow_dev,
};

enum {
        CHANGES = sizeof(changes) / sizeof(changes[0]),
};

START_TEST(where_root_has_changed_what_covers_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, changes[_i], NULL), 0);
        second_stays_apart(&first, &was, "a directory is covered by something else");
}
END_TEST

/* Of two directories one is enough. */
START_TEST(where_root_has_changed_one_of_two_covers_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        scene_write("/srv/table", _i ? "/srv/base /tmp *\n/srv/base /srv/dir *\n"
                                     : "/srv/base /srv/dir *\n/srv/base /tmp *\n");
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, do_cover, NULL), 0);
        second_stays_apart(&first, &was, "a directory is covered by something else");
}
END_TEST

/* Another "/", with the same cover. */
static int do_cover_top(void *arg)
{
        (void)arg;
        if (mount("tmpfs", "/srv/dir", "tmpfs", 0, NULL) < 0 || mkdir("/srv/dir/tmp", 0755) < 0 ||
            mount("/tmp", "/srv/dir/tmp", NULL, MS_BIND, NULL) < 0 ||
            mount("/srv/dir", "/", NULL, MS_BIND | MS_REC, NULL) < 0)
                return -errno;
        return 0;
}

START_TEST(where_root_has_changed_the_top_nobody_joins)
{
        struct login first;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, do_cover_top, NULL), 0);
        second_stays_apart(&first, &was, "\"/\" or the working directory is another there");
}
END_TEST

/* The instance shows, but what is mounted is the directory above. */
static int do_cover_parent(void *instance)
{
        return umount2("/srv/top/root", MNT_DETACH) < 0 ||
                               mount(instance, "/srv/top", NULL, MS_BIND, NULL) < 0
                       ? -errno
                       : 0;
}

START_TEST(an_instance_that_is_not_what_is_mounted_is_no_cover)
{
        char *instance;
        struct login first;
        struct seen was;

        set_up();
        instance = scene->text; /* in both processes */
        ck_assert_int_eq(mkdir("/srv/top", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/top/root", 0755), 0);
        scene_write("/srv/table", "/srv/base /srv/top/root * exec,suid,dev\n");
        first = first_session();
        was = look(&first);
        scene_instance(ALICE, instance);
        ck_assert_int_eq(login_do(&first, do_cover_parent, instance), 0);
        second_stays_apart(&first, &was, "a directory is covered by something else");
}
END_TEST

/* ------------------------------------------------------------------ instances in the trash */

/* What a mad administrator, or a bug of ours, would do. */
static void throw_away(void)
{
        char path[PATH_MAX];

        scene_instance(ALICE, path);
        (void)mkdir(SCENE_BASE "/.trash", 0700); /* it may be there */
        ck_assert_int_eq(rename(path, SCENE_BASE "/.trash/1001.thrown"), 0);
}

START_TEST(an_instance_in_the_trash_is_not_joined)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        throw_away();
        second = caller(NULL, NULL);
        open_as(&second, "alice");
        ck_assert_uint_ne(look(&second).ns.number, was.ns.number);
        ck_assert(!is_same_file(look(&second).tmp, was.tmp));
        close_session(&second);
        close_session(&first);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

/* Names are random: some day one is used again. */
START_TEST(an_instance_with_the_name_of_one_in_the_trash_is_not_that)
{
        struct login first, helper, third;
        char path[PATH_MAX], other[PATH_MAX];
        struct seen was, new;

        set_up();
        first = first_session();
        was = look(&first);
        scene_instance(ALICE, path);
        throw_away();
        helper = caller(NULL, NULL);
        open_as(&helper, "alice");
        new = look(&helper);
        scene_instance(ALICE, other);
        ck_assert_int_eq(rename(other, path), 0);
        third = caller(NULL, NULL);
        stays_apart(&third, &new, "a directory is covered by something else");
        ck_assert_uint_ne(look(&third).ns.number, was.ns.number);
        close_session(&first);
        close_session(&helper);
        close_session(&third);
        scene_empty_trash();
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ a FUSE that never answers */

static pid_t fuse_server; /* of this login program */

static int do_fuse(void *path)
{
        fuse_server = fuse_mount(path, ALICE);
        /* and it has answered: the mount is complete */
        return access(path, F_OK) < 0 ? -errno : 0;
}

static int do_fuse_silence(void *arg)
{
        (void)arg;
        must(kill(fuse_server, SIGSTOP));
        must(waitpid(fuse_server, NULL, WUNTRACED));
        return 0;
}

static int do_fuse_end(void *arg)
{
        (void)arg;
        child_end(fuse_server);
        return 0;
}

static const struct {
        const char *fuse, *cwd;
        const char *why; /* NULL: it is joined */
} fuses[] = {
        {"/tmp", "/", "a directory is covered by something else"},
        {"/tmp", "/tmp", "a directory is covered by something else"},
        {"/tmp", "/srv/dir", "a directory is covered by something else"},
        {"/srv/dir/sub", "/srv/dir/sub", "\"/\" or the working directory is another there"},
        {"/srv/dir", "/srv/dir/sub", "\"/\" or the working directory is another there"},
        {"/home/alice", "/home/alice", "\"/\" or the working directory is another there"},
        {"/home", "/home/alice", "\"/\" or the working directory is another there"},
        {"/home/alice", "/", NULL},
        {"/srv/dir/sub", "/srv/dir", NULL},
};

enum {
        FUSES = sizeof(fuses) / sizeof(fuses[0]),
};

START_TEST(a_fuse_in_the_session_is_not_asked)
{
        struct login first, second;
        struct seen was;

        set_up();
        if (!fuse_is_there())
                return;
        /* with this mode the user may do that to /tmp itself */
        scene_write("/srv/table", "/srv/base /tmp * mode=0770\nnone /tmp root\n");
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(login_do(&first, do_fuse, fuses[_i].fuse), 0);
        ck_assert_int_eq(login_do(&first, do_fuse_silence, NULL), 0);
        second = caller(do_chdir, fuses[_i].cwd);
        if (fuses[_i].why)
                stays_apart(&second, &was, fuses[_i].why);
        else
                joins(&second, &was);
        close_session(&second);
        ck_assert_int_eq(promptly(&first, do_join_close, NULL), 0);
        assert_same_fds(&first.before, login_state(&first));
        ck_assert_uint_eq(scene->state.ns, first.before.ns);
        assert_nothing_left();
        ck_assert_int_eq(login_do(&first, do_fuse_end, NULL), 0);
        login_end(&first);
}
END_TEST

/* The second caller is on it, or on a disk below it, already: the host has it. */
START_TEST(a_fuse_that_the_caller_is_on_is_not_asked)
{
        struct login host, first, second;
        struct scene_spot cwd;
        struct seen was;

        set_up();
        if (!fuse_is_there())
                return;
        host = caller(do_fuse, "/srv/dir");
        if (_i)
                scene_mount("tmpfs", "/srv/dir/sub", "tmpfs", 0, NULL);
        scene_mounted();
        first = first_session();
        was = look(&first);
        second = caller(do_chdir, _i ? "/srv/dir/sub" : "/srv/dir");
        ck_assert_int_eq(login_do(&host, do_fuse_silence, NULL), 0);
        stays_apart(&second, &was,
                    _i ? "\"/\" or the working directory is another there"
                       : "its namespace can't be entered from here");
        cwd = second.before.cwd;
        ck_assert(is_same_file(look(&second).cwd, cwd));
        ck_assert_int_eq(promptly(&second, do_join_close, NULL), 0);
        ck_assert(is_same_file(look(&second).cwd, cwd));
        login_end(&second);
        close_session(&first);
        assert_nothing_left();
        child_end(host.pid);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("join-cover");
        TCase *tests;

        tests = scratch_case(suite, "covers");
        tcase_add_loop_test(tests, where_root_has_changed_what_covers_nobody_joins, 0, CHANGES);
        tcase_add_loop_test(tests, where_root_has_changed_one_of_two_covers_nobody_joins, 0, 2);
        tcase_add_test(tests, where_root_has_changed_the_top_nobody_joins);
        tcase_add_test(tests, an_instance_that_is_not_what_is_mounted_is_no_cover);
        tcase_add_test(tests, an_instance_in_the_trash_is_not_joined);
        tcase_add_test(tests, an_instance_with_the_name_of_one_in_the_trash_is_not_that);
        tests = scratch_case(suite, "fuse");
        tcase_add_loop_test(tests, a_fuse_in_the_session_is_not_asked, 0, FUSES);
        tcase_add_loop_test(tests, a_fuse_that_the_caller_is_on_is_not_asked, 0, 2);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
