/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-stale: what becomes of instances that have no session
 *
 * Needs root, in a throw-away host. The clock stands still: time(2) is this file's.
 */
#include <stdint.h>
#include <sys/file.h>

#include "ground/cleanup.h"
#include "kit/shelf.h"
#include "lifetime/stale.h"

enum {
        NOW = 1700000000, /* seconds */
        KEEP = 3600,
        TEN_MINUTES = 600,
};

static int user = -EBADF; /* BASE/UID */
static struct shelf place;
static time_t now = NOW;

/* Stands in place of the C library's. */
time_t time(time_t *ret)
{
        if (ret)
                *ret = now;
        return now;
}

static void set_up(void)
{
        shelf_begin();
        user = open_user(ALICE);
        place = (struct shelf){scratch.fd, scratch.path, user, ALICE};
}

/* ------------------------------------------------------------------ instances */

/* One without a session, kept for so long. */
static struct instance make(unsigned keep)
{
        struct instance_want want = alices;
        struct instance instance;

        want.keep = keep;
        instance = make_live(&want);
        must(flock(instance.lock, LOCK_EX | LOCK_NB)); /* as who asks has it */
        return instance;
}

static struct stat look_at(const struct instance *instance)
{
        struct stat st;

        must(fstat(instance->lock, &st));
        return st;
}

/* Was the lock written at since, were it with the same time? */
static bool is_untouched(const struct instance *instance, const struct stat *before)
{
        struct stat after = look_at(instance);

        return memcmp(&after.st_mtim, &before->st_mtim, sizeof(after.st_mtim)) == 0 &&
               memcmp(&after.st_ctim, &before->st_ctim, sizeof(after.st_ctim)) == 0;
}

static enum stale_is judge_why(const struct instance *instance, enum look_why why, bool sure)
{
        unsigned fds = count_fds();
        struct stale_one one;

        stale_name(&one, ALICE, instance);
        stale_judge(&place, &one, 1, why, sure);
        ck_assert_uint_eq(count_fds(), fds);
        return one.is;
}

static enum stale_is judge(const struct instance *instance)
{
        return judge_why(instance, LOOK_OPEN, true);
}

static enum stale_is judge_unsure(const struct instance *instance)
{
        return judge_why(instance, LOOK_CLEAN, false);
}

/* ------------------------------------------------------------------ without a time */

static const time_t clocks[] = {0, 1, NOW - KEEP, NOW - 1, NOW, NOW + 1, NOW + KEEP, -1};

MACHINE_TEST(without_a_time_what_is_idle_is_over_whatever_its_clock_says)
{
        struct instance instance = make(0);
        struct stat before;

        set_clock(ALICE, instance.name, clocks[_i]);
        before = look_at(&instance);
        ck_assert_int_eq(judge(&instance), STALE_OVER);
        ck_assert_int_eq(judge_unsure(&instance), STALE_OVER);
        ck_assert(is_untouched(&instance, &before));
}

MACHINE_TEST(what_is_in_use_is_never_over)
{
        struct instance instance = make(_i % 2 ? KEEP : 0);
        pid_t child = use(&instance);

        set_clock(ALICE, instance.name, clocks[_i / 2]);
        ck_assert_int_eq(judge_unsure(&instance), STALE_USED);
        ck_assert_int_eq(judge(&instance), STALE_USED);
        child_end(child);
}

MACHINE_TEST(in_doubt_it_is_in_use)
{
        struct instance instance = make(_i ? KEEP : 0);

        set_clock(ALICE, instance.name, NOW - 2 * KEEP);
        own_mounts();
        must(umount2("/proc", MNT_DETACH));
        ck_assert_int_eq(judge(&instance), STALE_USED);
}

MACHINE_TEST(at_close_children_of_the_closing_program_do_not_count)
{
        struct instance instance = make(0);
        pid_t child = use(&instance); /* it runs our executable */

        ck_assert_int_eq(judge_why(&instance, LOOK_OPEN, true), STALE_USED);
        ck_assert_int_eq(judge_why(&instance, LOOK_CLEAN, true), STALE_USED);
        ck_assert_int_eq(judge_why(&instance, LOOK_CLOSE, true), STALE_OVER);
        child_end(child);
}

/* ------------------------------------------------------------------ with a time */

static const struct {
        time_t ago;
        enum stale_is is;
} since[] = {
        {0, STALE_KEPT},       {1, STALE_KEPT},        {KEEP - 1, STALE_KEPT},
        {KEEP, STALE_OVER},    {KEEP + 1, STALE_OVER}, {1000 * KEEP, STALE_OVER},
        {NOW - 1, STALE_OVER}, /* the clock says 1 */
};

