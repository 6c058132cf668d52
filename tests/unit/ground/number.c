/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-number: only what is a number is read as one */
#include "ground/number.h"
#include "kit/scratch.h"

static bool read_number(const char *text, uint64_t max, uint64_t *ret)
{
        return number_read(text, text + strlen(text), max, ret);
}

START_TEST(a_number_is_read_up_to_its_limit)
{
        uint64_t number;

        ck_assert(read_number("0", 0, &number));
        ck_assert_uint_eq(number, 0);
        ck_assert(read_number("4294967294", UINT32_MAX - 1, &number));
        ck_assert_uint_eq(number, UINT32_MAX - 1);
        ck_assert(read_number("18446744073709551615", UINT64_MAX, &number));
        ck_assert_uint_eq(number, UINT64_MAX);
        ck_assert(read_number("0042", 42, &number));
        ck_assert_uint_eq(number, 42);
}
END_TEST

START_TEST(only_the_text_up_to_the_end_is_read)
{
        const char text[] = "12:34";
        uint64_t number;

        ck_assert(number_read(text, text + 2, UINT32_MAX, &number));
        ck_assert_uint_eq(number, 12);
        ck_assert(!number_read(text, text, UINT32_MAX, &number));
}
END_TEST

START_TEST(what_is_no_number_leaves_the_result_alone)
{
        /* the long ones wrap: to 0, 1, 4 and to something large */
        static const char *const texts[] = {
                "",
                " ",
                "+1",
                "-1",
                " 1",
                "1 ",
                "1x",
                "0x10",
                "1.0",
                "1e3",
                "1\n2",
                "4294967296",
                "18446744073709551616",
                "18446744073709551617",
                "18446744073709551620",
                "184467440737095516150",
        };
        uint64_t number = 7;

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                ck_assert_msg(!read_number(texts[i], UINT32_MAX, &number), "\"%s\"", texts[i]);
                ck_assert_uint_eq(number, 7);
        }
        ck_assert(!read_number("18446744073709551616", UINT64_MAX, &number));
        ck_assert(!read_number("43", 42, &number));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("number");
        TCase *tcase = tcase_create("number");

        tcase_add_test(tcase, a_number_is_read_up_to_its_limit);
        tcase_add_test(tcase, only_the_text_up_to_the_end_is_read);
        tcase_add_test(tcase, what_is_no_number_leaves_the_result_alone);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
