/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines that are refused, with their number and the reason. */
#include "kit/grammar.h"
#include "kit/scratch.h"

/* ------------------------------------------------------------------ times */

static const char *const wrong_times[] = {
        "keep=",
        "keep=0d",
        "keep=1",
        "keep=3600",
        "keep=30s",
        "keep=1w",
        "keep=30M",
        "keep=1H",
        "keep=30mm",
        "keep=30min",
        "keep=+5m",
        "keep=-5m",
        "keep=0x5m",
        "keep=1.5h",
        "keep=1e2m",
        "keep=h5",
        "keep=5m5",
        "keep=forever",
        /* one more than a year, and what would overflow into something small */
        "keep=367d",
        "keep=8785h",
        "keep=527041m",
        "keep=4294967297m",
        "keep=18446744073709551617d",
};

START_TEST(what_is_no_time_is_refused)
{
        struct line line;
        char text[256];

        snprintf(text, sizeof(text), "/b /tmp * %s", wrong_times[_i]);
        ck_assert_msg(parse(text, &line) == -EINVAL, "accepted: %s", text);
        ck_assert_str_eq(heard.report.fault, "conf:7: option \"keep\" must be a time such as 30m, "
                                             "12h or 2d, a year at most");
}
END_TEST

START_TEST(a_time_stands_there_once)
{
        struct line line;

        ck_assert_int_eq(parse("/b /tmp * keep=1h,keep=1h", &line), -EINVAL);
        ck_assert_str_eq(heard.report.fault, "conf:7: option \"keep\" stands there twice");
}
END_TEST

/* ------------------------------------------------------------------ wrong lines */

#define WHERE   ", where source, directory, users and maybe options belong"
#define COLUMNS " columns" WHERE
#define NO_SOURCE(source)                                                                          \
        "source \"" source "\" is no absolute path in its shortest form, and not \"tmpfs\", "      \
        "\"none\" or \"inherit\""
#define NO_DIRECTORY(directory)                                                                    \
        "directory \"" directory "\" is no absolute path in its shortest form"
#define CRLF "ends as lines of Windows do (CR LF)"
#define SHARE                                                                                      \
        "option \"share\" must be names such as .X11-unix:krb5cc_*, "                              \
        "each may have @OWNER"
#define SIZE          "option \"size\" must be a size such as 512M, 2G or 10%"
#define COUNT         "option \"nr_inodes\" must be a number such as 4096 or 100k"
#define TWICE(option) "option \"" option "\" contradicts or repeats an earlier one"

