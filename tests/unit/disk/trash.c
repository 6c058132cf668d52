/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-trash: the folders of a base for what is to be deleted, and who may touch what is there
 *
 * Needs root, in a throw-away host.
 */
#include <sys/file.h>
#include <sys/ioctl.h>

#include "disk/trash.h"
#include "ground/cleanup.h"
#include "kit/ground.h"

static struct scratch scratch; /* is the base */
static int user = -EBADF;      /* BASE/UID */
static struct heard heard;
static unsigned fds;

static const struct instance_want wanted = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

static void set_up(void)
{
        own_mounts();
        ground_make(&scratch);
        heard_begin(&heard);
        ck_assert_int_eq(instance_open_user(scratch.fd, ALICE, &user, &heard.report), 0);
        fds = count_fds();
}

static struct instance make(const struct instance_want *want)
{
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_make(user, want, &instance, &heard.report), 0);
        return instance;
}

static int put(const char *folder, const char *name)
{
        return trash_put(&(struct shelf){.base = scratch.fd, .user = user, .uid = ALICE}, folder,
                         name);
}

static void check_owner(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
        struct stat st;

        must(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW));
        ck_assert_msg(st.st_uid == uid && st.st_gid == gid && (st.st_mode & 07777) == mode,
                      "%s is %u:%u %o and not %u:%u %o", name, st.st_uid, st.st_gid,
                      st.st_mode & 07777, uid, gid, mode);
}

/* A tree with some files in that folder: its path below the base. */
static const char *make_tree(const char *folder, const char *name, unsigned files)
{
        static char paths[8][64];
        static unsigned turn;
        char *path = paths[turn++ % 8];
        int fd = -EBADF, tree, root;

        ck_assert_int_eq(trash_open(scratch.fd, folder, &fd), 0);
        tree = make_dir(fd, name, 0700);
        root = make_dir(tree, "root", 01777);
        for (unsigned i = 0; i < files; i++) {
                char file[16];

                (void)snprintf(file, sizeof(file), "%u", i);
                write_file(root, file, "");
        }
        close(root);
        close(tree);
        close(fd);
        (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
        return path;
}

static bool is_in(const char *folder, const char *name)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        return is_there(scratch.fd, path);
}

/* ------------------------------------------------------------------ folders of a base */

START_TEST(a_folder_of_the_base_is_made_once_and_closed)
{
        struct stat first, second;
        int fd = -EBADF, again = -EBADF;

        umask(_i ? 0777 : 0);
        ck_assert_int_eq(trash_open(scratch.fd, ".stuck", &fd), 0);
        check_owner(scratch.fd, ".stuck", 0, 0, 0700);
        ck_assert_int_eq(must(fcntl(fd, F_GETFD)), FD_CLOEXEC);
        must(fchown(fd, BOB, BOB));
        must(fchmod(fd, 0777));
        write_file(fd, "file", "");
        ck_assert_int_eq(trash_open(scratch.fd, ".stuck", &again), 0);
        check_owner(scratch.fd, ".stuck", 0, 0, 0700);
        must(fstat(fd, &first));
        must(fstat(again, &second));
        ck_assert_uint_eq(first.st_ino, second.st_ino);
        ck_assert(is_there(again, "file"));
}
END_TEST

static void plant_a_link(void)
{
        close(make_dir(scratch.fd, "elsewhere", 0755));
        must(symlinkat("elsewhere", scratch.fd, ".stuck"));
}

static void plant_a_dangling_link(void)
{
        must(symlinkat("elsewhere", scratch.fd, ".stuck"));
}

static void plant_a_file(void)
{
        write_file(scratch.fd, ".stuck", "");
}

static void plant_a_fifo(void)
{
        must(mknodat(scratch.fd, ".stuck", S_IFIFO | 0600, 0));
}

static void (*const no_folders[])(void) = {
        plant_a_link,
        plant_a_dangling_link,
        plant_a_file,
        plant_a_fifo,
};

