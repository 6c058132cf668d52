/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-mounts: reading mount tables; test-mounts-system has those that need mounts of their own */
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "mounts/mounts.h"
#include "kit/scratch.h"

static const char sample[] =
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "361 22 0:20 / /proc rw,nosuid - proc proc rw\n"
        "36 22 98:0 /my\\040root /my\\040dir rw,noatime master:1 - ext3 /dev/root rw,errors=x\n"
        "40 36 0:57 / /my\\040dir/a\\134b rw - fuse.sshfs alice@host:/ rw,user_id=1001\n";

static struct libmnt_table *table;
static char *text;
static size_t size;

static void setup(void)
{
        table = NULL;
        text = NULL;
}

static void teardown(void)
{
        if (table)
                mounts_free(table);
        free(text);
}

static void parse(const char *wanted)
{
        ck_assert_int_eq(mounts_parse(wanted, strlen(wanted), &table), 0);
}

static void parse_own(void)
{
        ck_assert_int_eq(mounts_read(AT_FDCWD, "/proc/self/mountinfo", &text, &size), 0);
        ck_assert_int_eq(mounts_parse(text, size, &table), 0);
}

static unsigned count_lines(const char *lines)
{
        unsigned n = 0;

        for (; *lines; lines++)
                n += *lines == '\n';
        return n;
}

static int count(void *arg, const struct mounts_entry *entry)
{
        (void)entry;
        ++*(unsigned *)arg;
        return 0;
}

static uint64_t mount_id(const char *path)
{
        struct statx stx;

        assert_done(statx(AT_FDCWD, path, 0, STATX_MNT_ID, &stx) == 0, path);
        ck_assert(stx.stx_mask & STATX_MNT_ID);
        return stx.stx_mnt_id;
}

/* ------------------------------------------------------------------ this machine's table */

START_TEST(a_table_is_read_whole)
{
        int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char path[64];

        ck_assert_int_ge(proc, 0);
        snprintf(path, sizeof(path), "%d/task/%d/mountinfo", getpid(), getpid());
        ck_assert_int_eq(mounts_read(proc, path, &text, &size), 0);
        ck_assert_uint_eq(strlen(text), size);
        ck_assert_uint_gt(size, 0);
        ck_assert_int_eq(text[size - 1], '\n');
        close(proc);
}
END_TEST

START_TEST(a_task_that_is_gone_is_an_error)
{
        char path[64];
        siginfo_t info;
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                _exit(EXIT_SUCCESS);
        ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
        snprintf(path, sizeof(path), "/proc/%d/task/%d/mountinfo", pid, pid);
        ck_assert_int_eq(mounts_read(AT_FDCWD, path, &text, &size), -EINVAL);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        ck_assert_int_eq(mounts_read(AT_FDCWD, path, &text, &size), -ENOENT);
        ck_assert_ptr_null(text);
}
END_TEST

START_TEST(every_line_becomes_an_entry)
{
        unsigned n = 0;

        parse_own();
        ck_assert_int_eq(mounts_each(table, count, &n), 0);
        ck_assert_uint_eq(n, count_lines(text));
        ck_assert_uint_gt(n, 0);
}
END_TEST

START_TEST(a_mount_is_found_by_its_id)
{
        struct mounts_entry entry;
        struct stat st;

        parse_own();
        ck_assert_int_eq(mounts_find(table, mount_id("/"), &entry), 0);
        ck_assert_str_eq(entry.target, "/");
        ck_assert_int_eq(mounts_find(table, mount_id("/proc"), &entry), 0);
        ck_assert_str_eq(entry.target, "/proc");
        ck_assert_str_eq(entry.root, "/");
        ck_assert_str_eq(entry.type, "proc");
        ck_assert_int_eq(stat("/proc", &st), 0);
        ck_assert_uint_eq(entry.device, st.st_dev);
}
END_TEST

START_TEST(one_line_of_it_says_the_same)
{
        struct mounts_entry entry;
        unsigned n = 0;

        ck_assert_int_eq(mounts_read(AT_FDCWD, "/proc/self/mountinfo", &text, &size), 0);
        ck_assert_int_eq(mounts_parse_one(text, mount_id("/proc"), &table), 0);
        ck_assert_int_eq(mounts_each(table, count, &n), 0);
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(mounts_find(table, mount_id("/proc"), &entry), 0);
        ck_assert_str_eq(entry.target, "/proc");
        ck_assert_str_eq(entry.type, "proc");
}
END_TEST

START_TEST(neither_the_root_nor_proc_is_fuse)
{
        static const char *const paths[] = {"/", "/proc", "/proc/self", "/dev"};

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                int fd = open(paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

                assert_done(fd >= 0, paths[i]);
                ck_assert_msg(!mounts_is_fuse(fd), "%s", paths[i]);
                close(fd);
        }
}
END_TEST

