/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several who remove the same tree, and a user who goes on in it. */
#include "disk/remove.h"
#include "ground/cleanup.h"
#include "kit/ground.h"
#include "kit/tree.h"

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

START_TEST(nothing_outside_is_touched_while_a_user_swaps_directories_for_links)
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

START_TEST(nothing_outside_is_touched_where_nothing_can_be_renamed)
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

int main(void)
{
        Suite *suite = suite_create("remove-beside");
        TCase *user = tcase_create("user"), *several = tcase_create("several");

        tcase_add_checked_fixture(user, set_up, NULL);
        tcase_set_timeout(user, 120);
        tcase_add_test(user, nothing_outside_is_touched_while_a_user_swaps_directories_for_links);
        tcase_add_loop_test(user, nothing_outside_is_touched_where_nothing_can_be_renamed, 0, 10);
        tcase_add_loop_test(user, a_call_ends_while_a_user_makes_more_and_more, 0, 2);
        tcase_add_test(user, nobody_adds_to_a_directory_that_is_being_emptied);
        tcase_add_test(user, nobody_adds_to_a_directory_below_once_it_is_being_emptied);
        suite_add_tcase(suite, user);

        tcase_add_checked_fixture(several, set_up, NULL);
        tcase_set_timeout(several, 120);
        tcase_add_loop_test(several, several_may_remove_the_same_tree_at_once, 0, 5);
        tcase_add_loop_test(several, several_may_remove_the_same_tree_of_a_lower_layer_at_once, 0,
                            5);
        suite_add_tcase(suite, several);
        return scratch_run(suite);
}
