/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions: the order in which things are done, and sessions inside sessions. */
#include <sys/file.h>

#include "ground/cleanup.h"
#include "kit/fault.h"
#include "kit/fuse.h"
#include "kit/login.h"
#include "kit/scenario.h"
#include "lifetime/record.h"

/* ------------------------------------------------------------------ the order of things */

static ino_t first_ns;

static void fail_in_login(const char *words)
{
        snprintf(scene->text, sizeof(scene->text), "%s", words);
        scene->numbers[3]++;
}

/* What covers has its flags, is not to be seen, and nothing is shared with the host any more. */
static void check_move_mount(int tree)
{
        static char mounts[SCENE_TEXT];
        struct scene_spot covering = scene_spot(tree, ""), there = scene_spot(AT_FDCWD, "/tmp");
        struct statvfs fs;

        scene->numbers[4]++;
        if (fstatvfs(tree, &fs) < 0 || (fs.f_flag & ALL_FLAGS) != ALL_FLAGS)
                fail_in_login("attached without its flags");
        if (covering.mount == there.mount)
                fail_in_login("seen before it is attached");
        if (scene_ns() == first_ns)
                fail_in_login("attached in the host's namespace");
        scene_read("/proc/self/mountinfo", mounts, sizeof(mounts));
        if (strstr(mounts, " shared:"))
                fail_in_login("attached where the host would see it");
}

static int do_open_watched(void *user)
{
        int r;

        at_move_mount = check_move_mount;
        r = do_session_open_faulty(user);
        at_move_mount = NULL;
        return r;
}

START_TEST(what_covers_has_its_flags_before_it_is_attached)
{
        struct login login;

        scene_begin();
        if (_i) {
                /* in memory */
                ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
                scene_mount("tmpfs", SCENE_BASE, "tmpfs", MS_RDONLY, "mode=700");
                scene_mounted();
        }
        first_ns = scene_ns();
        login = login_start();
        ck_assert_int_eq(login_do(&login, do_open_watched, "alice"), 0);
        ck_assert_msg(scene->numbers[3] == 0, "%s", scene->text);
        ck_assert_int_eq(scene->numbers[4], 1);
        assert_mounts_unchanged();
        login_do(&login, do_session_close, NULL);
        login_end(&login);
}
END_TEST