/* The message stands behind "conf:7: ". */
static const struct {
        const char *text, *message;
} wrong[] = {
        /* columns */
        {"/b", "1 column" WHERE},
        {"/b /tmp", "2" COLUMNS},
        {"/b\t/tmp\t", "2" COLUMNS},
        {"/b /tmp * exec 0", "5" COLUMNS},
        {"/b /tmp * exec 0 0", "6" COLUMNS},
        {"/b /tmp * exec 0 0 junk more", "8" COLUMNS},
        {"/b /tmp * exec # comment", "6" COLUMNS},
        {"/b /tmp * # comment", "5" COLUMNS},
        {"/b /my tmp * exec,nosuid nodev", "6" COLUMNS},
        {"none /tmp root,\tbob, alice", "5" COLUMNS},
        /* control characters */
        {"/b /tmp *\r", CRLF},
        {"\r", CRLF},
        {"/b /tmp * exec\r", CRLF},
        {"/b /tmp *\r exec", "has a control character (byte 10)"},
        {"/b /tmp *\r\r", "has a control character (byte 10)"},
        {"/b /t\001mp *", "has a control character (byte 6)"},
        {"/b\v/tmp *", "has a control character (byte 3)"},
        {"/b /tmp *\f", "has a control character (byte 10)"},
        {"/b /tmp \033[1m", "has a control character (byte 9)"},
        {"/b /tmp *\177", "has a control character (byte 10)"},
        {"/b /tmp *\n/b /tmp *", "has a control character (byte 10)"},
        /* what libmount would take for another format: mountinfo, swaps */
        {"36 35 98:0 / /tmp rw - ext3 x rw", "10" COLUMNS},
        {"36 35 98:0 /", "can't be read as a line of fstab(5)"},
        {"36 35 98:0", "can't be read as a line of fstab(5)"},
        {"1 2 *", "can't be read as a line of fstab(5)"},
        {"Filename\tType\tSize\tUsed\tPriority", "5" COLUMNS},
        {"Filename\tType\tSize\tUsed", "can't be read as a line of fstab(5)"},
        {"Filename\t/tmp\t*", "can't be read as a line of fstab(5)"},
        /* source */
        {"b /tmp *", NO_SOURCE("b")},
        {"./b /tmp *", NO_SOURCE("./b")},
        {"/ /tmp *", NO_SOURCE("/")},
        {"/b/ /tmp *", NO_SOURCE("/b/")},
        {"//b /tmp *", NO_SOURCE("//b")},
        {"/b//c /tmp *", NO_SOURCE("/b//c")},
        {"/b/../c /tmp *", NO_SOURCE("/b/../c")},
        {"/b/. /tmp *", NO_SOURCE("/b/.")},
        {"LABEL=x /tmp *", NO_SOURCE("LABEL=x")},
        {"UUID=0000-0000 /tmp *", NO_SOURCE("UUID=0000-0000")},
        {"None /tmp *", NO_SOURCE("None")},
        {"host:/export /tmp *", NO_SOURCE("host:/export")},
        /* directory */
        {"/b tmp *", NO_DIRECTORY("tmp")},
        {"/b / *", NO_DIRECTORY("/")},
        {"/b /tmp/ *", NO_DIRECTORY("/tmp/")},
        {"/b /var//tmp *", NO_DIRECTORY("/var//tmp")},
        {"/b /var/../tmp *", NO_DIRECTORY("/var/../tmp")},
        {"/b swap *", NO_DIRECTORY("swap")},
        {"/b none *", NO_DIRECTORY("none")},
        {"none none none", NO_DIRECTORY("none")},
        {"/b /tmp/\\040/ *", NO_DIRECTORY("/tmp/ /")},
        /* users */
        {"/b /tmp tmpfs", "users: \"tmpfs\" belongs to another column, the third one names users"},
        {"/b /tmp auto defaults",
         "users: \"auto\" belongs to another column, the third one names users"},
        {"/b /tmp none", "users: \"none\" belongs to another column, the third one names users"},
        {"/b /tmp !bob", "users: \"!bob\" only excludes, it needs an item without \"!\""},
        {"/b /tmp alice,", "users: \"\" names nobody"},
        {"/b /tmp alice,,bob", "users: \"\" names nobody"},
        {"/b /tmp alice,! exec", "users: \"!\" names nobody"},
        {"/b /tmp @", "users: \"@\" names no group"},
        {"/b /tmp alice,9:1", "users: \"9:1\" is a range whose end lies before its beginning"},
        {"/b /tmp 1x", "users: \"1x\" is not a uid"},
        {"/b /tmp 4294967295", "users: \"4294967295\" is not a uid"},
        {"/b /tmp 1:x", "users: \"1:x\" is not a range MIN:MAX of uids"},
        {"/b /tmp ali*", "users: \"ali*\" is no *, NAME, UID, MIN:MAX or @group"},
        /* options that do not exist, or not yet, or not here */
        {"/b /tmp * bogus", "unknown option \"bogus\""},
        {"/b /tmp * noexec,bogus", "unknown option \"bogus\""},
        {"/b /tmp * bogus=1", "unknown option \"bogus\""},
        {"/b /tmp * NOEXEC", "unknown option \"NOEXEC\""},
        {"/b /tmp * noexe", "unknown option \"noexe\""},
        {"/b /tmp * noexecs", "unknown option \"noexecs\""},
        {"/b /tmp * Mode=0770", "unknown option \"Mode\""},
        {"/b /tmp * 0", "unknown option \"0\""},
        {"/b /tmp * #comment", "unknown option \"#comment\""},
        {"/b /tmp * defaults", "unknown option \"defaults\""},
        {"/b /tmp * ro", "unknown option \"ro\""},
        {"/b /tmp * rw", "unknown option \"rw\""},
        {"/b /tmp * bind", "unknown option \"bind\""},
        {"/b /tmp * rshared", "unknown option \"rshared\""},
        {"/b /tmp * remount", "unknown option \"remount\""},
        {"/b /tmp * strictatime", "unknown option \"strictatime\""},
        {"/b /tmp * user", "unknown option \"user\""},
        {"/b /tmp * uid=0", "unknown option \"uid\""},
        {"/b /tmp * x-mount.mkdir", "unknown option \"x-mount.mkdir\""},
        {"/b /tmp * nofail,comment=x", "unknown option \"comment\""},
        {"/b /tmp * share", SHARE},
        {"/b /tmp * share=", SHARE},
        {"/b /tmp * share=.", SHARE},
        {"/b /tmp * share=..", SHARE},
        {"/b /tmp * share=a:..", SHARE},
        {"/b /tmp * share=a/b", SHARE},
        {"/b /tmp * share=/a", SHARE},
        {"/b /tmp * share=a:", SHARE},
        {"/b /tmp * share=:a", SHARE},
        {"/b /tmp * share=a@", SHARE},
        {"/b /tmp * share=@root", SHARE},
        {"/b /tmp * share=../x", SHARE},
        {"/b /tmp * share=a,share=b", "option \"share\" stands there twice"},
        {"/b /tmp * keep=12",
         "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep=0m",
         "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep=m",
         "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep=1h30m",
         "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep=-1h",
         "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep=367d",
         "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep=99999999999999999999d",
         "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep", "option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        {"/b /tmp * keep=1h,scope=session", "option \"keep\" contradicts \"scope=session\""},
        {"/b /tmp * end=close,keep=1h", "option \"keep\" contradicts \"end=close\""},
        {"tmpfs /tmp * size", SIZE},
        {"tmpfs /tmp * size=", SIZE},
        {"tmpfs /tmp * size=0", SIZE},
        {"tmpfs /tmp * size=0%", SIZE},
        {"tmpfs /tmp * size=101%", SIZE},
        {"tmpfs /tmp * size=1X", SIZE},
        {"tmpfs /tmp * size=1GB", SIZE},
        {"tmpfs /tmp * size=-1", SIZE},
        {"tmpfs /tmp * size=G", SIZE},
        {"tmpfs /tmp * size=1.5G", SIZE},
        {"tmpfs /tmp * size=9223372036854775808", SIZE},
        {"tmpfs /tmp * size=9223372036854775807k", SIZE},
        {"tmpfs /tmp * size=10%%", SIZE},
        {"tmpfs /tmp * size=010M", SIZE},
        {"tmpfs /tmp * size=0x10", SIZE},
        {"tmpfs /tmp * nr_inodes", COUNT},
        {"tmpfs /tmp * nr_inodes=", COUNT},
        {"tmpfs /tmp * nr_inodes=0", COUNT},
        {"tmpfs /tmp * nr_inodes=10%", COUNT},
        {"tmpfs /tmp * nr_inodes=x", COUNT},
        {"tmpfs /tmp * nr_inodes=1kk", COUNT},
        {"/b /tmp * size=101%", SIZE},
        {"/b /tmp * nr_inodes=10%", COUNT},
        {"tmpfs /tmp * keep=1h",
         "option \"keep\" does not go with tmpfs, which ends with its last process"},
        {"tmpfs /tmp * end=close",
         "option \"end\" does not go with tmpfs, which ends with its last process"},
        {"none /tmp * share=a", "source \"none\" takes no options"},
        {"inherit /tmp * share=a", "source \"inherit\" takes no options"},
        {"none /tmp * size=1G", "source \"none\" takes no options"},
        {"none /tmp * exec", "source \"none\" takes no options"},
        {"none /tmp * nofail", "source \"none\" takes no options"},
        {"inherit /tmp root noexec", "source \"inherit\" takes no options"},
        /* values */
        {"/b /tmp * noexec=0", "option \"noexec\" takes no value"},
        {"/b /tmp * exec=", "option \"exec\" takes no value"},
        {"/b /tmp * relatime=1", "option \"relatime\" takes no value"},
        {"/b /tmp * nofail=1", "option \"nofail\" takes no value"},
        {"/b /tmp * nofail=", "option \"nofail\" takes no value"},
        {"/b /tmp * mode", "option \"mode\" must be 1777, 1770, 0770 or 0700"},
        {"/b /tmp * mode=", "option \"mode\" must be 1777, 1770, 0770 or 0700"},
        {"/b /tmp * mode=770", "option \"mode\" must be 1777, 1770, 0770 or 0700"},
        {"/b /tmp * mode=0777", "option \"mode\" must be 1777, 1770, 0770 or 0700"},
        {"/b /tmp * mode=07700", "option \"mode\" must be 1777, 1770, 0770 or 0700"},
        {"/b /tmp * mode=0770=", "option \"mode\" must be 1777, 1770, 0770 or 0700"},
        {"/b /tmp * scope", "option \"scope\" must be user or session"},
        {"/b /tmp * scope=users", "option \"scope\" must be user or session"},
        {"/b /tmp * scope=host", "option \"scope\" must be user or session"},
        {"/b /tmp * end", "option \"end\" must be idle or close"},
        {"/b /tmp * end=never", "option \"end\" must be idle or close"},
        {"/b /tmp * mode=0000000000000000000000000000000000000000000000000000000000000770",
         "option \"mode\" must be 1777, 1770, 0770 or 0700"},
        /* repeated and contradicting */
        {"/b /tmp * noexec,noexec", TWICE("noexec")},
        {"/b /tmp * noexec,exec", TWICE("exec")},
        {"/b /tmp * exec,noexec", TWICE("noexec")},
        {"/b /tmp * suid,nodev,nosuid", TWICE("nosuid")},
        {"/b /tmp * dev,nodev", TWICE("nodev")},
        {"/b /tmp * noatime,relatime", TWICE("relatime")},
        {"/b /tmp * relatime,noatime", TWICE("noatime")},
        {"/b /tmp * mode=0770,mode=0770", "option \"mode\" stands there twice"},
        {"/b /tmp * mode=0770,exec,mode=1777", "option \"mode\" stands there twice"},
        {"/b /tmp * scope=user,scope=session", "option \"scope\" stands there twice"},
        {"/b /tmp * end=idle,end=close", "option \"end\" stands there twice"},
        {"/b /tmp * nofail,nofail", "option \"nofail\" stands there twice"},
        /* what libmount reads in its own way */
        {"/b /tmp * noexec,share=\"a:b,nosuid,bogus", "options have no quotes and no backslashes"},
        {"/b /tmp * noexec,\"bogus", "options have no quotes and no backslashes"},
        {"/b /tmp * \"noexec\"", "options have no quotes and no backslashes"},
        {"/b /tmp * mode=\"0770\"", "options have no quotes and no backslashes"},
        {"/b /tmp * noexec\"", "options have no quotes and no backslashes"},
        {"/b /tmp * noexec\\,bogus", "options have no quotes and no backslashes"},
        {"/b /tmp * noexec\\054nosuid", "options have no quotes and no backslashes"},
        {"/b /tmp * \\145xec", "options have no quotes and no backslashes"},
        {"/b /tmp * exec\\", "options have no quotes and no backslashes"},
        {"/b /tmp * ,", "the options can't be read"},
        {"/b /tmp * ,exec", "the options can't be read"},
        {"/b /tmp * exec,", "the options can't be read"},
        {"/b /tmp * exec,,suid", "the options can't be read"},
        {"/b /tmp * =", "the options can't be read"},
        {"/b /tmp * exec,=1", "the options can't be read"},
};

