/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-deadline: what counts is the thread's own work. The clocks are this file's. */
#include "ground/deadline.h"
#include "kit/scratch.h"

static struct timespec cpu, wall;

/* Stands in place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
        ck_assert(clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_MONOTONIC);
        *ret = clock == CLOCK_MONOTONIC ? wall : cpu;
        return 0;
}

static void set_up(void)
{
        cpu = (struct timespec){.tv_sec = 3, .tv_nsec = 999000000};
        wall = (struct timespec){.tv_sec = 1000, .tv_nsec = 1000000};
}

START_TEST(it_is_over_when_the_thread_has_worked_for_so_long)
{
        const struct deadline deadline = deadline_in_ms(1500);

        ck_assert(!deadline_is_over(&deadline));
        cpu = (struct timespec){.tv_sec = 5, .tv_nsec = 498999999};
        ck_assert(!deadline_is_over(&deadline));
        cpu.tv_nsec++;
        ck_assert(deadline_is_over(&deadline));
        cpu = (struct timespec){.tv_sec = 6};
        ck_assert(deadline_is_over(&deadline));
}
END_TEST

START_TEST(time_that_others_take_does_not_count)
{
        const struct deadline deadline = deadline_in_ms(1500);

        wall.tv_sec += 29;
        ck_assert(!deadline_is_over(&deadline));
}
END_TEST

START_TEST(it_is_over_too_when_the_thread_has_waited_for_very_long)
{
        const struct deadline deadline = deadline_in_ms(1500);

        wall.tv_sec += 30;
        ck_assert(deadline_is_over(&deadline));
}
END_TEST

START_TEST(no_time_is_over_at_once)
{
        const struct deadline deadline = deadline_in_ms(0);

        ck_assert(deadline_is_over(&deadline));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("deadline");
        TCase *tcase = tcase_create("deadline");

        tcase_add_checked_fixture(tcase, set_up, NULL);
        tcase_add_test(tcase, it_is_over_when_the_thread_has_worked_for_so_long);
        tcase_add_test(tcase, time_that_others_take_does_not_count);
        tcase_add_test(tcase, it_is_over_too_when_the_thread_has_waited_for_very_long);
        tcase_add_test(tcase, no_time_is_over_at_once);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