/* Nobody else can have the lock of what is renamed into the trash, or of a tree that is there. */
static void check_rename(int old_dir, const char *old, const char *new)
{
        char path[NAME_MAX + 8];
        int fd;

        if (!strchr(new, '.'))
                return; /* into its place */
        scene->numbers[4]++;
        snprintf(path, sizeof(path), "%s%s", old, strchr(old + 1, '.') ? "" : "/lock");
        fd = openat(old_dir, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
                fail_in_login("ended without its lock");
        close(fd);
}

static int do_open_and_close_watched(void *user)
{
        int r;

        at_rename = check_rename;
        r = do_session_open_faulty(user);
        do_session_close_faulty(NULL);
        at_rename = NULL;
        return r;
}

START_TEST(an_instance_is_ended_by_who_has_its_lock_exclusively)
{
        struct login login;

        scene_begin();
        leave_stale();
        login = login_start();
        ck_assert_int_eq(login_do(&login, do_open_and_close_watched, "alice"), 0);
        ck_assert_msg(scene->numbers[3] == 0, "%s", scene->text);
        ck_assert_int_eq(scene->numbers[4],
                         3); /* the stale one, that again to be deleted, and its own */
        login_end(&login);
}
END_TEST

START_TEST(where_the_mounts_can_not_be_made_slave_open_is_refused)
{
        struct scene_state before;
        struct login login;

        scene_begin();
        fault_choose((struct fault){"mount_setattr", 2, EINVAL, false});
        login = login_start();
        before = *login_state(&login);
        ck_assert_int_eq(login_do(&login, do_session_open_faulty, "alice"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(scene->text, "can't make the mounts slave"));
        assert_same_state(&before, login_state(&login));
        assert_nothing_left();
        login_end(&login);
}
END_TEST

/* ------------------------------------------------------------------ sessions inside sessions */

/* In the session: a file system that only it has, and one on top of what covers /tmp. */
static int do_own_mounts(void *arg)
{
        (void)arg;
        if (mount("tmpfs", "/srv/disk", "tmpfs", 0, NULL) < 0 ||
            mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0)
                return -errno;
        return do_make_file(as_mutable("/srv/disk/file"));
}

/* A scene with an open session of alice's, and a login program in it. */
static struct login begin_inside(const char *table)
{
        struct login outer;

        scene_begin();
        scene_write("/srv/table", table);
        ck_assert_int_eq(mkdir("/srv/disk", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/dir", 01777), 0);
        outer = login_start();
        ck_assert_int_eq(login_do(&outer, do_session_open, "alice"), 0);
        return outer;
}

static struct scene_state inner_state(struct login *outer)
{
        login_inner(outer, do_state, NULL);
        return scene->state;
}

static struct scene_view inner_view(struct login *outer)
{
        ck_assert_int_eq(login_inner(outer, do_view, NULL), 0);
        return scene->view;
}

/* The record of the namespace. */
static struct record find_record(ino_t ns)
{
        DIR *dir = opendir("/run/privtmp");
        char text[RECORD_BYTES + 1], prefix[32];
        struct record record;

        ck_assert_ptr_nonnull(dir);
        snprintf(prefix, sizeof(prefix), "%ju.", (uintmax_t)ns);
        for (struct dirent *entry; (entry = readdir(dir));) {
                ssize_t n;

                if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
                        continue;
                n = readlinkat(dirfd(dir), entry->d_name, text, sizeof(text) - 1);
                ck_assert_int_gt(n, 0);
                text[n] = '\0';
                ck_assert_int_eq(record_parse(text, &record), 0);
                closedir(dir);
                return record;
        }
        ck_abort_msg("no record of namespace %s", prefix);
        return record;
}

/* Ends the inner login program, which has closed; the outer must be as it was. */
static void end_inside(struct login *outer, const struct scene_state *before)
{
        login_do(outer, do_inner_end, NULL);
        assert_same_state(before, login_state(outer));
        login_do(outer, do_session_close, NULL);
        login_end(outer);
        assert_nothing_left();
}

START_TEST(an_inner_session_begins_where_the_outer_one_did)
{
        struct scene_state outer_before, before, open;
        struct record record;
        struct login outer = begin_inside(SCENE_TABLE);

        ck_assert_int_eq(login_do(&outer, do_own_mounts, NULL), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_session_open, "bob"), 0);
        open = inner_state(&outer);
        ck_assert_uint_ne(open.ns, before.ns);
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        ck_assert(!login_inner(&outer, do_has, "/srv/disk/file"));
        login_inner(&outer, do_read, "/proc/self/mountinfo");
        ck_assert_ptr_null(strstr(scene->text, "/1001/"));
        record = find_record(open.ns);
        ck_assert(!record.nested);
        ck_assert_uint_eq(record.left.number, scene_ns());
        ck_assert_uint_eq(record.uid, BOB);

        login_inner(&outer, do_session_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        ck_assert(login_inner(&outer, do_has, "/srv/disk/file"));
        end_inside(&outer, &outer_before);
}
END_TEST

START_TEST(where_that_is_not_to_be_had_the_outer_covers_are_taken_off)
{
        struct scene_state outer_before, before, open;
        struct record record;
        struct login outer;

        first_hidden = true;
        outer = begin_inside(TWO_DIRECTORIES);
        ck_assert_int_eq(login_do(&outer, do_own_mounts, NULL), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_session_open, "bob"), 0);
        open = inner_state(&outer);
        ck_assert_uint_ne(open.ns, before.ns);
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        /* neither below nor above: nor what alice had mounted on hers */
        login_inner(&outer, do_read, "/proc/self/mountinfo");
        ck_assert_ptr_null(strstr(scene->text, "/1001/"));
        record = find_record(open.ns);
        ck_assert(record.nested);
        ck_assert_uint_eq(record.left.number, outer_before.ns);

        login_inner(&outer, do_session_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        end_inside(&outer, &outer_before);
}
END_TEST

START_TEST(a_plan_that_covers_nothing_ends_in_the_namespace_of_process_1)
{
        struct scene_state outer_before, before, open;
        struct login outer = begin_inside(SCENE_TABLE);

        scene_write("/tmp/systems", "");
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_session_open, "games"), 0);
        open = inner_state(&outer);
        ck_assert_uint_eq(open.ns, scene_ns());
        ck_assert(login_inner(&outer, do_has, "/tmp/systems"));
        ck_assert_uint_eq(scene_entries("/run/privtmp"), 1);
        login_inner(&outer, do_session_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        end_inside(&outer, &outer_before);
}
END_TEST

/* The so many-th file can't be opened. */
static int do_open_short_of_fds(void *nth)
{
        fault_choose((struct fault){"open64", (unsigned)(uintptr_t)nth, EMFILE, false});
        return do_session_open_faulty(as_mutable("bob"));
}

/* There would be no way back. */
START_TEST(where_the_caller_can_not_be_kept_an_inner_session_is_refused)
{
        struct scene_state outer_before, before, after;
        struct login outer = begin_inside(SCENE_TABLE);
        unsigned refusals = 0;
        bool hit = true;

        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        for (uintptr_t n = 1; hit; n++) {
                int r = login_inner(&outer, do_open_short_of_fds, (void *)n);

                hit = scene->numbers[1];
                if (strstr(scene->text, "can't save where the caller is")) {
                        refusals++;
                        ck_assert_int_eq(r, -EMFILE);
                        after = inner_state(&outer);
                        assert_same_state(&before, &after);
                }
                login_inner(&outer, do_session_close, NULL);
        }
        ck_assert_uint_gt(refusals, 0);
        end_inside(&outer, &outer_before);
}
END_TEST

static int do_make_and_enter(void *path)
{
        return mkdir(path, 0777) < 0 || chdir(path) < 0 ? -errno : 0;
}

/* Below what is taken off: a command with relative names acts on what the caller saw. */
START_TEST(a_working_directory_that_is_uncovered_stays_the_same)
{
        struct scene_state outer_before, before, open;
        struct login outer;

        first_hidden = _i;
        outer = begin_inside(SCENE_TABLE);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_make_and_enter, "/tmp/x"), 0);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_session_open, "games"), 0);
        open = inner_state(&outer);
        ck_assert(is_same_cwd(&before, &open));
        ck_assert(!login_inner(&outer, do_has, "/tmp/x"));
        login_inner(&outer, do_session_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        end_inside(&outer, &outer_before);
}
END_TEST

