/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder of notes: what is written there, and whose namespace a note is of. */
#include <sys/resource.h>

#include "ground/name.h"
#include "kit/mark.h"
#include "kit/record.h"
#include "kit/scratch.h"
#include "lifetime/records.h"

/* ------------------------------------------------------------------ the folder */

static struct scratch folder;

static void setup(void)
{
        scratch_make(&folder, "/tmp");
}

static void teardown(void)
{
        scratch_remove(&folder);
}

static char *read_note(const char *name)
{
        static char text[RECORD_BYTES + 2];
        ssize_t n = readlinkat(folder.fd, name, text, sizeof(text) - 1);

        assert_done(n >= 0, name);
        text[n] = '\0';
        return text;
}

START_TEST(a_record_is_a_symbolic_link)
{
        struct record record = full_record();

        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_str_eq(read_note("4026532177.4711.1001"), FULL_TEXT);
}
END_TEST

START_TEST(a_record_is_no_file_contents)
{
        struct record record = full_record();
        struct mark mark = marked("0:57");
        struct rlimit before;
        int first, second;

        ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
        /* a byte written to a file is now SIGXFSZ, so Check must not have to write one */
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, before.rlim_max});
        first = records_write(folder.fd, &record);
        second = records_write(folder.fd, &record);
        records_forget(folder.fd, 1002, mark);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        ck_assert_int_eq(first, 0);
        ck_assert_int_eq(second, 0);
        ck_assert_str_eq(read_note("4026532177.4711.1001"), FULL_TEXT);
}
END_TEST

START_TEST(the_longest_note_can_be_written)
{
        struct record record = full_record();

        fill(&record);
        record.covers[record.n_covers - 1].mark = marked("1/zzzzzz");
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_uint_eq(strlen(read_note("4026532177.4711.1001")), RECORD_BYTES);
        /* and is found again by its last cover */
        records_forget(folder.fd, 1001, marked("1/zzzzzz"));
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
}
END_TEST

START_TEST(the_words_of_others_give_way_to_covers)
{
        struct record record = full_record();
        const char *text;

        fill(&record);
        ck_assert_int_eq(record_add_cover(&record, "/x", marked("1/abcdef")), 0);
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        text = read_note("4026532177.4711.1001");
        ck_assert_ptr_nonnull(strstr(text, " service= tty= rhost= cover=1001/Ab3dEf@/tmp "));
        ck_assert_ptr_nonnull(strstr(text, " cover=1/abcdef@/x"));
        ck_assert_str_eq(record.service, "sshd");
}
END_TEST

START_TEST(a_record_that_does_not_fit_is_not_written)
{
        struct record record = full_record();
        char name[DIRECTORY_MAX + 1];

        memset(name, 'x', sizeof(name));
        name[0] = '/';
        name[DIRECTORY_MAX] = '\0';
        while (record.n_covers < RECORD_COVERS)
                ck_assert_int_eq(record_add_cover(&record, name, marked("1/abcdef")), 0);
        ck_assert_int_eq(records_write(folder.fd, &record), -E2BIG);
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
}
END_TEST

START_TEST(an_old_record_of_that_name_is_replaced)
{
        struct record record = full_record();

        scratch_write(&folder, "4026532177.4711.1001", "a file, which is no record");
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        record.plan = 42;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_ptr_nonnull(strstr(read_note("4026532177.4711.1001"), " plan=2a "));
}
END_TEST

