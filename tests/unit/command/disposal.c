/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-disposal: the trash is empty afterwards, whatever is in it and whoever writes there
 *
 * Needs root, in a throw-away host.
 */
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "ground/cleanup.h"
#include "kit/ground.h"
#include "disk/instance.h"
#include "command/disposal.h"
#include "command/worker.h"

static struct scratch scratch; /* is the base */
static struct heard heard;
static int outside = -EBADF;
static uid_t whose = (uid_t)-1; /* trees are emptied, listed */

static void set_up(void)
{
        ground_make(&scratch);
        heard_begin(&heard);
        outside = make_dir(scratch.fd, "outside", 0777);
        write_file(outside, "file", "");
        close(make_dir(outside, "directory", 0777));
}

/* ------------------------------------------------------------------ trees */

/* A folder of the base, made if need be. */
static int folder(const char *name)
{
        int fd = -EBADF;

        ck_assert_int_eq(trash_open(scratch.fd, name, &fd), 0);
        return fd;
}

/* What an instance leaves in that folder: its fd. */
static int make_tree(const char *where, const char *name)
{
        _cleanup_close_ int fd = folder(where);
        int tree = make_dir(fd, name, 0700);

        write_file(tree, "lock", "");
        must(symlinkat("/tmp", tree, "directory"));
        close(make_dir(tree, "root", 01770));
        return tree;
}

static int root_of(int tree)
{
        return must(openat(tree, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static void add_files(int dir, unsigned first, unsigned n)
{
        for (unsigned i = first; i < first + n; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "%u", i);
                write_file(dir, name, "");
        }
}

/* One with something of everything in it. */
static void fill(int tree)
{
        int dir = root_of(tree);

        add_files(dir, 0, 20);
        must(mkfifoat(dir, "fifo", 0666));
        must(symlinkat(scratch_path(&scratch, "outside"), dir, "link"));
        must(symlinkat(scratch_path(&scratch, "outside/file"), dir, "link to a file"));
        must(linkat(outside, "file", dir, "hard link", 0));
        for (int i = 0; i < 30; i++) {
                int below = make_dir(dir, i % 2 ? ".hidden" : "directory", 0777);

                must(fchown(below, ALICE, ALICE));
                add_files(below, 0, 3);
                must(symlinkat(scratch_path(&scratch, "outside"), below, "link"));
                close(dir);
                dir = below;
        }
        close(dir);
}

static bool is_empty(const char *name)
{
        _cleanup_close_ int fd = openat(scratch.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || count_entries(fd) == 0;
}

/* ------------------------------------------------------------------ emptying it */

static char stuck[2048]; /* a line each: FOLDER/NAME: WHY */
static unsigned slices, last_done, last_all;
static uint64_t last_entries;

static void note_progress(void *arg, const char *base, unsigned done, unsigned all,
                          uint64_t entries)
{
        ck_assert_ptr_eq(arg, &scratch);
        ck_assert_str_eq(base, scratch.path);
        ck_assert_uint_le(done, all);
        ck_assert_uint_ge(done, last_done);
        ck_assert_uint_ge(entries, last_entries);
        slices++;
        last_done = done;
        last_all = all;
        last_entries = entries;
}

static void note_stuck(void *arg, const char *base, const char *where, const char *name,
                       const char *why)
{
        size_t used = strlen(stuck);

        ck_assert_ptr_eq(arg, &scratch);
        ck_assert_str_eq(base, scratch.path);
        ck_assert_int_lt(
                snprintf(stuck + used, sizeof(stuck) - used, "%s/%s: %s\n", where, name, why),
                (int)(sizeof(stuck) - used));
}

static int empty(void)
{
        const struct disposal disposal = {.base = scratch.fd,
                                          .path = scratch.path,
                                          .uid = whose,
                                          .progress = note_progress,
                                          .stuck = note_stuck,
                                          .arg = &scratch};
        unsigned fds = count_fds();
        int r;

        stuck[0] = '\0';
        slices = last_done = last_all = 0;
        last_entries = 0;
        r = disposal_empty(&disposal, &heard.report);
        ck_assert_uint_eq(count_fds(), fds);
        ck_assert_uint_eq(heard.lines, 0);
        if (r >= 0)
                ck_assert_str_eq(heard.report.fault, "");
        ck_assert(is_there(outside, "file"));
        ck_assert(is_there(outside, "directory"));
        ck_assert_uint_eq(count_entries(outside), 2);
        return r;
}

/* ------------------------------------------------------------------ what goes */

MACHINE_TEST(where_there_is_no_trash_there_is_nothing_to_do)
{
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".trash"));
        ck_assert_uint_eq(slices, 0);
}

MACHINE_TEST(all_that_is_in_the_trash_goes)
{
        int trash = folder(".trash");

        fill(make_tree(".trash", "1001.abcdef"));
        fill(make_tree(".trash", "1001.ABCDEF"));
        close(make_tree(".trash", "1002.abcdef"));
        ck_assert_int_eq(empty(), 0);
        ck_assert_uint_eq(count_entries(trash), 0);
        ck_assert_uint_eq(last_done, 3);
        ck_assert_uint_eq(last_all, 3);
        ck_assert_uint_gt(last_entries, 200);
        ck_assert_str_eq(stuck, "");
        ck_assert(!is_there(scratch.fd, ".stuck"));
}

MACHINE_TEST(of_one_user_alone_nothing_of_others_goes)
{
        static const char *const others[] = {"1002.abcdef", "10010.abcdef", "100.abcdef", "file"};
        int trash = folder(".trash"), aside = folder(".stuck");

        fill(make_tree(".trash", "1001.abcdef"));
        fill(make_tree(".stuck", "1001.ABCDEF"));
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                close(make_tree(".trash", others[i]));
                close(make_tree(".stuck", others[i]));
        }
        whose = 1001;
        ck_assert_int_eq(empty(), 0);
        ck_assert_uint_eq(count_entries(trash), sizeof(others) / sizeof(others[0]));
        ck_assert_uint_eq(count_entries(aside), sizeof(others) / sizeof(others[0]));
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                ck_assert(is_there(trash, others[i]));
                ck_assert(is_there(aside, others[i]));
        }
}