START_TEST(in_doubt_it_is_fuse)
{
        ck_assert(mounts_is_fuse(-EBADF));
}
END_TEST

/* ------------------------------------------------------------------ a table in memory */

START_TEST(an_entry_has_device_root_target_and_type)
{
        struct mounts_entry entry;

        parse(sample);
        ck_assert_int_eq(mounts_find(table, 36, &entry), 0);
        ck_assert_uint_eq(entry.device, makedev(98, 0));
        ck_assert_str_eq(entry.root, "/my root");
        ck_assert_str_eq(entry.target, "/my dir");
        ck_assert_str_eq(entry.type, "ext3");
        ck_assert_int_eq(mounts_find(table, 40, &entry), 0);
        ck_assert_uint_eq(entry.device, makedev(0, 57));
        ck_assert_str_eq(entry.target, "/my dir/a\\b");
        ck_assert_str_eq(entry.type, "fuse.sshfs");
}
END_TEST

START_TEST(an_id_that_no_mount_has_is_not_found)
{
        struct mounts_entry entry = {.device = 7};

        parse(sample);
        ck_assert_int_eq(mounts_find(table, 1, &entry), -ENOENT); /* only a parent */
        ck_assert_int_eq(mounts_find(table, 3, &entry), -ENOENT);
        ck_assert_int_eq(mounts_find(table, 0, &entry), -ENOENT);
        ck_assert_int_eq(mounts_find(table, 36 + (UINT64_C(1) << 32), &entry), -ENOENT);
        ck_assert_int_eq(mounts_find(table, UINT64_MAX, &entry), -ENOENT);
        ck_assert_uint_eq(entry.device, 7);
}
END_TEST

struct walk {
        char targets[256];
        const char *stop;
        int answer;
};

static int walk(void *arg, const struct mounts_entry *entry)
{
        struct walk *walked = arg;

        strcat(strcat(walked->targets, entry->target), "\n");
        return strcmp(entry->target, walked->stop) == 0 ? walked->answer : 0;
}

START_TEST(the_walk_is_in_order_and_stops_when_told)
{
        struct walk all = {.stop = "", .answer = 1}, some = {.stop = "/proc", .answer = 42};

        parse(sample);
        ck_assert_int_eq(mounts_each(table, walk, &all), 0);
        ck_assert_str_eq(all.targets, "/\n/proc\n/my dir\n/my dir/a\\b\n");
        ck_assert_int_eq(mounts_each(table, walk, &some), 42);
        ck_assert_str_eq(some.targets, "/\n/proc\n");
        some.answer = -EIO;
        some.targets[0] = '\0';
        ck_assert_int_eq(mounts_each(table, walk, &some), -EIO);
}
END_TEST

START_TEST(one_line_is_found_by_its_own_id)
{
        struct mounts_entry entry;

        ck_assert_int_eq(mounts_parse_one(sample, 36, &table), 0);
        ck_assert_int_eq(mounts_find(table, 36, &entry), 0);
        ck_assert_str_eq(entry.target, "/my dir");
        ck_assert_int_eq(mounts_find(table, 361, &entry), -ENOENT);
        mounts_free(table);
        ck_assert_int_eq(mounts_parse_one(sample, 22, &table), 0);
        ck_assert_int_eq(mounts_find(table, 22, &entry), 0);
        ck_assert_str_eq(entry.target, "/");
        mounts_free(table);
        ck_assert_int_eq(mounts_parse_one(sample, 40, &table), 0);
        ck_assert_int_eq(mounts_find(table, 40, &entry), 0);
        ck_assert_str_eq(entry.type, "fuse.sshfs");
}
END_TEST

START_TEST(a_line_that_is_not_there_is_not_found)
{
        static const uint64_t ids[] = {0, 1, 2, 3, 6, 4, 98, 3612};

        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
                ck_assert_int_eq(mounts_parse_one(sample, ids[i], &table), -ENOENT);
        ck_assert_int_eq(mounts_parse_one("", 1, &table), -ENOENT);
        ck_assert_int_eq(mounts_parse_one("\n\n", 1, &table), -ENOENT);
        ck_assert_int_eq(mounts_parse_one("36", 36, &table), -ENOENT);
        ck_assert_int_eq(mounts_parse_one("x\n36", 36, &table), -ENOENT);
        ck_assert_ptr_null(table);
}
END_TEST

START_TEST(a_text_of_one_line_needs_no_newline)
{
        struct mounts_entry entry;

        ck_assert_int_eq(mounts_parse_one("36 35 98:0 / /mnt rw - ext3 x rw", 36, &table), 0);
        ck_assert_int_eq(mounts_find(table, 36, &entry), 0);
        ck_assert_str_eq(entry.target, "/mnt");
}
END_TEST

