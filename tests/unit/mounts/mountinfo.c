/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-mountinfo: searching a task's mount table */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "kit/scratch.h"
#include "mounts/mountinfo.h"
#include "mounts/mounts.h"

static struct scratch scratch;

static void set_up(void)
{
        scratch_make(&scratch, "/tmp");
}

static void tear_down(void)
{
        scratch_remove(&scratch);
}

/* What the mounts that were found begin at, each with a newline behind it; `stop` ends it. */
struct found {
        char roots[4096];
        size_t length; /* of the last one */
        unsigned n;
        const char *stop;
};

static int find(void *arg, const char *root)
{
        struct found *found = arg;

        if (strlen(found->roots) + strlen(root) + 2 < sizeof(found->roots))
                strcat(strcat(found->roots, root), "\n");
        found->length = strlen(root);
        found->n++;
        return found->stop && strcmp(found->stop, root) == 0 ? 42 : 0;
}

/* Of the device 8:1. */
static int search(struct found *found)
{
        const struct deadline deadline = deadline_in_ms(60000);
        const struct mounts_wanted wanted = {
                .device = makedev(8, 1), .deadline = &deadline, .each = find, .arg = found};

        *found = (struct found){.stop = found->stop};
        return mountinfo_search(scratch.fd, "table", &wanted);
}

static int search_text(const char *text, struct found *found)
{
        scratch_write(&scratch, "table", text);
        return search(found);
}

START_TEST(the_mounts_of_a_device_are_found)
{
        struct found found = {0};

        ck_assert_int_eq(search_text("1 1 8:1 / / rw - ext4 x rw\n"
                                     "2 1 8:11 /no /tmp rw - ext4 x rw\n"
                                     "3 1 18:1 /no /8:1 rw - ext4 8:1 rw\n"
                                     "4 1 8:1 /b/x /mnt rw shared:7 - ext4 x rw\n"
                                     "8:1 8:1 0:8 /no 8:1 rw - ext4 x rw\n",
                                     &found),
                         0);
        ck_assert_str_eq(found.roots, "/\n/b/x\n");
}
END_TEST

START_TEST(names_are_told_as_they_are)
{
        struct found found = {0};

        ck_assert_int_eq(
                search_text("1 1 8:1 /a\\040b\\011\\012\\134040\\\\08\\ /t rw - x x x\n", &found),
                0);
        ck_assert_str_eq(found.roots, "/a b\t\n\\040\\\\08\\\n");
}
END_TEST

START_TEST(a_search_stops_when_told)
{
        struct found found = {.stop = "/2"};

        ck_assert_int_eq(search_text("1 1 8:1 /1 /t rw - ext4 x rw\n"
                                     "2 1 8:1 /2 /t rw - ext4 x rw\n"
                                     "3 1 8:1 /3 /t rw - ext4 x rw\n",
                                     &found),
                         42);
        ck_assert_str_eq(found.roots, "/1\n/2\n");
}
END_TEST