START_TEST(a_wrong_line_is_refused_with_its_number_and_the_reason)
{
        struct line line = {.number = 42};
        char wanted[512];

        snprintf(wanted, sizeof(wanted), "conf:7: %s", wrong[_i].message);
        ck_assert_msg(parse(wrong[_i].text, &line) == -EINVAL, "accepted: %s", wrong[_i].text);
        ck_assert_msg(strcmp(heard.report.fault, wanted) == 0,
                      "line:     %s\nsaid:     %s\nexpected: %s", wrong[_i].text,
                      heard.report.fault, wanted);
        ck_assert_uint_eq(line.number, 42);
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

START_TEST(a_nul_is_a_control_character)
{
        static const char text[] = "/b /tmp *\0exec";
        struct line line;

        ck_assert_int_eq(parse_bytes(text, sizeof(text) - 1, &line), -EINVAL);
        ck_assert_str_eq(heard.report.fault, "conf:7: has a control character (byte 10)");
}
END_TEST

START_TEST(an_escaped_nul_cuts_nothing_off)
{
        struct line line;

        ck_assert_int_eq(parse("/b /tmp\\000/x *", &line), -EINVAL);
        heard_begin(&heard);
        ck_assert_int_eq(parse("/b /tmp alice\\000,bob", &line), -EINVAL);
        heard_begin(&heard);
        ck_assert_int_eq(parse("/b /tmp * exec\\000,bogus", &line), -EINVAL);
}
END_TEST

START_TEST(an_escaped_control_character_is_one)
{
        struct line line;

        ck_assert_int_eq(parse("/b /tmp\\012x *", &line), -EINVAL);
        ck_assert_ptr_null(strchr(heard.report.fault, '\n'));
        heard_begin(&heard);
        ck_assert_int_eq(parse("/b\\033 /tmp *", &line), -EINVAL);
        ck_assert_ptr_null(strchr(heard.report.fault, '\033'));
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
        char text[PATH_MAX + 64];
        struct line line;

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        for (size_t i = 0; i < PATH_MAX; i += 128)
                text[i] = '/';
        memcpy(text + PATH_MAX, " /tmp *", sizeof(" /tmp *"));
        ck_assert_int_eq(parse(text, &line), -EINVAL);
        ck_assert_int_eq(strncmp(heard.report.fault, "conf:7: source \"/xxx", 19), 0);
        ck_assert_uint_lt(strlen(heard.report.fault), 1024);
}
END_TEST

START_TEST(a_long_unknown_option_is_cut_in_the_message)
{
        char text[4096] = "/b /tmp * ", wanted[256];
        struct line line;

        memset(text + strlen(text), 'x', 3000);
        snprintf(wanted, sizeof(wanted), "conf:7: unknown option \"%.64s\"", text + 10);
        ck_assert_int_eq(parse(text, &line), -EINVAL);
        ck_assert_str_eq(heard.report.fault, wanted);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("grammar-wrong");
        TCase *tests = tcase_create("line");

        tcase_add_checked_fixture(tests, setup, NULL);
        tcase_add_loop_test(tests, what_is_no_time_is_refused, 0, LENGTH(wrong_times));
        tcase_add_test(tests, a_time_stands_there_once);
        tcase_add_loop_test(tests, a_wrong_line_is_refused_with_its_number_and_the_reason, 0,
                            LENGTH(wrong));
        tcase_add_test(tests, a_nul_is_a_control_character);
        tcase_add_test(tests, an_escaped_nul_cuts_nothing_off);
        tcase_add_test(tests, an_escaped_control_character_is_one);
        tcase_add_test(tests, a_path_that_is_too_long_is_refused);
        tcase_add_test(tests, a_long_unknown_option_is_cut_in_the_message);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
