/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a removal leaves: when its budget is spent, on other mounts, and what can't be removed. */
#include "disk/remove.h"
#include "ground/cleanup.h"
#include "kit/ground.h"
#include "kit/tree.h"

/* ------------------------------------------------------------------ budgets */

START_TEST(a_call_spends_no_more_entries_than_it_has)
{
        struct remove_budget budget = {.entries = 256};
        _cleanup_close_ int root = make_tree();

        make_files(root, 1000);
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert_uint_eq(count_entries(root), 1000 - 256);
        ck_assert_uint_eq(budget.used, 256);
}
END_TEST

START_TEST(what_is_spent_stays_spent_from_call_to_call)
{
        struct remove_budget budget = {.entries = 10};
        _cleanup_close_ int root = make_tree();
        unsigned left;

        make_files(root, 100);
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        left = count_entries(root);
        ck_assert_int_eq(left, 100 - 10);
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert_uint_eq(count_entries(root), left);
}
END_TEST

START_TEST(when_the_time_is_over_nothing_more_goes)
{
        /* the budget's time ended soon after the machine began */
        struct remove_budget budget = {.milliseconds = 1, .end = {.wall = {.tv_sec = 1}}};
        _cleanup_close_ int root = make_tree();

        make_files(root, 100);
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert_uint_eq(count_entries(root), 100);
        close(TAKE_FD(root));
        /* an hour is enough, and begins with the call */
        ck_assert_uint_eq(remove_all((struct remove_budget){.milliseconds = 3600000}), 1);
}
END_TEST

/* Also in the middle of what was read at once, which is 4 MiB of names. */
START_TEST(a_call_ends_in_its_time_however_many_files_are_read_at_once)
{
        _cleanup_close_ int root = make_tree();

        make_files(root, FILES_AT_ONCE);
        /* until the time is enough to read the names, which is no time to take all files out */
        for (unsigned time = 1; count_entries(root) == FILES_AT_ONCE; time *= 2) {
                struct remove_budget budget = {.milliseconds = time};

                ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        }
        ck_assert_uint_gt(count_entries(root), 0);
}
END_TEST

static void make_large(int dir, const char *name, off_t bytes)
{
        int fd = must(openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

        must(fallocate(fd, 0, 0, bytes));
        close(fd);
}

static const struct remove_budget no_large_files = {.file_bytes = 8 << 20};

START_TEST(a_large_file_is_left)
{
        struct remove_budget budget = no_large_files;
        _cleanup_close_ int root = make_tree();

        make_large(root, "large", 9 << 20);
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert(is_there(root, "large"));
        close(TAKE_FD(root));
        remove_all(without_limit);
}
END_TEST

START_TEST(a_large_file_with_another_link_goes)
{
        struct remove_budget budget = no_large_files;
        _cleanup_close_ int root = make_tree();

        make_large(root, "large", 9 << 20);
        must(linkat(root, "large", scratch.fd, "outside/large", 0));
        close(TAKE_FD(root));
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), 0);
        ck_assert(is_there(scratch.fd, "outside/large"));
        must(unlinkat(scratch.fd, "outside/large", 0));
}
END_TEST

START_TEST(the_last_of_several_links_to_a_large_file_is_left)
{
        struct remove_budget budget = no_large_files;
        _cleanup_close_ int root = make_tree();

        make_large(root, "one", 9 << 20);
        must(linkat(root, "one", root, "two", 0));
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert_uint_eq(count_entries(root), 1);
}
END_TEST

START_TEST(a_file_of_blocks_within_the_limit_goes_however_long_it_says_it_is)
{
        struct remove_budget budget = no_large_files;
        _cleanup_close_ int root = make_tree();
        int sparse = must(openat(root, "sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));

        must(ftruncate(sparse, (off_t)1 << 32));
        close(sparse);
        make_large(root, "just small enough", 7 << 20);
        close(TAKE_FD(root));
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), 0);
}
END_TEST

START_TEST(the_entry_itself_may_be_the_large_file)
{
        struct remove_budget budget = no_large_files;

        make_large(scratch.fd, "top", 9 << 20);
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert(is_there(scratch.fd, "top"));
        remove_all(without_limit);
}
END_TEST

/* A directory of a disk stays as large as it once was, and is read to its end when it is removed.
 */
