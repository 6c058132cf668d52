/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-budget: the time that a look gives to what each user has mounted; the clock stands still */
#include <sys/syscall.h>
#include <unistd.h>

#include "kit/scratch.h"
#include "lifetime/budget.h"

static struct timespec spent; /* of this thread's time */

/* Stands in place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
        if (clock != CLOCK_THREAD_CPUTIME_ID)
                return (int)syscall(SYS_clock_gettime, clock, ret);
        *ret = spent;
        return 0;
}

static void spend(long microseconds)
{
        spent.tv_nsec += microseconds * 1000;
        spent.tv_sec += spent.tv_nsec / 1000000000;
        spent.tv_nsec %= 1000000000;
}

static const struct owner nobody = {.is_user = false}, alice = {.is_user = true, .uid = 1001},
                          bob = {.is_user = true, .uid = 1002},
                          carol = {.is_user = true, .uid = 1003};
static uint64_t ids[] = {1001, 1003};
static const struct idset asked = {.ids = ids, .n = 2};
static struct deadline all;
static struct budget budget;

static void set_up(void)
{
        spent = (struct timespec){.tv_nsec = 999999000};
        all = deadline_in_ms(10000);
        budget = (struct budget){.nobodys = 5000,
                                 .own = 300,
                                 .others = 20,
                                 .together = 50,
                                 .guest = 200,
                                 .uids = &asked,
                                 .all = &all};
}

static void tear_down(void)
{
        budget_done(&budget);
}

/* Works for that long, and returns whether the share lasted. */
static bool works_as(const struct owner *owner, bool as_guest, long microseconds)
{
        bool lasted;

        ck_assert_int_eq(budget_start(&budget, owner, as_guest), 0);
        spend(microseconds);
        lasted = !deadline_is_over(&budget.end);
        budget_stop(&budget);
        return lasted;
}

static bool works(const struct owner *owner, long microseconds)
{
        return works_as(owner, false, microseconds);
}

START_TEST(each_has_a_share_by_what_the_look_is_about)
{
        ck_assert(works(&nobody, 4999));
        ck_assert(!works(&nobody, 1));
        ck_assert(works(&alice, 299));
        ck_assert(!works(&alice, 1));
        ck_assert(works(&bob, 19));
        ck_assert(!works(&bob, 1));
        ck_assert(works(&carol, 299));
        ck_assert(!works(&carol, 1));
}
END_TEST

START_TEST(a_share_is_spent_bit_by_bit_and_by_its_owner_alone)
{
        for (unsigned i = 0; i < 29; i++) {
                ck_assert(works(&alice, 10));
                ck_assert(works(&nobody, 100));
                ck_assert(works(&carol, 1));
        }
        ck_assert(!works(&alice, 10));
        ck_assert(!works(&alice, 0));
        ck_assert(works(&carol, 1));
        ck_assert(works(&nobody, 100));
}
END_TEST

START_TEST(what_is_spent_too_much_is_not_anybody_elses)
{
        ck_assert(!works(&bob, 1000000));
        ck_assert(!works(&bob, 0));
        ck_assert(works(&alice, 299));
        ck_assert(works(&nobody, 4999));
}
END_TEST

START_TEST(time_between_the_readings_does_not_count)
{
        ck_assert(works(&alice, 100));
        spend(1000000);
        ck_assert(works(&alice, 100));
}
END_TEST

START_TEST(a_user_whose_uid_is_like_nobodys_has_a_share_of_their_own)
{
        const struct owner like = {.is_user = true, .uid = nobody.uid};

        ck_assert(works(&nobody, 4000));
        ck_assert(!works(&like, 20));
        ck_assert(works(&nobody, 900));
}
END_TEST

START_TEST(all_others_together_have_no_more_than_a_share_either)
{
        for (uid_t uid = 2000; uid < 2005; uid++)
                ck_assert(works(&(struct owner){.is_user = true, .uid = uid}, 9));
        ck_assert(!works(&bob, 5));
        ck_assert(!works(&(struct owner){.is_user = true, .uid = 2005}, 0));
        ck_assert(works(&alice, 299));
        ck_assert(works(&nobody, 4999));
}
END_TEST

START_TEST(a_guest_spends_a_share_that_is_no_other)
{
        ck_assert(works_as(&bob, true, 199));
        ck_assert(!works_as(&bob, true, 1));
        ck_assert(!works_as(&bob, true, 0));
        ck_assert(works(&bob, 19));
        ck_assert(works_as(&alice, true, 199));
        ck_assert(!works_as(&alice, true, 1000));
        ck_assert(works(&alice, 299));
        ck_assert(works_as(&carol, true, 199));
        ck_assert(works(&nobody, 4999));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("budget");
        TCase *tcase = tcase_create("budget");

        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_add_test(tcase, each_has_a_share_by_what_the_look_is_about);
        tcase_add_test(tcase, a_share_is_spent_bit_by_bit_and_by_its_owner_alone);
        tcase_add_test(tcase, what_is_spent_too_much_is_not_anybody_elses);
        tcase_add_test(tcase, time_between_the_readings_does_not_count);
        tcase_add_test(tcase, a_user_whose_uid_is_like_nobodys_has_a_share_of_their_own);
        tcase_add_test(tcase, a_guest_spends_a_share_that_is_no_other);
        tcase_add_test(tcase, all_others_together_have_no_more_than_a_share_either);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