START_TEST(what_can_not_be_written_is_an_error)
{
        struct record record = full_record();

        scratch_mkdir(&folder, "4026532177.4711.1001", 0700);
        ck_assert_int_lt(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(records_write(-EBADF, &record), -EBADF);
}
END_TEST

START_TEST(a_record_is_removed_by_its_numbers)
{
        struct record record = full_record();

        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        record.pid++;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        record.pid--;
        records_remove(folder.fd, &record);
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
        ck_assert(scratch_has(&folder, "4026532177.4712.1001"));
        records_remove(folder.fd, &record);
        ck_assert(scratch_has(&folder, "4026532177.4712.1001"));
}
END_TEST

START_TEST(what_names_a_cover_is_forgotten_with_it)
{
        struct record record = full_record();

        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* both covers */
        record.pid = 1;
        record.n_covers = 1;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* the other cover only */
        record.pid = 2;
        record.n_covers = 0;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* none */
        record = full_record();
        record.pid = 3;
        record.uid = 1002;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* of another user */
        record = full_record();
        record.pid = 4;
        record.ns.number = 7;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* in another namespace */
        ck_assert_int_eq(symlinkat("0:57", folder.fd, "9.9.1001"), 0);
        scratch_write(&folder, "9.8.1001", FULL_TEXT);

        records_forget(folder.fd, 1001, marked("0:57"));
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
        ck_assert(scratch_has(&folder, "4026532177.1.1001"));
        ck_assert(scratch_has(&folder, "4026532177.2.1001"));
        ck_assert(scratch_has(&folder, "4026532177.3.1002"));
        ck_assert(!scratch_has(&folder, "7.4.1001"));
        ck_assert(scratch_has(&folder, "9.9.1001"));
        ck_assert(scratch_has(&folder, "9.8.1001"));
}
END_TEST

/* ------------------------------------------------------------------ whose namespace this is */

static struct namespace_id own = {.number = 4026532999, .id = 7};

/* A record of this boot, as a session in this namespace would write it. */
static struct record own_record(void)
{
        struct record record = full_record();

        ck_assert_int_eq(record_stamp(&record), 0);
        record.ns = own;
        return record;
}

static void link_note(const struct record *record, ino_t number, pid_t pid)
{
        char name[NAME_BYTES], *text = format(record, 0);

        snprintf(name, sizeof(name), "%ju.%jd", (uintmax_t)number, (intmax_t)pid);
        assert_done(symlinkat(text, folder.fd, name) == 0, name);
        free(text);
}

static bool fits_any(const void *arg, const struct record *record)
{
        (void)arg;
        (void)record;
        return true;
}

static int find_in(int fd, struct record *found)
{
        return records_find(fd, &own, fits_any, NULL, found);
}

static int find(void)
{
        struct record found;

        return find_in(folder.fd, &found);
}

START_TEST(the_record_of_this_namespace_is_found)
{
        struct record record = own_record(), found;

        ck_assert_int_eq(find_in(folder.fd, &found), 0);
        record.pid = 1; /* any opener will do */
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find_in(folder.fd, &found), 1);
        assert_same_record(&record, &found);
}
END_TEST

START_TEST(a_record_of_another_boot_is_not_believed)
{
        struct record record = own_record();

        record.boot[0] = record.boot[0] == '0' ? '1' : '0';
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 0);
        record.boot[0] = '\0'; /* read as garbage */
        link_note(&record, record.ns.number, 1);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(a_record_with_another_id_is_not_believed)
{
        struct record record = own_record();

        record.ns.id++;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(a_record_with_another_number_is_not_believed)
{
        struct record record = own_record();
        const ino_t number = record.ns.number;

        record.ns.number++;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 0);
        /* whatever it is called */
        link_note(&record, number, 1);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(a_name_that_only_begins_alike_is_not_looked_at)
{
        struct record record = own_record();

        link_note(&record, record.ns.number * 10, 1);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(stale_records_and_garbage_do_not_hide_the_right_one)
{
        struct record record = own_record(), found;
        char name[NAME_BYTES], text[4096];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        for (pid_t pid = 1; pid < 20; pid++) {
                struct record stale = record;

                stale.pid = pid;
                if (pid % 2)
                        stale.ns.id++;
                else
                        stale.boot[0] = stale.boot[0] == '0' ? '1' : '0';
                ck_assert_int_eq(records_write(folder.fd, &stale), 0);
                snprintf(name, sizeof(name), "%ju.%jd", (uintmax_t)record.ns.number,
                         (intmax_t)(1000 + pid));
                ck_assert_int_eq(symlinkat(pid % 2 ? "garbage" : text, folder.fd, name), 0);
        }
        snprintf(name, sizeof(name), "%ju.file", (uintmax_t)record.ns.number);
        scratch_write(&folder, name, FULL_TEXT);
        ck_assert_int_eq(find(), 0);
        record.pid = 500;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find_in(folder.fd, &found), 1);
        assert_same_record(&record, &found);
}
END_TEST

START_TEST(a_note_that_is_too_long_is_not_believed)
{
        struct record record = own_record();
        char name[NAME_BYTES], *text, longer[RECORD_BYTES + 2];

        fill(&record);
        text = format(&record, 0);
        snprintf(longer, sizeof(longer), "%sx", text);
        free(text);
        snprintf(name, sizeof(name), "%ju.1", (uintmax_t)record.ns.number);
        ck_assert_int_eq(symlinkat(longer, folder.fd, name), 0);
        ck_assert_int_eq(find(), 0);
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 1);
}
END_TEST

