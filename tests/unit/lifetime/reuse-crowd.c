/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which instance a new session uses where there are many, and what is none. */
#include <sys/file.h>

#include "ground/cleanup.h"
#include "ground/safedir.h"
#include "kit/reuse.h"
#include "kit/shelf.h"
#include "lifetime/records.h"

/* ------------------------------------------------------------------ kept */

/* More stale ones than are looked at in one go. Gives the name that a look meets last. */
static void make_crowd(char last[NAME_BYTES])
{
        struct dirent *entry;
        DIR *stream;

        for (int i = 0; i < 2 * 16; i++)
                (void)make_idle(&alices);
        stream = fdopendir(open_user(ALICE));
        ck_assert_ptr_nonnull(stream);
        while ((entry = readdir(stream)))
                if (name_is_instance(entry->d_name))
                        (void)snprintf(last, NAME_BYTES, "%.*s", NAME_BYTES - 1, entry->d_name);
        (void)closedir(stream);
}

MACHINE_TEST(a_crowd_of_stale_ones_does_not_hide_one_that_is_kept)
{
        _cleanup_close_ int user = open_user(ALICE), dir = -EBADF;
        char last[NAME_BYTES];
        unsigned before;

        make_crowd(last);
        dir = must(openat(user, last, O_RDONLY | O_CLOEXEC));
        ck_assert_int_eq(instance_set_keep(dir, KEEP), 0);
        set_clock(ALICE, last, _i ? 0 : time(NULL) - KEEP / 2); /* 0: its su was killed */
        before = count_entries(user);
        fds = count_fds();
        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, last);
        ck_assert_uint_ge(count_entries(user), before - 16);
        ck_assert_uint_lt(count_entries(user), before);
}

MACHINE_TEST(a_crowd_of_stale_ones_does_not_hide_one_that_is_in_use)
{
        struct instance used = INSTANCE_NONE;
        pid_t child;

        make_crowd(used.name);
        child = begin_use(&used);
        ck_assert_int_eq(pick(&alices), 1);
        ck_assert_str_eq(picked.name, used.name);
        child_end(child);
}

/* ------------------------------------------------------------------ how many */

MACHINE_TEST(no_more_go_at_a_time_than_one_look_can_tell)
{
        _cleanup_close_ int user = open_user(ALICE);

        for (int i = 0; i < 16 + 4; i++)
                (void)make_idle(&alices);
        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert_uint_eq(count_entries(user), 4);
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert_uint_eq(count_entries(user), 0);
}

/* ------------------------------------------------------------------ temporary names */

enum {
        HALF = 300, /* seconds */
        TWICE = 1200,
};

static void make_temporary(bool has_lock, time_t age)
{
        int dir;

        must(mkdirat(scratch.fd, path_of(ALICE, ".abcdef"), 0700));
        dir = must(openat(scratch.fd, path_of(ALICE, ".abcdef"), O_RDONLY | O_CLOEXEC));
        if (has_lock)
                write_file(dir, "lock", "");
        close(dir);
        set_mtime(scratch.fd, path_of(ALICE, ".abcdef"), age);
}

MACHINE_TEST(a_temporary_name_stays_while_it_is_young)
{
        make_temporary(_i, HALF);
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_place(ALICE, ".abcdef"));
}

MACHINE_TEST(an_old_temporary_name_goes)
{
        make_temporary(_i, TWICE);
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_trash(ALICE, "abcdef"));
}

MACHINE_TEST(an_old_temporary_name_stays_while_it_is_locked)
{
        int lock;

        make_temporary(true, TWICE);
        lock = must(openat(scratch.fd, path_of(ALICE, ".abcdef/lock"), O_RDONLY | O_CLOEXEC));
        must(flock(lock, LOCK_SH));
        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_place(ALICE, ".abcdef"));
}