/* ------------------------------------------------------------------ searching a file */

static struct scratch scratch;

static void setup_search(void)
{
        scratch_make(&scratch, "/tmp");
}

static void teardown_search(void)
{
        scratch_remove(&scratch);
}

/* The targets of what is found, each with a newline behind it; `stop` ends the search. */
struct found {
        char targets[4096];
        unsigned n;
        const char *stop;
};

static int find(void *arg, const struct mounts_entry *entry)
{
        struct found *found = arg;

        if (strlen(found->targets) + strlen(entry->target) + 2 < sizeof(found->targets))
                strcat(strcat(found->targets, entry->target), "\n");
        found->n++;
        return found->stop && strcmp(found->stop, entry->target) == 0 ? 42 : 0;
}

static int search_for(const char *needle, struct found *found)
{
        const char *const needles[] = {"1001/nobody", needle};
        const struct deadline deadline = deadline_in(60000);

        return mounts_search(scratch.fd, "table", needles, 2, &deadline, find, found);
}

START_TEST(a_search_finds_the_lines_with_a_needle)
{
        static const char *const both[] = {"1001/AAAAAA", "1001/BBBBBB"};
        const struct deadline deadline = deadline_in(60000);
        struct found one = {0}, two = {0}, none = {0};

        scratch_write(&scratch, "table",
                      "1 1 8:1 / / rw - ext4 x rw\n"
                      "2 1 8:1 /b/1001/AAAAAA/root /tmp rw - ext4 x rw\n"
                      "3 1 8:1 /b/1001/BBBBBB/root /var/tmp rw - ext4 x rw\n"
                      "4 1 8:1 /b/1001/AAAAAA/root/x /mnt\\0401 rw - ext4 x rw\n");
        ck_assert_int_eq(search_for("1001/AAAAAA", &one), 0);
        ck_assert_str_eq(one.targets, "/tmp\n/mnt 1\n");
        ck_assert_int_eq(mounts_search(scratch.fd, "table", both, 2, &deadline, find, &two), 0);
        ck_assert_str_eq(two.targets, "/tmp\n/var/tmp\n/mnt 1\n");
        ck_assert_int_eq(search_for("1001/CCCCCC", &none), 0);
        ck_assert_uint_eq(none.n, 0);
}
END_TEST

START_TEST(a_search_stops_when_told)
{
        struct found found = {.stop = "/2"};

        scratch_write(&scratch, "table",
                      "1 1 8:1 /u/a /1 rw - ext4 x rw\n"
                      "2 1 8:1 /u/a /2 rw - ext4 x rw\n"
                      "3 1 8:1 /u/a /3 rw - ext4 x rw\n");
        ck_assert_int_eq(search_for("/u/a", &found), 42);
        ck_assert_str_eq(found.targets, "/1\n/2\n");
}
END_TEST

/* Writes a line to the file; `length` 0: as short as it is, else filled up. */
static void add_line(FILE *file, const char *root, const char *target, size_t length)
{
        int used = fprintf(file, "1 1 8:1 %s %s", root, target);

        for (size_t i = (size_t)used + strlen(" rw - ext4 x rw\n"); i < length; i++)
                fputc('x', file);
        fputs(" rw - ext4 x rw\n", file);
}

static FILE *open_table(void)
{
        FILE *file = fopen(scratch_path(&scratch, "table"), "we");

        ck_assert_ptr_nonnull(file);
        return file;
}

START_TEST(a_search_misses_no_line_of_a_long_table)
{
        enum {
                LINES = 20000,
        };
        FILE *file = open_table();
        struct found found = {0};

        /* lines of all lengths, so that some lie across whatever is read at once */
        for (unsigned i = 0; i < LINES; i++)
                add_line(file, i % 2 ? "/u/a" : "/u/b", "/t", 40 + i % 97);
        fclose(file);
        ck_assert_int_eq(search_for("/u/a", &found), 0);
        ck_assert_uint_eq(found.n, LINES / 2);
}
END_TEST

START_TEST(a_search_needs_no_newline_at_the_end)
{
        struct found found = {0};

        scratch_write(&scratch, "table",
                      "1 1 8:1 / / rw - ext4 x rw\n2 1 8:1 /u/a /last rw - ext4 x rw");
        ck_assert_int_eq(search_for("/u/a", &found), 0);
        ck_assert_str_eq(found.targets, "/last\n");
}
END_TEST

/* Any user can mount below a directory whose path has 150,000 bytes. */
START_TEST(a_very_long_line_of_others_stops_no_search)
{
        static const size_t lengths[] = {60000, 65535, 65536, 65537, 70000, 131072, 1000000};
        FILE *file = open_table();
        struct found found = {0};

        add_line(file, "/u/a", "/before", 0);
        add_line(file, "/", "/long", lengths[_i]);
        add_line(file, "/u/a", "/after", 0);
        fclose(file);
        ck_assert_int_eq(search_for("/u/a", &found), 0);
        ck_assert_str_eq(found.targets, "/before\n/after\n");
}
END_TEST

