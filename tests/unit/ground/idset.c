/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-idset: a set of numbers is sorted, and has each once */
#include <errno.h>

#include "ground/idset.h"
#include "ground/sorted.h"
#include "kit/scratch.h"

START_TEST(a_number_is_added_once)
{
        struct idset ids = {0};

        ck_assert_int_eq(idset_add(&ids, 7), 0);
        ck_assert_int_eq(idset_add(&ids, 7), 1);
        ck_assert_int_eq(idset_add(&ids, 0), 0);
        ck_assert_int_eq(idset_add(&ids, UINT64_MAX), 0);
        ck_assert_int_eq(idset_add(&ids, UINT64_MAX), 1);
        ck_assert_int_eq(idset_add(&ids, 0), 1);
        ck_assert_uint_eq(ids.n, 3);
        ck_assert_uint_eq(ids.ids[0], 0);
        ck_assert_uint_eq(ids.ids[1], 7);
        ck_assert_uint_eq(ids.ids[2], UINT64_MAX);
        idset_done(&ids);
}
END_TEST

/* Up, down, and in an order that is neither: the steps have no divisor in common with 1009. */
START_TEST(in_whatever_order_they_come_they_are_sorted)
{
        static const uint64_t steps[] = {1, 1008, 389};
        struct idset ids = {0};
        uint64_t number = 0;

        for (unsigned i = 0; i < 2 * 1009; i++) {
                ck_assert_int_eq(idset_add(&ids, number), i >= 1009);
                number = (number + steps[_i]) % 1009;
        }
        ck_assert_uint_eq(ids.n, 1009);
        for (uint64_t i = 0; i < 1009; i++)
                ck_assert_uint_eq(ids.ids[i], i);
        idset_done(&ids);
}
END_TEST

/* In any array whose elements begin with their number. */
START_TEST(of_equal_ones_the_first_is_found)
{
        struct {
                uint64_t number;
                char name;
        } all[] = {{7, 'e'}, {3, 'b'}, {UINT64_MAX, 'f'}, {3, 'b'}, {0, 'a'}, {3, 'b'}};
        const size_t n = sizeof(all) / sizeof(all[0]);

        qsort(all, n, sizeof(all[0]), sorted_compare);
        for (size_t i = 0; i < n; i++)
                ck_assert_int_eq(all[i].name, "abbbef"[i]);
        ck_assert_uint_eq(sorted_find(all, n, sizeof(all[0]), 0), 0);
        ck_assert_uint_eq(sorted_find(all, n, sizeof(all[0]), 3), 1);
        ck_assert_uint_eq(sorted_find(all, n, sizeof(all[0]), 4), 4);
        ck_assert_uint_eq(sorted_find(all, n, sizeof(all[0]), UINT64_MAX), 5);
        ck_assert_uint_eq(sorted_find(all, n - 1, sizeof(all[0]), UINT64_MAX), n - 1);
        ck_assert_uint_eq(sorted_find(NULL, 0, sizeof(all[0]), 7), 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("idset");
        TCase *tcase = tcase_create("idset");

        tcase_add_test(tcase, a_number_is_added_once);
        tcase_add_loop_test(tcase, in_whatever_order_they_come_they_are_sorted, 0, 3);
        tcase_add_test(tcase, of_equal_ones_the_first_is_found);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
