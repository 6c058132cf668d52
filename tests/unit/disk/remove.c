/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a tree, and what lies in the lower layer of an overlay: all of it goes. */
#include "disk/remove.h"
#include "ground/cleanup.h"
#include "kit/ground.h"
#include "kit/tree.h"

/* ------------------------------------------------------------------ what is in a tree */

START_TEST(what_is_not_there_is_gone)
{
        struct remove_budget budget = without_limit;

        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), 0);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

START_TEST(an_entry_that_is_no_directory_goes_and_what_a_link_leads_to_stays)
{
        _cleanup_free_ char *before = look_outside(), *after = NULL;

        write_file(scratch.fd, "top", "a file");
        ck_assert_uint_eq(remove_all(without_limit), 1);
        must(symlinkat("outside/below", scratch.fd, "top"));
        ck_assert_uint_eq(remove_all(without_limit), 1);
        must(symlinkat("outside/file", scratch.fd, "top"));
        ck_assert_uint_eq(remove_all(without_limit), 1);
        must(symlinkat("missing", scratch.fd, "top"));
        ck_assert_uint_eq(remove_all(without_limit), 1);
        must(mknodat(scratch.fd, "top", S_IFIFO | 0600, 0));
        ck_assert_uint_eq(remove_all(without_limit), 1);
        after = look_outside();
        ck_assert_str_eq(after, before);
}
END_TEST

