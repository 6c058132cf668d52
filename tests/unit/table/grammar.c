/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What good lines say, and lines that say nothing. */
#include "kit/grammar.h"
#include "kit/scratch.h"

enum {
        DEFAULT_FLAGS = FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV,
};

/* ------------------------------------------------------------------ good lines */

START_TEST(a_line_has_source_directory_and_users)
{
        struct line line;

        ck_assert_int_eq(parse("/var/lib/privtmp /tmp alice,!bob", &line), 1);
        ck_assert_str_eq(line.file, "conf");
        ck_assert_uint_eq(line.number, 7);
        ck_assert_int_eq(line.source, LINE_DISK);
        ck_assert_str_eq(line.base, "/var/lib/privtmp");
        ck_assert_str_eq(line.directory, "/tmp");
        ck_assert_uint_eq(line.users.n, 2);
        ck_assert_str_eq(line.users.items[0].name, "alice");
        ck_assert(!line.users.items[0].except);
        ck_assert_str_eq(line.users.items[1].name, "bob");
        ck_assert(line.users.items[1].except);
        ck_assert_str_eq(heard.report.fault, "");
        ck_assert_uint_eq(heard.lines, 0);
        line_done(&line);
        ck_assert_ptr_null(line.base);
        ck_assert_ptr_null(line.directory);
}
END_TEST

START_TEST(without_options_all_is_at_its_default)
{
        struct line line;

        ck_assert_int_eq(parse("/b /tmp *", &line), 1);
        ck_assert_uint_eq(line.flags, DEFAULT_FLAGS);
        ck_assert_uint_eq(line.mode, 01777);
        ck_assert(!line.per_session);
        ck_assert(!line.end_at_close);
        ck_assert_uint_eq(line.keep, 0);
        ck_assert(!line.nofail);
        line_done(&line);
}
END_TEST

START_TEST(the_two_sources_that_are_no_base)
{
        struct line line;

        ck_assert_int_eq(parse("none /var/tmp 1:999", &line), 1);
        ck_assert_int_eq(line.source, LINE_NONE);
        ck_assert_ptr_null(line.base);
        ck_assert_str_eq(line.directory, "/var/tmp");
        line_done(&line);
        ck_assert_int_eq(parse("inherit /tmp root", &line), 1);
        ck_assert_int_eq(line.source, LINE_INHERIT);
        ck_assert_ptr_null(line.base);
        line_done(&line);
}
END_TEST

static const struct {
        const char *options;
        unsigned flags;
        mode_t mode;
        bool per_session, end_at_close, nofail;
} good[] = {
        {"noexec", DEFAULT_FLAGS, 01777, false, false, false},
        {"noexec,nosuid,nodev", DEFAULT_FLAGS, 01777, false, false, false},
        {"exec", FLAG_NOSUID | FLAG_NODEV, 01777, false, false, false},
        {"suid", FLAG_NOEXEC | FLAG_NODEV, 01777, false, false, false},
        {"dev", FLAG_NOEXEC | FLAG_NOSUID, 01777, false, false, false},
        {"exec,suid,dev", 0, 01777, false, false, false},
        {"exec,nosuid,dev", FLAG_NOSUID, 01777, false, false, false},
        {"noatime", DEFAULT_FLAGS | FLAG_NOATIME, 01777, false, false, false},
        {"relatime", DEFAULT_FLAGS | FLAG_RELATIME, 01777, false, false, false},
        {"mode=0770", DEFAULT_FLAGS, 0770, false, false, false},
        {"mode=1770", DEFAULT_FLAGS, 01770, false, false, false},
        {"mode=1777", DEFAULT_FLAGS, 01777, false, false, false},
        {"mode=0700", DEFAULT_FLAGS, 0700, false, false, false},
        {"scope=user", DEFAULT_FLAGS, 01777, false, false, false},
        {"scope=session", DEFAULT_FLAGS, 01777, true, false, false},
        {"end=idle", DEFAULT_FLAGS, 01777, false, false, false},
        {"end=close", DEFAULT_FLAGS, 01777, false, true, false},
        {"nofail", DEFAULT_FLAGS, 01777, false, false, true},
        {"nofail,end=close,scope=session,mode=1777,relatime,dev,suid,exec", FLAG_RELATIME, 01777,
         true, true, true},
};