MACHINE_TEST(it_is_kept_until_its_time_is_over_to_the_second)
{
        struct instance instance = make(KEEP);
        struct stat before;

        set_clock(ALICE, instance.name, NOW - since[_i].ago);
        before = look_at(&instance);
        ck_assert_int_eq(judge_unsure(&instance), since[_i].is);
        ck_assert_int_eq(judge(&instance), since[_i].is);
        ck_assert(is_untouched(&instance, &before));
}

MACHINE_TEST(when_its_clock_stands_it_is_set_going_by_whoever_finds_it_idle)
{
        struct instance instance = make(KEEP);

        set_clock(ALICE, instance.name, _i ? -5 : 0);
        ck_assert_int_eq(judge(&instance), STALE_KEPT);
        ck_assert_int_eq(clock_of(ALICE, instance.name), NOW);
        now = NOW + KEEP - 1;
        ck_assert_int_eq(judge(&instance), STALE_KEPT);
        ck_assert_int_eq(clock_of(ALICE, instance.name), NOW);
        now = NOW + KEEP;
        ck_assert_int_eq(judge(&instance), STALE_OVER);
}

MACHINE_TEST(when_the_hosts_clock_was_set_back_its_time_counts_from_now)
{
        struct instance instance = make(KEEP);

        set_clock(ALICE, instance.name, _i ? NOW + 1 : NOW + 1000 * KEEP);
        ck_assert_int_eq(judge(&instance), STALE_KEPT);
        ck_assert_int_eq(clock_of(ALICE, instance.name), NOW);
        now = NOW + KEEP;
        ck_assert_int_eq(judge(&instance), STALE_OVER);
}

MACHINE_TEST(found_in_use_its_clock_is_stopped)
{
        struct instance instance = make(KEEP);
        pid_t child = use(&instance);

        set_clock(ALICE, instance.name, NOW - (_i ? 2 * KEEP : KEEP / 2));
        ck_assert_int_eq(judge(&instance), STALE_USED);
        ck_assert_int_eq(clock_of(ALICE, instance.name), 0);
        /* so that its time counts from when that has ended */
        child_end(child);
        ck_assert_int_eq(judge(&instance), STALE_KEPT);
        ck_assert_int_eq(clock_of(ALICE, instance.name), NOW);
}

MACHINE_TEST(without_a_time_no_clock_is_stopped)
{
        struct instance instance = make(0);
        pid_t child = use(&instance);
        struct stat before;

        set_clock(ALICE, instance.name, NOW - KEEP);
        before = look_at(&instance);
        ck_assert_int_eq(judge(&instance), STALE_USED);
        ck_assert(is_untouched(&instance, &before));
        child_end(child);
}

MACHINE_TEST(who_is_not_sure_changes_nothing)
{
        const time_t clock = clocks[_i / 2];
        struct instance instance = make(KEEP);
        pid_t child = _i % 2 ? use(&instance) : 0;
        struct stat before;

        set_clock(ALICE, instance.name, clock);
        before = look_at(&instance);
        (void)judge_unsure(&instance);
        ck_assert(is_untouched(&instance, &before));
        if (child)
                child_end(child);
}

/* ------------------------------------------------------------------ a time that can't be told */

static void spoil_by_a_file(struct instance *instance)
{
        must(unlinkat(instance->dir, "keep", 0));
        write_file(instance->dir, "keep", "0");
}

static void spoil_by_words(struct instance *instance)
{
        must(unlinkat(instance->dir, "keep", 0));
        must(symlinkat("some time", instance->dir, "keep"));
}

static void spoil_by_no_dir(struct instance *instance)
{
        instance->dir = fd_close(instance->dir);
}

static void (*const spoilers[])(struct instance *instance) = {
        spoil_by_a_file,
        spoil_by_words,
        spoil_by_no_dir,
};

MACHINE_TEST(when_its_time_cannot_be_told_it_is_never_over)
{
        struct instance instance = make(KEEP);

        spoilers[_i](&instance);
        for (size_t i = 1; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
                set_clock(ALICE, instance.name, clocks[i]);
                ck_assert_int_eq(judge_unsure(&instance), STALE_KEPT);
                ck_assert_int_eq(judge(&instance), STALE_KEPT);
        }
}

MACHINE_TEST(when_its_clock_cannot_be_read_it_is_never_over)
{
        struct instance instance = make(KEEP);

        set_clock(ALICE, instance.name, NOW - 2 * KEEP);
        instance.lock = fd_close(instance.lock);
        ck_assert_int_eq(judge(&instance), STALE_KEPT);
        ck_assert(!stale_is_kept(&instance));
}

