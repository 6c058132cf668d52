/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-subvolume: what a user of btrfs can leave in their directory
 *
 * Needs root and disk images, in a throw-away host. The trees are as in unit/disk/remove.c, and
 * what is below top/root is made by the user.
 */
#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include "ground/cleanup.h"
#include "kit/ground.h"
#include "disk/remove.h"
#include "command/subvolume.h"

enum {
        LEVELS = 30,
        DEEP = 3000,
        CALLS = 100000,
        TOP_INODE = 256,
};

static struct scratch scratch; /* fd: the top of a btrfs, where the tree is made */
static int root;               /* of the tree */

static void set_up(void)
{
        _cleanup_close_ int top = -EBADF, outside = -EBADF;

        own_mounts();
        ground_make(&scratch);
        close(make_dir(scratch.fd, "disk", 0700));
        ck_assert(mount_image(scratch_path(&scratch, "disk"), "btrfs"));
        scratch.fd = must(openat(scratch.fd, "disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        outside = make_dir(scratch.fd, "outside", 0755);
        write_file(outside, "file", "outside");
        top = make_dir(scratch.fd, "top", 0700);
        root = make_dir(top, "root", 01770);
        must(fchown(root, ALICE, ALICE));
}

/* Makes a subvolume; an fd of its top. */
static int make_subvolume(int dir, const char *name)
{
        struct btrfs_ioctl_vol_args arguments = {0};

        strcpy(arguments.name, name);
        must(ioctl(dir, BTRFS_IOC_SUBVOL_CREATE, &arguments));
        return must(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* A subvolume as it is now, for reading only. */
static void make_snapshot(int of, int dir, const char *name)
{
        struct btrfs_ioctl_vol_args_v2 arguments = {.fd = of, .flags = BTRFS_SUBVOL_RDONLY};

        strcpy(arguments.name, name);
        must(ioctl(dir, BTRFS_IOC_SNAP_CREATE_V2, &arguments));
}

static void make_read_only(int subvolume)
{
        uint64_t flags = BTRFS_SUBVOL_RDONLY;

        must(ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags));
}

static const struct remove_budget as_clean = {.subvolume = subvolume_remove};

static int remove_once(struct remove_budget limits)
{
        return remove_tree(scratch.fd, "top", &limits);
}

/* Calls remove_tree(), each time with a fresh budget, until it says that the tree is gone. */
static unsigned remove_all(struct remove_budget limits)
{
        unsigned before = count_fds();

        for (unsigned calls = 1;; calls++) {
                int r = remove_once(limits);

                ck_assert_msg(r >= 0, "remove_tree: %s", strerrordesc_np(-r));
                ck_assert_uint_lt(calls, CALLS);
                if (r == 0) {
                        ck_assert(!is_there(scratch.fd, "top"));
                        ck_assert_uint_eq(count_fds(), before);
                        return calls;
                }
        }
}

/* Does it as the user, as all that they leave is made. */
static void as_user(void (*body)(void *arg))
{
        child_do(body, NULL);
}

/* ------------------------------------------------------------------ what it is for */

static void leave_a_subvolume(void *arg)
{
        int subvolume, dir;

        (void)arg;
        become(ALICE);
        subvolume = make_subvolume(root, "subvolume");
        write_file(subvolume, "file", "");
        dir = make_dir(subvolume, "dir", 0700);
        write_file(dir, "file", "");
}

START_TEST(a_users_subvolume_goes_at_once)
{
        struct remove_budget budget = as_clean;

        as_user(leave_a_subvolume);
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), 0);
        /* it and root, and nothing that is in it */
        ck_assert_uint_eq(budget.done, 2);
}
END_TEST

START_TEST(a_users_subvolume_goes_without_the_means_of_btrfs)
{
        as_user(leave_a_subvolume);
        remove_all((struct remove_budget){.entries = 1});
}
END_TEST

static void leave_a_snapshot(void *arg)
{
        int subvolume;

        leave_a_subvolume(arg);
        subvolume = must(openat(root, "subvolume", O_RDONLY));
        make_snapshot(subvolume, root, "snapshot");
        make_snapshot(subvolume, subvolume, "snapshot");
        write_file(root, "file", "");
}

START_TEST(a_users_read_only_snapshot_goes)
{
        as_user(leave_a_snapshot);
        remove_all(as_clean);
}
END_TEST

START_TEST(a_read_only_snapshot_stays_without_the_means_of_btrfs_and_all_else_goes)
{
        struct remove_budget budget = {0};
        _cleanup_close_ int subvolume = -EBADF;

        as_user(leave_a_snapshot);
        subvolume = must(openat(root, "subvolume", O_RDONLY | O_CLOEXEC));
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), -EROFS);
        ck_assert_uint_eq(count_entries(subvolume), 1); /* the other snapshot */
        ck_assert(!is_there(root, "file"));
        ck_assert(is_there(root, "snapshot/dir/file"));
        close(TAKE_FD(subvolume));
        remove_all(as_clean);
}
END_TEST