/* Writes a line to the file; `length` 0: as short as it is, else filled up at its target. */
static void add_line(FILE *file, const char *root, size_t length)
{
        int used = fprintf(file, "1 1 8:1 %s /", root);

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

START_TEST(no_line_of_a_long_table_is_missed)
{
        enum {
                LINES = 20000,
        };
        FILE *file = open_table();
        struct found found = {0};

        /* lines of all lengths, so that some lie across whatever is read at once */
        for (unsigned i = 0; i < LINES; i++)
                add_line(file, "/u", 40 + i % 97);
        fclose(file);
        ck_assert_int_eq(search(&found), 0);
        ck_assert_uint_eq(found.n, LINES);
        ck_assert_uint_eq(found.length, 2);
}
END_TEST

START_TEST(the_last_line_needs_no_newline)
{
        struct found found = {0};

        ck_assert_int_eq(
                search_text("1 1 8:1 / / rw - ext4 x rw\n2 1 8:1 /b / rw - ext4 x rw", &found), 0);
        ck_assert_str_eq(found.roots, "/\n/b\n");
}
END_TEST

/* Any user can mount below a directory whose path has 150,000 bytes, and that directory itself. */
static const size_t lengths[] = {18000, 18431, 18432, 18433, 60000, 65536, 131072, 1000000};

START_TEST(a_line_of_any_length_is_read_like_others)
{
        FILE *file = open_table();
        struct found found = {0};

        add_line(file, "/before", 0);
        add_line(file, "/long", lengths[_i]);
        add_line(file, "/after", 0);
        fclose(file);
        ck_assert_int_eq(search(&found), 0);
        ck_assert_str_eq(found.roots, "/before\n/long\n/after\n");
}
END_TEST

START_TEST(a_path_of_any_length_is_told_as_far_as_it_matters)
{
        FILE *file = open_table();
        struct found found = {0};

        add_line(file, "/before", 0);
        fputs("1 1 8:1 /", file);
        for (size_t i = 0; i < lengths[_i]; i++)
                fputs("\\040", file);
        fputs(" /t rw - ext4 x rw\n", file);
        fclose(file);
        ck_assert_int_eq(search(&found), 0);
        ck_assert_uint_eq(found.n, 2);
        ck_assert_uint_ge(found.length, PATH_MAX);
        file = fopen(scratch_path(&scratch, "table"), "ae");
        ck_assert_ptr_nonnull(file);
        add_line(file, "/after", 0);
        fclose(file);
        ck_assert_int_eq(search(&found), 0);
        ck_assert_uint_eq(found.n, 3);
        ck_assert_uint_eq(found.length, strlen("/after"));
}
END_TEST

/* As a search for what is "tmpfs privtmp". */
static unsigned count_of_kind(void)
{
        const struct deadline deadline = deadline_in_ms(60000);
        struct found found = {0};
        const struct mounts_wanted wanted = {.device = makedev(8, 1),
                                             .kind = "tmpfs privtmp ",
                                             .deadline = &deadline,
                                             .each = find,
                                             .arg = &found};

        ck_assert_int_eq(mountinfo_search(scratch.fd, "table", &wanted), 0);
        return found.n;
}

START_TEST(the_mounts_of_a_kind_are_found)
{
        scratch_write(&scratch, "table",
                      "1 1 8:1 / /a rw - tmpfs privtmp rw\n"
                      "2 1 8:2 / /a rw - tmpfs privtmp rw\n"
                      "3 1 8:1 /x /a rw shared:1 master:2 - tmpfs privtmp rw\n"
                      "4 1 8:1 / /a rw - tmpfs privtmpx rw\n"
                      "5 1 8:1 / /a\\040-\\040tmpfs\\040privtmp rw - fuse.tmpfs privtmp rw\n"
                      "6 1 8:1 / /a rw - tmpfs tmpfs privtmp\n");
        ck_assert_uint_eq(count_of_kind(), 2);
}
END_TEST

/* Of the kind, at a target of that length. */
static void write_kind(size_t length)
{
        FILE *file = open_table();

        add_line(file, "/other", 0);
        fputs("1 1 8:1 / /", file);
        for (size_t i = 0; i < length; i++)
                fputc('x', file);
        fputs(" rw - tmpfs privtmp rw\n", file);
        fclose(file);
}

/* A user who moves a mount to a long path must not make another kind of it. */
START_TEST(the_kind_of_a_long_line_is_never_denied)
{
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
                write_kind(lengths[i]);
                ck_assert_uint_eq(count_of_kind(), 1);
        }
        /* wherever it is cut off */
        for (size_t length = 18300; length < 18500; length++) {
                write_kind(length);
                ck_assert_uint_eq(count_of_kind(), 1);
        }
}
END_TEST