MACHINE_TEST(what_root_put_into_the_trash_goes_too)
{
        int trash = folder(".trash"), dir;

        write_file(trash, "file", "");
        write_file(trash, ".hidden file", "");
        must(symlinkat(scratch_path(&scratch, "outside"), trash, "link"));
        must(symlinkat("nowhere", trash, "..."));
        must(mkfifoat(trash, "fifo", 0666));
        dir = make_dir(trash, ".directory", 0777);
        add_files(dir, 0, 3);
        close(make_dir(dir, "root", 0));
        must(linkat(outside, "file", dir, "hard link", 0));
        ck_assert_int_eq(empty(), 0);
        ck_assert_uint_eq(count_entries(trash), 0);
}

MACHINE_TEST(a_trash_that_is_a_link_is_not_used)
{
        must(symlinkat("outside", scratch.fd, ".trash"));
        ck_assert_int_lt(empty(), 0);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, scratch_path(&scratch, ".trash")));
}

/* ------------------------------------------------------------------ what can't be removed */

/* A tree with another mount in it, which nobody may enter. */
static void make_stuck(const char *name)
{
        char path[PATH_MAX];
        int dir;

        fill(make_tree(".trash", name));
        (void)snprintf(path, sizeof(path), "%s/.trash/%s/root/mounted", scratch.path, name);
        must(mkdir(path, 0777));
        must(mount("tmpfs", path, "tmpfs", 0, NULL));
        dir = must(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        write_file(dir, "file", "");
        close(dir);
}

/* Where the mount is now: what was around it is gone. */
static void unmount(const char *name)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof(path), "%s/.stuck/%s/root/mounted/file", scratch.path, name);
        ck_assert(is_there(AT_FDCWD, path));
        *strrchr(path, '/') = '\0';
        must(umount2(path, MNT_DETACH));
}

MACHINE_TEST(what_cannot_be_removed_is_put_aside_and_the_rest_goes)
{
        make_stuck("1001.abcdef");
        fill(make_tree(".trash", "1002.abcdef"));
        fill(make_tree(".trash", "1001.ABCDEF"));
        ck_assert_int_eq(empty(), 1);
        ck_assert(is_empty(".trash"));
        ck_assert_int_eq(strncmp(stuck, ".stuck/1001.abcdef: ", 20), 0);
        ck_assert_ptr_eq(strchr(stuck, '\n'), stuck + strlen(stuck) - 1);
        ck_assert_uint_eq(scratch_mode(&scratch, ".stuck"), 0700);
        ck_assert_uint_eq(count_entries(folder(".stuck")), 1);

        /* tried again each time, and told of each time */
        ck_assert_int_eq(empty(), 1);
        ck_assert(is_empty(".trash"));
        ck_assert_int_eq(strncmp(stuck, ".stuck/1001.abcdef: ", 20), 0);
        unmount("1001.abcdef");
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".trash"));
        ck_assert(is_empty(".stuck"));
        ck_assert_str_eq(stuck, "");
}

