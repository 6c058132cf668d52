/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-policy: what a table says for one user */
#include "table/policy.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ------------------------------------------------------------------ who is asked */

static char alice_name[] = "alice", root_name[] = "root", daemon_name[] = "daemon";
static const struct subject alice = {.name = alice_name, .uid = 1001, .gid = 1001};
static const struct subject root = {.name = root_name, .uid = 0, .gid = 0};
static const struct subject system_account = {.name = daemon_name, .uid = 1, .gid = 1};

/* The number of questions about groups. Everybody is in "hpc"; "ldap" can't be looked up. */
static int is_member(void *arg, const char *group)
{
        ++*(unsigned *)arg;
        return strcmp(group, "ldap") == 0 ? -EIO : strcmp(group, "hpc") == 0;
}

static struct heard heard;
static struct table *table;
static struct plan *plan;
static unsigned asked;

static void setup(void)
{
        heard_begin(&heard);
        table = NULL;
        plan = NULL;
        asked = 0;
}

static void teardown(void)
{
        plan_free(plan);
        table_free(table);
}

static int make_plan(const char *text, const struct subject *subject)
{
        const struct table_source place = {.only = "conf", .text = text, .length = strlen(text)};

        teardown();
        table = NULL;
        plan = NULL;
        ck_assert_msg(table_load(&place, &table, &heard.report) == 0, "%s", heard.report.fault);
        return policy_plan(table, subject, is_member, &asked, &plan);
}

/* The number of the line that decides for the directory, 0 if none does. */
static unsigned deciding(const char *text, const struct subject *subject, const char *directory)
{
        const struct line *line;

        ck_assert_int_eq(make_plan(text, subject), 0);
        line = plan_find(plan, directory);
        return line ? line->number : 0;
}

/* ------------------------------------------------------------------ which line decides */

START_TEST(the_shipped_table_gives_each_their_own)
{
        ck_assert_uint_eq(deciding(table_built_in, &alice, "/tmp"), 1);
        ck_assert_uint_eq(deciding(table_built_in, &system_account, "/tmp"), 2);
        ck_assert_uint_eq(deciding(table_built_in, &root, "/tmp"), 3);
}
END_TEST

START_TEST(the_last_line_that_matches_wins)
{
        static const char text[] = "/base /tmp *\n"
                                   "none /tmp alice\n"
                                   "inherit /tmp 1001\n"
                                   "/other /tmp bob\n";

        ck_assert_uint_eq(deciding(text, &alice, "/tmp"), 3);
        ck_assert_uint_eq(deciding(text, &root, "/tmp"), 1);
}
END_TEST

START_TEST(the_winning_line_counts_whole)
{
        const char text[] = "/base /tmp * exec,mode=1777,scope=session,end=close,nofail\n"
                            "/other /tmp alice\n";
        const struct line *line;

        ck_assert_uint_eq(deciding(text, &alice, "/tmp"), 2);
        line = plan->lines[0].line;
        ck_assert_str_eq(line->base, "/other");
        ck_assert_uint_eq(line->flags, FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV);
        ck_assert_uint_eq(line->mode, 01777);
        ck_assert(!line->per_session && !line->end_at_close && !line->nofail);
}
END_TEST

START_TEST(the_time_of_a_line_that_lost_does_not_count)
{
        const char text[] = "/base /tmp * keep=1h\n"
                            "/base /tmp alice\n"
                            "/base /tmp bob keep=2h\n";

        ck_assert_int_eq(make_plan(text, &alice), 0);
        ck_assert_uint_eq(plan->lines[0].line->keep, 0);
        ck_assert_int_eq(make_plan(text, &root), 0);
        ck_assert_uint_eq(plan->lines[0].line->keep, 3600);
}
END_TEST