/* It is not to be found elsewhere, so there is no way home. */
START_TEST(a_working_directory_that_only_the_outer_session_has_stays_the_same)
{
        struct scene_state outer_before, before, open;
        struct login outer = begin_inside(SCENE_TABLE);

        ck_assert_int_eq(login_do(&outer, do_own_mounts, NULL), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_chdir, "/srv/disk"), 0);
        before = inner_state(&outer);
        ck_assert_int_eq(login_inner(&outer, do_session_open, "bob"), 0);
        open = inner_state(&outer);
        ck_assert(is_same_cwd(&before, &open));
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        ck_assert(find_record(open.ns).nested);
        login_inner(&outer, do_read, "/proc/self/mountinfo");
        ck_assert_ptr_null(strstr(scene->text, "/1001/"));
        login_inner(&outer, do_session_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);

        /* alice herself: what is mounted in hers is hers in the copy, too */
        ck_assert_int_eq(login_inner(&outer, do_session_open, "alice"), 0);
        open = inner_state(&outer);
        ck_assert_uint_ne(open.ns, before.ns);
        ck_assert(!find_record(open.ns).nested);
        login_inner(&outer, do_session_close, NULL);
        end_inside(&outer, &outer_before);
}
END_TEST

START_TEST(what_is_inherited_is_kept_and_recorded)
{
        struct scene_state outer_before, open;
        struct record record;
        struct login outer = begin_inside(TWO_DIRECTORIES);
        ino_t inode;

        outer_before = *login_state(&outer);
        inode = login_view(&outer).st.st_ino;
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_session_open, "root"), 0);
        open = inner_state(&outer);
        ck_assert_uint_ne(open.ns, outer_before.ns);
        ck_assert_uint_eq(inner_view(&outer).st.st_ino, inode);
        ck_assert_uint_eq(scene_instances(0), 1);
        record = find_record(open.ns);
        ck_assert_uint_eq(record.n_covers, 2);
        for (size_t i = 0; i < record.n_covers; i++) {
                bool inherited = strcmp(record.covers[i].directory, "/tmp") == 0;

                ck_assert_int_eq(record.covers[i].mark.kind, MARK_DISK);
                ck_assert_uint_eq(record.covers[i].mark.uid, inherited ? 1001 : 0);
        }
        login_inner(&outer, do_session_close, NULL);
        end_inside(&outer, &outer_before);
}
END_TEST

