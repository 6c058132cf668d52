/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-remove: hostile trees, as the end of an instance finds them
 *
 * Needs root, in a throw-away host. A tree is what an instance is: "top", root's and closed, with
 * "root" in it, which is a user's.
 */
#include <fts.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "ground/cleanup.h"
#include "disk/remove.h"
#include "kit/ground.h"

enum {
        LEVELS = 100000,
        FILES = 20000,
        FILES_AT_ONCE = 5000, /* a millisecond is enough for a tenth of these at most */
        LOWER_LEVELS = 3000,
        CALLS = 100000, /* of remove_tree(), until it must be through */
};

static struct scratch scratch; /* the tree "top", and "outside" with what must not be touched */
static unsigned fds;

/* The tree, and an fd of the part that is the user's. */
static int make_tree(void)
{
        _cleanup_close_ int top = make_dir(scratch.fd, "top", 0700);
        int root = make_dir(top, "root", 01770);

        must(fchown(root, 0, ALICE));
        return root;
}

static void set_up(void)
{
        int outside, below;

        own_mounts();
        ground_make(&scratch);
        outside = make_dir(scratch.fd, "outside", 0755);
        below = make_dir(outside, "below", 0755);
        write_file(outside, "file", "outside");
        write_file(below, "file", "below");
        close(below);
        close(outside);
        fds = count_fds();
}

/* What is outside, as text: all that could have been changed. */
static char *look_outside(void)
{
        char path[64];
        char *const paths[] = {path, NULL};
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        FTSENT *entry;
        FTS *fts;

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d/outside", scratch.fd);
        fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        while ((entry = fts_read(fts))) {
                const struct stat *st = entry->fts_statp;
                char content[16] = "";

                if (entry->fts_info == FTS_DP)
                        continue;
                if (entry->fts_info == FTS_F) {
                        int fd = must(open(entry->fts_accpath, O_RDONLY | O_CLOEXEC));

                        must((int)read(fd, content, sizeof(content) - 1));
                        close(fd);
                }
                fprintf(stream, "%s %o %u:%u %ju '%s' %jd.%09ld\n", entry->fts_name, st->st_mode,
                        st->st_uid, st->st_gid, (uintmax_t)st->st_nlink, content,
                        (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
        }
        fts_close(fts);
        fclose(stream);
        return text;
}

/* Calls remove_tree(), each time with a fresh budget, until it says that the tree is gone. */
static unsigned remove_all(struct remove_budget limits)
{
        for (unsigned calls = 1;; calls++) {
                struct remove_budget budget = limits;
                int r = remove_tree(scratch.fd, "top", &budget);

                ck_assert_msg(r >= 0, "remove_tree: %s", strerrordesc_np(-r));
                if (r == 0) {
                        ck_assert(!is_there(scratch.fd, "top"));
                        ck_assert_uint_eq(count_fds(), fds);
                        return calls;
                }
                ck_assert_int_eq(r, REMOVE_MORE);
                ck_assert_uint_lt(calls, CALLS);
        }
}

/* From now on no more than n fds and a small stack. */
static void be_tight(unsigned n)
{
        struct rlimit limit;
        int free[16];

        ck_assert_uint_le(n, 16);
        for (unsigned i = 0; i < n; i++)
                free[i] = must(dup(scratch.fd));
        must(getrlimit(RLIMIT_NOFILE, &limit));
        limit.rlim_cur = (rlim_t)free[n - 1] + 1;
        for (unsigned i = 0; i < n; i++)
                close(free[i]);
        must(setrlimit(RLIMIT_NOFILE, &limit));
        must(getrlimit(RLIMIT_STACK, &limit));
        limit.rlim_cur = 512 << 10;
        must(setrlimit(RLIMIT_STACK, &limit));
}

static void be_roomy(void)
{
        struct rlimit limit;

        must(getrlimit(RLIMIT_NOFILE, &limit));
        limit.rlim_cur = limit.rlim_max;
        must(setrlimit(RLIMIT_NOFILE, &limit));
}

static void make_files(int dir, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "%u", i);
                must(mknodat(dir, name, S_IFREG | 0600, 0));
        }
}

