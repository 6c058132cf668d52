/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions that are not joined, for their record or who has opened them is not what it should be.
 *
 * Records are edited and forged where chance can't be had: their folder is root's. In a throw-away
 * host.
 */
#include "kit/join.h"
#include "kit/login.h"
#include "session/session.h"

/* ------------------------------------------------------------------ records that are not true */

static void edit_nothing(struct record *record)
{
        (void)record;
}

static void edit_boot(struct record *record)
{
        record->boot[35] = record->boot[35] == '0' ? '1' : '0';
}

static void edit_start(struct record *record)
{
        record->start = 1;
}

static void edit_id(struct record *record)
{
        record->ns.id++;
}

/* As where the opener was not told, since SELinux keeps it from its own namespace's file. */
static void edit_no_id(struct record *record)
{
        record->ns.id = 0;
}

static void edit_left_number(struct record *record)
{
        record->left.number++;
}

static void edit_left_id(struct record *record)
{
        record->left.id++;
}

static void edit_nested(struct record *record)
{
        record->nested = true;
}

static void edit_shared(struct record *record)
{
        record->shared = false;
}

static void edit_plan(struct record *record)
{
        record->plan++;
}

static void edit_fewer(struct record *record)
{
        record->n_covers--;
}

static void edit_more(struct record *record)
{
        ck_assert_int_eq(record_add_cover(record, "/srv/dir", record->covers[0].mark), 0);
}

static void edit_mark(struct record *record)
{
        char *first = record->covers[0].mark.name;

        *first = *first == 'a' ? 'b' : 'a';
}

static void edit_directory(struct record *record)
{
        strcpy(record->covers[0].directory, "/var");
}

static const struct {
        void (*edit)(struct record *record);
        const char *why; /* NULL: it is joined, after all */
} edits[] = {
        {edit_nothing, NULL},
        {edit_no_id, NULL},
        {edit_boot, "it is of another boot"},
        {edit_start, "its process is gone"},
        {edit_id, "its process is in another namespace"},
        {edit_left_number, "it comes from another namespace"},
        {edit_left_id, "it comes from another namespace"},
        {edit_nested, "it was opened within another user's"},
        {edit_shared, "later mounts of the host do not show there"},
        {edit_plan, "its plan or its instances are others"},
        {edit_fewer, "its plan or its instances are others"},
        {edit_more, "its plan or its instances are others"},
        {edit_mark, "its plan or its instances are others"},
        {edit_directory, "its plan or its instances are others"},
};

enum {
        EDITS = sizeof(edits) / sizeof(edits[0]),
};

