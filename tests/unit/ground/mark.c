/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-mark: what names a cover, as a value and as text */
#include <errno.h>
#include <sys/sysmacros.h>

#include "ground/mark.h"
#include "kit/scratch.h"

static const char *format(struct mark mark)
{
        static char text[MARK_BYTES];

        mark_format(mark, text);
        return text;
}

START_TEST(each_kind_has_its_text)
{
        ck_assert_str_eq(format(mark_of_instance(1001, "Ab3dEf")), "1001/Ab3dEf");
        ck_assert_str_eq(format(mark_of_instance((uid_t)-2, "Ab3dEf")), "4294967294/Ab3dEf");
        ck_assert_str_eq(format(mark_of_memory(makedev(0, 57))), "0:57");
        ck_assert_str_eq(format(mark_of_memory(makedev(UINT32_MAX, UINT32_MAX))),
                         "4294967295:4294967295");
        ck_assert_str_eq(format((struct mark){0}), "");
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
        const struct mark marks[] = {
                mark_of_instance(0, "Ab3dEf"),
                mark_of_instance((uid_t)-2, "000000"),
                mark_of_memory(makedev(0, 0)),
                mark_of_memory(makedev(UINT32_MAX, UINT32_MAX)),
        };

        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
                struct mark again;

                ck_assert_int_eq(mark_parse(format(marks[i]), &again), 0);
                ck_assert_msg(mark_is_same(marks[i], again), "%s", format(marks[i]));
        }
}
END_TEST

START_TEST(what_could_not_have_been_written_is_not_read)
{
        static const char *const texts[] = {
                "",
                "/",
                ":",
                "/Ab3dEf",
                "1001",
                "1001/",
                "1001/Ab3dE",
                "1001/Ab3dEf7",
                "1001/Ab3d-f",
                "1001/.b3dEf",
                "1001/Ab3dEf/root",
                "01001/Ab3dEf",
                "+1001/Ab3dEf",
                "-1/Ab3dEf",
                " 1001/Ab3dEf",
                "1001 /Ab3dEf",
                "4294967295/Ab3dEf",
                "4294968297/Ab3dEf",
                ".trash/Ab3dEf",
                "0:",
                ":57",
                "0:57 ",
                "0:57:1",
                "0:057",
                "00:57",
                "0:-1",
                "0:4294967296",
                "0:18446744073709551673",
                "0/57",
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct mark mark = mark_of_memory(7);

                ck_assert_msg(mark_parse(texts[i], &mark) == -EINVAL, "\"%s\"", texts[i]);
                ck_assert(mark_is_same(mark, mark_of_memory(7)));
        }
}
END_TEST

START_TEST(the_same_is_what_has_the_same_kind_and_name)
{
        struct mark disk = mark_of_instance(1001, "Ab3dEf"), memory = mark_of_memory(7);

        ck_assert(mark_is_same(disk, mark_of_instance(1001, "Ab3dEf")));
        ck_assert(!mark_is_same(disk, mark_of_instance(1002, "Ab3dEf")));
        ck_assert(!mark_is_same(disk, mark_of_instance(1001, "Ab3dEg")));
        ck_assert(mark_is_same(memory, mark_of_memory(7)));
        ck_assert(!mark_is_same(memory, mark_of_memory(8)));
        ck_assert(!mark_is_same(memory, disk));
        ck_assert(!mark_is_same((struct mark){0}, (struct mark){0}));
        ck_assert(!mark_is_same((struct mark){0}, disk));
}
END_TEST

START_TEST(only_an_instance_has_the_mark_of_one)
{
        ck_assert_int_eq(mark_of_instance(1001, "Ab3dE").kind, MARK_NONE);
        ck_assert_int_eq(mark_of_instance(1001, ".Ab3dEf").kind, MARK_NONE);
        ck_assert_int_eq(mark_of_instance(1001, "Ab3dEf").kind, MARK_DISK);
}
END_TEST

