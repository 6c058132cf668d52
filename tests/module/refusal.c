/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module through the real libpam: who is exempt, what is refused, and what is made anew. */
#include "kit/pam-login.h"

/* ------------------------------------------------------------------ who is exempt */

static const char *const exempt_tables[] = {
        "/srv/base /tmp *\nnone /tmp alice\n",
        "/srv/base /tmp *\nnone /tmp 1001\n",
        "/srv/base /tmp *\nnone /tmp @alice\n",
        "/srv/base /tmp *\nnone /tmp 1000:1001\n",
        "/srv/base /tmp *\ninherit /tmp alice\n",
        "/srv/base /tmp *,!alice\n",
        "/srv/base /tmp bob\n",
        "",
};

START_TEST(who_is_exempt_has_the_system_directory)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", exempt_tables[_i]);
        login = login_open("alice");
        assert_same_state(&login.before, login_state(&login));
        ck_assert(!scene_has(SCENE_BASE));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(root_has_the_system_directory)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("root");
        assert_same_state(&login.before, login_state(&login));
        ck_assert(!scene_has(SCENE_BASE));
        login_close(&login);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ what is refused */

/* An open that must fail, and change nothing at all. */
static void refused(const char *user, int code)
{
        struct login login = login_as(user);

        login_is_refused(&login, code);
}

static const struct {
        const char *table, *words;
} bad_tables[] = {
        {"/srv/base /tmp * bogus\n", "/srv/table:1: unknown option \"bogus\""},
        {"#\n\n/srv/base /tmp * mode=0777\n", "/srv/table:3: option \"mode\" must be"},
        {"/srv/base /tmp * scope=all\n", "/srv/table:1: option \"scope\" must be"},
        {"/srv/base /tmp * noexec,exec\n", "/srv/table:1: option \"exec\" contradicts"},
        {"/srv/base /tmp * noexec=0\n", "/srv/table:1: option \"noexec\" takes no value"},
        {"/srv/base /tmp * share=../x\n", "/srv/table:1: option \"share\" must be names"},
        {"tmpfs /tmp * keep=1h\n", "/srv/table:1: option \"keep\" does not go with tmpfs"},
        {"/srv/base /tmp *\nnone /tmp", "/srv/table:2: 2 columns"},
        {"/srv/base /tmp *\nnone /tmp/ root", "/srv/table:2: directory \"/tmp/\""},
        {"/srv/base /tmp * \"noexec\n", "/srv/table:1: options have no quotes"},
        {"36 35 98:0 / /tmp rw - ext3 x rw\n", "/srv/table:1: 10 columns"},
        {"/tmp/base /tmp *\n", "/srv/table:1: the base /tmp/base is below the directory /tmp"},
        {"/srv/base /tmp !bob\n", "/srv/table:1: users: "},
        {"/srv/base /tmp tmpfs\n", "/srv/table:1: users: \"tmpfs\""},
};

START_TEST(a_fault_in_the_table_denies_the_login)
{
        pam_login_begin(SERVICE);
        scene_write("/srv/table", bad_tables[_i].table);
        refused("bob", PAM_SYSTEM_ERR);
        assert_logged(bad_tables[_i].words);
        ck_assert(!scene_has(SCENE_BASE));
}
END_TEST

START_TEST(an_unknown_module_argument_denies_the_login)
{
        pam_login_begin("session required /srv/module.so conf=/srv/table unmount_on_close\n");
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("unknown module argument \"unmount_on_close\"");
}
END_TEST