START_TEST(what_is_no_folder_is_refused_and_left_as_it_is)
{
        struct stat before, after;
        int fd = -EBADF;

        no_folders[_i]();
        must(fstatat(scratch.fd, ".stuck", &before, AT_SYMLINK_NOFOLLOW));
        ck_assert_int_lt(trash_open(scratch.fd, ".stuck", &fd), 0);
        ck_assert_int_eq(fd, -EBADF);
        ck_assert_uint_eq(count_fds(), fds);
        must(fstatat(scratch.fd, ".stuck", &after, AT_SYMLINK_NOFOLLOW));
        ck_assert_uint_eq(before.st_ino, after.st_ino);
        ck_assert_int_eq(memcmp(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim)), 0);
        if (is_there(scratch.fd, "elsewhere"))
                check_owner(scratch.fd, "elsewhere", 0, 0, 0755);
}
END_TEST

/* ------------------------------------------------------------------ the trash */

START_TEST(into_the_trash_goes_the_whole_instance_under_the_users_name)
{
        struct instance instance = make(&wanted);
        char path[2 * NAME_BYTES];
        struct stat before, after;

        umask(0);
        write_file(instance.root, "file", "");
        must(fstat(instance.dir, &before));
        ck_assert_int_eq(put(TRASH_NEW, instance.name), 0);
        ck_assert(!is_there(user, instance.name));
        (void)snprintf(path, sizeof(path), ".trash/1001.%s", instance.name);
        must(fstatat(scratch.fd, path, &after, AT_SYMLINK_NOFOLLOW));
        ck_assert_uint_eq(after.st_ino, before.st_ino);
        ck_assert(is_there(instance.root, "file"));
        check_owner(scratch.fd, ".trash", 0, 0, 0700);
}
END_TEST

START_TEST(nothing_in_the_trash_is_replaced)
{
        struct instance instance = make(&wanted);
        char path[2 * NAME_BYTES];

        close(make_dir(scratch.fd, ".trash", 0700));
        (void)snprintf(path, sizeof(path), ".trash/1001.%s", instance.name);
        must(mkdirat(scratch.fd, path, 0700));
        ck_assert_int_eq(put(TRASH_NEW, instance.name), -EEXIST);
        ck_assert(is_there(user, instance.name));
}
END_TEST

START_TEST(an_open_trash_is_closed)
{
        struct instance instance = make(&wanted);

        close(make_dir(scratch.fd, ".trash", 0777));
        must(fchownat(scratch.fd, ".trash", BOB, BOB, 0));
        ck_assert_int_eq(put(TRASH_NEW, instance.name), 0);
        check_owner(scratch.fd, ".trash", 0, 0, 0700);
}
END_TEST

START_TEST(a_trash_that_is_a_link_is_not_used)
{
        struct instance instance = make(&wanted);
        int elsewhere = make_dir(scratch.fd, "elsewhere", 0755);

        must(symlinkat("elsewhere", scratch.fd, ".trash"));
        ck_assert_int_lt(put(TRASH_NEW, instance.name), 0);
        ck_assert(is_there(user, instance.name));
        ck_assert_uint_eq(count_entries(elsewhere), 0);
        check_owner(scratch.fd, "elsewhere", 0, 0, 0755);
}
END_TEST

/* ------------------------------------------------------------------ the lock of a tree */

START_TEST(a_tree_that_is_taken_is_in_work_and_nobody_else_has_it)
{
        struct trash_tree tree = TRASH_TREE_NONE, other = TRASH_TREE_NONE;

        make_tree(TRASH_NEW, "1001.abcdef", 3);
        fds = count_fds();
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_NEW, "1001.abcdef", &tree), 0);
        ck_assert(is_in(TRASH_WORK, "1001.abcdef"));
        ck_assert(!is_in(TRASH_NEW, "1001.abcdef"));
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_WORK, "1001.abcdef", &other), -EBUSY);
        ck_assert_int_eq(trash_move(&tree, scratch.fd, TRASH_STUCK), 0);
        ck_assert(is_in(TRASH_STUCK, "1001.abcdef"));
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_STUCK, "1001.abcdef", &other), -EBUSY);
        ck_assert(is_in(TRASH_STUCK, "1001.abcdef"));
        trash_leave(&tree);
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_STUCK, "1001.abcdef", &other), 0);
        trash_leave(&other);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

