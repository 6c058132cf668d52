/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which instance a new session uses, and which ones go. */
#include <sys/file.h>

#include "ground/cleanup.h"
#include "kit/reuse.h"
#include "kit/shelf.h"
#include "lifetime/reuse.h"

static const struct instance_want wanted_elsewhere = {
        .directory = "/var/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

static const struct instance_want wanted_per_session = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
        .per_session = true,
};

/* Has somebody the lock shared? */
static bool has_session(const char *name)
{
        char path[2 * NAME_BYTES];
        int lock;
        bool has;

        (void)snprintf(path, sizeof(path), "1001/%s/lock", name);
        lock = must(openat(scratch.fd, path, O_RDONLY | O_CLOEXEC));
        has = flock(lock, LOCK_EX | LOCK_NB) < 0 && flock(lock, LOCK_SH | LOCK_NB) == 0;
        close(lock);
        return has;
}

/* ------------------------------------------------------------------ live and idle */

MACHINE_TEST(where_there_is_nothing_there_is_no_candidate)
{
        ck_assert_int_eq(pick(&alices), 0);
}

MACHINE_TEST(one_that_has_a_session_is_found_and_joined)
{
        struct instance live = make_live(&alices);

        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 1);
        ck_assert_str_eq(picked.name, live.name);
        instance_done(&live);
        ck_assert(has_session(picked.name));
        instance_done(&picked);
        ck_assert(!has_session(picked.name));
}

MACHINE_TEST(one_that_is_idle_goes_into_the_trash)
{
        struct instance idle = make_idle(&alices);

        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_trash(ALICE, idle.name));
}

MACHINE_TEST(one_that_is_idle_goes_whatever_it_was_for)
{
        struct instance elsewhere = make_idle(&wanted_elsewhere);
        struct instance per_session = make_idle(&wanted_per_session);

        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_trash(ALICE, elsewhere.name));
        ck_assert(is_in_trash(ALICE, per_session.name));
}

MACHINE_TEST(one_that_is_in_use_stays_and_is_found)
{
        struct instance used = make_idle(&alices), idle = make_idle(&alices);
        pid_t child = begin_use(&used);

        ck_assert_int_eq(pick(&alices), 1);
        ck_assert_str_eq(picked.name, used.name);
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert(has_session(used.name));
        ck_assert(is_in_trash(ALICE, idle.name));
        child_end(child);
}

MACHINE_TEST(one_whose_last_use_has_ended_is_idle)
{
        struct instance used = make_idle(&alices);
        pid_t child = begin_use(&used);

        child_end(child);
        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_trash(ALICE, used.name));
}

MACHINE_TEST(in_doubt_all_is_in_use)
{
        struct instance idle = make_idle(&alices), other = make_idle(&wanted_elsewhere);

        own_mounts();
        must(umount2("/proc", MNT_DETACH));
        {
                _cleanup_close_ int user = open_user(ALICE);
                const struct shelf place = {scratch.fd, scratch.path, user, ALICE, NULL};
                struct patience patience = {0};

                ck_assert_int_eq(reuse_pick(&place, &alices, &patience, &picked), 1);
        }
        ck_assert_str_eq(picked.name, idle.name);
        ck_assert(is_in_place(ALICE, idle.name));
        ck_assert(is_in_place(ALICE, other.name));
}

/* ------------------------------------------------------------------ which one */

MACHINE_TEST(of_those_in_use_the_youngest_is_taken)
{
        struct instance ones[3] = {make_idle(&alices), make_idle(&alices), make_idle(&alices)};
        pid_t children[3];

        for (int i = 0; i < 3; i++) {
                set_mtime(scratch.fd, path_of(ALICE, ones[i].name), i == _i ? 100 : 200 + i);
                children[i] = begin_use(&ones[i]);
        }
        ck_assert_int_eq(pick(&alices), 1);
        ck_assert_str_eq(picked.name, ones[_i].name);
        for (int i = 0; i < 3; i++) {
                ck_assert(is_in_place(ALICE, ones[i].name));
                ck_assert(has_session(ones[i].name) == (i == _i));
                child_end(children[i]);
        }
}