START_TEST(each_directory_is_decided_by_itself)
{
        static const char text[] = "/base /tmp *\n"
                                   "/base /var/tmp bob\n"
                                   "none /dev/shm alice\n"
                                   "none /tmp bob\n";

        ck_assert_int_eq(make_plan(text, &alice), 0);
        ck_assert_uint_eq(plan->n, 2);
        ck_assert_str_eq(plan->lines[0].line->directory, "/tmp");
        ck_assert_uint_eq(plan->lines[0].line->number, 1);
        ck_assert_str_eq(plan->lines[1].line->directory, "/dev/shm");
        ck_assert_uint_eq(plan->lines[1].line->number, 3);
        ck_assert_ptr_null(plan_find(plan, "/var/tmp"));
        ck_assert_ptr_eq(plan_find(plan, "/dev/shm"), plan->lines[1].line);
        ck_assert_ptr_eq(plan->lines[0].line, &table->lines[0]);
}
END_TEST

START_TEST(who_is_named_by_no_line_has_an_empty_plan)
{
        ck_assert_int_eq(make_plan("/base /tmp bob\n/base /var/tmp bob\n", &alice), 0);
        ck_assert_uint_eq(plan->n, 0);
        ck_assert_ptr_null(plan_find(plan, "/tmp"));
        ck_assert_int_eq(make_plan("", &alice), 0);
        ck_assert_uint_eq(plan->n, 0);
}
END_TEST

START_TEST(a_name_that_nobody_has_matches_nobody)
{
        ck_assert_uint_eq(deciding("/base /tmp *\nnone /tmp nosuchuser\n", &alice, "/tmp"), 1);
        ck_assert_uint_eq(deciding("/base /tmp *\nnone /tmp @nosuchgroup\n", &alice, "/tmp"), 1);
}
END_TEST

/* ------------------------------------------------------------------ groups */