START_TEST(a_table_that_a_group_can_write_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(chmod("/srv/table", 0664), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table has mode 0664");
}
END_TEST

START_TEST(a_table_of_a_users_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(chown("/srv/table", ALICE, 0), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table belongs to uid 1001");
}
END_TEST

START_TEST(a_table_that_is_a_link_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(rename("/srv/table", "/srv/other"), 0);
        ck_assert_int_eq(symlink("/srv/other", "/srv/table"), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table is a symbolic link");
}
END_TEST

START_TEST(a_table_that_is_a_fifo_denies_the_login)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(unlink("/srv/table"), 0);
        ck_assert_int_eq(mkfifo("/srv/table", 0644), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table is not a regular file");
}
END_TEST

START_TEST(a_named_table_must_exist)
{
        pam_login_begin(SERVICE);
        ck_assert_int_eq(unlink("/srv/table"), 0);
        refused("alice", PAM_SYSTEM_ERR);
        assert_logged("/srv/table: No such file");
}
END_TEST

START_TEST(root_is_let_in_with_a_faulty_table)
{
        struct login login;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * bogus\n");
        login = login_open("root");
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
        assert_nothing_left();
        /* 10.2: authpriv, critical */
        ck_assert_ptr_nonnull(strstr(scene_log_text(), "10.2 "));
        assert_logged("(login:session): root is let in without a private directory: "
                      "/srv/table:1: unknown option \"bogus\"");
}
END_TEST

START_TEST(a_refusal_is_one_line_in_the_log)
{
        const char *log, *line;

        pam_login_begin(SERVICE);
        scene_write("/srv/table", "/srv/base /tmp * bogus\n");
        refused("alice", PAM_SYSTEM_ERR);
        log = scene_log_text();
        line = strstr(log, "(login:session): alice is denied: /srv/table:1:");
        ck_assert_ptr_nonnull(line);
        ck_assert_ptr_null(strstr(line + 1, "(login:session)"));
        ck_assert_int_eq(strncmp(log, "10.3 ", 5), 0);
}
END_TEST

START_TEST(a_good_session_is_not_worth_a_line_in_the_log)
{
        struct login login;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        login_close(&login);
        assert_not_logged("(login:session)");
}
END_TEST

START_TEST(the_argument_debug_is_taken)
{
        struct login login;

        pam_login_begin("session required /srv/module.so conf=/srv/table debug\n");
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

START_TEST(without_a_table_file_the_built_in_one_holds)
{
        struct login login;
        struct stat st;

        pam_login_begin("session required /srv/module.so\n");
        ck_assert(!scene_has("/etc/security/privtmp.conf"));
        scene_mount("tmpfs", "/var/lib", "tmpfs", 0, "mode=755");
        scene_mounted();
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        ck_assert_int_eq(stat("/var/lib/privtmp", &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_uint_eq(scene_entries("/var/lib/privtmp/1001"), 1);
        login_close(&login);
        ck_assert_uint_eq(scene_entries("/var/lib/privtmp/1001"), 0);
        login = login_open("root");
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
}
END_TEST

START_TEST(drop_ins_follow_a_missing_table_file)
{
        struct login login;

        pam_login_begin("session required /srv/module.so\n");
        scene_mount("tmpfs", "/etc/security", "tmpfs", 0, "mode=755");
        scene_mount("tmpfs", "/var/lib", "tmpfs", 0, "mode=755");
        scene_mounted();
        ck_assert_int_eq(mkdir("/etc/security/privtmp.conf.d", 0755), 0);
        scene_write("/etc/security/privtmp.conf.d/50-alice.conf", "none /tmp alice\n");
        scene_write("/etc/security/privtmp.conf.d/60-ignored", "bogus\n");
        login = login_open("alice");
        assert_same_state(&login.before, login_state(&login));
        login_close(&login);
        login = login_open("bob");
        assert_private(login_view(&login), BOB);
        login_close(&login);
        assert_mounts_unchanged();
}
END_TEST

START_TEST(a_missing_base_is_made)
{
        struct login login;
        struct stat st;

        pam_login_begin(SERVICE);
        login = login_open("alice");
        ck_assert_int_eq(stat(SCENE_BASE, &st), 0);
        ck_assert_uint_eq(st.st_mode, S_IFDIR | 0700);
        ck_assert_uint_eq(st.st_uid, 0);
        login_close(&login);
        assert_nothing_left();
}
END_TEST

static void base_missing_with_parent(void)
{
        scene_write("/srv/table", "/srv/a/base /tmp *\n");
}

static void base_0755(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE, 0755), 0);
}

static void base_of_alice(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
        ck_assert_int_eq(chown(SCENE_BASE, ALICE, ALICE), 0);
}

static void base_link(void)
{
        ck_assert_int_eq(mkdir("/srv/other", 0700), 0);
        ck_assert_int_eq(symlink("/srv/other", SCENE_BASE), 0);
}

static void base_dangling_link(void)
{
        ck_assert_int_eq(symlink("/srv/other", SCENE_BASE), 0);
}

static void base_fifo(void)
{
        ck_assert_int_eq(mkfifo(SCENE_BASE, 0700), 0);
}

static void base_file(void)
{
        scene_write(SCENE_BASE, "");
}

static void base_below_all(void)
{
        ck_assert_int_eq(mkdir("/srv/all", 0777), 0);
        ck_assert_int_eq(chmod("/srv/all", 01777), 0);
        ck_assert_int_eq(mkdir("/srv/all/base", 0700), 0);
        scene_write("/srv/table", "/srv/all/base /tmp *\n");
}

static void base_below_alice(void)
{
        ck_assert_int_eq(mkdir("/srv/hers", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/hers/base", 0700), 0);
        ck_assert_int_eq(chown("/srv/hers", ALICE, ALICE), 0);
        scene_write("/srv/table", "/srv/hers/base /tmp *\n");
}

static void base_below_a_link(void)
{
        ck_assert_int_eq(mkdir("/srv/real", 0755), 0);
        ck_assert_int_eq(mkdir("/srv/real/base", 0700), 0);
        ck_assert_int_eq(symlink("real", "/srv/link"), 0);
        scene_write("/srv/table", "/srv/link/base /tmp *\n");
}

static const struct {
        void (*make)(void);
        const char *words;
} bad_bases[] = {
        {base_missing_with_parent, "/srv/a: No such file"},
        {base_0755, "/srv/base has mode 0755, it must be 0700"},
        {base_of_alice, "/srv/base belongs to uid 1001"},
        {base_link, "/srv/base is a symbolic link"},
        {base_dangling_link, "/srv/base is a symbolic link"},
        {base_fifo, "/srv/base: Not a directory"},
        {base_file, "/srv/base: Not a directory"},
        {base_below_all, "others than root can write /srv/all"},
        {base_below_alice, "/srv/hers belongs to uid 1001"},
        {base_below_a_link, "/srv/link is a symbolic link"},
};

START_TEST(a_base_that_others_could_touch_denies_the_login)
{
        struct login login;

        pam_login_begin(SERVICE);
        bad_bases[_i].make();
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        login_finish(&login);
        assert_mounts_unchanged();
        assert_logged(bad_bases[_i].words);
        ck_assert(!scene_has("/srv/other/1001"));
        ck_assert(!scene_has("/srv/a"));
}
END_TEST

static void entry_0400(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001/AAAAAA", 0400), 0);
}

static void entry_of_bob(void)
{
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001/AAAAAA", 0777), 0);
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001/AAAAAA/root", 0777), 0);
        scene_write(SCENE_BASE "/1001/AAAAAA/lock", "");
        ck_assert_int_eq(symlink("/tmp", SCENE_BASE "/1001/AAAAAA/directory"), 0);
        ck_assert_int_eq(symlink("1001", SCENE_BASE "/1001/AAAAAA/user"), 0);
        ck_assert_int_eq(chown(SCENE_BASE "/1001/AAAAAA/root", BOB, BOB), 0);
        ck_assert_int_eq(chown(SCENE_BASE "/1001/AAAAAA", BOB, BOB), 0);
}

static void entry_link(void)
{
        ck_assert_int_eq(mkdir("/srv/other", 0700), 0);
        ck_assert_int_eq(mkdir("/srv/other/root", 0700), 0);
        scene_write("/srv/other/lock", "");
        ck_assert_int_eq(symlink("/srv/other", SCENE_BASE "/1001/AAAAAA"), 0);
}

static void entry_file(void)
{
        scene_write(SCENE_BASE "/1001/AAAAAA", "");
}

static void (*const entries[])(void) = {entry_0400, entry_of_bob, entry_link, entry_file};

START_TEST(what_lies_in_the_base_already_is_never_adopted)
{
        struct stat before, after;
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001", 0700), 0);
        entries[_i]();
        login = login_open("alice");
        assert_private(login_view(&login), ALICE);
        if (stat(SCENE_BASE "/1001/AAAAAA/root", &before) == 0)
                ck_assert_uint_ne(scene->view.st.st_ino, before.st_ino);
        if (stat("/srv/other/root", &after) == 0)
                ck_assert_uint_eq(after.st_uid, 0);
        login_close(&login);
        assert_mounts_unchanged();
}
END_TEST

START_TEST(a_folder_of_the_user_that_is_not_roots_denies_the_login)
{
        struct login login;

        pam_login_begin(SERVICE);
        ck_assert_int_eq(mkdir(SCENE_BASE, 0700), 0);
        ck_assert_int_eq(mkdir(SCENE_BASE "/1001", 0700), 0);
        ck_assert_int_eq(chown(SCENE_BASE "/1001", BOB, BOB), 0);
        login = login_as("alice");
        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SYSTEM_ERR);
        login_finish(&login);
        assert_nothing_left();
        assert_logged("1001 in the base is not root's 0700");
}
END_TEST

START_TEST(an_unknown_or_empty_user_is_refused)
{
        pam_login_begin(SERVICE);
        refused("nobody-of-that-name", PAM_USER_UNKNOWN);
        refused("", PAM_USER_UNKNOWN);
        refused(NULL, PAM_USER_UNKNOWN);
        refused("1001", PAM_USER_UNKNOWN);
        ck_assert(!scene_has(SCENE_BASE));
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("refusal");
        TCase *tests;

        tests = scratch_case(suite, "exempt");
        tcase_add_loop_test(tests, who_is_exempt_has_the_system_directory, 0,
                            sizeof(exempt_tables) / sizeof(exempt_tables[0]));
        tcase_add_test(tests, root_has_the_system_directory);
        tests = scratch_case(suite, "refused");
        tcase_add_loop_test(tests, a_fault_in_the_table_denies_the_login, 0,
                            sizeof(bad_tables) / sizeof(bad_tables[0]));
        tcase_add_test(tests, an_unknown_module_argument_denies_the_login);
        tcase_add_test(tests, a_table_that_a_group_can_write_denies_the_login);
        tcase_add_test(tests, a_table_of_a_users_denies_the_login);
        tcase_add_test(tests, a_table_that_is_a_link_denies_the_login);
        tcase_add_test(tests, a_table_that_is_a_fifo_denies_the_login);
        tcase_add_test(tests, a_named_table_must_exist);
        tcase_add_test(tests, root_is_let_in_with_a_faulty_table);
        tcase_add_test(tests, a_refusal_is_one_line_in_the_log);
        tcase_add_test(tests, a_good_session_is_not_worth_a_line_in_the_log);
        tcase_add_test(tests, the_argument_debug_is_taken);
        tcase_add_test(tests, an_unknown_or_empty_user_is_refused);
        tests = scratch_case(suite, "host");
        tcase_add_test(tests, without_a_table_file_the_built_in_one_holds);
        tcase_add_test(tests, drop_ins_follow_a_missing_table_file);
        tcase_add_test(tests, a_missing_base_is_made);
        tcase_add_loop_test(tests, a_base_that_others_could_touch_denies_the_login, 0,
                            sizeof(bad_bases) / sizeof(bad_bases[0]));
        tcase_add_loop_test(tests, what_lies_in_the_base_already_is_never_adopted, 0,
                            sizeof(entries) / sizeof(entries[0]));
        tcase_add_test(tests, a_folder_of_the_user_that_is_not_roots_denies_the_login);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