MACHINE_TEST(one_with_a_session_comes_before_a_younger_one_in_use)
{
        struct instance live = make_live(&alices), used = make_idle(&alices);
        pid_t child = begin_use(&used);

        set_mtime(scratch.fd, path_of(ALICE, live.name), 1000);
        ck_assert_int_eq(pick(&alices), 1);
        ck_assert_str_eq(picked.name, live.name);
        ck_assert(is_in_place(ALICE, used.name));
        child_end(child);
}

MACHINE_TEST(one_for_another_directory_is_not_taken_and_stays_while_it_has_sessions)
{
        struct instance live = make_live(&wanted_elsewhere);

        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_place(ALICE, live.name));
        ck_assert(has_session(live.name));
}

MACHINE_TEST(one_for_another_directory_is_not_taken_and_stays_while_it_is_in_use)
{
        struct instance used = make_idle(&wanted_elsewhere);
        pid_t child = begin_use(&used);

        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert(!has_session(used.name));
        child_end(child);
}

MACHINE_TEST(one_for_a_single_session_is_never_taken_by_another)
{
        struct instance live = make_live(&wanted_per_session);
        struct instance used = make_idle(&wanted_per_session);
        pid_t child = begin_use(&used);

        ck_assert_int_eq(pick(_i ? &wanted_per_session : &alices), 0);
        ck_assert(is_in_place(ALICE, live.name));
        ck_assert(has_session(live.name));
        ck_assert(is_in_place(ALICE, used.name));
        ck_assert(!has_session(used.name));
        child_end(child);
}

MACHINE_TEST(a_single_session_takes_nobody_elses)
{
        struct instance live = make_live(&alices), used = make_idle(&alices);
        pid_t child = begin_use(&used);

        ck_assert_int_eq(pick(&wanted_per_session), 0);
        ck_assert(is_in_place(ALICE, live.name));
        ck_assert(is_in_place(ALICE, used.name));
        child_end(child);
}

MACHINE_TEST(one_that_is_being_ended_is_left_to_who_ends_it)
{
        struct instance ended = make_idle(&alices);
        char path[2 * NAME_BYTES];
        int closer;

        (void)snprintf(path, sizeof(path), "1001/%s/lock", ended.name);
        closer = must(openat(scratch.fd, path, O_RDONLY | O_CLOEXEC));
        must(flock(closer, LOCK_EX));
        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_place(ALICE, ended.name));
}

MACHINE_TEST(another_users_are_not_looked_at)
{
        struct instance_want others = alices;
        struct instance instance = INSTANCE_NONE;
        int user = -EBADF;

        others.uid = others.gid = BOB;
        others.user = "bob";
        ck_assert_int_eq(instance_open_user(scratch.fd, BOB, &user, &heard.report), 0);
        ck_assert_int_eq(instance_make(user, &others, &instance, &heard.report), 0);
        instance_done(&instance);
        fds = count_fds();
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_there(user, instance.name));
}

/* ------------------------------------------------------------------ kept */

/* Idle since so many seconds ago. */
static struct instance make_kept(const struct instance_want *want, time_t ago)
{
        struct instance instance = make_idle(want);

        set_clock(ALICE, instance.name, time(NULL) - ago);
        return instance;
}

MACHINE_TEST(one_that_is_kept_is_found)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2);

        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, kept.name);
        ck_assert(has_session(kept.name));
}

MACHINE_TEST(one_that_is_kept_is_found_though_the_line_says_another_time_now)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2);
        struct instance_want changed = wanted_kept;

        changed.keep = _i ? 0 : 2 * KEEP;
        ck_assert_int_eq(pick(&changed), 1);
        ck_assert_str_eq(picked.name, kept.name);
}

MACHINE_TEST(one_whose_time_is_over_goes)
{
        struct instance over = make_kept(&wanted_kept, 2 * KEEP);

        ck_assert_int_eq(pick(&wanted_kept), 0);
        ck_assert(is_in_trash(ALICE, over.name));
}

MACHINE_TEST(one_whose_time_is_over_stays_while_it_is_in_use)
{
        struct instance used = make_kept(&wanted_kept, 2 * KEEP);
        pid_t child = begin_use(&used);

        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, used.name);
        child_end(child);
}