START_TEST(a_folder_that_can_not_be_read_is_an_error)
{
        ck_assert_int_lt(find_in(-EBADF, &(struct record){0}), 0);
}
END_TEST

static void assert_found(const struct record *record, bool found)
{
        ck_assert_int_eq(records_write(folder.fd, record), 0);
        ck_assert_int_eq(find(), found);
}

static bool fits_pid(const void *arg, const struct record *record)
{
        const pid_t *pid = arg;

        return record->pid == *pid;
}

/* With ids, and without, as before Linux 6.12: then the number may be another container's. */
START_TEST(a_record_that_does_not_fit_is_not_believed)
{
        struct record record, found;
        pid_t pid = 3;

        own.id = _i ? 7 : 0;
        record = own_record();
        for (record.pid = 1; record.pid <= 3; record.pid++)
                ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(records_find(folder.fd, &own, fits_pid, &pid, &found), 1);
        ck_assert_int_eq(found.pid, 3);
        pid = 4;
        ck_assert_int_eq(records_find(folder.fd, &own, fits_pid, &pid, &found), 0);
}
END_TEST

START_TEST(a_record_with_an_id_is_not_believed_without_ids)
{
        struct record record;

        own.id = 0;
        record = own_record();
        assert_found(&record, true);
        record.ns.id = 7;
        assert_found(&record, false);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("records");
        TCase *tests = tcase_create("folder");

        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_add_test(tests, a_record_is_a_symbolic_link);
        tcase_add_test(tests, a_record_is_no_file_contents);
        tcase_add_test(tests, the_longest_note_can_be_written);
        tcase_add_test(tests, the_words_of_others_give_way_to_covers);
        tcase_add_test(tests, a_record_that_does_not_fit_is_not_written);
        tcase_add_test(tests, an_old_record_of_that_name_is_replaced);
        tcase_add_test(tests, what_can_not_be_written_is_an_error);
        tcase_add_test(tests, a_record_is_removed_by_its_numbers);
        tcase_add_test(tests, what_names_a_cover_is_forgotten_with_it);
        tcase_add_test(tests, the_record_of_this_namespace_is_found);
        tcase_add_test(tests, a_record_of_another_boot_is_not_believed);
        tcase_add_test(tests, a_record_with_another_id_is_not_believed);
        tcase_add_test(tests, a_record_with_another_number_is_not_believed);
        tcase_add_test(tests, a_name_that_only_begins_alike_is_not_looked_at);
        tcase_add_test(tests, stale_records_and_garbage_do_not_hide_the_right_one);
        tcase_add_test(tests, a_note_that_is_too_long_is_not_believed);
        tcase_add_test(tests, a_folder_that_can_not_be_read_is_an_error);
        tcase_add_loop_test(tests, a_record_that_does_not_fit_is_not_believed, 0, 2);
        tcase_add_test(tests, a_record_with_an_id_is_not_believed_without_ids);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