static void sleep_on(void *arg)
{
        (void)arg;
}

START_TEST(a_child_that_has_the_tree_keeps_the_lock)
{
        struct trash_tree tree = TRASH_TREE_NONE;
        pid_t child;

        make_tree(TRASH_NEW, "1001.abcdef", 3);
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_NEW, "1001.abcdef", &tree), 0);
        child = child_start(sleep_on, NULL);
        trash_leave(&tree);
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_WORK, "1001.abcdef", &tree), -EBUSY);
        child_end(child);
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_WORK, "1001.abcdef", &tree), 0);
        trash_leave(&tree);
}
END_TEST

START_TEST(one_whose_name_is_there_already_stays_where_it_is)
{
        struct trash_tree tree = TRASH_TREE_NONE;

        make_tree(TRASH_NEW, "1001.abcdef", 1);
        make_tree(TRASH_WORK, "1001.abcdef", 1);
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_NEW, "1001.abcdef", &tree), -EEXIST);
        ck_assert(is_in(TRASH_NEW, "1001.abcdef"));
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_NEW, "1001.ABCDEF", &tree), -ENOENT);
        ck_assert_int_eq(tree.top, -EBADF);
}
END_TEST

/* ------------------------------------------------------------------ deleting within a budget */

START_TEST(what_is_left_of_a_tree_goes_back_to_the_trash)
{
        struct remove_budget budget = {.entries = 5};

        make_tree(TRASH_WORK, "1001.abcdef", 20);
        ck_assert_int_eq(trash_delete(scratch.fd, TRASH_WORK, "1001.abcdef", &budget), REMOVE_MORE);
        ck_assert(is_in(TRASH_NEW, "1001.abcdef"));
        ck_assert(!is_in(TRASH_WORK, "1001.abcdef"));
        budget = (struct remove_budget){0};
        ck_assert_int_eq(trash_delete(scratch.fd, TRASH_NEW, "1001.abcdef", &budget), 0);
        ck_assert(!is_in(TRASH_NEW, "1001.abcdef"));
        ck_assert(!is_in(TRASH_WORK, "1001.abcdef"));
}
END_TEST

START_TEST(only_the_users_own_trees_are_deleted_and_only_those_that_nobody_has)
{
        static const char *const others[] = {"1002.abcdef", "10010.abcdef", "100.abcdef", "file"};
        struct remove_budget budget = {.entries = 256};
        struct trash_tree tree = TRASH_TREE_NONE;

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                make_tree(TRASH_NEW, others[i], 1);
                make_tree(TRASH_WORK, others[i], 1);
        }
        make_tree(TRASH_NEW, "1001.aaaaaa", 3);
        make_tree(TRASH_WORK, "1001.bbbbbb", 3);
        make_tree(TRASH_STUCK, "1001.cccccc", 3);
        make_tree(TRASH_WORK, "1001.dddddd", 3);
        ck_assert_int_eq(trash_take(scratch.fd, TRASH_WORK, "1001.dddddd", &tree), 0);
        trash_delete_own(scratch.fd, ALICE, &budget);
        ck_assert(!is_in(TRASH_NEW, "1001.aaaaaa"));
        ck_assert(!is_in(TRASH_WORK, "1001.aaaaaa"));
        ck_assert(!is_in(TRASH_WORK, "1001.bbbbbb"));
        ck_assert(is_in(TRASH_STUCK, "1001.cccccc"));
        ck_assert(is_in(TRASH_WORK, "1001.dddddd"));
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                ck_assert(is_in(TRASH_NEW, others[i]));
                ck_assert(is_in(TRASH_WORK, others[i]));
        }
        trash_leave(&tree);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

