/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-prune: records of namespaces that are gone */
#include <errno.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include "command/prune.h"
#include "ground/name.h"
#include "kit/scratch.h"
#include "lifetime/opener.h"
#include "lifetime/records.h"

static struct scratch folder;

/* So many times more an opener is found elsewhere: it is about to come back. */
static unsigned away;

int __real_opener_open_namespace(const struct record *record, const char **why);
int __wrap_opener_open_namespace(const struct record *record, const char **why);

int __wrap_opener_open_namespace(const struct record *record, const char **why)
{
        if (away == 0)
                return __real_opener_open_namespace(record, why);
        away--;
        *why = "its process is in another namespace";
        return -ESTALE;
}

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

/* A record of this namespace, which that process has opened. */
static void write_opened(uid_t uid, pid_t opener)
{
        struct record record = {.uid = uid};

        ck_assert_int_eq(record_stamp(&record), 0);
        record.pid = opener;
        ck_assert_int_eq(namespace_own(&record.ns, NULL), 0);
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
}

/* Two sessions of the user's in one namespace, of which one was killed. */
static void write_killed(uid_t uid)
{
        pid_t child = fork();

        if (child == 0)
                _exit(0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        write_opened(uid, child);
        write_opened(uid, getpid());
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

/* Has a lock until it is closed, as a process that was stopped. */
static int hold(const char *name)
{
        int fd = openat(folder.fd, name, O_RDONLY | (strcmp(name, ".") == 0 ? 0 : O_CREAT), 0600);

        assert_done(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0, name);
        return fd;
}

START_TEST(of_two_in_one_namespace_that_of_the_killed_is_taken_away)
{
        write_killed(1001);
        prune_killed(folder.fd, (uid_t)-1);
        ck_assert_uint_eq(count_records(1001), 1);
        prune_killed(folder.fd, (uid_t)-1);
        ck_assert_uint_eq(count_records(1001), 1);
}
END_TEST

/* From a session that it had opened in this one, say. */
START_TEST(who_comes_back_meanwhile_does_not_stand_for_another_session)
{
        write_killed(1001);
        away = 2;
        prune_killed(folder.fd, (uid_t)-1);
        ck_assert_uint_eq(away, 0);
        ck_assert_uint_eq(count_records(1001), 2);
}
END_TEST

START_TEST(who_is_stopped_with_a_lock_is_in_the_way_of_no_other_user)
{
        int folders, users;

        write_killed(1001);
        write_killed(1002);
        folders = hold(".");
        users = hold("1001.records");
        prune_killed(folder.fd, (uid_t)-1);
        ck_assert_uint_eq(count_records(1001), 2);
        ck_assert_uint_eq(count_records(1002), 1);
        close(folders);
        close(users);
        prune_killed(folder.fd, 1001);
        ck_assert_uint_eq(count_records(1001), 1);
        ck_assert(!scratch_has(&folder, "1001.records"));
}
END_TEST

START_TEST(the_lock_of_one_who_was_killed_is_taken_away)
{
        int held = hold("1002.records");

        scratch_write(&folder, "1001.records", "");
        scratch_write(&folder, "1001.record", "");
        scratch_write(&folder, "alice.records", "");
        prune_locks(folder.fd);
        ck_assert(!scratch_has(&folder, "1001.records"));
        ck_assert(scratch_has(&folder, "1002.records"));
        ck_assert(scratch_has(&folder, "1001.record"));
        ck_assert(scratch_has(&folder, "alice.records"));
        close(held);
}
END_TEST

/* As of a session whose processes live on, without their opener. */
START_TEST(of_many_that_were_killed_in_one_namespace_one_stays)
{
        enum {
                NOBODY = 4 << 20,
                MANY = 2000,
        };

        for (int i = 0; i < MANY; i++)
                write_opened(1001, NOBODY + i);
        prune_killed(folder.fd, (uid_t)-1);
        ck_assert_uint_eq(count_records(1001), 1);
}
END_TEST

/* Those of the other users have no living session beside them: all records have to be read for
 * each. */
START_TEST(of_very_many_records_each_is_looked_at)
{
        enum {
                NOBODY = 4 << 20, /* no process has that number, or a higher one */
                MANY = 300,
                OTHERS = 30,
        };

        for (int i = 0; i < MANY; i++)
                write_opened(1001, NOBODY + i);
        for (int i = 0; i < OTHERS; i++)
                write_opened((uid_t)(2000 + i), NOBODY + i);
        write_opened(1001, getpid());
        prune_killed(folder.fd, (uid_t)-1);
        ck_assert_uint_eq(count_records(1001), 1);
        ck_assert_uint_eq(count_records((uid_t)-1), 1 + OTHERS);
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
        tcase_add_test(tcase, of_two_in_one_namespace_that_of_the_killed_is_taken_away);
        tcase_add_test(tcase, who_comes_back_meanwhile_does_not_stand_for_another_session);
        tcase_add_test(tcase, who_is_stopped_with_a_lock_is_in_the_way_of_no_other_user);
        tcase_add_test(tcase, the_lock_of_one_who_was_killed_is_taken_away);
        tcase_add_test(tcase, of_many_that_were_killed_in_one_namespace_one_stays);
        tcase_add_test(tcase, of_very_many_records_each_is_looked_at);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
