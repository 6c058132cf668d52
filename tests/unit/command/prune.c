/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-prune: records of namespaces that are gone */
#include <stdint.h>
#include <time.h>

#include "command/prune.h"
#include "ground/name.h"
#include "kit/scratch.h"
#include "lifetime/records.h"

static struct scratch folder;

static void setup(void)
{
        scratch_make(&folder, "/tmp");
}

static void teardown(void)
{
        scratch_remove(&folder);
}

static const struct namespace_id alive[] = {
        {.number = 5},
        {.number = 7},
        {.number = 4026532177},
        {.number = 8, .id = 20184}, /* its number is used again */
        {.number = 9, .id = 20183},
};

static void prune(uint64_t since)
{
        prune_gone(folder.fd, since, alive, sizeof(alive) / sizeof(alive[0]));
}

static void write_record(ino_t number, uint64_t start)
{
        struct record record = {
                .boot = "01234567-89ab-cdef-0123-456789abcdef",
                .ns = {.number = number, .id = 20183},
                .uid = 1001,
                .pid = 4711,
                .start = start,
        };

        ck_assert_int_eq(records_write(folder.fd, &record), 0);
}

START_TEST(records_of_namespaces_that_are_gone_are_taken_away)
{
        for (ino_t number = 4; number < 10; number++)
                write_record(number, 1);
        write_record(4026532177, 1);
        prune(UINT64_MAX);
        ck_assert(!scratch_has(&folder, "4.4711.1001"));
        ck_assert(scratch_has(&folder, "5.4711.1001"));
        ck_assert(!scratch_has(&folder, "6.4711.1001"));
        ck_assert(scratch_has(&folder, "7.4711.1001"));
        ck_assert(!scratch_has(&folder, "8.4711.1001"));
        ck_assert(scratch_has(&folder, "9.4711.1001"));
        ck_assert(scratch_has(&folder, "4026532177.4711.1001"));
}
END_TEST

START_TEST(records_that_are_younger_than_the_question_stay)
{
        write_record(4, 99);
        write_record(6, 100);
        prune(100);
        ck_assert(!scratch_has(&folder, "4.4711.1001"));
        ck_assert(scratch_has(&folder, "6.4711.1001"));
}
END_TEST

/* A record that another version has written, so many seconds ago. */
static void write_strange(const char *name, time_t age)
{
        const struct timespec times[] = {{.tv_sec = time(NULL) - age},
                                         {.tv_sec = time(NULL) - age}};

        assert_done(symlinkat("v2 of the future", folder.fd, name) == 0, name);
        assert_done(utimensat(folder.fd, name, times, AT_SYMLINK_NOFOLLOW) == 0, name);
}

START_TEST(what_can_not_be_understood_stays_until_its_namespace_is_gone)
{
        static const char *const strange[] = {
                "5.1.1001",
                "7.1.1001",
                "8.1.1001",
                "4026532177.1.1001",
        };

        for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
                write_strange(strange[i], 3600);
        write_strange("4.1.1001", 3600);
        write_strange("6.1.4294967294", 3600);
        prune(UINT64_MAX);
        for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
                ck_assert_msg(scratch_has(&folder, strange[i]), "%s", strange[i]);
        ck_assert(!scratch_has(&folder, "4.1.1001"));
        ck_assert(!scratch_has(&folder, "6.1.4294967294"));
}
END_TEST

START_TEST(what_can_not_be_understood_stays_while_it_is_young)
{
        write_strange("4.1.1001", 60);
        write_strange("6.1.1001", -3600);
        prune(UINT64_MAX);
        ck_assert(scratch_has(&folder, "4.1.1001"));
        ck_assert(scratch_has(&folder, "6.1.1001"));
}
END_TEST

START_TEST(what_is_no_record_stays)
{
        static const char *const names[] = {
                "1001.lock", "4",          "4.1",      "4.1.",      ".1.1001",
                "4..1001",   "4.1.1001.1", "x.1.1001", "4.1.alice", "-4.1.1001",
        };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                write_strange(names[i], 3600);
        scratch_write(&folder, "4.1.1001", "a file");
        prune(UINT64_MAX);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                ck_assert_msg(scratch_has(&folder, names[i]), "%s", names[i]);
        ck_assert(scratch_has(&folder, "4.1.1001"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("prune");
        TCase *tcase = tcase_create("prune");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, records_of_namespaces_that_are_gone_are_taken_away);
        tcase_add_test(tcase, records_that_are_younger_than_the_question_stay);
        tcase_add_test(tcase, what_can_not_be_understood_stays_until_its_namespace_is_gone);
        tcase_add_test(tcase, what_can_not_be_understood_stays_while_it_is_young);
        tcase_add_test(tcase, what_is_no_record_stays);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