/* ------------------------------------------------------------------ in one another */

static void leave_levels(bool read_only)
{
        int dir = must(dup(root));
        int subvolumes[LEVELS];

        become(ALICE);
        for (unsigned i = 0; i < LEVELS; i++) {
                subvolumes[i] = make_subvolume(dir, "subvolume");
                write_file(subvolumes[i], "file", "");
                dir = make_dir(subvolumes[i], "dir", 0700);
                write_file(dir, "file", "");
        }
        for (unsigned i = 0; read_only && i < LEVELS; i++)
                make_read_only(subvolumes[i]);
}

static void leave_writable_levels(void *arg)
{
        (void)arg;
        leave_levels(false);
}

static void leave_read_only_levels(void *arg)
{
        (void)arg;
        leave_levels(true);
}

START_TEST(subvolumes_in_one_another_go)
{
        as_user(leave_writable_levels);
        remove_all(as_clean);
}
END_TEST

START_TEST(subvolumes_in_one_another_go_without_the_means_of_btrfs)
{
        as_user(leave_writable_levels);
        remove_all((struct remove_budget){.entries = 1});
}
END_TEST

START_TEST(read_only_subvolumes_in_one_another_go)
{
        as_user(leave_read_only_levels);
        remove_all(as_clean);
}
END_TEST

START_TEST(read_only_subvolumes_in_one_another_go_within_small_budgets)
{
        as_user(leave_read_only_levels);
        ck_assert_uint_gt(
                remove_all((struct remove_budget){.entries = 1, .subvolume = subvolume_remove}),
                LEVELS);
}
END_TEST

static void leave_a_stub(void *arg)
{
        int outer, inner;

        (void)arg;
        become(ALICE);
        outer = make_subvolume(root, "outer");
        inner = make_subvolume(outer, "inner");
        write_file(inner, "file", "");
        make_snapshot(outer, root, "snapshot"); /* has an empty directory for the inner one */
        make_snapshot(outer, inner, "snapshot");
}

START_TEST(a_snapshot_of_what_has_a_subvolume_goes)
{
        as_user(leave_a_stub);
        remove_all(as_clean);
}
END_TEST

static int make_chain(int dir, unsigned levels)
{
        dir = must(dup(dir));
        for (unsigned i = 0; i < levels; i++) {
                int next = make_dir(dir, "d", 0700);

                close(dir);
                dir = next;
        }
        return dir;
}

/* Read-only ones far down in each other: what is in between can't be renamed out of them. */
static void leave_deep_ones(void *arg)
{
        int subvolumes[3], dir = root;

        (void)arg;
        become(ALICE);
        for (unsigned i = 0; i < 3; i++) {
                dir = make_chain(dir, DEEP);
                dir = subvolumes[i] = make_subvolume(dir, "subvolume");
                write_file(dir, "file", "");
        }
        (void)make_chain(dir, DEEP);
        for (unsigned i = 0; i < 3; i++)
                make_read_only(subvolumes[i]);
}

START_TEST(subvolumes_far_down_in_one_another_go_within_small_budgets)
{
        as_user(leave_deep_ones);
        ck_assert_uint_gt(
                remove_all((struct remove_budget){.entries = 50, .subvolume = subvolume_remove}),
                DEEP / 50);
}
END_TEST