static pid_t fuse_server; /* of the outer login program */

static int do_fuse(void *path)
{
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
                return -errno;
        fuse_server = fuse_mount(path, ALICE);
        return 0;
}

static int do_fuse_end(void *path)
{
        must(umount2(path, MNT_DETACH));
        child_end(fuse_server);
        return 0;
}

static bool inner_has_fuse(struct login *outer)
{
        login_inner(outer, do_read, "/proc/self/mountinfo");
        return strstr(scene->text, " - fuse") != NULL;
}

static const struct {
        const char *fuse;
        bool stays;
} fuses[] = {
        {"/tmp/fuse", true}, /* hers, as all of that */
        {"/srv/disk", false},
        {"/srv/dir/fuse", false},
};

/* What alice has mounted would wait for root: it goes, unless root has her directory anyway. */
START_TEST(a_fuse_of_the_outer_users_is_taken_off_but_in_what_is_inherited)
{
        struct scene_state outer_before, before, open;
        struct login outer = begin_inside(TWO_DIRECTORIES);

        if (!fuse_is_there())
                return;
        ck_assert_int_eq(login_do(&outer, do_fuse, fuses[_i].fuse), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        ck_assert(inner_has_fuse(&outer));
        ck_assert_int_eq(login_inner(&outer, do_session_open, "root"), 0);
        ck_assert_int_eq(inner_has_fuse(&outer), fuses[_i].stays);
        login_inner(&outer, do_session_close, NULL);
        open = inner_state(&outer);
        assert_same_state(&before, &open);
        ck_assert(inner_has_fuse(&outer));
        login_do(&outer, do_inner_end, NULL);
        assert_same_state(&outer_before, login_state(&outer));
        ck_assert_int_eq(login_do(&outer, do_fuse_end, fuses[_i].fuse), 0);
        login_do(&outer, do_session_close, NULL);
        login_end(&outer);
        assert_nothing_left();
}
END_TEST

/* Nothing can be taken off. */
static int do_open_stuck(void *user)
{
        fault_choose((struct fault){"umount2", 1, EPERM, true});
        return do_session_open_faulty(user);
}

START_TEST(a_fuse_that_can_not_be_taken_off_denies_the_session)
{
        struct scene_state outer_before, before, after;
        struct login outer = begin_inside(SCENE_TABLE);

        if (!fuse_is_there())
                return;
        ck_assert_int_eq(login_do(&outer, do_fuse, "/srv/disk"), 0);
        outer_before = *login_state(&outer);
        login_do(&outer, do_inner_start, NULL);
        before = inner_state(&outer);
        scene_write("/srv/table", TWO_DIRECTORIES "inherit /tmp bob\n");
        ck_assert_int_eq(login_inner(&outer, do_open_stuck, "bob"), -EBUSY);
        ck_assert_ptr_nonnull(
                strstr(scene->text, "can't take off what the caller mounted by FUSE"));
        after = inner_state(&outer);
        assert_same_state(&before, &after);
        login_do(&outer, do_inner_end, NULL);
        assert_same_state(&outer_before, login_state(&outer));
        ck_assert_int_eq(login_do(&outer, do_fuse_end, "/srv/disk"), 0);
        login_do(&outer, do_session_close, NULL);
        login_end(&outer);
        assert_nothing_left();
}
END_TEST

/* In the inner login program: a login of alice's once more. */
static int do_third(void *arg)
{
        struct scene_state before;
        struct login third = login_start();
        int r;

        (void)arg;
        before = *login_state(&third);
        r = login_do(&third, do_session_open, "alice");
        scene->numbers[5] = (int)login_view(&third).st.st_ino;
        login_do(&third, do_session_close, NULL);
        assert_same_state(&before, login_state(&third));
        login_end(&third);
        return r;
}

START_TEST(a_third_session_of_the_first_user_shares_the_first_ones_directory)
{
        struct scene_state outer_before;
        struct login outer;
        ino_t inode;

        first_hidden = _i;
        outer = begin_inside(SCENE_TABLE);
        outer_before = *login_state(&outer);
        inode = login_view(&outer).st.st_ino;
        login_do(&outer, do_inner_start, NULL);
        ck_assert_int_eq(login_inner(&outer, do_session_open, "bob"), 0);
        ck_assert_int_eq(login_inner(&outer, do_third, NULL), 0);
        ck_assert_int_eq(scene->numbers[5], (int)inode);
        ck_assert_uint_eq(scene_instances(ALICE), 1);
        ck_assert_uint_eq(inner_view(&outer).st.st_gid, BOB);
        login_inner(&outer, do_session_close, NULL);
        end_inside(&outer, &outer_before);
}
END_TEST

/* The file system of a user that never answers: whoever asks it waits until he is killed. */
START_TEST(a_working_directory_that_never_answers_is_not_asked)
{
        struct scene_state before;
        struct login login;
        pid_t server;

        scene_begin();
        if (!fuse_is_there())
                return;
        ck_assert_int_eq(mkdir("/srv/fuse", 0755), 0);
        server = fuse_mount("/srv/fuse", ALICE);
        scene_mounted();
        login = login_start();
        ck_assert_int_eq(login_do(&login, do_chdir, "/srv/fuse"), 0);
        before = *login_state(&login);
        fuse_silence(server);
        ck_assert_int_eq(login_do(&login, do_session_open, "alice"), 0);
        ck_assert(is_same_cwd(&before, login_state(&login)));
        ck_assert_uint_eq(login_view(&login).st.st_gid, ALICE);
        login_do(&login, do_session_close, NULL);
        ck_assert(is_same_cwd(&before, login_state(&login)));
        assert_same_fds(&before, &scene->state);
        assert_nothing_left();
        child_end(server);
        login_end(&login);
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("session");
        TCase *tests;

        tests = scratch_case(suite, "order");
        tcase_add_loop_test(tests, what_covers_has_its_flags_before_it_is_attached, 0, 2);
        tcase_add_test(tests, an_instance_is_ended_by_who_has_its_lock_exclusively);
        tcase_add_test(tests, where_the_mounts_can_not_be_made_slave_open_is_refused);
        tests = scratch_case(suite, "nested");
        tcase_add_test(tests, an_inner_session_begins_where_the_outer_one_did);
        tcase_add_test(tests, where_that_is_not_to_be_had_the_outer_covers_are_taken_off);
        tcase_add_test(tests, a_plan_that_covers_nothing_ends_in_the_namespace_of_process_1);
        tcase_add_test(tests, where_the_caller_can_not_be_kept_an_inner_session_is_refused);
        tcase_add_loop_test(tests, a_working_directory_that_is_uncovered_stays_the_same, 0, 2);
        tcase_add_test(tests, a_working_directory_that_only_the_outer_session_has_stays_the_same);
        tcase_add_test(tests, what_is_inherited_is_kept_and_recorded);
        tcase_add_loop_test(tests, a_fuse_of_the_outer_users_is_taken_off_but_in_what_is_inherited,
                            0, sizeof(fuses) / sizeof(fuses[0]));
        tcase_add_test(tests, a_fuse_that_can_not_be_taken_off_denies_the_session);
        tcase_add_loop_test(
                tests, a_third_session_of_the_first_user_shares_the_first_ones_directory, 0, 2);
        tcase_add_test(tests, a_working_directory_that_never_answers_is_not_asked);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