/* ------------------------------------------------------------------ several at a time */

MACHINE_TEST(each_of_sixteen_gets_its_own_answer)
{
        enum {
                ONES = 16,
        };
        struct instance instances[ONES];
        struct stale_one ones[ONES];
        pid_t children[ONES] = {0};

        for (size_t i = 0; i < ONES; i++) {
                instances[i] = make(i % 4 == 0 ? 0 : KEEP);
                set_clock(ALICE, instances[i].name, i % 4 == 1 ? NOW - 2 * KEEP : NOW);
                if (i % 4 == 3 || i == 8)
                        children[i] = use(&instances[i]);
                stale_name(&ones[i], ALICE, &instances[i]);
        }
        stale_judge(&place, ones, ONES, LOOK_OPEN, true);
        for (size_t i = 0; i < ONES; i++) {
                ck_assert_ptr_eq(ones[i].instance, &instances[i]);
                ck_assert_int_eq(ones[i].is, children[i]  ? STALE_USED
                                             : i % 4 == 2 ? STALE_KEPT
                                                          : STALE_OVER);
                ck_assert_int_eq(clock_of(ALICE, instances[i].name), children[i] && i != 8 ? 0
                                                                     : i % 4 == 1 ? NOW - 2 * KEEP
                                                                                  : NOW);
                if (children[i])
                        child_end(children[i]);
        }
}

MACHINE_TEST(another_users_instance_of_that_name_does_not_count)
{
        struct instance instance = make(0);
        char path[2 * NAME_BYTES];
        pid_t child;

        must(mkdirat(scratch.fd, "1002", 0700));
        (void)snprintf(path, sizeof(path), "1002/%s", instance.name);
        must(mkdirat(scratch.fd, path, 0700));
        (void)snprintf(path, sizeof(path), "1002/%s/root", instance.name);
        must(mkdirat(scratch.fd, path, 0700));
        (void)snprintf(path, sizeof(path), "../1002/%s", instance.name);
        child = child_start(mount_it, path);
        ck_assert_int_eq(judge(&instance), STALE_OVER);
        child_end(child);
}

/* ------------------------------------------------------------------ without the lock */

static const struct {
        unsigned keep;
        time_t clock;
        bool is;
} kept[] = {
        {KEEP, NOW, true},
        {KEEP, NOW - KEEP + 1, true},
        {KEEP, NOW - KEEP, false},
        {KEEP, 0, false},
        {KEEP, -1, false},
        {KEEP, NOW + 1, false},
        {0, NOW, false},
        {31622400, NOW - 31622399, true},
        {31622400, NOW - 31622400, false},
};

MACHINE_TEST(that_its_time_is_not_over_can_be_told_without_its_lock)
{
        struct instance instance = make(kept[_i].keep);
        struct stat before;

        set_clock(ALICE, instance.name, kept[_i].clock);
        before = look_at(&instance);
        ck_assert_int_eq(stale_is_kept(&instance), kept[_i].is);
        ck_assert(is_untouched(&instance, &before));
}

MACHINE_TEST(a_clock_that_goes_is_stopped)
{
        struct instance instance = make(KEEP);

        set_clock(ALICE, instance.name, clocks[_i]);
        stale_stop(&instance);
        ck_assert_int_eq(clock_of(ALICE, instance.name), 0);
}

MACHINE_TEST(a_clock_that_stands_is_not_written_again)
{
        struct instance instance = make(KEEP);
        struct stat before;

        set_clock(ALICE, instance.name, 0);
        before = look_at(&instance);
        stale_stop(&instance);
        ck_assert(is_untouched(&instance, &before));
}

/* ------------------------------------------------------------------ temporary names */

/* ".abcdef", with that age; its fd. */
static int make_temporary(time_t age, void (*fill)(int dir))
{
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = NOW - age}};
        int dir = make_dir(user, ".abcdef", 0700);

        fill(dir);
        must(futimens(dir, times));
        return dir;
}

static void fill_nothing(int dir)
{
        (void)dir;
}

static void fill_lock(int dir)
{
        write_file(dir, "lock", "");
}

static void fill_link(int dir)
{
        must(symlinkat("/nowhere", dir, "lock"));
}

static void fill_fifo(int dir)
{
        must(mkfifoat(dir, "lock", 0600));
}

static void (*const fills[])(int dir) = {fill_nothing, fill_lock, fill_link, fill_fifo};

