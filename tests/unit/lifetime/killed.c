/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-killed: records of sessions whose opener was killed, before another one is written */
#include <sys/wait.h>

#include "kit/scratch.h"
#include "lifetime/killed.h"
#include "lifetime/records.h"

enum {
        NOBODY = 4 << 20, /* no process has that number, or a higher one */
        ALICE = 1001,
        BOB = 1002,
};

static struct scratch folder;

static void setup(void)
{
        scratch_make(&folder, "/tmp");
}

static void teardown(void)
{
        scratch_remove(&folder);
}

static struct namespace_id own(void)
{
        struct namespace_id ns;

        ck_assert_int_eq(namespace_own(&ns, NULL), 0);
        return ns;
}

static void write_opened(uid_t uid, pid_t opener, const struct namespace_id *ns)
{
        struct record record = {.uid = uid};

        ck_assert_int_eq(record_stamp(&record), 0);
        record.pid = opener;
        record.start *= 2; /* an opener is no younger than its record */
        record.ns = *ns;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
}

static void write_killed(uid_t uid, const struct namespace_id *ns, int n)
{
        for (int i = 0; i < n; i++)
                write_opened(uid, NOBODY + i, ns);
}

static int count_one(void *arg, const struct record *record)
{
        (void)record;
        ++*(unsigned *)arg;
        return 0;
}

static unsigned count_records(uid_t uid)
{
        unsigned n = 0;

        ck_assert_int_eq(records_each(folder.fd, uid, count_one, &n), 0);
        return n;
}

START_TEST(many_are_taken_away_but_those_of_the_living)
{
        const struct namespace_id ns = own();

        write_killed(ALICE, &ns, 10 * KILLED_MANY);
        write_opened(ALICE, getpid(), &ns);
        write_opened(ALICE, 1, &ns); /* it is there, and elsewhere as far as anybody knows */
        killed_thin(folder.fd, ALICE, &ns);
        ck_assert_uint_eq(count_records(ALICE), 2);
}
END_TEST

START_TEST(who_has_ended_is_dead_before_its_parent_asks_for_it)
{
        const struct namespace_id ns = own();
        pid_t child = fork();
        siginfo_t info;

        if (child == 0)
                _exit(0);
        ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
        write_killed(ALICE, &ns, KILLED_MANY);
        write_opened(ALICE, child, &ns);
        killed_thin(folder.fd, ALICE, &ns);
        ck_assert_uint_eq(count_records(ALICE), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(a_few_stay_for_clean)
{
        const struct namespace_id ns = own();

        write_killed(ALICE, &ns, KILLED_MANY);
        killed_thin(folder.fd, ALICE, &ns);
        ck_assert_uint_eq(count_records(ALICE), KILLED_MANY);
}
END_TEST

START_TEST(those_of_others_and_of_other_namespaces_stay)
{
        const struct namespace_id ns = own();
        struct namespace_id other = ns, later = ns;

        other.number++;
        later.id++;
        write_killed(ALICE, &ns, KILLED_MANY + 1);
        write_killed(ALICE, &other, KILLED_MANY + 1);
        write_killed(BOB, &ns, KILLED_MANY + 1);
        killed_thin(folder.fd, ALICE, &later);
        ck_assert_uint_eq(count_records(ALICE), 2 * (KILLED_MANY + 1));
        killed_thin(folder.fd, ALICE, &ns);
        ck_assert_uint_eq(count_records(ALICE), KILLED_MANY + 1);
        ck_assert_uint_eq(count_records(BOB), KILLED_MANY + 1);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("killed");
        TCase *tcase = tcase_create("killed");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, many_are_taken_away_but_those_of_the_living);
        tcase_add_test(tcase, who_has_ended_is_dead_before_its_parent_asks_for_it);
        tcase_add_test(tcase, a_few_stay_for_clean);
        tcase_add_test(tcase, those_of_others_and_of_other_namespaces_stay);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