MACHINE_TEST(a_temporary_name_from_the_future_stays)
{
        make_temporary(false, -TWICE);
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_place(ALICE, ".abcdef"));
}

/* ------------------------------------------------------------------ what is no instance */

MACHINE_TEST(what_others_planted_is_never_taken_and_holds_nothing_up)
{
        _cleanup_close_ int user = open_user(ALICE), others = -EBADF;
        struct instance idle = make_idle(&alices);

        close(make_dir(user, "closed", 0400));
        must(symlinkat("nowhere", user, "linked"));
        must(mknodat(user, "a0fifo", S_IFIFO | 0600, 0));
        write_file(user, "a0file", "");
        others = make_dir(user, "ofbobs", 0777);
        must(fchownat(user, "ofbobs", BOB, BOB, 0));
        close(make_dir(others, "root", 01770));
        must(fchownat(others, "root", 0, ALICE, 0));
        write_file(others, "lock", "");
        must(symlinkat("/tmp", others, "directory"));
        must(symlinkat("alice", others, "user"));
        fds = count_fds();

        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_trash(ALICE, idle.name));
        ck_assert(is_in_place(ALICE, "closed"));
        ck_assert(is_in_place(ALICE, "linked"));
        ck_assert(is_in_place(ALICE, "a0fifo"));
        ck_assert(is_in_place(ALICE, "a0file"));
        ck_assert(is_in_place(ALICE, "ofbobs"));
}

MACHINE_TEST(names_that_are_not_of_ours_are_left_alone)
{
        static const char *const names[] = {"lost+found", "abcde", "abcdefg", ".abcde", "abc-ef"};
        _cleanup_close_ int user = open_user(ALICE);

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct instance idle = make_idle(&alices);

                must(renameat(user, idle.name, user, names[i]));
                set_mtime(user, names[i], TWICE);
        }
        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 0);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                ck_assert(is_in_place(ALICE, names[i]));
}

/* ------------------------------------------------------------------ records */

MACHINE_TEST(with_an_instance_its_records_go)
{
        struct instance idle = make_idle(&alices), used = make_idle(&alices);
        pid_t child = begin_use(&used);
        int folder = -EBADF;

        ck_assert_int_eq(safedir_open_own(RECORD_FOLDER, true, &folder, &heard.report), 0);
        write_record(folder, 1111, &idle);
        write_record(folder, 2222, &used);
        ck_assert(is_there(folder, "4.1111.1001"));
        ck_assert(is_there(folder, "4.2222.1001"));
        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 1);
        ck_assert(!is_there(folder, "4.1111.1001"));
        ck_assert(is_there(folder, "4.2222.1001"));
        must(unlinkat(folder, "4.2222.1001", 0));
        child_end(child);
}

int main(void)
{
        Suite *suite = suite_create("reuse-crowd");
        TCase *reuse = tcase_create("reuse");

        tcase_set_timeout(reuse, 30);
        tcase_add_loop_test(reuse, a_crowd_of_stale_ones_does_not_hide_one_that_is_kept, 0, 2);
        tcase_add_test(reuse, a_crowd_of_stale_ones_does_not_hide_one_that_is_in_use);
        tcase_add_test(reuse, no_more_go_at_a_time_than_one_look_can_tell);
        tcase_add_loop_test(reuse, a_temporary_name_stays_while_it_is_young, 0, 2);
        tcase_add_loop_test(reuse, an_old_temporary_name_goes, 0, 2);
        tcase_add_test(reuse, an_old_temporary_name_stays_while_it_is_locked);
        tcase_add_test(reuse, a_temporary_name_from_the_future_stays);
        tcase_add_test(reuse, what_others_planted_is_never_taken_and_holds_nothing_up);
        tcase_add_test(reuse, names_that_are_not_of_ours_are_left_alone);
        tcase_add_test(reuse, with_an_instance_its_records_go);
        suite_add_tcase(suite, reuse);
        return scratch_run(suite);
}