static const struct {
        time_t age;
        bool is;
} ages[] = {
        {0, false},
        {TEN_MINUTES - 1, false},
        {TEN_MINUTES, true},
        {1000 * TEN_MINUTES, true},
        {-TEN_MINUTES, false}, /* from the future */
};

enum {
        N_AGES = sizeof(ages) / sizeof(ages[0]),
        N_FILLS = sizeof(fills) / sizeof(fills[0]),
};

MACHINE_TEST(a_temporary_name_is_forgotten_when_it_is_ten_minutes_old)
{
        unsigned fds;

        close(make_temporary(ages[_i % N_AGES].age, fills[_i / N_AGES]));
        fds = count_fds();
        ck_assert_int_eq(stale_is_forgotten(user, ".abcdef"), ages[_i % N_AGES].is);
        ck_assert_uint_eq(count_fds(), fds);
}

MACHINE_TEST(a_temporary_name_is_not_forgotten_while_somebody_has_its_lock)
{
        int dir = make_temporary(2 * TEN_MINUTES, fill_lock);
        int lock = must(openat(dir, "lock", O_RDONLY | O_CLOEXEC));

        must(flock(lock, _i ? LOCK_SH : LOCK_EX));
        ck_assert(!stale_is_forgotten(user, ".abcdef"));
        must(flock(lock, LOCK_UN));
        ck_assert(stale_is_forgotten(user, ".abcdef"));
}

MACHINE_TEST(a_temporary_name_that_is_gone_is_not_forgotten)
{
        ck_assert(!stale_is_forgotten(user, ".abcdef"));
}

MACHINE_TEST(a_temporary_name_whose_lock_cannot_be_tried_is_not_forgotten)
{
        int dir = make_temporary(2 * TEN_MINUTES, fill_lock);
        int lock = must(openat(dir, "lock", O_RDONLY | O_CLOEXEC));
        struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

        must(flock(lock, LOCK_EX));
        must(setrlimit(RLIMIT_NOFILE, &none));
        ck_assert(!stale_is_forgotten(user, ".abcdef"));
}

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
        Suite *suite = suite_create("stale");
        TCase *judged = tcase_create("judged"), *temporary = tcase_create("temporary");

        tcase_set_timeout(judged, 30);
        tcase_add_loop_test(judged, without_a_time_what_is_idle_is_over_whatever_its_clock_says, 0,
                            N(clocks));
        tcase_add_loop_test(judged, what_is_in_use_is_never_over, 0, 2 * N(clocks));
        tcase_add_loop_test(judged, in_doubt_it_is_in_use, 0, 2);
        tcase_add_test(judged, at_close_children_of_the_closing_program_do_not_count);
        tcase_add_loop_test(judged, it_is_kept_until_its_time_is_over_to_the_second, 0, N(since));
        tcase_add_loop_test(judged, when_its_clock_stands_it_is_set_going_by_whoever_finds_it_idle,
                            0, 2);
        tcase_add_loop_test(judged, when_the_hosts_clock_was_set_back_its_time_counts_from_now, 0,
                            2);
        tcase_add_loop_test(judged, found_in_use_its_clock_is_stopped, 0, 2);
        tcase_add_test(judged, without_a_time_no_clock_is_stopped);
        tcase_add_loop_test(judged, who_is_not_sure_changes_nothing, 0, 2 * N(clocks));
        tcase_add_loop_test(judged, when_its_time_cannot_be_told_it_is_never_over, 0, N(spoilers));
        tcase_add_test(judged, when_its_clock_cannot_be_read_it_is_never_over);
        tcase_add_test(judged, each_of_sixteen_gets_its_own_answer);
        tcase_add_test(judged, another_users_instance_of_that_name_does_not_count);
        tcase_add_loop_test(judged, that_its_time_is_not_over_can_be_told_without_its_lock, 0,
                            N(kept));
        tcase_add_loop_test(judged, a_clock_that_goes_is_stopped, 0, N(clocks));
        tcase_add_test(judged, a_clock_that_stands_is_not_written_again);
        suite_add_tcase(suite, judged);

        tcase_set_timeout(temporary, 30);
        tcase_add_loop_test(temporary, a_temporary_name_is_forgotten_when_it_is_ten_minutes_old, 0,
                            N_AGES * N_FILLS);
        tcase_add_loop_test(temporary,
                            a_temporary_name_is_not_forgotten_while_somebody_has_its_lock, 0, 2);
        tcase_add_test(temporary, a_temporary_name_that_is_gone_is_not_forgotten);
        tcase_add_test(temporary, a_temporary_name_whose_lock_cannot_be_tried_is_not_forgotten);
        suite_add_tcase(suite, temporary);
        return scratch_run(suite);
}
