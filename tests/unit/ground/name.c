/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-name: what things below a base are called */
#include <limits.h>

#include "ground/name.h"
#include "kit/scratch.h"

START_TEST(an_instance_has_six_letters_or_digits)
{
        const uint8_t random[NAME_RANDOM] = {0, 25, 26, 51, 52, 61};
        char name[NAME_BYTES];

        name_instance(name, random);
        ck_assert_str_eq(name, "azAZ09");
}
END_TEST

START_TEST(every_byte_gives_a_letter_each_nearly_as_often)
{
        unsigned seen[UCHAR_MAX + 1] = {0};
        unsigned letters = 0;

        for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
                uint8_t random[NAME_RANDOM];
                char name[NAME_BYTES];

                memset(random, (int)byte, sizeof(random));
                name_instance(name, random);
                ck_assert(name_is_instance(name));
                seen[(unsigned char)name[0]]++;
        }
        for (unsigned letter = 0; letter <= UCHAR_MAX; letter++)
                if (seen[letter]) {
                        ck_assert_uint_ge(seen[letter], 4);
                        ck_assert_uint_le(seen[letter], 5);
                        letters++;
                }
        ck_assert_uint_eq(letters, 62);
}
END_TEST

START_TEST(the_other_names_are_made_of_it)
{
        char name[NAME_BYTES];

        name_temporary(name, "Ab3dEf");
        ck_assert_str_eq(name, ".Ab3dEf");
        ck_assert(name_is_temporary(name));
        ck_assert(!name_is_instance(name));
        name_trash(name, 1001, "Ab3dEf");
        ck_assert_str_eq(name, "1001.Ab3dEf");
        name_uid(name, 1001);
        ck_assert_str_eq(name, "1001");
}
END_TEST

START_TEST(the_greatest_uid_fits)
{
        char name[NAME_BYTES];

        name_trash(name, (uid_t)-2, "Ab3dEf");
        ck_assert_str_eq(name, "4294967294.Ab3dEf");
        name_uid(name, (uid_t)-2);
        ck_assert_str_eq(name, "4294967294");
}
END_TEST

START_TEST(nothing_else_is_an_instance)
{
        static const char *const names[] = {
                "",          ".",      "..",       "abcde",   "abcdefg",  "abc.ef",
                ".abcde",    "abc/ef", "abc ef",   "abc-ef",  "abcde\n",  "abcd\303\244",
                "\301bcdef", "root\n", ".abcdefg", "..abcde", "abcdef\n", "......",
        };

        ck_assert(name_is_instance("abcdef"));
        ck_assert(name_is_temporary(".abcdef"));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                ck_assert_msg(!name_is_instance(names[i]), "\"%s\"", names[i]);
                ck_assert_msg(!name_is_temporary(names[i]), "\"%s\"", names[i]);
        }
        ck_assert(!name_is_temporary("abcdef"));
}
END_TEST

static bool read_number(const char *text, uint64_t max, uint64_t *ret)
{
        return name_read_number(text, text + strlen(text), max, ret);
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

        ck_assert(name_read_number(text, text + 2, UINT32_MAX, &number));
        ck_assert_uint_eq(number, 12);
        ck_assert(!name_read_number(text, text, UINT32_MAX, &number));
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

START_TEST(paths_in_their_shortest_form_are_accepted)
{
        static const char *const paths[] = {
                "/tmp", "/var/tmp", "/...", "/.x", "/..x", "/x..", "/a b", "/-", "/a/.b/c..d",
        };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                ck_assert_msg(name_is_path(paths[i]), "\"%s\"", paths[i]);
}
END_TEST

START_TEST(other_paths_are_not)
{
        static const char *const paths[] = {
                "",       "/",       "//",      "tmp",  ".",      "./tmp",    "../tmp",
                "/tmp/",  "//tmp",   "/var//x", "/.",   "/..",    "/var/./x", "/var/../x",
                "/var/.", "/var/..", " /tmp",   "none", "/tmp//", "/./tmp",   "/../tmp",
        };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                ck_assert_msg(!name_is_path(paths[i]), "\"%s\"", paths[i]);
}
END_TEST

START_TEST(a_path_is_not_longer_than_the_kernel_takes)
{
        char path[PATH_MAX + 2];

        memset(path, 'x', sizeof(path));
        for (size_t i = 0; i < sizeof(path); i += 128)
                path[i] = '/';
        path[PATH_MAX - 1] = '\0';
        ck_assert(name_is_path(path));
        path[PATH_MAX - 1] = 'x';
        path[PATH_MAX] = '\0';
        ck_assert(!name_is_path(path));
}
END_TEST

START_TEST(a_component_is_not_longer_than_the_kernel_takes)
{
        char path[NAME_MAX + 3];

        memset(path, 'x', sizeof(path));
        path[0] = '/';
        path[NAME_MAX + 1] = '\0';
        ck_assert(name_is_path(path));
        path[NAME_MAX + 1] = 'x';
        path[NAME_MAX + 2] = '\0';
        ck_assert(!name_is_path(path));
}
END_TEST

START_TEST(within_means_the_path_or_below_it)
{
        ck_assert(name_is_within("/tmp", "/tmp"));
        ck_assert(name_is_within("/tmp/x", "/tmp"));
        ck_assert(name_is_within("/tmp/x/y", "/tmp/x"));
        ck_assert(!name_is_within("/tmpfoo", "/tmp"));
        ck_assert(!name_is_within("/tm", "/tmp"));
        ck_assert(!name_is_within("/tmp", "/tmp/x"));
        ck_assert(!name_is_within("/var/tmp", "/tmp"));
        ck_assert(!name_is_within("/tmp-x/y", "/tmp"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("name");
        TCase *tcase = tcase_create("name");

        tcase_add_test(tcase, an_instance_has_six_letters_or_digits);
        tcase_add_test(tcase, every_byte_gives_a_letter_each_nearly_as_often);
        tcase_add_test(tcase, the_other_names_are_made_of_it);
        tcase_add_test(tcase, the_greatest_uid_fits);
        tcase_add_test(tcase, nothing_else_is_an_instance);
        tcase_add_test(tcase, a_number_is_read_up_to_its_limit);
        tcase_add_test(tcase, only_the_text_up_to_the_end_is_read);
        tcase_add_test(tcase, what_is_no_number_leaves_the_result_alone);
        tcase_add_test(tcase, paths_in_their_shortest_form_are_accepted);
        tcase_add_test(tcase, other_paths_are_not);
        tcase_add_test(tcase, a_path_is_not_longer_than_the_kernel_takes);
        tcase_add_test(tcase, a_component_is_not_longer_than_the_kernel_takes);
        tcase_add_test(tcase, within_means_the_path_or_below_it);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
