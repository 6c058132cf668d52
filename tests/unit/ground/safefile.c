/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a path to a file, or a list of names, that only root can have put there. As safedir.c. */
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "ground/safefile.h"
#include "kit/safe.h"
#include "kit/scratch.h"

static void make_socket(const char *name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_lt(snprintf(address.sun_path, sizeof(address.sun_path), "%s", path(name)),
                         (int)sizeof(address.sun_path));
        assert_done(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, name);
        close(fd);
}

/* ------------------------------------------------------------------ files */

static int read_file(const char *name, size_t limit, char **text, size_t *size)
{
        return safefile_read(path(name), limit, text, size, &heard.report);
}

START_TEST(a_file_is_read_whole_with_a_nul_behind_it)
{
        static const char bytes[] = "one\ntwo\0three";
        size_t size;
        char *text;

        scratch_write_bytes(&scratch, "file", bytes, sizeof(bytes) - 1);
        ck_assert_int_eq(read_file("file", 100, &text, &size), 0);
        ck_assert_uint_eq(size, sizeof(bytes) - 1);
        ck_assert_mem_eq(text, bytes, sizeof(bytes));
        free(text);
}
END_TEST

/* Without standard input the file may get the number 0; what failed before does not count. */
START_TEST(a_file_may_have_any_descriptor)
{
        const char *name = _i ? "folder/file" : "file";
        size_t size;
        char *text;

        scratch_mkdir(&scratch, "folder", 0755);
        scratch_write(&scratch, name, "text");
        ck_assert_int_eq(close(STDIN_FILENO), 0);
        errno = ENOENT;
        ck_assert_int_eq(read_file(name, 100, &text, &size), 0);
        ck_assert_str_eq(text, "text");
        free(text);
}
END_TEST

START_TEST(an_empty_file_is_no_missing_one)
{
        size_t size = 7;
        char *text;

        scratch_write(&scratch, "file", "");
        ck_assert_int_eq(read_file("file", 100, &text, &size), 0);
        ck_assert_uint_eq(size, 0);
        ck_assert_str_eq(text, "");
        free(text);
}
END_TEST

START_TEST(a_file_is_limited)
{
        enum {
                LIMIT = 100000,
        };
        char *text = malloc(LIMIT + 1), *got = NULL;
        size_t size;

        ck_assert_ptr_nonnull(text);
        for (size_t i = 0; i <= LIMIT; i++)
                text[i] = (char)('a' + i % 26);
        scratch_write_bytes(&scratch, "file", text, LIMIT);
        ck_assert_int_eq(read_file("file", LIMIT, &got, &size), 0);
        ck_assert_uint_eq(size, LIMIT);
        ck_assert_mem_eq(got, text, LIMIT);
        free(got);
        got = NULL;
        scratch_write_bytes(&scratch, "file", text, LIMIT + 1);
        ck_assert_int_eq(read_file("file", LIMIT, &got, &size), -EFBIG);
        ck_assert_str_eq(fault(), "@/file is larger than 100000 bytes");
        ck_assert_ptr_null(got);
        free(text);
}
END_TEST

START_TEST(a_missing_file_is_told_apart)
{
        ck_assert_int_eq(way_read("file"), 1);
        ck_assert_int_eq(way_read("missing/file"), 1);
        ck_assert_str_eq(fault(), "");
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_at_once)
{
        make_node("fifo", S_IFIFO | 0644, 0);
        make_node("zero", S_IFCHR | 0644, makedev(1, 5));
        scratch_mkdir(&scratch, "folder", 0755);
        make_socket("socket");
        /* nobody writes to the fifo: who waits for it waits for ever */
        alarm(60);
        ck_assert_int_eq(way_read("fifo"), -EINVAL);
        ck_assert_str_eq(fault(), "@/fifo is not a regular file");
        alarm(0);
        heard_begin(&heard);
        ck_assert_int_eq(way_read("zero"), -EINVAL);
        ck_assert_str_eq(fault(), "@/zero is not a regular file");
        heard_begin(&heard);
        ck_assert_int_eq(way_read("folder"), -EINVAL);
        ck_assert_str_eq(fault(), "@/folder is not a regular file");
        heard_begin(&heard);
        ck_assert_int_lt(way_read("socket"), 0);
        ck_assert_int_eq(strncmp(fault(), "@/socket", 8), 0);
}
END_TEST