START_TEST(a_mount_of_the_root_of_an_instance_has_its_mark)
{
        static const char *const roots[] = {
                "/1001/Ab3dEf/root",
                "/var/lib/privtmp/1001/Ab3dEf/root",
                "/1/ghijkl/root/1001/Ab3dEf/root",
                "/@/1001/Ab3dEf/root",
                "/1001/Ab3dEf/root//deleted",
                "/base/1001/.Ab3dEf/root",
                "/base/1001/.Ab3dEf/root//deleted",
                "/base/.trash/1001.Ab3dEf/root",
                "/base/.trash/1001.Ab3dEf/root//deleted",
                "/.stuck/1001.Ab3dEf/root",
        };
        static const char *const others[] = {
                "",
                "/",
                "/root",
                "/Ab3dEf/root",
                "1001/Ab3dEf/root",
                "/1001/Ab3dEf",
                "/1001/Ab3dEf/root/",
                "/1001/Ab3dEf/root/x",
                "//deleted",
                "/root//deleted",
                "/1001/Ab3dEf/x//deleted",
                "/1001/Ab3dEf/root/deleted",
                "/1001/Ab3dEf/root/x//deleted",
                "/base/.trash/1001/root",
                "/base/.trash/.1001/root",
                "/base/.trash/1001.Ab3dEf/x/root",
                "/base/.trash/.1001.Ab3dEf/root",
                "/base/trash/1001.Ab3dEf/root",
                "/base/1001/..Ab3dEf/root",
                "/base/1001/Ab.dEf/root",
                "/1001/Ab3dEf/roots",
                "/1001/Ab3dEf/xroot",
                "/01001/Ab3dEf/root",
                "/x1001/Ab3dEf/root",
                "/1001/x/Ab3dEf/root",
                "/0:57/root",
                "/x/0:57/root",
                "/10000000000000000000000000000000000000000000000000000000/Ab3dEf/root",
        };

        for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
                ck_assert_msg(
                        mark_is_same(mark_of_root(roots[i]), mark_of_instance(1001, "Ab3dEf")),
                        "\"%s\"", roots[i]);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                ck_assert_msg(mark_of_root(others[i]).kind == MARK_NONE, "\"%s\"", others[i]);
}
END_TEST

START_TEST(a_mount_shows_the_whole_of_what_is_marked)
{
        struct mark disk = mark_of_instance(1001, "Ab3dEf"), memory = mark_of_memory(7);

        ck_assert(mark_is_of_mount(disk, 7, "/base/1001/Ab3dEf/root"));
        ck_assert(mark_is_of_mount(disk, 8, "/base/1001/Ab3dEf/root"));
        ck_assert(!mark_is_of_mount(disk, 7, "/base/1001/Ab3dEf/root/x"));
        ck_assert(!mark_is_of_mount(disk, 7, "/base/1002/Ab3dEf/root"));
        ck_assert(!mark_is_of_mount(disk, 7, "/"));
        ck_assert(mark_is_of_mount(memory, 7, "/"));
        ck_assert(!mark_is_of_mount(memory, 8, "/"));
        ck_assert(!mark_is_of_mount(memory, 7, "/x"));
        ck_assert(!mark_is_of_mount((struct mark){0}, 0, "/"));
        ck_assert(!mark_is_of_mount((struct mark){0}, 0, "/base/1001/Ab3dEf/root"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("mark");
        TCase *tcase = tcase_create("mark");

        tcase_add_test(tcase, each_kind_has_its_text);
        tcase_add_test(tcase, what_is_written_is_read_again);
        tcase_add_test(tcase, what_could_not_have_been_written_is_not_read);
        tcase_add_test(tcase, the_same_is_what_has_the_same_kind_and_name);
        tcase_add_test(tcase, only_an_instance_has_the_mark_of_one);
        tcase_add_test(tcase, a_mount_of_the_root_of_an_instance_has_its_mark);
        tcase_add_test(tcase, a_mount_shows_the_whole_of_what_is_marked);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