START_TEST(a_large_directory_is_left)
{
        struct remove_budget budget = {.file_bytes = 64 << 10};
        _cleanup_close_ int top = -EBADF, large = -EBADF;
        char name[NAME_MAX + 1];
        struct stat st;

        close(make_dir(scratch.fd, "disk", 0700));
        ck_assert(mount_image(scratch_path(&scratch, "disk"), "ext4"));
        scratch.fd = must(openat(scratch.fd, "disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        top = make_dir(scratch.fd, "top", 0700);
        large = make_dir(top, "large", 0700);
        memset(name, 'n', NAME_MAX);
        name[NAME_MAX] = '\0';
        for (unsigned i = 0; i < 600; i++) {
                (void)snprintf(name, 8, "%06u", i);
                name[6] = 'n';
                must(mknodat(large, name, S_IFREG | 0600, 0));
        }
        must(fstat(large, &st));
        ck_assert_int_gt(st.st_blocks * 512, budget.file_bytes);

        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert(is_there(top, "large"));
        budget = without_limit;
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), 0);
}
END_TEST

/* ------------------------------------------------------------------ other mounts */

static void mount_tmpfs(const char *name)
{
        const char *path = scratch_path(&scratch, name);
        int fd;

        must(mount("tmpfs", path, "tmpfs", 0, "mode=755"));
        fd = must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        write_file(fd, "file", "on the mount");
        must(mkdirat(fd, "directory", 0755));
        close(fd);
}

START_TEST(a_mount_is_not_entered_and_all_else_goes)
{
        struct remove_budget budget = without_limit;
        _cleanup_close_ int root = make_tree(), a = -EBADF, mount = -EBADF;
        struct stat st;

        a = make_dir(root, "a", 0700);
        close(make_dir(a, "mount", 0700));
        make_files(a, 10);
        make_files(root, 10);
        mount_tmpfs("top/root/a/mount");
        mount = must(openat(a, "mount", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), -EBUSY);
        ck_assert_uint_eq(count_entries(root), 1);
        ck_assert_uint_eq(count_entries(a), 1);
        ck_assert(is_there(mount, "file"));
        ck_assert(is_there(mount, "directory"));
        must(fstat(mount, &st));
        ck_assert_uint_eq(st.st_mode & 07777, 0755);
}
END_TEST

START_TEST(a_file_that_is_a_mount_is_left_and_all_else_goes)
{
        struct remove_budget budget = without_limit;
        _cleanup_close_ int root = make_tree();
        _cleanup_free_ char *before = NULL, *after = NULL;
        const char *from = scratch_path(&scratch, "outside/file");
        const char *to = scratch_path(&scratch, "top/root/5");

        make_files(root, 10);
        before = look_outside();
        must(mount(from, to, NULL, MS_BIND, NULL));

        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), -EBUSY);
        ck_assert_uint_eq(count_entries(root), 1);
        must(umount2(to, MNT_DETACH));
        close(TAKE_FD(root));
        remove_all(without_limit);
        after = look_outside();
        ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(the_entry_itself_is_not_entered_when_it_is_a_mount)
{
        struct remove_budget budget = without_limit;
        struct stat st;

        close(make_tree());
        mount_tmpfs("top");
        ck_assert_int_lt(remove_tree(scratch.fd, "top", &budget), 0);
        ck_assert(is_there(scratch.fd, "top/file"));
        must(fstatat(scratch.fd, "top", &st, 0));
        ck_assert_uint_eq(st.st_mode & 07777, 0755);
}
END_TEST

static void mount_below(void *arg)
{
        (void)arg;
        own_mounts();
        mount_tmpfs("top/root/mount");
        must(chdir(scratch_path(&scratch, "top/root/mount")));
}

static void is_still_there(void)
{
        ck_assert(is_there(AT_FDCWD, "file"));
        ck_assert(is_there(AT_FDCWD, "directory"));
}

START_TEST(a_mount_in_another_namespace_holds_nothing_up_and_its_files_stay)
{
        _cleanup_close_ int root = make_tree(), mount = -EBADF;
        pid_t child;
        char path[64];

        close(make_dir(root, "mount", 0700));
        close(TAKE_FD(root));
        child = child_start(mount_below, NULL);
        (void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)child);
        mount = must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        fds = count_fds();

        remove_all(without_limit);
        must(fchdir(mount));
        is_still_there();
        child_end(child);
}
END_TEST