START_TEST(all_the_users_trees_share_one_budget)
{
        struct remove_budget budget = {.entries = 30};
        unsigned left = 0;

        for (unsigned i = 0; i < 10; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "1001.abcde%u", i);
                make_tree(TRASH_NEW, name, 10);
        }
        trash_delete_own(scratch.fd, ALICE, &budget);
        ck_assert_uint_le(budget.used, 32);
        for (unsigned i = 0; i < 10; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "1001.abcde%u", i);
                left += is_in(TRASH_NEW, name);
                ck_assert(!is_in(TRASH_WORK, name));
        }
        ck_assert_uint_ge(left, 7);
        ck_assert_uint_le(left, 8);
}
END_TEST

/* ------------------------------------------------------------------ quota projects */

/* Moves the directory to that quota project; all that is made in it inherits that. */
static void set_project(int dir, unsigned project)
{
        struct fsxattr attributes;

        must(ioctl(dir, FS_IOC_FSGETXATTR, &attributes));
        attributes.fsx_projid = project;
        attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
        must(ioctl(dir, FS_IOC_FSSETXATTR, &attributes));
}

START_TEST(what_is_of_another_project_goes_to_the_trash_all_the_same)
{
        struct fsxattr attributes;
        struct instance instance;
        char path[2 * NAME_BYTES];
        int trash = -EBADF;

        close(make_dir(scratch.fd, "disk", 0700));
        ck_assert(mount_image(scratch_path(&scratch, "disk"), "xfs"));
        close(scratch.fd);
        scratch.fd = must(open(scratch_path(&scratch, "disk"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ck_assert_int_eq(instance_open_user(scratch.fd, ALICE, &user, &heard.report), 0);
        ck_assert_int_eq(trash_open(scratch.fd, TRASH_NEW, &trash), 0);
        set_project(user, 7);
        set_project(trash, 8);
        instance = make(&wanted);
        (void)snprintf(path, sizeof(path), "1001.%s", instance.name);
        ck_assert_int_eq(renameat(user, instance.name, trash, path), -1);
        ck_assert_int_eq(errno, EXDEV);
        ck_assert_int_eq(put(TRASH_NEW, instance.name), 0);
        ck_assert(is_there(trash, path));
        must(ioctl(trash, FS_IOC_FSGETXATTR, &attributes));
        ck_assert_uint_eq(attributes.fsx_projid, 8);
        close(trash);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
        Suite *suite = suite_create("trash");
        TCase *trash = tcase_create("trash");

        tcase_set_timeout(trash, 60);
        tcase_add_checked_fixture(trash, set_up, NULL);
        tcase_add_loop_test(trash, a_folder_of_the_base_is_made_once_and_closed, 0, 2);
        tcase_add_loop_test(trash, what_is_no_folder_is_refused_and_left_as_it_is, 0,
                            N(no_folders));
        tcase_add_test(trash, into_the_trash_goes_the_whole_instance_under_the_users_name);
        tcase_add_test(trash, nothing_in_the_trash_is_replaced);
        tcase_add_test(trash, an_open_trash_is_closed);
        tcase_add_test(trash, a_trash_that_is_a_link_is_not_used);
        tcase_add_test(trash, a_tree_that_is_taken_is_in_work_and_nobody_else_has_it);
        tcase_add_test(trash, a_child_that_has_the_tree_keeps_the_lock);
        tcase_add_test(trash, one_whose_name_is_there_already_stays_where_it_is);
        tcase_add_test(trash, what_is_left_of_a_tree_goes_back_to_the_trash);
        tcase_add_test(trash, only_the_users_own_trees_are_deleted_and_only_those_that_nobody_has);
        tcase_add_test(trash, all_the_users_trees_share_one_budget);
        tcase_add_test(trash, what_is_of_another_project_goes_to_the_trash_all_the_same);
        suite_add_tcase(suite, trash);
        return scratch_run(suite);
}