START_TEST(a_file_of_another_user_is_refused)
{
        scratch_write(&scratch, "file", "text");
        give_away("file");
        ck_assert_int_eq(way_read("file"), -EPERM);
        ck_assert_str_eq(fault(), "@/file belongs to uid 1001, not to root");
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
        static const mode_t bad[] = {0664, 0646, 0666, 0020, 0002}, good[] = {0644, 0600, 0444, 0};
        char wanted[80];

        scratch_write(&scratch, "file", "text");
        for (int i = 0; i < LENGTH(bad); i++) {
                ck_assert_int_eq(fchmodat(scratch.fd, "file", bad[i], 0), 0);
                heard_begin(&heard);
                ck_assert_int_eq(way_read("file"), -EPERM);
                snprintf(wanted, sizeof(wanted),
                         "@/file has mode %04o, others than root can write it", bad[i]);
                ck_assert_str_eq(fault(), wanted);
        }
        for (int i = 0; i < LENGTH(good); i++) {
                ck_assert_int_eq(fchmodat(scratch.fd, "file", good[i], 0), 0);
                ck_assert_int_eq(way_read("file"), 0);
        }
}
END_TEST

START_TEST(a_file_has_an_absolute_path)
{
        static const char *const paths[] = {"privtmp.conf", "./x", "", "/", "/run/../x", "/run//x"};
        size_t size;
        char *text;

        for (int i = 0; i < LENGTH(paths); i++) {
                heard_begin(&heard);
                ck_assert_int_eq(safefile_read(paths[i], 100, &text, &size, &heard.report),
                                 -EINVAL);
                ck_assert_ptr_nonnull(strstr(fault(), "is no absolute path in its shortest form"));
        }
}
END_TEST

START_TEST(an_fd_is_read_to_its_end_in_any_pieces)
{
        static const char piece[] = "0123456789";
        char *text = NULL;
        size_t size;
        int ends[2];

        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        for (unsigned i = 0; i < 2000; i++)
                ck_assert_int_eq(write(ends[1], piece, 10), 10);
        close(ends[1]);
        ck_assert_int_eq(safefile_read_fd(ends[0], 20000, &text, &size), 0);
        ck_assert_uint_eq(size, 20000);
        ck_assert_uint_eq(strlen(text), 20000);
        ck_assert_str_eq(text + 19990, piece);
        free(text);
        close(ends[0]);

        text = NULL;
        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        ck_assert_int_eq(write(ends[1], piece, 10), 10);
        close(ends[1]);
        ck_assert_int_eq(safefile_read_fd(ends[0], 9, &text, &size), -EFBIG);
        ck_assert_int_eq(safefile_read_fd(-EBADF, 9, &text, &size), -EBADF);
        ck_assert_ptr_null(text);
        close(ends[0]);
}
END_TEST

/* ------------------------------------------------------------------ lists of names */

/* The names with that end, each with a blank behind it. */
static const char *list(const char *name, const char *suffix)
{
        static char text[1024];
        struct safefile_names names = {0};

        ck_assert_msg(safefile_list(path(name), suffix, 16, &names, &heard.report) == 0, "%s",
                      heard.report.fault);
        text[0] = '\0';
        for (size_t i = 0; i < names.n; i++)
                strcat(strcat(text, names.names[i]), " ");
        safefile_free_list(&names);
        return text;
}