START_TEST(a_search_ends_at_its_deadline)
{
        const struct deadline now = deadline_in_ms(0);
        struct found found = {0};
        const struct mounts_wanted wanted = {
                .device = makedev(8, 2), .deadline = &now, .each = find, .arg = &found};
        FILE *file = open_table();

        for (unsigned i = 0; i < 20000; i++)
                add_line(file, "/u", 100);
        fclose(file);
        ck_assert_int_eq(mountinfo_search(scratch.fd, "table", &wanted), -ETIMEDOUT);
}
END_TEST

START_TEST(a_line_that_can_not_be_read_is_an_error)
{
        static const char *const lines[] = {"1\n",          "1 1\n",       "1 1 8\n",
                                            "1 1 8:\n",     "1 1 8:1\n",   "1 1 8/1 /a /b rw\n",
                                            "1 1 x8:1 /\n", "1 1 8:x1 /\n"};
        struct found found = {0};

        ck_assert_int_eq(search_text(lines[_i], &found), -EBADMSG);
        ck_assert_uint_eq(found.n, 0);
}
END_TEST

START_TEST(what_can_not_be_searched_is_an_error)
{
        struct found found = {0};

        ck_assert_int_eq(search(&found), -ENOENT);
        ck_assert_int_eq(search_text("", &found), -ENODATA);
        ck_assert_uint_eq(found.n, 0);
}
END_TEST

START_TEST(the_table_of_this_process_has_proc)
{
        const struct deadline deadline = deadline_in_ms(60000);
        struct found found = {0};
        struct stat st;
        struct mounts_wanted wanted = {.deadline = &deadline, .each = find, .arg = &found};

        assert_done(stat("/proc", &st) == 0, "/proc");
        wanted.device = st.st_dev;
        ck_assert_int_eq(mountinfo_search(AT_FDCWD, "/proc/thread-self/mountinfo", &wanted), 0);
        ck_assert_uint_ge(found.n, 1);
        ck_assert_int_eq(strncmp(found.roots, "/\n", 2), 0);
}
END_TEST

/* ------------------------------------------------------------------ one line */

/* As where somebody has mounted at paths of megabytes; what is behind it would never end. */
START_TEST(one_line_is_read_alone_whatever_stands_around_it)
{
        static const char *const lines[] = {"3 x\n", "\n", "361 y\n", "36\n", "x 36 x\n"};
        static const char wanted[] = "36 35 98:0 /a /b rw - ext3 x rw\n";
        FILE *file = fopen(scratch_path(&scratch, "table"), "w");
        char *line;

        ck_assert_ptr_nonnull(file);
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                (void)fprintf(file, "%s%0*d\n", lines[i], 1000000 + (int)i, 36);
        (void)fprintf(file, "%s7 ", wanted);
        ck_assert_int_eq(fflush(file), 0);
        ck_assert_int_eq(ftruncate(fileno(file), (off_t)1 << 40), 0);
        ck_assert_int_eq(fclose(file), 0);
        ck_assert_int_eq(mountinfo_read_one(scratch.fd, "table", 36, &line), 0);
        ck_assert_str_eq(line, wanted);
        free(line);
        ck_assert_int_eq(mountinfo_read_one(scratch.fd, "table", 7, &line), -ENAMETOOLONG);
}
END_TEST

START_TEST(a_line_that_is_not_there_is_not_found)
{
        char *line;

        scratch_write(&scratch, "table", "36 a\n7 b");
        ck_assert_int_eq(mountinfo_read_one(scratch.fd, "table", 7, &line), 0);
        ck_assert_str_eq(line, "7 b");
        free(line);
        ck_assert_int_eq(mountinfo_read_one(scratch.fd, "table", 3, &line), -ENOENT);
        ck_assert_int_eq(mountinfo_read_one(scratch.fd, "table", 366, &line), -ENOENT);
        ck_assert_int_eq(mountinfo_read_one(scratch.fd, "none", 36, &line), -ENOENT);
}
END_TEST

