/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-mounts: reading mount tables; test-mounts-system has those that need mounts of their own */
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "mounts/mountinfo.h"
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
        ck_assert_int_eq(mountinfo_read(AT_FDCWD, "/proc/self/mountinfo", &text, &size), 0);
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
        ck_assert_int_eq(mountinfo_read(proc, path, &text, &size), 0);
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
        ck_assert_int_eq(mountinfo_read(AT_FDCWD, path, &text, &size), -EINVAL);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        ck_assert_int_eq(mountinfo_read(AT_FDCWD, path, &text, &size), -ENOENT);
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

        ck_assert_int_eq(mountinfo_read(AT_FDCWD, "/proc/self/mountinfo", &text, &size), 0);
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

/* By the type, which users can't choose beyond the dot. fusectl is the kernel's own. */
START_TEST(a_fuse_is_known_by_its_type)
{
        static const struct {
                const char *type;
                bool is;
        } types[] = {
                {"fuse", true},    {"fuse.sshfs", true}, {"fuse.", true},    {"fuse.ctl", true},
                {"fuseblk", true}, {"fuseblk.x", true},  {"fusectl", false}, {"ext4", false},
                {"fus", false},    {"", false},
        };

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                struct mounts_entry entry = {.type = types[i].type};

                ck_assert_msg(mounts_is_fuse_entry(&entry) == types[i].is, "%s", types[i].type);
        }
}
END_TEST

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
        tcase_add_test(tcase, a_fuse_is_known_by_its_type);
        tcase_add_test(tcase, an_entry_has_device_root_target_and_type);
        tcase_add_test(tcase, an_id_that_no_mount_has_is_not_found);
        tcase_add_test(tcase, the_walk_is_in_order_and_stops_when_told);
        tcase_add_test(tcase, one_line_is_found_by_its_own_id);
        tcase_add_test(tcase, a_line_that_is_not_there_is_not_found);
        tcase_add_test(tcase, a_text_of_one_line_needs_no_newline);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