MACHINE_TEST(one_that_nobody_closed_is_kept_from_now_on)
{
        struct instance kept = make_idle(&wanted_kept), elsewhere;
        struct instance_want want = wanted_elsewhere;
        time_t before = time(NULL);

        want.keep = KEEP;
        elsewhere = make_idle(&want);
        set_clock(ALICE, kept.name, 0);
        set_clock(ALICE, elsewhere.name, 0);
        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, kept.name);
        ck_assert(is_in_place(ALICE, elsewhere.name));
        ck_assert_int_ge(clock_of(ALICE, elsewhere.name), before);
        ck_assert_int_le(clock_of(ALICE, elsewhere.name), time(NULL));
}

MACHINE_TEST(one_that_is_kept_for_another_directory_stays_and_is_not_taken)
{
        struct instance_want want = wanted_elsewhere;
        struct instance kept;
        time_t since;

        want.keep = KEEP;
        kept = make_kept(&want, KEEP / 2);
        since = clock_of(ALICE, kept.name);
        ck_assert_int_eq(pick(&alices), 0);
        ck_assert(is_in_place(ALICE, kept.name));
        ck_assert(!has_session(kept.name));
        ck_assert_int_eq(clock_of(ALICE, kept.name), since);
}

MACHINE_TEST(a_single_session_takes_none_that_is_kept)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2);

        ck_assert_int_eq(pick(&wanted_per_session), 0);
        ck_assert(is_in_place(ALICE, kept.name));
        ck_assert(!has_session(kept.name));
}

MACHINE_TEST(of_those_kept_and_in_use_the_youngest_is_taken)
{
        struct instance kept = make_kept(&wanted_kept, KEEP / 2), used = make_idle(&alices);
        pid_t child = begin_use(&used);

        set_mtime(scratch.fd, path_of(ALICE, kept.name), _i ? 100 : 200);
        set_mtime(scratch.fd, path_of(ALICE, used.name), _i ? 200 : 100);
        ck_assert_int_eq(pick(&wanted_kept), 1);
        ck_assert_str_eq(picked.name, _i ? kept.name : used.name);
        ck_assert(is_in_place(ALICE, kept.name));
        ck_assert(is_in_place(ALICE, used.name));
        child_end(child);
}

int main(void)
{
        Suite *suite = suite_create("reuse");
        TCase *reuse = tcase_create("reuse");

        tcase_set_timeout(reuse, 30);
        tcase_add_test(reuse, where_there_is_nothing_there_is_no_candidate);
        tcase_add_test(reuse, one_that_has_a_session_is_found_and_joined);
        tcase_add_test(reuse, one_that_is_idle_goes_into_the_trash);
        tcase_add_test(reuse, one_that_is_idle_goes_whatever_it_was_for);
        tcase_add_test(reuse, one_that_is_in_use_stays_and_is_found);
        tcase_add_test(reuse, one_whose_last_use_has_ended_is_idle);
        tcase_add_test(reuse, in_doubt_all_is_in_use);
        tcase_add_loop_test(reuse, of_those_in_use_the_youngest_is_taken, 0, 3);
        tcase_add_test(reuse, one_with_a_session_comes_before_a_younger_one_in_use);
        tcase_add_test(reuse,
                       one_for_another_directory_is_not_taken_and_stays_while_it_has_sessions);
        tcase_add_test(reuse, one_for_another_directory_is_not_taken_and_stays_while_it_is_in_use);
        tcase_add_loop_test(reuse, one_for_a_single_session_is_never_taken_by_another, 0, 2);
        tcase_add_test(reuse, a_single_session_takes_nobody_elses);
        tcase_add_test(reuse, one_that_is_being_ended_is_left_to_who_ends_it);
        tcase_add_test(reuse, another_users_are_not_looked_at);
        tcase_add_test(reuse, one_that_is_kept_is_found);
        tcase_add_loop_test(reuse, one_that_is_kept_is_found_though_the_line_says_another_time_now,
                            0, 2);
        tcase_add_test(reuse, one_whose_time_is_over_goes);
        tcase_add_test(reuse, one_whose_time_is_over_stays_while_it_is_in_use);
        tcase_add_test(reuse, one_that_nobody_closed_is_kept_from_now_on);
        tcase_add_test(reuse, one_that_is_kept_for_another_directory_stays_and_is_not_taken);
        tcase_add_test(reuse, a_single_session_takes_none_that_is_kept);
        tcase_add_loop_test(reuse, of_those_kept_and_in_use_the_youngest_is_taken, 0, 2);
        suite_add_tcase(suite, reuse);
        return scratch_run(suite);
}
