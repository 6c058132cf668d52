/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-name: what things below a base are called */
#include <limits.h>

#include "command/foreign.h"
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

START_TEST(the_trash_of_one_user_is_not_anothers)
{
        ck_assert(name_is_trash_of("1001.Ab3dEf", 1001));
        ck_assert(name_is_trash_of("0.Ab3dEf", 0));
        ck_assert(!name_is_trash_of("1001.Ab3dEf", 100));
        ck_assert(!name_is_trash_of("1001.Ab3dEf", 10010));
        ck_assert(!name_is_trash_of("1001.Ab3dEf", 1));
        ck_assert(!name_is_trash_of("1001", 1001));
        ck_assert(!name_is_trash_of("01001.Ab3dEf", 1001));
        ck_assert(!name_is_trash_of("", 0));
}
END_TEST

START_TEST(what_is_in_the_trash_has_a_uid_and_an_instances_name)
{
        static const char *const names[] = {"",
                                            ".",
                                            "1001",
                                            "1001.",
                                            ".abcdef",
                                            "1001.abcde",
                                            "1001.abc.ef",
                                            "x.abcdef",
                                            "-1.abcdef",
                                            "1 .abcdef",
                                            "4294967296.abcdef",
                                            "1001.abcdefg",
                                            "1001/abcdef",
                                            "1001..abcdef"};

        ck_assert(foreign_is_trash("1001.Ab3dEf"));
        ck_assert(foreign_is_trash("0.abcdef"));
        ck_assert(foreign_is_trash("4294967295.abcdef"));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                ck_assert_msg(!foreign_is_trash(names[i]), "\"%s\"", names[i]);
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
        tcase_add_test(tcase, the_trash_of_one_user_is_not_anothers);
        tcase_add_test(tcase, what_is_in_the_trash_has_a_uid_and_an_instances_name);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