START_TEST(every_option_does_what_it_says_and_no_more)
{
        struct line line;
        char text[256];

        snprintf(text, sizeof(text), "/b /tmp * %s", good[_i].options);
        ck_assert_msg(parse(text, &line) == 1, "%s", heard.report.fault);
        ck_assert_uint_eq(line.flags, good[_i].flags);
        ck_assert_uint_eq(line.mode, good[_i].mode);
        ck_assert_int_eq(line.per_session, good[_i].per_session);
        ck_assert_int_eq(line.end_at_close, good[_i].end_at_close);
        ck_assert_uint_eq(line.keep, 0);
        ck_assert_int_eq(line.nofail, good[_i].nofail);
        line_done(&line);
}
END_TEST

static const struct {
        const char *options;
        unsigned seconds;
} times[] = {
        {"keep=1m", 60},
        {"keep=30m", 30 * 60},
        {"keep=90m", 90 * 60},
        {"keep=12h", 12 * 3600},
        {"keep=2d", 2 * 86400},
        {"keep=030m", 30 * 60},
        /* a year at most */
        {"keep=366d", 366 * 86400},
        {"keep=8784h", 366 * 86400},
        {"keep=527040m", 366 * 86400},
        /* what does not contradict it may be written out */
        {"scope=user,keep=1h,end=idle", 3600},
};

START_TEST(a_time_is_kept_in_seconds)
{
        struct line line;
        char text[256];

        snprintf(text, sizeof(text), "/b /tmp * %s", times[_i].options);
        ck_assert_msg(parse(text, &line) == 1, "%s", heard.report.fault);
        ck_assert_uint_eq(line.keep, times[_i].seconds);
        ck_assert_uint_eq(line.flags, DEFAULT_FLAGS);
        ck_assert_uint_eq(line.mode, 01777);
        ck_assert(!line.per_session && !line.end_at_close && !line.nofail);
        line_done(&line);
}
END_TEST

START_TEST(without_options_nothing_is_shared_or_limited)
{
        struct line line;

        ck_assert_int_eq(parse("tmpfs /dev/shm *", &line), 1);
        ck_assert_int_eq(line.source, LINE_MEMORY);
        ck_assert(line_is_private(&line));
        ck_assert_ptr_null(line.base);
        ck_assert_ptr_null(line.size);
        ck_assert_ptr_null(line.inodes);
        ck_assert_ptr_null(line.shares);
        ck_assert_uint_eq(line.n_shares, 0);
        ck_assert_uint_eq(line.keep, 0);
        ck_assert_uint_eq(line.flags, DEFAULT_FLAGS);
        line_done(&line);
}
END_TEST

START_TEST(sizes_are_handed_on_as_they_are_written)
{
        struct line line;

        ck_assert_int_eq(parse("tmpfs /dev/shm * size=1G,nr_inodes=4k,exec,scope=session", &line),
                         1);
        ck_assert_str_eq(line.size, "1G");
        ck_assert_str_eq(line.inodes, "4k");
        ck_assert_uint_eq(line.flags, FLAG_NOSUID | FLAG_NODEV);
        ck_assert(line.per_session);
        line_done(&line);
        ck_assert_ptr_null(line.size);
        ck_assert_ptr_null(line.inodes);
        ck_assert_int_eq(parse("/b /tmp * size=10G,keep=1h", &line), 1);
        ck_assert_str_eq(line.size, "10G");
        line_done(&line);
        ck_assert_int_eq(parse("tmpfs /tmp * nr_inodes=10,end=idle,size=5%", &line), 1);
        ck_assert_str_eq(line.size, "5%");
        ck_assert_str_eq(line.inodes, "10");
        line_done(&line);
}
END_TEST

START_TEST(what_is_shared_has_globs_and_owners)
{
        struct line line;

        ck_assert_int_eq(
                parse("/b /tmp * exec,share=.X11-unix:krb5cc_*:.s.PGSQL.*@postgres,nodev", &line),
                1);
        ck_assert_uint_eq(line.n_shares, 3);
        ck_assert_str_eq(line.shares[0].glob, ".X11-unix");
        ck_assert_ptr_null(line.shares[0].owner);
        ck_assert_str_eq(line.shares[1].glob, "krb5cc_*");
        ck_assert_str_eq(line.shares[2].glob, ".s.PGSQL.*");
        ck_assert_str_eq(line.shares[2].owner, "postgres");
        ck_assert_uint_eq(line.flags, FLAG_NOSUID | FLAG_NODEV);
        line_done(&line);
        ck_assert_ptr_null(line.shares);
        ck_assert_int_eq(parse("tmpfs /tmp * share=a", &line), 1);
        ck_assert_uint_eq(line.n_shares, 1);
        line_done(&line);
}
END_TEST