/* One of each kind, with names that a careless hand trips over. */
static void make_kinds(int dir)
{
        static const char *const names[] = {"-rf",      "...", ".hidden", "new\nline",
                                            "\xff\xfe", " ",   "*"};
        _cleanup_close_ int closed = -EBADF, bobs = -EBADF, sparse = -EBADF;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                write_file(dir, names[i], "");
        must(mknodat(dir, "fifo", S_IFIFO | 0600, 0));
        must(mknodat(dir, "socket", S_IFSOCK | 0600, 0));
        must(mknodat(dir, "character", S_IFCHR | 0600, makedev(1, 3)));
        must(mknodat(dir, "block", S_IFBLK | 0600, makedev(7, 0)));
        must(mknodat(dir, "setuid", S_IFREG | 06755, 0));
        must(mknodat(dir, "closed file", S_IFREG, 0));
        closed = make_dir(dir, "closed", 0);
        write_file(closed, "file", "");
        close(make_dir(closed, "closed again", 0));
        bobs = make_dir(dir, "bobs", 03777);
        must(fchown(bobs, BOB, BOB));
        write_file(bobs, "file", "");
        must(fchownat(bobs, "file", BOB, BOB, 0));
        sparse = must(openat(dir, "sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        must(ftruncate(sparse, (off_t)1 << 32));
}

START_TEST(files_of_all_kinds_go)
{
        _cleanup_close_ int root = make_tree();

        make_kinds(root);
        close(TAKE_FD(root));
        remove_all(without_limit);
}
END_TEST

START_TEST(names_of_255_bytes_go)
{
        char name[NAME_MAX + 1];
        int dir = make_tree();

        memset(name, 'n', NAME_MAX);
        name[NAME_MAX] = '\0';
        for (unsigned i = 0; i < 40; i++) { /* more than PATH_MAX in all */
                int next;

                name[0] = 'f';
                write_file(dir, name, "");
                name[0] = 'd';
                next = make_dir(dir, name, 0700);
                close(dir);
                dir = next;
        }
        close(dir);
        be_tight(2);
        remove_all(without_limit);
}
END_TEST

START_TEST(what_symbolic_links_lead_to_is_not_touched)
{
        static const char *const targets[] = {
                "outside", "outside/file", "outside/below", "outside/none", "/", "..", "/dev/null"};
        _cleanup_free_ char *before = look_outside(), *after = NULL;
        _cleanup_close_ int root = make_tree();

        for (unsigned i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
                char name[2] = {(char)('a' + i), '\0'};
                const char *target = targets[i];

                must(symlinkat(*target == 'o' ? scratch_path(&scratch, target) : target, root,
                               name));
        }
        must(symlinkat("itself", root, "itself"));
        close(TAKE_FD(root));
        remove_all(without_limit);
        after = look_outside();
        ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(what_hard_links_lead_to_stays_as_it_is)
{
        _cleanup_close_ int root = make_tree();
        struct stat before, after;
        char text[16] = "";
        int fd;

        must(fchmodat(scratch.fd, "outside/file", 04711, 0));
        must(fstatat(scratch.fd, "outside/file", &before, 0));
        must(linkat(scratch.fd, "outside/file", root, "one", 0));
        must(linkat(scratch.fd, "outside/file", root, "two", 0));
        close(TAKE_FD(root));
        remove_all(without_limit);
        must(fstatat(scratch.fd, "outside/file", &after, 0));
        ck_assert_uint_eq(after.st_ino, before.st_ino);
        ck_assert_uint_eq(after.st_nlink, before.st_nlink);
        ck_assert_uint_eq(after.st_mode, before.st_mode);
        ck_assert_uint_eq(after.st_uid, before.st_uid);
        ck_assert_uint_eq(after.st_gid, before.st_gid);
        fd = must(openat(scratch.fd, "outside/file", O_RDONLY | O_CLOEXEC));
        must((int)read(fd, text, sizeof(text) - 1));
        close(fd);
        ck_assert_str_eq(text, "outside");
}
END_TEST

/* With 2 fds, which every caller has, and with as many as can be used. */
START_TEST(a_hundred_thousand_levels_cost_few_fds_and_no_stack)
{
        static const unsigned few[] = {2, 9};
        int root = make_tree();

        close(make_chain(root, LEVELS));
        close(root);
        be_tight(few[_i]);
        remove_all(without_limit);
}
END_TEST

START_TEST(twenty_thousand_files_in_one_directory_go)
{
        _cleanup_close_ int root = make_tree();
        int dir = make_dir(root, "many", 0700);

        /* a small disk has room for fewer */
        for (unsigned i = 0; i < FILES; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "%u", i);
                if (mknodat(dir, name, S_IFREG | 0600, 0) < 0) {
                        ck_assert_int_eq(errno, ENOSPC);
                        ck_assert_uint_gt(i, 5000);
                        break;
                }
        }
        close(dir);
        close(TAKE_FD(root));
        be_tight(2);
        remove_all((struct remove_budget){.entries = 256});
}
END_TEST

static unsigned renames;

/* Stands in place of the C library's. */
int renameat2(int old_parent, const char *old_name, int parent, const char *name, unsigned flags)
{
        renames++;
        return (int)syscall(SYS_renameat2, old_parent, old_name, parent, name, flags);
}

/* It would wait for their locks, with the file system's own lock held. */
START_TEST(no_directory_is_renamed)
{
        int root = make_tree();
        int dir = make_chain(root, 100);

        make_files(dir, 10);
        close(dir);
        close(root);
        be_tight(3);
        remove_all(without_limit);
        ck_assert_uint_eq(renames, 0);
}
END_TEST

START_TEST(a_wide_and_deep_tree_goes_within_small_budgets)
{
        _cleanup_close_ int root = make_tree();

        for (char a = 'a'; a <= 'j'; a++) {
                char name[2] = {a, '\0'};
                int dir = make_dir(root, name, 0700);

                for (char b = 'a'; b <= 'j'; b++) {
                        int next;

                        name[0] = b;
                        next = make_dir(dir, name, 0700);
                        make_files(dir, 3);
                        close(dir);
                        dir = next;
                }
                close(dir);
        }
        close(TAKE_FD(root));
        be_tight(2);
        ck_assert_uint_gt(remove_all((struct remove_budget){.entries = 1}), 400);
}
END_TEST

START_TEST(a_tree_that_is_deep_and_wide_costs_as_many_calls_as_its_entries_need)
{
        struct remove_budget budget = {.entries = 100};
        _cleanup_close_ int root = make_tree();
        unsigned calls;

        make_full(root, 8);
        close(TAKE_FD(root));
        calls = remove_all(budget);
        ck_assert_uint_ge(calls, 2 * 9841 / 100);
        ck_assert_uint_lt(calls, 2 * 2 * 9841 / 100);
}
END_TEST

/* ------------------------------------------------------------------ what can't be renamed */

/* Moves the directory to that quota project; `inherit`: with all that is made in it. */
static void set_project(int dir, unsigned project, bool inherit)
{
        struct fsxattr attributes;

        must(ioctl(dir, FS_IOC_FSGETXATTR, &attributes));
        attributes.fsx_projid = project;
        if (inherit)
                attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
        must(ioctl(dir, FS_IOC_FSSETXATTR, &attributes));
}

static unsigned project_of(int dir)
{
        struct fsxattr attributes;

        must(ioctl(dir, FS_IOC_FSGETXATTR, &attributes));
        return attributes.fsx_projid;
}

/* xfs has projects always, with quotas or not; ext4 only in kernels with quotas. */
static void mount_with_projects(void)
{
        close(make_dir(scratch.fd, "disk", 0700));
        ck_assert(mount_image(scratch_path(&scratch, "disk"), "xfs"));
        go_to_disk("disk");
}

START_TEST(directories_of_other_quota_projects_go)
{
        _cleanup_close_ int top = -EBADF, root = -EBADF, dir = -EBADF, deep = -EBADF;

        mount_with_projects();
        root = make_tree();
        top = must(openat(scratch.fd, "top", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        set_project(top, 7, true);
        dir = make_dir(root, "dir", 0700);
        set_project(dir, 8, true);
        deep = make_chain(dir, 100);
        ck_assert_uint_eq(project_of(deep), 8);
        make_files(deep, 10);
        close(TAKE_FD(top));
        close(TAKE_FD(root));
        close(TAKE_FD(dir));
        close(TAKE_FD(deep));
        fds = count_fds();
        remove_all((struct remove_budget){.entries = 20});
}
END_TEST

START_TEST(what_lies_in_the_lower_layer_of_an_overlay_goes_with_few_fds_and_no_stack)
{
        make_lower(LOWER_LEVELS);
        be_tight(9);
        remove_all(without_limit);
}
END_TEST

START_TEST(what_lies_in_a_lower_layer_goes_within_small_budgets)
{
        make_lower(100);
        ck_assert_uint_gt(remove_all((struct remove_budget){.entries = 3}), 100);
}
END_TEST

START_TEST(a_file_far_down_in_a_lower_layer_that_must_stay_is_told_and_all_else_goes)
{
        struct remove_budget budget = without_limit;
        char path[4 * 50 + 16] = "top/root", full[PATH_MAX];
        int dir;

        make_lower(200);
        for (unsigned i = 0; i < 50; i++)
                strcat(path, "/d");
        dir = must(openat(scratch.fd, path, O_RDONLY | O_CLOEXEC));
        strcat(path, "/file");
        (void)snprintf(full, sizeof(full), "%s/%s", scratch_path(&scratch, "layers/all"), path);
        must(mount("/dev/null", full, NULL, MS_BIND, NULL));
        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), -EBUSY);
        /* there is the way down to it, and nothing beside it */
        ck_assert_uint_eq(count_entries(dir), 1);
        ck_assert_uint_eq(budget.done, 150 + 2 * 200 - 1 + 4 * 6);
        must(umount2(full, MNT_DETACH));
        must(close(dir));
        remove_all(without_limit);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("remove");
        TCase *kinds = tcase_create("kinds"), *fixed = tcase_create("fixed");

        tcase_add_checked_fixture(kinds, set_up, be_roomy);
        tcase_set_timeout(kinds, 250);
        tcase_add_test(kinds, what_is_not_there_is_gone);
        tcase_add_test(kinds, an_entry_that_is_no_directory_goes_and_what_a_link_leads_to_stays);
        tcase_add_test(kinds, files_of_all_kinds_go);
        tcase_add_test(kinds, names_of_255_bytes_go);
        tcase_add_test(kinds, what_symbolic_links_lead_to_is_not_touched);
        tcase_add_test(kinds, what_hard_links_lead_to_stays_as_it_is);
        tcase_add_loop_test(kinds, a_hundred_thousand_levels_cost_few_fds_and_no_stack, 0, 2);
        tcase_add_test(kinds, twenty_thousand_files_in_one_directory_go);
        tcase_add_test(kinds, no_directory_is_renamed);
        tcase_add_test(kinds, a_wide_and_deep_tree_goes_within_small_budgets);
        tcase_add_test(kinds, a_tree_that_is_deep_and_wide_costs_as_many_calls_as_its_entries_need);
        suite_add_tcase(suite, kinds);

        tcase_add_checked_fixture(fixed, set_up, be_roomy);
        tcase_set_timeout(fixed, 120);
        if (has_images("xfs")) {
                tcase_add_test(fixed, directories_of_other_quota_projects_go);
        }
        tcase_add_test(fixed,
                       what_lies_in_the_lower_layer_of_an_overlay_goes_with_few_fds_and_no_stack);
        tcase_add_test(fixed, what_lies_in_a_lower_layer_goes_within_small_budgets);
        tcase_add_test(fixed,
                       a_file_far_down_in_a_lower_layer_that_must_stay_is_told_and_all_else_goes);
        suite_add_tcase(suite, fixed);
        return scratch_run(suite);
}