START_TEST(names_are_sorted_and_chosen_by_their_end)
{
        static const char *const files[] = {
                "b.conf",  "a.conf",      "10.conf", "9.conf",     "Z.conf", "\303\244.conf",
                "b.conf~", "conf",        ".conf",   ".hid.conf",  "README", "c.CONF",
                "b.confx", "a.conf.conf", "a-.conf", "b.conf.bak",
        };

        scratch_mkdir(&scratch, "d", 0755);
        for (int i = 0; i < LENGTH(files); i++) {
                char name[64];

                snprintf(name, sizeof(name), "d/%s", files[i]);
                scratch_write(&scratch, name, "");
        }
        ck_assert_str_eq(list("d", ".conf"), "10.conf 9.conf Z.conf a-.conf a.conf a.conf.conf "
                                             "b.conf \303\244.conf ");
}
END_TEST

START_TEST(a_missing_or_empty_folder_has_no_names)
{
        scratch_mkdir(&scratch, "empty", 0755);
        ck_assert_str_eq(list("empty", ".conf"), "");
        ck_assert_str_eq(list("missing", ".conf"), "");
        ck_assert_str_eq(list("missing/d", ".conf"), "");
        ck_assert_str_eq(fault(), "");
}
END_TEST

START_TEST(more_names_than_the_limit_are_an_error)
{
        struct safefile_names names = {0};

        scratch_mkdir(&scratch, "d", 0755);
        scratch_write(&scratch, "d/1.conf", "");
        scratch_write(&scratch, "d/2.conf", "");
        scratch_write(&scratch, "d/other", "");
        ck_assert_int_eq(safefile_list(path("d"), ".conf", 2, &names, &heard.report), 0);
        ck_assert_uint_eq(names.n, 2);
        safefile_free_list(&names);
        scratch_write(&scratch, "d/3.conf", "");
        ck_assert_int_eq(safefile_list(path("d"), ".conf", 2, &names, &heard.report), -E2BIG);
        ck_assert_str_eq(fault(), "@/d: Argument list too long");
        safefile_free_list(&names);
}
END_TEST

START_TEST(a_folder_of_names_is_roots)
{
        scratch_mkdir(&scratch, "d", 0775);
        ck_assert_int_eq(way_list("d"), -EPERM);
        ck_assert_str_eq(fault(), "@/d: others than root can write @/d");
        ck_assert_int_eq(fchmodat(scratch.fd, "d", 0755, 0), 0);
        give_away("d");
        heard_begin(&heard);
        ck_assert_int_eq(way_list("d"), -EPERM);
        ck_assert_str_eq(fault(), "@/d: @/d belongs to uid 1001, not to root");
        scratch_write(&scratch, "file", "text");
        heard_begin(&heard);
        ck_assert_int_eq(way_list("file"), -ENOTDIR);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("safefile");
        TCase *tests = tcase_create("file");

        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_add_test(tests, a_file_is_read_whole_with_a_nul_behind_it);
        tcase_add_test(tests, an_empty_file_is_no_missing_one);
        tcase_add_loop_test(tests, a_file_may_have_any_descriptor, 0, 2);
        tcase_add_test(tests, a_file_is_limited);
        tcase_add_test(tests, a_missing_file_is_told_apart);
        tcase_add_test(tests, what_is_no_regular_file_is_refused_at_once);
        tcase_add_test(tests, a_file_of_another_user_is_refused);
        tcase_add_test(tests, a_file_that_others_can_write_is_refused);
        tcase_add_test(tests, a_file_has_an_absolute_path);
        tcase_add_test(tests, an_fd_is_read_to_its_end_in_any_pieces);
        tcase_add_test(tests, names_are_sorted_and_chosen_by_their_end);
        tcase_add_test(tests, a_missing_or_empty_folder_has_no_names);
        tcase_add_test(tests, more_names_than_the_limit_are_an_error);
        tcase_add_test(tests, a_folder_of_names_is_roots);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