static void remove_in_a_child(void)
{
        for (unsigned calls = 0; calls < CALLS; calls++) {
                int r = remove_once(as_clean);

                if (r < 0)
                        fprintf(stderr, "# remove_tree: %s\n", strerrordesc_np(-r));
                if (r <= 0)
                        _exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        _exit(EXIT_FAILURE);
}

START_TEST(several_may_remove_the_same_subvolumes_at_once)
{
        pid_t pids[4];

        as_user(_i % 2 ? leave_read_only_levels : leave_deep_ones);
        for (unsigned i = 0; i < 4; i++) {
                pids[i] = must(fork());
                if (pids[i] == 0)
                        remove_in_a_child();
        }
        for (unsigned i = 0; i < 4; i++) {
                int status;

                must(waitpid(pids[i], &status, 0));
                ck_assert_msg(status == 0, "remover %u: status 0x%x", i, (unsigned)status);
        }
        ck_assert(!is_there(scratch.fd, "top"));
}
END_TEST

/* ------------------------------------------------------------------ what it is not for */

/* That directory is no subvolume, and stays. */
static void check_refused(int dir, const char *name)
{
        _cleanup_close_ int fd = must(openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

        ck_assert_int_eq(subvolume_remove(dir, name, fd), -ENOTTY);
        ck_assert(is_there(dir, name));
}

START_TEST(a_directory_is_not_taken_for_a_subvolume)
{
        check_refused(scratch.fd, "outside");
}
END_TEST

START_TEST(a_directory_of_another_file_system_is_not_taken_for_a_subvolume)
{
        _cleanup_close_ int disk = -EBADF;
        char name[16];

        close(make_dir(scratch.fd, "other", 0700));
        must(mount("tmpfs", scratch_path(&scratch, "disk/other"), "tmpfs", 0, NULL));
        disk = must(openat(scratch.fd, "other", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        /* one that has the number that a subvolume has on btrfs */
        for (unsigned i = 0;; i++) {
                struct stat st;

                ck_assert_uint_lt(i, 1000);
                (void)snprintf(name, sizeof(name), "%u", i);
                must(mkdirat(disk, name, 0700));
                must(fstatat(disk, name, &st, 0));
                if (st.st_ino == TOP_INODE)
                        break;
                must(unlinkat(disk, name, AT_REMOVEDIR));
                must(mknodat(disk, name, S_IFREG | 0600, 0));
        }
        check_refused(disk, name);
}
END_TEST

START_TEST(a_subvolume_that_a_link_leads_to_stays)
{
        _cleanup_close_ int subvolume = make_subvolume(scratch.fd, "subvolume");

        write_file(subvolume, "file", "");
        must(symlinkat(scratch_path(&scratch, "disk/subvolume"), root, "link"));
        must(symlinkat("../../subvolume", root, "relative"));
        remove_all(as_clean);
        ck_assert(is_there(scratch.fd, "subvolume/file"));
}
END_TEST

START_TEST(a_subvolume_that_is_mounted_there_stays_as_it_is)
{
        _cleanup_close_ int subvolume = make_subvolume(scratch.fd, "subvolume");
        const char *to = scratch_path(&scratch, "disk/top/root/dir");
        uint64_t flags;

        write_file(subvolume, "file", "");
        close(make_subvolume(subvolume, "inner"));
        make_read_only(subvolume);
        must(mkdirat(root, "dir", 0700));
        must(mount(scratch_path(&scratch, "disk/subvolume"), to, NULL, MS_BIND, NULL));
        ck_assert_int_eq(remove_once(as_clean), -EBUSY);
        ck_assert(is_there(scratch.fd, "subvolume/file"));
        ck_assert(is_there(scratch.fd, "subvolume/inner"));
        must(ioctl(subvolume, BTRFS_IOC_SUBVOL_GETFLAGS, &flags));
        ck_assert(flags & BTRFS_SUBVOL_RDONLY);
        must(umount2(to, MNT_DETACH));
        remove_all(as_clean);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("subvolume");
        TCase *here = tcase_create("here"), *nested = tcase_create("nested"),
              *others = tcase_create("others");

        if (!has_images("btrfs")) {
                puts("1..0 # SKIP needs disk images with btrfs");
                return EXIT_SUCCESS;
        }
        tcase_add_checked_fixture(here, set_up, NULL);
        tcase_set_timeout(here, 60);
        tcase_add_test(here, a_users_subvolume_goes_at_once);
        tcase_add_test(here, a_users_subvolume_goes_without_the_means_of_btrfs);
        tcase_add_test(here, a_users_read_only_snapshot_goes);
        tcase_add_test(here,
                       a_read_only_snapshot_stays_without_the_means_of_btrfs_and_all_else_goes);
        suite_add_tcase(suite, here);

        tcase_add_checked_fixture(nested, set_up, NULL);
        tcase_set_timeout(nested, 120);
        tcase_add_test(nested, subvolumes_in_one_another_go);
        tcase_add_test(nested, subvolumes_in_one_another_go_without_the_means_of_btrfs);
        tcase_add_test(nested, read_only_subvolumes_in_one_another_go);
        tcase_add_test(nested, read_only_subvolumes_in_one_another_go_within_small_budgets);
        tcase_add_test(nested, a_snapshot_of_what_has_a_subvolume_goes);
        tcase_add_test(nested, subvolumes_far_down_in_one_another_go_within_small_budgets);
        tcase_add_loop_test(nested, several_may_remove_the_same_subvolumes_at_once, 0, 4);
        suite_add_tcase(suite, nested);

        tcase_add_checked_fixture(others, set_up, NULL);
        tcase_set_timeout(others, 60);
        tcase_add_test(others, a_directory_is_not_taken_for_a_subvolume);
        tcase_add_test(others, a_directory_of_another_file_system_is_not_taken_for_a_subvolume);
        tcase_add_test(others, a_subvolume_that_a_link_leads_to_stays);
        tcase_add_test(others, a_subvolume_that_is_mounted_there_stays_as_it_is);
        suite_add_tcase(suite, others);
        return scratch_run(suite);
}
