/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-memory: sessions with lines in memory, by the module through libpam
 *
 * Needs root, in a throw-away host.
 */
#include "kit/pam-login.h"

enum {
        LOGINS = 4,
        ROUNDS = 25,
};

static void set_up(void)
{
        pam_login_begin(SERVICE);
}

/* What the login has at /tmp: another device for each tmpfs. */
static dev_t device(struct login *login)
{
        return login_view(login).st.st_dev;
}

static void open_at_once(const char *table)
{
        scene_write("/srv/table", table);
        for (unsigned round = 0; round < ROUNDS; round++) {
                struct login logins[LOGINS];

                for (unsigned i = 0; i < LOGINS; i++)
                        logins[i] = login_as("alice");
                for (unsigned i = 0; i < LOGINS; i++)
                        login_begin(&logins[i], do_open, NULL);
                for (unsigned i = 0; i < LOGINS; i++)
                        ck_assert_int_eq(login_wait(&logins[i]), PAM_SUCCESS);
                for (unsigned i = 1; i < LOGINS; i++)
                        ck_assert_msg(device(&logins[i]) == device(&logins[0]),
                                      "round %u: login %u has a tmpfs of its own", round, i);
                for (unsigned i = 0; i < LOGINS; i++)
                        login_close(&logins[i]);
        }
}

START_TEST(sessions_that_are_opened_at_once_share_one)
{
        open_at_once("tmpfs /tmp *\ninherit /tmp root\n");
}
END_TEST

START_TEST(sessions_that_are_opened_at_once_share_one_beside_a_line_on_disk)
{
        ck_assert_int_eq(mkdir("/srv/other", 0755), 0);
        open_at_once("tmpfs /tmp *\n/srv/base /srv/other *\n");
}
END_TEST

/* What fits a line must fit the kernel. */
static const char *const sizes[] = {
        "size=1",        "size=4096", "size=1k,nr_inodes=1",        "size=9223372036854775807",
        "size=8388607t", "size=100%", "nr_inodes=9007199254740991", "nr_inodes=8191T",
};

START_TEST(the_largest_and_the_smallest_sizes_are_taken)
{
        struct login login;
        char table[128];

        snprintf(table, sizeof(table), "tmpfs /tmp * %s\n", sizes[_i]);
        scene_write("/srv/table", table);
        login = login_open("alice");
        ck_assert_int_eq(login_view(&login).st.st_uid, 0);
        login_close(&login);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("memory");
        TCase *tcase = tcase_create("memory");

        tcase_add_checked_fixture(tcase, set_up, NULL);
        tcase_set_timeout(tcase, 60);
        tcase_add_test(tcase, sessions_that_are_opened_at_once_share_one);
        tcase_add_test(tcase, sessions_that_are_opened_at_once_share_one_beside_a_line_on_disk);
        tcase_add_loop_test(tcase, the_largest_and_the_smallest_sizes_are_taken, 0,
                            (int)(sizeof(sizes) / sizeof(sizes[0])));
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