START_TEST(columns_stand_apart_by_blanks_and_tabs)
{
        struct line line;

        ck_assert_int_eq(parse(" \t /b\t\t/tmp \t *  exec\t ", &line), 1);
        ck_assert_str_eq(line.base, "/b");
        ck_assert_str_eq(line.directory, "/tmp");
        ck_assert_int_eq(line.users.items[0].kind, USERS_ALL);
        ck_assert_uint_eq(line.flags, FLAG_NOSUID | FLAG_NODEV);
        line_done(&line);
}
END_TEST

START_TEST(a_blank_in_a_path_or_a_group_is_written_as_in_fstab)
{
        struct line line;

        ck_assert_int_eq(parse("/my\\040base /my\\040tmp\\134 @domain\\040users", &line), 1);
        ck_assert_str_eq(line.base, "/my base");
        ck_assert_str_eq(line.directory, "/my tmp\\");
        ck_assert_str_eq(line.users.items[0].name, "domain users");
        line_done(&line);
}
END_TEST

START_TEST(odd_but_plain_paths_are_taken_as_they_are)
{
        struct line line;

        ck_assert_int_eq(parse("/a=b /#tmp:x,y *", &line), 1);
        ck_assert_str_eq(line.base, "/a=b");
        ck_assert_str_eq(line.directory, "/#tmp:x,y");
        line_done(&line);
}
END_TEST

START_TEST(a_line_may_name_very_many_users)
{
        enum {
                USERS = 60000,
                WIDTH = 8,
        };
        static const char head[] = "/b /tmp ";
        char *text = malloc(sizeof(head) + USERS * WIDTH);
        size_t used = strlen(head);
        struct line line;

        ck_assert_ptr_nonnull(text);
        strcpy(text, head);
        for (unsigned i = 0; i < USERS; i++)
                used += (size_t)sprintf(text + used, i ? ",u%u" : "u%u", i);
        ck_assert_int_eq(parse_bytes(text, used, &line), 1);
        ck_assert_uint_eq(line.users.n, USERS);
        ck_assert_str_eq(line.users.items[USERS - 1].name, "u59999");
        line_done(&line);
        free(text);
}
END_TEST

/* ------------------------------------------------------------------ lines that say nothing */

static const char *const silent[] = {
        "", " ", "\t", " \t ", "#", "# comment", "  # /b /tmp *", "\t#x", "#\"\\\r",
};

START_TEST(comments_and_empty_lines_say_nothing)
{
        struct line line = {.number = 42};

        ck_assert_int_eq(parse(silent[_i], &line), 0);
        ck_assert_uint_eq(line.number, 42);
        ck_assert_str_eq(heard.report.fault, "");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("grammar");
        TCase *tests = tcase_create("line");

        tcase_add_checked_fixture(tests, setup, NULL);
        tcase_add_test(tests, a_line_has_source_directory_and_users);
        tcase_add_test(tests, without_options_all_is_at_its_default);
        tcase_add_test(tests, the_two_sources_that_are_no_base);
        tcase_add_loop_test(tests, every_option_does_what_it_says_and_no_more, 0, LENGTH(good));
        tcase_add_test(tests, without_options_nothing_is_shared_or_limited);
        tcase_add_test(tests, sizes_are_handed_on_as_they_are_written);
        tcase_add_test(tests, what_is_shared_has_globs_and_owners);
        tcase_add_loop_test(tests, a_time_is_kept_in_seconds, 0, LENGTH(times));
        tcase_add_test(tests, columns_stand_apart_by_blanks_and_tabs);
        tcase_add_test(tests, a_blank_in_a_path_or_a_group_is_written_as_in_fstab);
        tcase_add_test(tests, odd_but_plain_paths_are_taken_as_they_are);
        tcase_add_test(tests, a_line_may_name_very_many_users);
        tcase_add_loop_test(tests, comments_and_empty_lines_say_nothing, 0, LENGTH(silent));
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