static const struct remove_budget without_limit;

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

START_TEST(B10_files_of_all_kinds_go)
{
        _cleanup_close_ int root = make_tree();

        make_kinds(root);
        close(TAKE_FD(root));
        remove_all(without_limit);
}
END_TEST

START_TEST(B10_names_of_255_bytes_go)
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

START_TEST(B10_what_symbolic_links_lead_to_is_not_touched)
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

START_TEST(B10_what_hard_links_lead_to_stays_as_it_is)
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

/* Directories of that user in one another; the fd of the last one. */
static int make_chain_of(uid_t uid, int dir, unsigned levels)
{
        dir = must(dup(dir));
        for (unsigned i = 0; i < levels; i++) {
                int next;

                if (mkdirat(dir, "d", 0700) < 0) {
                        /* a small disk is full sooner */
                        ck_assert_int_eq(errno, ENOSPC);
                        ck_assert_uint_gt(i, 5000);
                        break;
                }
                next = must(openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
                must(fchown(next, uid, uid));
                close(dir);
                dir = next;
        }
        return dir;
}

static int make_chain(int dir, unsigned levels)
{
        return make_chain_of(0, dir, levels);
}

/* With 2 fds, which every caller has, and with as many as can be used. */
START_TEST(B10_a_hundred_thousand_levels_cost_few_fds_and_no_stack)
{
        static const unsigned few[] = {2, 9};
        int root = make_tree();

        close(make_chain(root, LEVELS));
        close(root);
        be_tight(few[_i]);
        remove_all(without_limit);
}
END_TEST

START_TEST(B10_twenty_thousand_files_in_one_directory_go)
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

/* Everything is nine levels deep and there are three in each: 9841 directories, as many files. */
static void make_full(int dir, unsigned levels)
{
        write_file(dir, "file", "");
        for (char c = 'a'; levels > 0 && c <= 'c'; c++) {
                char name[2] = {c, '\0'};
                int next = make_dir(dir, name, 0700);

                make_full(next, levels - 1);
                close(next);
        }
}

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

START_TEST(B9b_a_mount_is_not_entered_and_all_else_goes)
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

START_TEST(B9b_a_mount_in_another_namespace_holds_nothing_up_and_its_files_stay)
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

/* ------------------------------------------------------------------ what can't be renamed */

/* Is on that disk from now on: the tree is made there. */
static void go_to_disk(const char *name)
{
        scratch.fd = must(openat(scratch.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        fds = count_fds();
}

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

/*
 * The tree is in the lower layer of an overlay, where no directory can be renamed: `levels` deep,
 * with files and other directories on each.
 */
static void make_lower(unsigned levels)
{
        char options[512];
        int dir;

        close(make_dir(scratch.fd, "layers", 0700));
        must(mount("tmpfs", scratch_path(&scratch, "layers"), "tmpfs", 0, "nr_inodes=0"));
        must(mkdirat(scratch.fd, "layers/lower", 0700));
        must(mkdirat(scratch.fd, "layers/upper", 0700));
        must(mkdirat(scratch.fd, "layers/work", 0700));
        must(mkdirat(scratch.fd, "layers/all", 0700));
        must(mkdirat(scratch.fd, "layers/lower/top", 0700));
        must(mkdirat(scratch.fd, "layers/lower/top/root", 0700));
        dir = must(openat(scratch.fd, "layers/lower/top/root", O_RDONLY | O_CLOEXEC));
        for (unsigned i = 0; i < levels; i++) {
                int next = make_dir(dir, "d", 0700);

                write_file(dir, "file", "");
                close(make_dir(dir, "empty", 0700));
                for (char c = 'a'; i % 50 == 0 && c <= 'c'; c++) {
                        char name[2] = {c, '\0'};
                        int side = make_dir(dir, name, 0700);

                        write_file(side, "file", "");
                        close(side);
                }
                must(fchown(dir, ALICE, ALICE));
                close(dir);
                dir = next;
        }
        close(dir);
        (void)snprintf(options, sizeof(options),
                       "lowerdir=%s,upperdir=%s,workdir=%s,redirect_dir=nofollow",
                       scratch_path(&scratch, "layers/lower"),
                       scratch_path(&scratch, "layers/upper"),
                       scratch_path(&scratch, "layers/work"));
        must(mount("overlay", scratch_path(&scratch, "layers/all"), "overlay", 0, options));
        go_to_disk("layers/all");
        ck_assert_int_eq(renameat(scratch.fd, "top/root/d", scratch.fd, "top/d"), -1);
        ck_assert_int_eq(errno, EXDEV);
}

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

/* ------------------------------------------------------------------ several removers */

static void make_busy(int root)
{
        int deep = make_chain(root, 2000);

        make_files(deep, 100);
        close(deep);
        make_full(root, 6);
}

/* A remover as clean is one. */
static void remove_often(unsigned entries)
{
        for (unsigned calls = 0;; calls++) {
                struct remove_budget budget = {.entries = entries};
                int r = remove_tree(scratch.fd, "top", &budget);

                if (r == 0)
                        _exit(EXIT_SUCCESS);
                if (r < 0)
                        fprintf(stderr, "# remove_tree: %s\n", strerrordesc_np(-r));
                if (r < 0 || calls > CALLS)
                        _exit(EXIT_FAILURE);
        }
}

static void remove_together(void)
{
        static const unsigned entries[] = {0, 0, 7, 500};
        pid_t pids[4];

        for (unsigned i = 0; i < 4; i++) {
                pids[i] = must(fork());
                if (pids[i] == 0)
                        remove_often(entries[i]);
        }
        for (unsigned i = 0; i < 4; i++) {
                int status;

                must(waitpid(pids[i], &status, 0));
                ck_assert_msg(status == 0, "remover %u: status 0x%x", i, (unsigned)status);
        }
        ck_assert(!is_there(scratch.fd, "top"));
}

START_TEST(several_may_remove_the_same_tree_at_once)
{
        int root = make_tree();

        make_busy(root);
        close(root);
        remove_together();
}
END_TEST

START_TEST(several_may_remove_the_same_tree_of_a_lower_layer_at_once)
{
        make_lower(300);
        remove_together();
}
END_TEST

/* ------------------------------------------------------------------ a user who goes on */

enum {
        ROUNDS = 100,
        AT = 5,     /* directories that the user works in */
        WARM = 500, /* what it has done before removing begins */
        PAIRS = 8,  /* in each: of a directory that is not empty and a link to what is root's */
};

static void name_it(char name[16], char what, unsigned i)
{
        (void)snprintf(name, 16, "%c%u", what, i % PAIRS);
}

static void make_pairs(int at)
{
        for (unsigned i = 0; i < PAIRS; i++) {
                char name[16];
                int dir;

                name_it(name, 'l', i);
                must(symlinkat(scratch_path(&scratch, "outside"), at, name));
                name_it(name, 'd', i);
                dir = make_dir(at, name, 0700);
                write_file(dir, "file", "");
                must(close(dir));
        }
}

/*
 * Does what processes that outlive their session can do, in directories that they hold open: puts
 * links in the place of directories and back, makes new files and directories, and carries
 * directories from one to another.
 */
static void write_on(const int dirs[AT], int ready)
{
        for (unsigned i = 0;; i++) {
                int at = dirs[i % AT], other = dirs[(i + 1) % AT];
                char a[16], b[16];

                name_it(a, 'd', i / AT);
                name_it(b, 'l', i / AT);
                (void)renameat2(at, a, at, b, RENAME_EXCHANGE);
                if (i % 16 == 0) {
                        (void)mkdirat(at, a, 0700);
                        (void)mknodat(at, "file", S_IFREG | 0600, 0);
                        (void)renameat2(at, a, other, "d", 0);
                }
                if (i == WARM)
                        must((int)write(ready, "", 1));
        }
}

/* Makes ever more in one another; goes back up when the disk or a limit says stop. */
static void extend(const int dirs[AT], int ready)
{
        int dir = dup(dirs[0]);

        for (unsigned i = 0;; i++) {
                int next;

                (void)mkdirat(dir, "more", 0700);
                (void)mknodat(dir, "file", S_IFREG | 0600, 0);
                next = openat(dir, "more", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (next < 0)
                        next = dup(dirs[i % AT]);
                close(dir);
                dir = next;
                if (i == WARM)
                        must((int)write(ready, "", 1));
        }
}

/*
 * A process of the user's that works in the directory and in the chain below it until it is killed:
 * so deep that the way back from there is "..".
 */
static pid_t start_writing(int root, void (*work)(const int dirs[AT], int ready))
{
        int ready[2], dirs[AT] = {root};
        pid_t pid;
        char byte;

        must(pipe2(ready, O_CLOEXEC));
        pid = must(fork());
        if (pid == 0) {
                become(ALICE);
                for (unsigned i = 0; i < AT; i++) {
                        if (i > 0)
                                dirs[i] = must(openat(dirs[i - 1], "d/d/d/d", O_RDONLY));
                        make_pairs(dirs[i]);
                }
                work(dirs, ready[1]);
        }
        must(close(ready[1]));
        ck_assert_msg(read(ready[0], &byte, 1) == 1, "the writer has failed");
        must(close(ready[0]));
        return pid;
}

/* A chain of directories of the user's, for a writer. An fd of the topmost. */
static int make_ground_for_writing(bool lower)
{
        int root;

        if (lower) {
                make_lower(4 * AT);
                root = must(openat(scratch.fd, "top/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        } else {
                root = make_tree();
                close(make_chain_of(ALICE, root, 4 * AT));
        }
        must(fchown(root, 0, ALICE));
        must(fchmod(root, 01770));
        return root;
}

static void finish_writing(int root, pid_t writer)
{
        must(close(root));
        must(kill(writer, SIGKILL));
        must(waitpid(writer, NULL, 0));
        fds = count_fds();
        remove_all(without_limit);
}

START_TEST(B9_nothing_outside_is_touched_while_a_user_swaps_directories_for_links)
{
        _cleanup_free_ char *before = look_outside(), *after = NULL;

        for (unsigned round = 0; round < ROUNDS; round++) {
                int root = make_ground_for_writing(false);
                pid_t writer = start_writing(root, write_on);

                for (unsigned i = 0; i < 20; i++) {
                        struct remove_budget budget = {.entries = 16};

                        (void)remove_tree(scratch.fd, "top", &budget);
                        ck_assert_uint_le(budget.used, 16);
                }
                finish_writing(root, writer);
        }
        after = look_outside();
        ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(B9_nothing_outside_is_touched_where_nothing_can_be_renamed)
{
        _cleanup_free_ char *before = look_outside(), *after = NULL;
        int ground = scratch.fd, root = make_ground_for_writing(true);
        pid_t writer = start_writing(root, write_on);

        for (unsigned i = 0; i < 50; i++) {
                struct remove_budget budget = {.entries = 16};

                (void)remove_tree(scratch.fd, "top", &budget);
                ck_assert_uint_le(budget.used, 16);
        }
        finish_writing(root, writer);
        scratch.fd = ground;
        after = look_outside();
        ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(a_call_ends_while_a_user_makes_more_and_more)
{
        int root = make_ground_for_writing(_i);
        pid_t writer = start_writing(root, extend);

        for (unsigned i = 0; i < 20; i++) {
                struct remove_budget budget = {.entries = 500}, times = {.milliseconds = 5};

                ck_assert_int_ge(remove_tree(scratch.fd, "top", &budget), 0);
                ck_assert_uint_le(budget.used, 500);
                ck_assert_int_ge(remove_tree(scratch.fd, "top", &times), 0);
        }
        finish_writing(root, writer);
}
END_TEST

/* What the user can do with a directory that was opened before. 0, or the errno. */
static int try_as_user(int dir, int (*attempt)(int dir))
{
        pid_t pid = must(fork());
        int status;

        if (pid == 0) {
                become(ALICE);
                _exit(attempt(dir) < 0 ? errno : 0);
        }
        must(waitpid(pid, &status, 0));
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static int attempt_file(int dir)
{
        return openat(dir, "new", O_WRONLY | O_CREAT, 0600);
}

static int attempt_directory(int dir)
{
        return mkdirat(dir, "new", 0700);
}

static int attempt_rename(int dir)
{
        return renameat(dir, "5", dir, "new");
}

static int attempt_link(int dir)
{
        return linkat(dir, "5", dir, "new", 0);
}

static int attempt_open_up(int dir)
{
        return fchmod(dir, 0777);
}

START_TEST(nobody_adds_to_a_directory_that_is_being_emptied)
{
        struct remove_budget budget = {.entries = 1};
        _cleanup_close_ int root = make_tree();

        make_files(root, 10);
        must(fchown(root, ALICE, ALICE));
        must(fchmod(root, 0700));
        ck_assert_int_eq(try_as_user(root, attempt_file), 0);

        ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
        ck_assert_int_eq(try_as_user(root, attempt_file), EACCES);
        ck_assert_int_eq(try_as_user(root, attempt_directory), EACCES);
        ck_assert_int_eq(try_as_user(root, attempt_rename), EACCES);
        ck_assert_int_eq(try_as_user(root, attempt_link), EACCES);
        ck_assert_int_eq(try_as_user(root, attempt_open_up), EPERM);
        ck_assert_uint_eq(count_entries(root), 10);
}
END_TEST

START_TEST(nobody_adds_to_a_directory_below_once_it_is_being_emptied)
{
        _cleanup_close_ int root = make_tree(), below = make_dir(root, "below", 0700);
        struct stat st;

        make_files(below, 50);
        must(fchown(below, ALICE, ALICE));
        /* until the first of its files has gone */
        for (unsigned i = 0; count_entries(below) == 50; i++) {
                struct remove_budget budget = {.entries = 2};

                ck_assert_int_eq(remove_tree(scratch.fd, "top", &budget), REMOVE_MORE);
                ck_assert_uint_lt(i, 100);
        }
        ck_assert_int_eq(try_as_user(below, attempt_file), EACCES);
        ck_assert_int_eq(try_as_user(below, attempt_open_up), EPERM);
        must(fstat(below, &st));
        ck_assert_uint_eq(st.st_uid, 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0);
}
END_TEST

/* ------------------------------------------------------------------ what can't be removed */

static int set_flags(int fd, int flags)
{
        return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

START_TEST(B10_an_immutable_file_is_told_and_all_else_goes)
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

/* Has this machine disk images with that file system? What is not there is not tested. */
static bool has_images(const char *type)
{
        const char *must_run = getenv("PRIVTMP_MUST_RUN");
        pid_t pid;
        int status;

        if (must_run && strcmp(must_run, "1") == 0)
                return true;
        pid = fork();
        if (pid == 0)
                _exit(unshare(CLONE_NEWNS) == 0 &&
                                      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                                      mount("tmpfs", "/mnt", "tmpfs", 0, NULL) == 0 &&
                                      mkdir("/mnt/disk", 0700) == 0 &&
                                      mount_image("/mnt/disk", type)
                              ? EXIT_SUCCESS
                              : EXIT_FAILURE);
        return waitpid(pid, &status, 0) == pid && status == 0;
}

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
        Suite *suite = suite_create("remove");
        TCase *kinds = tcase_create("kinds"), *budgets = tcase_create("budgets"),
              *mounts = tcase_create("mounts"), *user = tcase_create("user"),
              *fixed = tcase_create("fixed"), *several = tcase_create("several"),
              *stuck = tcase_create("stuck");

        tcase_add_checked_fixture(kinds, set_up, be_roomy);
        tcase_set_timeout(kinds, 250);
        tcase_add_test(kinds, what_is_not_there_is_gone);
        tcase_add_test(kinds, an_entry_that_is_no_directory_goes_and_what_a_link_leads_to_stays);
        tcase_add_test(kinds, B10_files_of_all_kinds_go);
        tcase_add_test(kinds, B10_names_of_255_bytes_go);
        tcase_add_test(kinds, B10_what_symbolic_links_lead_to_is_not_touched);
        tcase_add_test(kinds, B10_what_hard_links_lead_to_stays_as_it_is);
        tcase_add_loop_test(kinds, B10_a_hundred_thousand_levels_cost_few_fds_and_no_stack, 0, 2);
        tcase_add_test(kinds, B10_twenty_thousand_files_in_one_directory_go);
        tcase_add_test(kinds, no_directory_is_renamed);
        tcase_add_test(kinds, a_wide_and_deep_tree_goes_within_small_budgets);
        tcase_add_test(kinds, a_tree_that_is_deep_and_wide_costs_as_many_calls_as_its_entries_need);
        suite_add_tcase(suite, kinds);

        tcase_add_checked_fixture(budgets, set_up, NULL);
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
        tcase_set_timeout(budgets, 60);
        suite_add_tcase(suite, budgets);

        tcase_add_checked_fixture(mounts, set_up, NULL);
        tcase_add_test(mounts, B9b_a_mount_is_not_entered_and_all_else_goes);
        tcase_add_test(mounts, a_file_that_is_a_mount_is_left_and_all_else_goes);
        tcase_add_test(mounts, the_entry_itself_is_not_entered_when_it_is_a_mount);
        tcase_add_test(mounts,
                       B9b_a_mount_in_another_namespace_holds_nothing_up_and_its_files_stay);
        suite_add_tcase(suite, mounts);

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

        tcase_add_checked_fixture(several, set_up, NULL);
        tcase_set_timeout(several, 120);
        tcase_add_loop_test(several, several_may_remove_the_same_tree_at_once, 0, 5);
        tcase_add_loop_test(several, several_may_remove_the_same_tree_of_a_lower_layer_at_once, 0,
                            5);
        suite_add_tcase(suite, several);

        tcase_add_checked_fixture(user, set_up, NULL);
        tcase_set_timeout(user, 120);
        tcase_add_test(user,
                       B9_nothing_outside_is_touched_while_a_user_swaps_directories_for_links);
        tcase_add_loop_test(user, B9_nothing_outside_is_touched_where_nothing_can_be_renamed, 0,
                            10);
        tcase_add_loop_test(user, a_call_ends_while_a_user_makes_more_and_more, 0, 2);
        tcase_add_test(user, nobody_adds_to_a_directory_that_is_being_emptied);
        tcase_add_test(user, nobody_adds_to_a_directory_below_once_it_is_being_emptied);
        suite_add_tcase(suite, user);

        if (has_immutable()) {
                tcase_add_checked_fixture(stuck, set_up, NULL);
                tcase_add_test(stuck, B10_an_immutable_file_is_told_and_all_else_goes);
                tcase_add_test(stuck, an_immutable_directory_is_told_and_all_else_goes);
                suite_add_tcase(suite, stuck);
        }
        return scratch_run(suite);
}