/* ------------------------------------------------------------------ the whole */

enum {
        LONG_LINES = 8,
        LONG_PATH = 3000000,
        SHORT_TEXT = 100000, /* bytes that one of these lines is shortened to at the most */
};

/* The ends of the line are there, and all of its fields. */
static void check_long(struct libmnt_table *table, uint64_t id)
{
        struct mounts_entry entry;

        ck_assert_int_eq(mounts_find(table, id, &entry), 0);
        ck_assert_uint_eq(entry.parent, 36);
        ck_assert_uint_eq(entry.device, makedev(0, 57));
        ck_assert_uint_gt(strlen(entry.target), 4096);
        ck_assert(mounts_is_fuse_of(&entry, 1001));
        ck_assert(!mounts_is_fuse_of(&entry, 1002));
}

/* Of which one alone may be larger than all that a login has memory for. */
START_TEST(paths_of_megabytes_cost_little_and_hide_no_other_mount)
{
        FILE *file = fopen(scratch_path(&scratch, "table"), "w");
        struct libmnt_table *table;
        struct mounts_entry entry;
        size_t size;
        char *text;

        ck_assert_ptr_nonnull(file);
        (void)fputs("36 35 98:0 / / rw - ext3 x rw\n", file);
        for (int i = 0; i < LONG_LINES; i++)
                (void)fprintf(file,
                              "%d 36 0:57 /%0*d /home/%0*d rw,nosuid shared:1 - fuse.x y "
                              "rw,user_id=1001,group_id=1001\n"
                              "%d 36 0:58 /%d /tmp rw - tmpfs z rw\n",
                              100 + i, i % 2 ? LONG_PATH : 1, 1, LONG_PATH, 2, 200 + i, i);
        ck_assert_int_eq(fclose(file), 0);
        ck_assert_int_eq(mountinfo_read(scratch.fd, "table", &text, &size), 0);
        ck_assert_uint_lt(size, LONG_LINES * SHORT_TEXT);
        ck_assert_uint_eq(strlen(text), size);
        ck_assert_int_eq(mounts_parse(text, size, &table), 0);
        for (int i = 0; i < LONG_LINES; i++) {
                check_long(table, (uint64_t)(100 + i));
                ck_assert_int_eq(mounts_find(table, (uint64_t)(200 + i), &entry), 0);
                ck_assert_str_eq(entry.target, "/tmp");
        }
        mounts_free(table);
        free(text);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("mountinfo");
        TCase *tcase = tcase_create("search");

        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_add_test(tcase, the_mounts_of_a_device_are_found);
        tcase_add_test(tcase, names_are_told_as_they_are);
        tcase_add_test(tcase, a_search_stops_when_told);
        tcase_add_test(tcase, no_line_of_a_long_table_is_missed);
        tcase_add_test(tcase, the_last_line_needs_no_newline);
        tcase_add_loop_test(tcase, a_line_of_any_length_is_read_like_others, 0, 8);
        tcase_add_loop_test(tcase, a_path_of_any_length_is_told_as_far_as_it_matters, 0, 8);
        tcase_add_test(tcase, the_mounts_of_a_kind_are_found);
        tcase_add_test(tcase, the_kind_of_a_long_line_is_never_denied);
        tcase_add_test(tcase, a_search_ends_at_its_deadline);
        tcase_add_loop_test(tcase, a_line_that_can_not_be_read_is_an_error, 0, 8);
        tcase_add_test(tcase, what_can_not_be_searched_is_an_error);
        tcase_add_test(tcase, the_table_of_this_process_has_proc);
        tcase_add_test(tcase, one_line_is_read_alone_whatever_stands_around_it);
        tcase_add_test(tcase, a_line_that_is_not_there_is_not_found);
        tcase_add_test(tcase, paths_of_megabytes_cost_little_and_hide_no_other_mount);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
