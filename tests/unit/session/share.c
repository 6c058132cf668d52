/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which entries of the system directory are taken, and which are left out. */
#include <sys/statvfs.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "kit/share.h"

/* ------------------------------------------------------------------ what is taken */

START_TEST(folders_files_and_sockets_of_roots_and_of_the_users_are_bound)
{
        static const char *const names[] = {"folder", "file", "socket", "hers", "her-folder"};

        make_folder("folder", 0);
        make_file("file", 0);
        close(make_socket("socket", 0));
        make_file("hers", ALICE);
        make_folder("her-folder", ALICE);
        make_file("not-named", ALICE);
        take("share=folder:file:socket:her*");
        ck_assert_uint_eq(list.n, 5);
        close(cover());
        for (size_t i = 0; i < 5; i++)
                ck_assert_msg(is_bound(names[i]), "%s", names[i]);
        ck_assert(!is_there(AT_FDCWD, SYSTEM "/not-named"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

static void connect_as_alice(void *arg)
{
        const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SYSTEM "/socket"};
        int fd;

        (void)arg;
        become(ALICE);
        fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        must(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
}

START_TEST(a_socket_that_is_shared_by_itself_can_be_connected_to)
{
        int fd = make_socket("socket", 0);

        take("share=socket");
        close(cover());
        child_do(connect_as_alice, NULL);
        must(accept(fd, NULL, NULL));
}
END_TEST

START_TEST(a_folder_is_the_same_from_both_sides)
{
        make_folder("folder", 0);
        take("share=folder");
        close(cover());
        write_file(AT_FDCWD, SYSTEM "/folder/made-inside", "");
        ck_assert(is_there(system_fd, "folder/made-inside"));
        write_file(system_fd, "folder/made-outside", "");
        ck_assert(is_there(AT_FDCWD, SYSTEM "/folder/made-outside"));
}
END_TEST

START_TEST(what_is_absent_is_left_out_silently)
{
        make_file("there", 0);
        take("share=absent:there:none*");
        ck_assert_uint_eq(list.n, 1);
        close(cover());
        ck_assert(!is_there(AT_FDCWD, SYSTEM "/absent"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

/* ------------------------------------------------------------------ patterns */

static const struct {
        const char *globs;
        const char *taken; /* in alphabetical order, each with a blank behind it */
} patterns[] = {
        {"a", "a "},    {"a*", "a ab abc "},     {"?b", "ab "},          {"[ab]", "a b "},
        {"[!a]", "b "}, {"*", "a ab abc b "},    {".*", "..x .a "},      {".?", ".a "},
        {"*a", "a "},   {".[ab]", ".a "},        {"..*", "..x "},        {"?a", ""},
        {"[.]a", ""},   {"a:a:a*", "a ab abc "}, {"*:b", "a ab abc b "}, {"\\a", ""},
};

static int compare_names(const void *a, const void *b)
{
        return strcmp(((const struct share *)a)->name, ((const struct share *)b)->name);
}

START_TEST(patterns_match_as_in_the_shell)
{
        static const char *const names[] = {"a", "ab", "abc", "b", ".a", "..x"};
        char options[64], taken[256] = "";

        for (size_t i = 0; i < 6; i++)
                make_file(names[i], 0);
        /* the parser of lines lets no backslash pass: a plain name it is, if it comes */
        if (strchr(patterns[_i].globs, '\\')) {
                line = (struct line){.file = "conf", .directory = strdup(SYSTEM)};
                ck_assert_int_eq(value_globs(patterns[_i].globs, &line.shares, &line.n_shares), 0);
                share_take(&line, system_fd, ALICE, &list, &heard.report);
        } else {
                snprintf(options, sizeof(options), "share=%s", patterns[_i].globs);
                take(options);
        }
        qsort(list.shares, list.n, sizeof(*list.shares), compare_names);
        for (size_t i = 0; i < list.n; i++) {
                strcat(taken, list.shares[i].name);
                strcat(taken, " ");
        }
        ck_assert_str_eq(taken, patterns[_i].taken);
        ck_assert_str_eq(heard.text, "");
}
END_TEST

/* ------------------------------------------------------------------ what is left out */

START_TEST(what_another_user_has_is_left_out)
{
        make_file("his", BOB);
        make_folder("his-folder", BOB);
        make_file("his-cache", BOB);
        take("share=his:his-folder:his-c*");
        ck_assert_uint_eq(list.n, 0);
        ck_assert_str_eq(
                heard.text,
                "warning conf:3: " SYSTEM "/his is not shared: it belongs to another user\n"
                "warning conf:3: " SYSTEM "/his-folder is not shared: it belongs to another user\n"
                "debug conf:3: " SYSTEM "/his-cache is not shared: it belongs to another user\n");
}
END_TEST

START_TEST(an_owner_who_is_named_may_have_it_too)
{
        make_file("his", BOB);
        make_file("hers", ALICE);
        make_file("roots", 0);
        make_file("carols", 1003);
        take("share=his@bob:hers@bob:roots@bob:carols@bob");
        ck_assert(has("his"));
        ck_assert(has("hers"));
        ck_assert(has("roots"));
        ck_assert(!has("carols"));
        ck_assert_uint_eq(heard.lines, 1);
}
END_TEST

START_TEST(an_owner_counts_for_one_item_only)
{
        make_file("his", BOB);
        make_file("his-too", BOB);
        take("share=his@bob:his-too");
        ck_assert_uint_eq(list.n, 1);
        ck_assert(said("his-too is not shared: it belongs to another user"));
}
END_TEST

START_TEST(an_owner_who_does_not_exist_opens_nothing)
{
        make_file("file", 0);
        make_file("other", 0);
        take("share=file@nobody-of-that-name:other");
        ck_assert_uint_eq(list.n, 1);
        ck_assert(has("other"));
        ck_assert_str_eq(heard.text,
                         "warning conf:3: " SYSTEM "/file is not shared: there is no such owner\n");
}
END_TEST

START_TEST(no_symbolic_link_is_followed_or_bound)
{
        make_folder("folder", 0);
        must(symlinkat("folder", system_fd, "link"));
        must(symlinkat("/etc", system_fd, "away"));
        must(symlinkat("nowhere", system_fd, "dangling"));
        give("link", ALICE);
        take("share=link:away:dangling:l*");
        ck_assert_uint_eq(list.n, 0);
        ck_assert(said("link is not shared: it is no directory, file or socket"));
        ck_assert(said("away is not shared: it is no directory, file or socket"));
        ck_assert(said("dangling is not shared: it is no directory, file or socket"));
}
END_TEST

START_TEST(devices_and_fifos_are_left_out)
{
        must(mkfifoat(system_fd, "fifo", 0666));
        must(mknodat(system_fd, "zero", S_IFCHR | 0666, makedev(1, 5)));
        take("share=fifo:zero");
        ck_assert_uint_eq(list.n, 0);
        ck_assert_uint_eq(heard.lines, 2);
}
END_TEST

START_TEST(a_file_with_another_name_is_left_out)
{
        make_file("file", 0);
        must(linkat(system_fd, "file", system_fd, "hers", 0));
        must(linkat(system_fd, "file", system_fd, "hers2", 0));
        make_file("cache", ALICE);
        must(linkat(system_fd, "cache", system_fd, "cache2", 0));
        take("share=file:hers:cache:c*");
        ck_assert_uint_eq(list.n, 0);
        ck_assert(said("file is not shared: it has another name, too"));
        ck_assert(said("cache is not shared: it has another name, too"));
}
END_TEST

/* ------------------------------------------------------------------ limits */

START_TEST(no_more_than_64_are_bound_and_that_is_said_once)
{
        char name[16];

        for (unsigned i = 0; i < 300; i++) {
                snprintf(name, sizeof(name), "f%u", i);
                make_file(name, ALICE);
        }
        take("share=f*");
        ck_assert_uint_eq(list.n, SHARE_MAX);
        ck_assert_uint_eq(heard.lines, 1);
        ck_assert(said("is not shared: there are too many"));
}
END_TEST

static void hear_no_debug(void *arg, enum report_level level, const char *text)
{
        if (level != REPORT_DEBUG)
                heard_say(arg, level, text);
}

START_TEST(others_files_take_no_room)
{
        char name[16];

        for (unsigned i = 0; i < 300; i++) {
                snprintf(name, sizeof(name), "f%u", i);
                make_file(name, BOB);
        }
        make_file("f", ALICE);
        heard.report.say = hear_no_debug;
        take("share=f*");
        ck_assert_uint_eq(list.n, 1);
        ck_assert(has("f"));
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

/* What others put beside it may use up all that patterns may take. */
START_TEST(a_plain_name_does_not_depend_on_what_patterns_come_to)
{
        for (unsigned i = 0; i < SHARE_MAX + 10; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "x%u", i);
                make_file(name, 0);
        }
        make_file("file", 0);
        take("share=x*:file");
        ck_assert_uint_eq(list.n, SHARE_MAX);
        ck_assert(has("file"));
        ck_assert(said("is not shared: there are too many"));
}
END_TEST

START_TEST(no_more_than_10000_names_are_read)
{
        char name[16];

        for (unsigned i = 0; i < 10100; i++) {
                snprintf(name, sizeof(name), "x%u", i);
                must(mknodat(system_fd, name, S_IFREG | 0600, 0));
        }
        make_file("plain", ALICE);
        take("share=y*:plain");
        ck_assert_str_eq(heard.text,
                         "warning conf:3: " SYSTEM
                         "/y* is not shared: there are more than 10,000 names to be looked at\n");
        /* a plain name needs none to be read */
        ck_assert(has("plain"));
}
END_TEST

/* What others put beside it does not matter to what is named by the uid. */
START_TEST(a_name_with_the_users_uid_is_a_plain_one)
{
        char name[16];

        for (unsigned i = 0; i < 10100; i++) {
                snprintf(name, sizeof(name), "x%u", i);
                must(mknodat(system_fd, name, S_IFREG | 0600, 0));
        }
        make_file("krb5cc_1001", ALICE);
        make_file("krb5cc_1002", BOB);
        make_file("1001-1001", ALICE);
        take("share=krb5cc_%{uid}:%{uid}-%{uid}");
        ck_assert_uint_eq(list.n, 2);
        ck_assert(has("krb5cc_1001"));
        ck_assert(has("1001-1001"));
        ck_assert_str_eq(heard.text, "");
}
END_TEST

START_TEST(the_users_uid_may_stand_in_a_pattern)
{
        make_file("krb5cc_1001_aaaaaa", ALICE);
        make_file("krb5cc_10011", ALICE);
        make_file("%{uid}", ALICE);
        make_file("%{UID}", ALICE);
        take("share=krb5cc_%{uid}_*:%{UID}");
        ck_assert_uint_eq(list.n, 2);
        ck_assert(has("krb5cc_1001_aaaaaa"));
        ck_assert(has("%{UID}"));
}
END_TEST

/* ------------------------------------------------------------------ flags */

static int run_shared(void)
{
        int status;
        pid_t pid = must(fork());

        if (pid == 0) {
                execl(SYSTEM "/folder/true", "true", NULL);
                _exit(errno == EACCES ? 13 : 99);
        }
        must(waitpid(pid, &status, 0));
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

/* _i: with exec */
START_TEST(a_share_has_the_flags_of_the_line)
{
        struct statvfs fs;

        make_folder("folder", 0);
        must(system("cp /bin/true " SYSTEM "/folder/true"));
        must(fchmodat(system_fd, "folder/true", 0755, 0));
        ck_assert_int_eq(run_shared(), 0);
        take(_i ? "share=folder,exec" : "share=folder");
        close(cover());
        ck_assert_int_eq(run_shared(), _i ? 0 : 13);
        must(statvfs(SYSTEM "/folder", &fs));
        ck_assert_uint_eq(fs.f_flag & (ST_NOEXEC | ST_NOSUID | ST_NODEV),
                          ST_NOSUID | ST_NODEV | (_i ? 0 : ST_NOEXEC));
        /* the system's own entry is as it was */
        must(fstatvfs(system_fd, &fs));
        ck_assert(!(fs.f_flag & ST_NOEXEC));
}
END_TEST

START_TEST(what_is_mounted_in_a_share_stays_there)
{
        make_folder("folder", 0);
        make_folder("folder/sub", 0);
        must(mount("none", "/run", NULL, MS_SHARED, NULL));
        take("share=folder");
        close(cover());
        must(mount("tmpfs", SYSTEM "/folder/sub", "tmpfs", 0, NULL));
        write_file(AT_FDCWD, SYSTEM "/folder/sub/inside", "");
        ck_assert(!is_there(system_fd, "folder/sub/inside"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("share");
        TCase *taken = tcase_create("taken"), *left = tcase_create("left out");

        tcase_add_checked_fixture(taken, set_up, NULL);
        tcase_add_test(taken, folders_files_and_sockets_of_roots_and_of_the_users_are_bound);
        tcase_add_test(taken, a_socket_that_is_shared_by_itself_can_be_connected_to);
        tcase_add_test(taken, a_folder_is_the_same_from_both_sides);
        tcase_add_test(taken, what_is_absent_is_left_out_silently);
        tcase_add_loop_test(taken, patterns_match_as_in_the_shell, 0,
                            (int)(sizeof(patterns) / sizeof(patterns[0])));
        tcase_add_loop_test(taken, a_share_has_the_flags_of_the_line, 0, 2);
        tcase_add_test(taken, what_is_mounted_in_a_share_stays_there);
        suite_add_tcase(suite, taken);

        tcase_add_checked_fixture(left, set_up, NULL);
        tcase_add_test(left, what_another_user_has_is_left_out);
        tcase_add_test(left, an_owner_who_is_named_may_have_it_too);
        tcase_add_test(left, an_owner_counts_for_one_item_only);
        tcase_add_test(left, an_owner_who_does_not_exist_opens_nothing);
        tcase_add_test(left, no_symbolic_link_is_followed_or_bound);
        tcase_add_test(left, devices_and_fifos_are_left_out);
        tcase_add_test(left, a_file_with_another_name_is_left_out);
        tcase_add_test(left, no_more_than_64_are_bound_and_that_is_said_once);
        tcase_add_test(left, others_files_take_no_room);
        tcase_add_test(left, a_plain_name_does_not_depend_on_what_patterns_come_to);
        tcase_add_test(left, no_more_than_10000_names_are_read);
        tcase_add_test(left, a_name_with_the_users_uid_is_a_plain_one);
        tcase_add_test(left, the_users_uid_may_stand_in_a_pattern);
        suite_add_tcase(suite, left);
        return scratch_run(suite);
}