START_TEST(a_group_of_a_line_that_is_not_reached_is_not_asked_for)
{
        ck_assert_uint_eq(deciding("none /tmp @ldap\n/base /tmp *\n", &alice, "/tmp"), 2);
        ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(a_group_of_a_line_that_is_reached_is_asked_for_once)
{
        ck_assert_uint_eq(deciding("/base /tmp *\nnone /tmp @hpc\n", &alice, "/tmp"), 2);
        ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(a_failed_lookup_makes_no_plan)
{
        /* an earlier line must not decide in its stead */
        ck_assert_int_eq(make_plan("none /tmp *\n/base /tmp @ldap\n", &alice), -EIO);
        ck_assert_ptr_null(plan);
        ck_assert_int_eq(make_plan("none /tmp *\n/base /tmp *,!@ldap\n", &alice), -EIO);
        ck_assert_ptr_null(plan);
        /* nor may it hide behind another directory */
        ck_assert_int_eq(make_plan("/base /tmp *\n/base /var/tmp @ldap\n", &alice), -EIO);
        ck_assert_ptr_null(plan);
}
END_TEST

/* ------------------------------------------------------------------ many lines */

/* Everybody else is named before alice: each of 10,000 lines is tried, and the last decides. */
START_TEST(ten_thousand_lines_are_tried_and_no_group_is_asked_for)
{
        enum {
                LINES = 10000,
                WIDTH = 32,
        };
        char *text = malloc(2 * WIDTH + (size_t)LINES * WIDTH);
        size_t used;

        ck_assert_ptr_nonnull(text);
        used = (size_t)sprintf(text, "none /tmp @ldap\n/base /tmp alice\n");
        for (unsigned i = 0; i < LINES; i++)
                used += (size_t)sprintf(text + used, "none /tmp u%u,!@ldap\n", i);
        ck_assert_uint_eq(deciding(text, &alice, "/tmp"), 2);
        ck_assert_uint_eq(asked, 0);
        free(text);
}
END_TEST

/* ------------------------------------------------------------------ modes */

static const struct {
        const char *text;
        mode_t mode; /* of alice's /tmp */
} modes[] = {
        /* root inherits: by a line, or because no line names it */
        {table_built_in, 01777},
        {"/base /tmp * mode=0770\ninherit /tmp root\n", 01770},
        {"/base /tmp * mode=0770\ninherit /tmp 0\n", 01770},
        {"/base /tmp 1000:60000 mode=0770\n", 01770},
        {"/base /tmp *,!root mode=0770\n", 01770},
        {"inherit /tmp *\n/base /tmp alice mode=0770\n", 01770},
        {"/base /tmp * mode=0770\ninherit /tmp *,!alice\n", 01770},
        {"/base /tmp * mode=0770\ninherit /tmp root\n", 01770},
        /* what root has for another directory changes nothing */
        {"/base /tmp 1000:60000 mode=0770\nnone /var/tmp root\n", 01770},
        {"/base /tmp * mode=0770\ninherit /var/tmp root\n", 0770},
        /* root has a line that is no inherit */
        {"/base /tmp * mode=0770\nnone /tmp root\n", 0770},
        {"/base /tmp * mode=0770\n", 0770},
        {"none /tmp *\n/base /tmp alice mode=0770\n", 0770},
        {"/base /tmp * mode=0770\nnone /tmp 0:999\n", 0770},
        {"inherit /tmp root\n/base /tmp * mode=0770\n", 0770},
        {"/base /tmp * mode=0770\ninherit /tmp *\nnone /tmp root\n/base /tmp alice mode=0770\n",
         0770},
        {"inherit /tmp root\nnone /tmp root\n/base /tmp alice mode=0770\n", 0770},
        {"none /tmp root\ninherit /tmp root\n/base /tmp alice mode=0770\n", 01770},
        /* in doubt, for root may be in the group */
        {"/base /tmp * mode=0770\ninherit /tmp @wheel\n", 01770},
        {"inherit /tmp @wheel\n/base /tmp alice mode=0770\n", 01770},
        {"none /tmp @wheel\n/base /tmp alice mode=0770\n", 01770},
        {"inherit /tmp root\nnone /tmp root,!@wheel\n/base /tmp alice mode=0770\n", 01770},
        {"/base /tmp * mode=0770\ninherit /tmp root,!@wheel\n", 01770},
        {"inherit /tmp @wheel\nnone /tmp root\n/base /tmp alice mode=0770\n", 0770},
        {"none /tmp root\ninherit /tmp @wheel,!root\n/base /tmp alice mode=0770\n", 0770},
        /* the other modes are what they say, and without one it is what programs expect */
        {"/base /tmp *\n", 01777},
        {"/base /tmp *\nnone /tmp root\n", 01777},
        {"/base /tmp *\ninherit /tmp root\n", 01777},
        {"/base /tmp * mode=1770\nnone /tmp root\n", 01770},
        {"/base /tmp * mode=1777\ninherit /tmp root\n", 01777},
        {"/base /tmp * mode=0700\ninherit /tmp root\n", 0700},
};

START_TEST(the_sticky_bit_is_there_where_root_may_inherit)
{
        ck_assert_int_eq(make_plan(modes[_i].text, &alice), 0);
        ck_assert_uint_eq(plan->n, 1);
        ck_assert_msg(plan->lines[0].mode == modes[_i].mode, "%04o, not %04o, with\n%s",
                      plan->lines[0].mode, modes[_i].mode, modes[_i].text);
}
END_TEST

/* ------------------------------------------------------------------ the digest */

static uint64_t digest(const char *text, const struct subject *subject)
{
        ck_assert_int_eq(make_plan(text, subject), 0);
        return plan->digest;
}

START_TEST(the_same_plan_has_the_same_digest)
{
        const uint64_t wanted = digest("/base /tmp *\n", &alice);

        ck_assert_uint_eq(digest("/base /tmp *\n", &root), wanted);
        /* another line, the same words */
        ck_assert_uint_eq(digest("# comment\n\nnone /tmp bob\n/base /tmp alice,!bob\n"
                                 "none /tmp root\n",
                                 &alice),
                          wanted);
        ck_assert_uint_eq(
                digest("/base /tmp * nodev,noexec,mode=1777,scope=user,end=idle,nosuid\n", &alice),
                wanted);
        ck_assert_uint_eq(digest("/base /tmp * keep=120m\n", &alice),
                          digest("/base /tmp * keep=2h\n", &alice));
        /* the sticky bit that root brings is the one that is written out */
        ck_assert_uint_eq(digest("/base /tmp * mode=0770\ninherit /tmp root\n", &alice),
                          digest("/base /tmp * mode=1770\n", &alice));
}
END_TEST

static const char *const others[] = {
        "",
        "/other /tmp *\n",
        "/base /var/tmp *\n",
        "none /tmp *\n",
        "inherit /tmp *\n",
        "/base /tmp * exec\n",
        "/base /tmp * suid\n",
        "/base /tmp * dev\n",
        "/base /tmp * noatime\n",
        "/base /tmp * relatime\n",
        "/base /tmp * mode=1770\n",
        "/base /tmp * mode=0770\n",
        "/base /tmp * mode=0700\n",
        "/base /tmp * scope=session\n",
        "/base /tmp * end=close\n",
        "/base /tmp * keep=1m\n",
        "/base /tmp * keep=1h\n",
        "/base /tmp * keep=1d\n",
        "/base /tmp * share=a\n",
        "/base /tmp * share=b\n",
        "/base /tmp * share=a:b\n",
        "/base /tmp * share=a@b\n",
        "/base /tmp * share=ab\n",
        "tmpfs /tmp *\n",
        "tmpfs /tmp * size=1\n",
        "tmpfs /tmp * size=2\n",
        "tmpfs /tmp * nr_inodes=1\n",
        "tmpfs /tmp * size=1,nr_inodes=1\n",
        "tmpfs /tmp * share=a\n",
        "tmpfs /tmp * scope=session\n",
        "/base /tmp *\n/base /var/tmp *\n",
        "/base /tmp *\nnone /var/tmp *\n",
        "/base /var/tmp *\n/base /tmp *\n",
        /* one after the other these two are the same bytes */
        "/b/c /a *\n",
        "/c /a/b *\n",
};

START_TEST(another_plan_has_another_digest)
{
        uint64_t seen[LENGTH(others) + 1];
        int n = 0;

        seen[n++] = digest("/base /tmp *\n", &alice);
        for (int i = 0; i < LENGTH(others); i++) {
                seen[n] = digest(others[i], &alice);
                for (int j = 0; j < n; j++)
                        ck_assert_msg(seen[j] != seen[n], "as another: %s", others[i]);
                n++;
        }
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
        ck_assert_ptr_null(plan_free(NULL));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("policy");
        TCase *tcase = tcase_create("policy");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, the_shipped_table_gives_each_their_own);
        tcase_add_test(tcase, the_last_line_that_matches_wins);
        tcase_add_test(tcase, the_winning_line_counts_whole);
        tcase_add_test(tcase, the_time_of_a_line_that_lost_does_not_count);
        tcase_add_test(tcase, each_directory_is_decided_by_itself);
        tcase_add_test(tcase, who_is_named_by_no_line_has_an_empty_plan);
        tcase_add_test(tcase, a_name_that_nobody_has_matches_nobody);
        tcase_add_test(tcase, a_group_of_a_line_that_is_not_reached_is_not_asked_for);
        tcase_add_test(tcase, a_group_of_a_line_that_is_reached_is_asked_for_once);
        tcase_add_test(tcase, a_failed_lookup_makes_no_plan);
        tcase_add_test(tcase, ten_thousand_lines_are_tried_and_no_group_is_asked_for);
        tcase_add_loop_test(tcase, the_sticky_bit_is_there_where_root_may_inherit, 0,
                            LENGTH(modes));
        tcase_add_test(tcase, the_same_plan_has_the_same_digest);
        tcase_add_test(tcase, another_plan_has_another_digest);
        tcase_add_test(tcase, freeing_nothing_is_allowed);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