MACHINE_TEST(several_that_cannot_be_removed_are_each_told_of)
{
        make_stuck("1001.abcdef");
        make_stuck("1001.ABCDEF");
        ck_assert_int_eq(empty(), 1);
        ck_assert_ptr_nonnull(strstr(stuck, ".stuck/1001.abcdef: "));
        ck_assert_ptr_nonnull(strstr(stuck, ".stuck/1001.ABCDEF: "));
        ck_assert(is_empty(".trash"));
        unmount("1001.abcdef");
        ck_assert_int_eq(empty(), 1);
        ck_assert_ptr_null(strstr(stuck, ".stuck/1001.abcdef: "));
        ck_assert_ptr_nonnull(strstr(stuck, ".stuck/1001.ABCDEF: "));
        unmount("1001.ABCDEF");
        ck_assert_int_eq(empty(), 0);
}

MACHINE_TEST(what_lies_aside_is_tried_again_even_if_the_trash_is_empty)
{
        fill(make_tree(".stuck", "1001.abcdef"));
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".stuck"));
        ck_assert(is_empty(".trash"));
}

MACHINE_TEST(of_two_with_one_name_both_go)
{
        fill(make_tree(".stuck", "1001.abcdef"));
        fill(make_tree(".trash", "1001.abcdef"));
        (void)empty();
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".stuck"));
        ck_assert(is_empty(".trash"));
}

MACHINE_TEST(where_nothing_can_be_put_aside_it_is_told_of_and_stays)
{
        make_stuck("1001.abcdef");
        must(symlinkat("outside", scratch.fd, ".stuck"));
        fill(make_tree(".trash", "1002.abcdef"));
        ck_assert_int_lt(empty(), 0);
        ck_assert_int_eq(strncmp(stuck, ".work/1001.abcdef: ", 19), 0);
        ck_assert_uint_eq(count_entries(folder(".work")), 1);
}

MACHINE_TEST(why_a_tree_is_stuck_is_told_with_the_entry_and_the_cure)
{
        int root = root_of(make_tree(".trash", "1001.abcdef"));
        int dir = make_dir(root, "dir", 0777), file;

        write_file(dir, "a\tb", "");
        file = must(openat(dir, "a\tb", O_RDONLY | O_CLOEXEC));
        must(ioctl(file, FS_IOC_SETFLAGS, &(int){FS_IMMUTABLE_FL}));
        ck_assert_int_eq(empty(), 1);
        ck_assert_str_eq(stuck, ".stuck/1001.abcdef: root/dir/a?b: Operation not permitted, it is "
                                "immutable: chattr -i\n");
        must(ioctl(file, FS_IOC_SETFLAGS, &(int){0}));
        ck_assert_int_eq(empty(), 0);

        root = root_of(make_tree(".trash", "1001.abcdef"));
        dir = make_dir(root, "dir", 0777);
        write_file(dir, "file", "");
        must(ioctl(dir, FS_IOC_SETFLAGS, &(int){FS_IMMUTABLE_FL}));
        ck_assert_int_eq(empty(), 1);
        ck_assert_str_eq(stuck, ".stuck/1001.abcdef: root/dir: Operation not permitted, it is "
                                "immutable: chattr -i\n");
        must(ioctl(dir, FS_IOC_SETFLAGS, &(int){0}));
}

/* ------------------------------------------------------------------ who has a tree already */

MACHINE_TEST(what_somebody_else_is_deleting_is_left_to_them_without_a_word)
{
        struct trash_tree tree = TRASH_TREE_NONE;

        fill(make_tree(".trash", "1001.abcdef"));
        fill(make_tree(".trash", "1001.ABCDEF"));
        ck_assert_int_eq(trash_take(scratch.fd, ".trash", "1001.abcdef", &tree), 0);
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".trash"));
        ck_assert_uint_eq(count_entries(folder(".work")), 1);
        trash_leave(&tree);
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".work"));
}

/* Seconds: the clock is that much before the host's. */
static time_t shift;