/* ------------------------------------------------------------------ what can't be removed */

static int set_flags(int fd, int flags)
{
        return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

START_TEST(an_immutable_file_is_told_and_all_else_goes)
{
        struct remove_budget budget = without_limit;
        _cleanup_close_ int root = make_tree(), a = make_dir(root, "a", 0700), file = -EBADF;

        make_files(root, 10);
        make_files(a, 10);
        file = must(openat(a, "5", O_RDONLY | O_CLOEXEC));
        must(set_flags(file, FS_IMMUTABLE_FL));
        fds = count_fds();

        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), -EPERM);
        ck_assert_uint_eq(count_entries(root), 1);
        ck_assert_uint_eq(count_entries(a), 1);
        budget = without_limit;
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), -EPERM);
        ck_assert_uint_eq(count_fds(), fds);

        must(set_flags(file, 0));
        remove_all(without_limit);
}
END_TEST

START_TEST(an_immutable_directory_is_told_and_all_else_goes)
{
        struct remove_budget budget = without_limit;
        _cleanup_close_ int root = make_tree(), a = make_dir(root, "a", 0700);

        make_files(root, 10);
        make_files(a, 10);
        must(set_flags(a, FS_IMMUTABLE_FL));
        fds = count_fds();

        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), -EPERM);
        ck_assert_uint_eq(count_entries(root), 1);
        ck_assert_uint_eq(count_entries(a), 10);
        ck_assert_uint_eq(count_fds(), fds);

        must(set_flags(a, 0));
        remove_all(without_limit);
}
END_TEST

/* Has the file system files that can't be changed? (Outside of a test nothing can be asserted.) */
static bool has_immutable(void)
{
        _cleanup_close_ int file = -EBADF;
        bool has;

        (void)mkdir(GROUND, 0700);
        file = open(GROUND "/immutable", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
        has = file >= 0 && set_flags(file, FS_IMMUTABLE_FL) == 0;
        if (has)
                (void)set_flags(file, 0);
        (void)unlink(GROUND "/immutable");
        return has;
}

int main(void)
{
        Suite *suite = suite_create("remove-limits");
        TCase *budgets = tcase_create("budgets"), *mounts = tcase_create("mounts"),
              *stuck = tcase_create("stuck");

        tcase_add_checked_fixture(budgets, set_up, NULL);
        tcase_set_timeout(budgets, 60);
        tcase_add_test(budgets, a_call_spends_no_more_entries_than_it_has);
        tcase_add_test(budgets, what_is_spent_stays_spent_from_call_to_call);
        tcase_add_test(budgets, when_the_time_is_over_nothing_more_goes);
        tcase_add_test(budgets, a_call_ends_in_its_time_however_many_files_are_read_at_once);
        tcase_add_test(budgets, a_large_file_is_left);
        tcase_add_test(budgets, a_large_file_with_another_link_goes);
        tcase_add_test(budgets, the_last_of_several_links_to_a_large_file_is_left);
        tcase_add_test(budgets, a_file_of_blocks_within_the_limit_goes_however_long_it_says_it_is);
        tcase_add_test(budgets, the_entry_itself_may_be_the_large_file);
        if (has_images("ext4"))
                tcase_add_test(budgets, a_large_directory_is_left);
        suite_add_tcase(suite, budgets);

        tcase_add_checked_fixture(mounts, set_up, NULL);
        tcase_add_test(mounts, a_mount_is_not_entered_and_all_else_goes);
        tcase_add_test(mounts, a_file_that_is_a_mount_is_left_and_all_else_goes);
        tcase_add_test(mounts, the_entry_itself_is_not_entered_when_it_is_a_mount);
        tcase_add_test(mounts, a_mount_in_another_namespace_holds_nothing_up_and_its_files_stay);
        suite_add_tcase(suite, mounts);

        if (has_immutable()) {
                tcase_add_checked_fixture(stuck, set_up, NULL);
                tcase_add_test(stuck, an_immutable_file_is_told_and_all_else_goes);
                tcase_add_test(stuck, an_immutable_directory_is_told_and_all_else_goes);
                suite_add_tcase(suite, stuck);
        }
        return scratch_run(suite);
}