START_TEST(a_very_long_line_with_a_needle_is_not_passed_over)
{
        FILE *file = open_table();
        struct found found = {0};
        int r;

        add_line(file, "/u/a", "/long", 200000);
        fclose(file);
        r = search_for("/u/a", &found);
        ck_assert_msg(r < 0 || found.n == 1, "%d, found %u", r, found.n);
}
END_TEST

START_TEST(a_search_ends_at_its_deadline)
{
        static const char *const needles[] = {"/u/a"};
        const struct deadline now = deadline_in(0);
        FILE *file = open_table();
        struct found found = {0};

        for (unsigned i = 0; i < 20000; i++)
                add_line(file, "/u/b", "/t", 100);
        add_line(file, "/u/a", "/last", 0);
        fclose(file);
        ck_assert_int_eq(mounts_search(scratch.fd, "table", needles, 1, &now, find, &found),
                         -ETIMEDOUT);
        ck_assert_uint_eq(found.n, 0);
}
END_TEST

START_TEST(a_line_that_can_not_be_read_is_an_error)
{
        struct found found = {0};
        int r;

        scratch_write(&scratch, "table", "1 1 8:1 /u/a\n");
        r = search_for("/u/a", &found);
        ck_assert_int_lt(r, 0);
        /* and none of those that say that the task has ended */
        ck_assert_int_ne(r, -EINVAL);
        ck_assert_int_ne(r, -ESRCH);
        ck_assert_int_ne(r, -ENOENT);
}
END_TEST

START_TEST(what_can_not_be_searched_is_an_error)
{
        struct found found = {0};

        ck_assert_int_eq(search_for("/u/a", &found), -ENOENT);
        scratch_write(&scratch, "table", "");
        ck_assert_int_eq(search_for("/u/a", &found), -ENODATA);
        ck_assert_uint_eq(found.n, 0);
}
END_TEST

START_TEST(a_search_of_this_process_finds_proc)
{
        static const char *const needles[] = {" /proc "};
        const struct deadline deadline = deadline_in(60000);
        struct found found = {0};

        ck_assert_int_eq(mounts_search(AT_FDCWD, "/proc/thread-self/mountinfo", needles, 1,
                                       &deadline, find, &found),
                         0);
        ck_assert_uint_ge(found.n, 1);
        ck_assert_int_eq(strncmp(found.targets, "/proc\n", 6), 0);
}
END_TEST

static TCase *search_case(void)
{
        TCase *tcase = tcase_create("search");

        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, setup_search, teardown_search);
        tcase_add_test(tcase, a_search_finds_the_lines_with_a_needle);
        tcase_add_test(tcase, a_search_stops_when_told);
        tcase_add_test(tcase, a_search_misses_no_line_of_a_long_table);
        tcase_add_test(tcase, a_search_needs_no_newline_at_the_end);
        tcase_add_loop_test(tcase, a_very_long_line_of_others_stops_no_search, 0, 7);
        tcase_add_test(tcase, a_very_long_line_with_a_needle_is_not_passed_over);
        tcase_add_test(tcase, a_search_ends_at_its_deadline);
        tcase_add_test(tcase, a_line_that_can_not_be_read_is_an_error);
        tcase_add_test(tcase, what_can_not_be_searched_is_an_error);
        tcase_add_test(tcase, a_search_of_this_process_finds_proc);
        return tcase;
}

int main(void)
{
        Suite *suite = suite_create("mounts");
        TCase *tcase = tcase_create("mounts");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, a_table_is_read_whole);
        tcase_add_test(tcase, a_task_that_is_gone_is_an_error);
        tcase_add_test(tcase, every_line_becomes_an_entry);
        tcase_add_test(tcase, a_mount_is_found_by_its_id);
        tcase_add_test(tcase, one_line_of_it_says_the_same);
        tcase_add_test(tcase, neither_the_root_nor_proc_is_fuse);
        tcase_add_test(tcase, in_doubt_it_is_fuse);
        tcase_add_test(tcase, an_entry_has_device_root_target_and_type);
        tcase_add_test(tcase, an_id_that_no_mount_has_is_not_found);
        tcase_add_test(tcase, the_walk_is_in_order_and_stops_when_told);
        tcase_add_test(tcase, one_line_is_found_by_its_own_id);
        tcase_add_test(tcase, a_line_that_is_not_there_is_not_found);
        tcase_add_test(tcase, a_text_of_one_line_needs_no_newline);
        suite_add_tcase(suite, tcase);
        suite_add_tcase(suite, search_case());
        return scratch_run(suite);
}