/* Stands in place of the C library's. */
time_t time(time_t *ret)
{
        struct timespec now;

        must(clock_gettime(CLOCK_REALTIME, &now));
        if (ret)
                *ret = now.tv_sec + shift;
        return now.tv_sec + shift;
}

MACHINE_TEST(what_somebody_has_for_long_is_told_of_and_holds_up_its_owners_trees_alone)
{
        struct trash_tree tree = TRASH_TREE_NONE;

        fill(make_tree(".trash", "1001.abcdef"));
        fill(make_tree(".trash", "1001.ABCDEF"));
        fill(make_tree(".trash", "1002.abcdef"));
        fill(make_tree(".trash", "10010.abcdef"));
        ck_assert_int_eq(trash_take(scratch.fd, ".trash", "1001.abcdef", &tree), 0);
        shift = 3600;
        for (unsigned i = 0; i < 3; i++) {
                ck_assert_int_eq(empty(), 1);
                ck_assert_str_eq(stuck, ".work/1001.abcdef: another process is still deleting it, "
                                        "or hangs\n");
                /* else the path unit would start the next clean again and again */
                ck_assert(is_empty(".trash"));
                ck_assert_uint_eq(count_entries(folder(".work")), 2);
        }
        trash_leave(&tree);
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".work"));
}

/* ------------------------------------------------------------------ who takes long */

static const char *slow = "none"; /* trees whose names begin like that take half an hour */
static unsigned n_late;

enum worker_is __real_worker_look(struct worker *worker);
enum worker_is __wrap_worker_look(struct worker *worker);

enum worker_is __wrap_worker_look(struct worker *worker)
{
        if (strncmp(worker->tree.name, slow, strlen(slow)) != 0)
                return __real_worker_look(worker);
        must(kill(worker->pid, SIGKILL));
        must(waitpid(worker->pid, NULL, 0));
        n_late++;
        return WORKER_LATE;
}

MACHINE_TEST(whose_tree_takes_too_long_has_others_wait_for_one_tree_only)
{
        close(make_tree(".trash", "1001.abcdef"));
        close(make_tree(".trash", "1001.ABCDEF"));
        close(make_tree(".trash", "1001.123456"));
        fill(make_tree(".trash", "1002.abcdef"));
        slow = "1001.";
        ck_assert_int_eq(empty(), 1);
        ck_assert_uint_eq(n_late, 1);
        ck_assert_ptr_nonnull(strstr(stuck, ": took too long, the next clean goes on\n"));
        ck_assert(is_empty(".trash"));
        slow = "none";
        ck_assert_int_eq(empty(), 0);
        ck_assert(is_empty(".work"));
}

/* ------------------------------------------------------------------ two at once */

enum {
        ROUNDS = 20,
        TREES = 8,
};

static int empty_alone(void)
{
        const struct disposal disposal = {.base = scratch.fd,
                                          .path = scratch.path,
                                          .uid = whose,
                                          .progress = note_progress,
                                          .stuck = note_stuck,
                                          .arg = &scratch};

        return disposal_empty(&disposal, &heard.report);
}

MACHINE_TEST(two_at_once_are_in_nobodys_way)
{
        for (int round = 0; round < ROUNDS; round++) {
                int status, r;
                pid_t other;

                for (int i = 0; i < TREES; i++) {
                        char name[16];

                        (void)snprintf(name, sizeof(name), "1001.abcde%d", i);
                        fill(make_tree(".trash", name));
                }
                stuck[0] = '\0';
                last_done = last_all = 0;
                last_entries = 0;
                other = must(fork());
                r = empty_alone();
                if (other == 0)
                        _exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
                must(waitpid(other, &status, 0));
                ck_assert_msg(r == 0, "%s%s", stuck, heard.report.fault);
                ck_assert_msg(status == 0, "the other one has failed");
                ck_assert(is_empty(".trash"));
                ck_assert(is_empty(".stuck"));
        }
}

/* ------------------------------------------------------------------ the list */

static unsigned listed;
static struct disposal trees;

static void list_one(void *arg, const char *name)
{
        ck_assert_ptr_eq(arg, &listed);
        ck_assert(strcmp(name, "1001.abcdef") == 0 || strcmp(name, ".hidden") == 0);
        listed++;
}