START_TEST(a_record_that_differs_in_one_thing_is_not_believed)
{
        struct login first, second;
        struct record record;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        record = take_record();
        edits[_i].edit(&record);
        put_record(&record);
        second = caller(NULL, NULL);
        if (edits[_i].why)
                stays_apart(&second, &was, edits[_i].why);
        else
                joins(&second, &was);
        close_session(&second);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

START_TEST(what_is_no_record_is_passed_over)
{
        struct login first, second;
        struct seen was;

        set_up();
        first = first_session();
        was = look(&first);
        ck_assert_int_eq(symlink("nonsense", RECORDS "/1.1.1001"), 0);
        scene_write(RECORDS "/2.2.1001", "a file");
        second = caller(NULL, NULL);
        joins(&second, &was);
        close_session(&second);
        close_session(&first);
        ck_assert_int_eq(unlink(RECORDS "/1.1.1001"), 0);
        ck_assert_int_eq(unlink(RECORDS "/2.2.1001"), 0);
        assert_nothing_left();
}
END_TEST

/* The first session's record names that process from now on, as if it had been its opener. */
static void forge(pid_t pid, const struct seen *process)
{
        struct record record = take_record();
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        record.pid = pid;
        record.ns = process->ns;
        record.start = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        put_record(&record);
}

static int do_unshare_user(void *arg)
{
        (void)arg;
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ? -errno : 0;
}

/* As bwrap and firejail do it, where they are setuid: in the user namespace of all. */
static int do_sandbox(void *arg)
{
        int r = do_unshare(arg);

        return r == 0 && mount("tmpfs", "/tmp", "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL) < 0
                       ? -errno
                       : r;
}

static const struct {
        int (*function)(void *);
        const char *why;
} insides[] = {
        {NULL, NULL}, /* the forgery is good enough */
        {do_unshare_user, "its namespace belongs to another user namespace"},
        {do_sandbox, "a directory is covered by something else"},
};

enum {
        INSIDES = sizeof(insides) / sizeof(insides[0]),
};

START_TEST(a_namespace_that_somebody_else_made_is_not_joined)
{
        struct login first, second;
        struct seen was, inside;
        pid_t pid;

        set_up();
        first = first_session();
        was = look(&first);
        inside = start_inside(&first, insides[_i].function, &pid);
        forge(pid, &inside);
        second = caller(NULL, NULL);
        if (insides[_i].why)
                stays_apart(&second, &was, insides[_i].why);
        else
                joins(&second, &was);
        ck_assert_uint_eq(look(&second).ns.number == inside.ns.number, !insides[_i].why);
        close_session(&second);
        login_do(&first, do_inner_end, NULL);
        close_session(&first);
        assert_nothing_left();
}
END_TEST

/* ------------------------------------------------------------------ openers */

/* A first session whose opener was killed, and a process of root's that still is in there. */
static struct login orphan_session(struct seen *was, pid_t *opener)
{
        struct login keeper, first = first_session();

        *was = look(&first);
        *opener = first.pid;
        keeper = caller(do_enter, number(first.pid));
        login_kill(&first);
        return keeper;
}

START_TEST(where_the_opener_is_gone_its_session_is_not_joined)
{
        struct login keeper, second;
        struct seen was;
        pid_t opener;

        set_up();
        keeper = orphan_session(&was, &opener);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its process is gone");
        close_session(&second);
        login_end(&keeper);
        assert_next_session_cleans();
}
END_TEST

/* A child with that pid, which lives as long as this process. */
static int do_fork_as(void *wanted)
{
        pid_t pid = (pid_t)(intptr_t)wanted;
        char last[16];

        snprintf(last, sizeof(last), "%d", pid - 1);
        for (unsigned try = 0; try < 100; try++) {
                pid_t child;

                scene_write("/proc/sys/kernel/ns_last_pid", last);
                child = fork();
                if (child == 0) {
                        prctl(PR_SET_PDEATHSIG, SIGKILL);
                        for (;;)
                                (void)pause();
                }
                if (child == pid)
                        return 0;
                kill(child, SIGKILL);
                waitpid(child, NULL, 0);
        }
        return -EBUSY;
}

/* The clock of processes has gone on since the record was written. */
static bool is_later(void *arg)
{
        const struct record *record = arg;
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec > record->start + 20000000;
}

/* One that ends has left its namespaces before it is gone. */
static bool has_left(void *arg)
{
        char path[32], target[32];

        snprintf(path, sizeof(path), "/proc/%d/ns/mnt", *(pid_t *)arg);
        return readlink(path, target, sizeof(target)) < 0;
}

START_TEST(another_process_with_the_openers_pid_is_not_the_opener)
{
        struct login keeper, second;
        struct record record;
        struct seen was;
        pid_t opener;

        set_up();
        keeper = orphan_session(&was, &opener);
        record = take_record();
        put_record(&record);
        scene_wait(is_later, &record, "for the clock");
        ck_assert_int_eq(login_do(&keeper, do_fork_as, number(opener)), 0);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its process is gone");
        close_session(&second);
        login_end(&keeper);
        scene_wait(has_left, &opener, "for the keeper's child");
        assert_next_session_cleans();
}
END_TEST

/* pkexec and systemd do so: the opener becomes the user's program. */
static int do_become_program(void *arg)
{
        int r = do_become(arg);

        if (r == 0)
                execl("/bin/sleep", "sleep", "infinity", NULL);
        return -errno;
}

START_TEST(without_ids_an_opener_that_runs_the_users_program_proves_nothing)
{
        struct login first, second;
        struct seen was;
        char byte;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        login_begin(&first, do_become_program, number(ALICE));
        ck_assert_int_eq(read(first.channel, &byte, 1), 0); /* closed by the exec */
        second = caller(NULL, NULL);
        if (no_ids)
                stays_apart(&second, &was, "its process runs the user's program");
        else
                joins(&second, &was);
        login_kill(&first);
        close_session(&second);
        assert_nothing_left();
}
END_TEST

/* The opener stays, and goes elsewhere: only the namespace of the record is joined. */
START_TEST(an_opener_that_went_to_another_namespace_is_not_followed)
{
        struct login keeper, first, second;
        struct seen was;

        no_ids = _i;
        set_up();
        first = first_session();
        was = look(&first);
        keeper = caller(do_enter, number(first.pid)); /* its number is not used again */
        ck_assert_int_eq(login_do(&first, do_unshare, NULL), 0);
        second = caller(NULL, NULL);
        stays_apart(&second, &was, "its process is in another namespace");
        close_session(&second);
        login_kill(&first);
        login_end(&keeper);
        assert_next_session_cleans();
}
END_TEST

static Suite *make_suite(void)
{
        Suite *suite = suite_create("join-record");
        TCase *tests;

        tests = scratch_case(suite, "records");
        tcase_add_loop_test(tests, a_record_that_differs_in_one_thing_is_not_believed, 0, EDITS);
        tcase_add_test(tests, what_is_no_record_is_passed_over);
        tcase_add_loop_test(tests, a_namespace_that_somebody_else_made_is_not_joined, 0, INSIDES);
        tests = scratch_case(suite, "openers");
        tcase_add_test(tests, where_the_opener_is_gone_its_session_is_not_joined);
        tcase_add_test(tests, another_process_with_the_openers_pid_is_not_the_opener);
        tcase_add_loop_test(tests, without_ids_an_opener_that_runs_the_users_program_proves_nothing,
                            0, 2);
        tcase_add_loop_test(tests, an_opener_that_went_to_another_namespace_is_not_followed, 0, 2);
        return suite;
}

int main(void)
{
        return scratch_run(make_suite());
}