MACHINE_TEST(the_list_has_all_that_is_there)
{
        int trash = folder(".trash");
        unsigned fds = count_fds();

        trees = (struct disposal){.base = scratch.fd, .uid = whose};
        close(make_tree(".trash", "1001.abcdef"));
        write_file(trash, ".hidden", "");
        ck_assert_int_eq(disposal_list(&trees, ".trash", list_one, &listed), 0);
        ck_assert_uint_eq(listed, 2);
        ck_assert_uint_eq(count_entries(trash), 2);
        ck_assert_uint_eq(count_fds(), fds);
}

MACHINE_TEST(in_what_may_be_no_base_it_has_what_looks_like_a_tree)
{
        int trash = folder(".trash");

        trees = (struct disposal){.base = scratch.fd, .uid = whose, .foreign = true};
        close(make_tree(".trash", "1001.abcdef"));
        close(make_tree(".trash", "1001.a-file"));
        close(make_tree(".trash", "1001.abcdeg"));
        close(make_tree(".trash", "x1001.abcdef"));
        close(make_tree(".trash", "1001.abcdeh"));
        must(fchmodat(trash, "1001.abcdef", 0700, 0));
        must(fchmodat(trash, "1001.a-file", 0700, 0));
        must(fchmodat(trash, "1001.abcdeg", 0710, 0));
        must(fchmodat(trash, "x1001.abcdef", 0700, 0));
        must(fchmodat(trash, "1001.abcdeh", 0700, 0));
        must(fchownat(trash, "1001.abcdeh", 1001, 0, 0));
        write_file(trash, "1001.abcdei", "");
        must(symlinkat("1001.abcdef", trash, "1001.abcdej"));
        ck_assert_int_eq(disposal_list(&trees, ".trash", list_one, &listed), 0);
        ck_assert_uint_eq(listed, 1);
}

MACHINE_TEST(the_list_of_what_is_not_there_is_empty)
{
        trees = (struct disposal){.base = scratch.fd, .uid = whose};
        ck_assert_int_eq(disposal_list(&trees, ".stuck", list_one, &listed), 0);
        ck_assert_uint_eq(listed, 0);
        ck_assert(!is_there(scratch.fd, ".stuck"));
}

MACHINE_TEST(the_list_of_what_is_no_folder_is_an_error)
{
        trees = (struct disposal){.base = scratch.fd, .uid = whose};
        must(symlinkat("outside", scratch.fd, ".trash"));
        ck_assert_int_lt(disposal_list(&trees, ".trash", list_one, &listed), 0);
        ck_assert_uint_eq(listed, 0);
}

int main(void)
{
        Suite *suite = suite_create("disposal");
        TCase *trash = tcase_create("disposal");

        tcase_set_timeout(trash, 250);
        tcase_add_test(trash, where_there_is_no_trash_there_is_nothing_to_do);
        tcase_add_test(trash, all_that_is_in_the_trash_goes);
        tcase_add_test(trash, of_one_user_alone_nothing_of_others_goes);
        tcase_add_test(trash, what_root_put_into_the_trash_goes_too);
        tcase_add_test(trash, a_trash_that_is_a_link_is_not_used);
        tcase_add_test(trash, what_cannot_be_removed_is_put_aside_and_the_rest_goes);
        tcase_add_test(trash, several_that_cannot_be_removed_are_each_told_of);
        tcase_add_test(trash, what_lies_aside_is_tried_again_even_if_the_trash_is_empty);
        tcase_add_test(trash, of_two_with_one_name_both_go);
        tcase_add_test(trash, where_nothing_can_be_put_aside_it_is_told_of_and_stays);
        tcase_add_test(trash, why_a_tree_is_stuck_is_told_with_the_entry_and_the_cure);
        tcase_add_test(trash, what_somebody_else_is_deleting_is_left_to_them_without_a_word);
        tcase_add_test(trash,
                       what_somebody_has_for_long_is_told_of_and_holds_up_its_owners_trees_alone);
        tcase_add_test(trash, whose_tree_takes_too_long_has_others_wait_for_one_tree_only);
        tcase_add_test(trash, two_at_once_are_in_nobodys_way);
        tcase_add_test(trash, the_list_has_all_that_is_there);
        tcase_add_test(trash, in_what_may_be_no_base_it_has_what_looks_like_a_tree);
        tcase_add_test(trash, the_list_of_what_is_not_there_is_empty);
        tcase_add_test(trash, the_list_of_what_is_no_folder_is_an_error);
        suite_add_tcase(suite, trash);
        return scratch_run(suite);
}
