/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-line: one line of privtmp.conf */
#include <limits.h>

#include "table/line.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

enum {
        DEFAULT_FLAGS = FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV,
};

static struct heard heard;

static void setup(void)
{
        heard_begin(&heard);
}

/* Parses a copy that ends where the text ends: a byte read behind it is a sanitizer's. */
static int parse_bytes(const char *text, size_t length, struct line *ret)
{
        char *copy = malloc(length ? length : 1);
        int r;

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, length);
        r = line_parse("conf", 7, copy, length, ret, &heard.report);
        free(copy);
        return r;
}

static int parse(const char *text, struct line *ret)
{
        return parse_bytes(text, strlen(text), ret);
}

/* ------------------------------------------------------------------ good lines */

START_TEST(a_line_has_source_directory_and_users)
{
        struct line line;

        ck_assert_int_eq(parse("/var/lib/privtmp /tmp alice,!bob", &line), 1);
        ck_assert_str_eq(line.file, "conf");
        ck_assert_uint_eq(line.number, 7);
        ck_assert_int_eq(line.source, LINE_DISK);
        ck_assert_str_eq(line.base, "/var/lib/privtmp");
        ck_assert_str_eq(line.directory, "/tmp");
        ck_assert_uint_eq(line.users.n, 2);
        ck_assert_str_eq(line.users.items[0].name, "alice");
        ck_assert(!line.users.items[0].except);
        ck_assert_str_eq(line.users.items[1].name, "bob");
        ck_assert(line.users.items[1].except);
        ck_assert_str_eq(heard.report.fault, "");
        ck_assert_uint_eq(heard.lines, 0);
        line_done(&line);
        ck_assert_ptr_null(line.base);
        ck_assert_ptr_null(line.directory);
}
END_TEST

START_TEST(without_options_all_is_at_its_default)
{
        struct line line;

        ck_assert_int_eq(parse("/b /tmp *", &line), 1);
        ck_assert_uint_eq(line.flags, DEFAULT_FLAGS);
        ck_assert_uint_eq(line.mode, 01777);
        ck_assert(!line.per_session);
        ck_assert(!line.end_at_close);
        ck_assert_uint_eq(line.keep, 0);
        ck_assert(!line.nofail);
        line_done(&line);
}
END_TEST

START_TEST(the_two_sources_that_are_no_base)
{
        struct line line;

        ck_assert_int_eq(parse("none /var/tmp 1:999", &line), 1);
        ck_assert_int_eq(line.source, LINE_NONE);
        ck_assert_ptr_null(line.base);
        ck_assert_str_eq(line.directory, "/var/tmp");
        line_done(&line);
        ck_assert_int_eq(parse("inherit /tmp root", &line), 1);
        ck_assert_int_eq(line.source, LINE_INHERIT);
        ck_assert_ptr_null(line.base);
        line_done(&line);
}
END_TEST

static const struct {
        const char *options;
        unsigned flags;
        mode_t mode;
        bool per_session, end_at_close, nofail;
} good[] = {
        {"noexec", DEFAULT_FLAGS, 01777, false, false, false},
        {"noexec,nosuid,nodev", DEFAULT_FLAGS, 01777, false, false, false},
        {"exec", FLAG_NOSUID | FLAG_NODEV, 01777, false, false, false},
        {"suid", FLAG_NOEXEC | FLAG_NODEV, 01777, false, false, false},
        {"dev", FLAG_NOEXEC | FLAG_NOSUID, 01777, false, false, false},
        {"exec,suid,dev", 0, 01777, false, false, false},
        {"exec,nosuid,dev", FLAG_NOSUID, 01777, false, false, false},
        {"noatime", DEFAULT_FLAGS | FLAG_NOATIME, 01777, false, false, false},
        {"relatime", DEFAULT_FLAGS | FLAG_RELATIME, 01777, false, false, false},
        {"mode=0770", DEFAULT_FLAGS, 0770, false, false, false},
        {"mode=1770", DEFAULT_FLAGS, 01770, false, false, false},
        {"mode=1777", DEFAULT_FLAGS, 01777, false, false, false},
        {"mode=0700", DEFAULT_FLAGS, 0700, false, false, false},
        {"scope=user", DEFAULT_FLAGS, 01777, false, false, false},
        {"scope=session", DEFAULT_FLAGS, 01777, true, false, false},
        {"end=idle", DEFAULT_FLAGS, 01777, false, false, false},
        {"end=close", DEFAULT_FLAGS, 01777, false, true, false},
        {"nofail", DEFAULT_FLAGS, 01777, false, false, true},
        {"nofail,end=close,scope=session,mode=1777,relatime,dev,suid,exec", FLAG_RELATIME, 01777,
         true, true, true},
};

START_TEST(every_option_does_what_it_says_and_no_more)
{
        struct line line;
        char text[256];

        snprintf(text, sizeof(text), "/b /tmp * %s", good[_i].options);
        ck_assert_msg(parse(text, &line) == 1, "%s", heard.report.fault);
        ck_assert_uint_eq(line.flags, good[_i].flags);
        ck_assert_uint_eq(line.mode, good[_i].mode);
        ck_assert_int_eq(line.per_session, good[_i].per_session);
        ck_assert_int_eq(line.end_at_close, good[_i].end_at_close);
        ck_assert_uint_eq(line.keep, 0);
        ck_assert_int_eq(line.nofail, good[_i].nofail);
        line_done(&line);
}
END_TEST

static const struct {
        const char *options;
        unsigned seconds;
} times[] = {
        {"keep=1m", 60},
        {"keep=30m", 30 * 60},
        {"keep=90m", 90 * 60},
        {"keep=12h", 12 * 3600},
        {"keep=2d", 2 * 86400},
        {"keep=030m", 30 * 60},
        /* a year at most */
        {"keep=366d", 366 * 86400},
        {"keep=8784h", 366 * 86400},
        {"keep=527040m", 366 * 86400},
        /* what does not contradict it may be written out */
        {"scope=user,keep=1h,end=idle", 3600},
};

START_TEST(a_time_is_kept_in_seconds)
{
        struct line line;
        char text[256];

        snprintf(text, sizeof(text), "/b /tmp * %s", times[_i].options);
        ck_assert_msg(parse(text, &line) == 1, "%s", heard.report.fault);
        ck_assert_uint_eq(line.keep, times[_i].seconds);
        ck_assert_uint_eq(line.flags, DEFAULT_FLAGS);
        ck_assert_uint_eq(line.mode, 01777);
        ck_assert(!line.per_session && !line.end_at_close && !line.nofail);
        line_done(&line);
}
END_TEST

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

START_TEST(without_options_nothing_is_shared_or_limited)
{
        struct line line;

        ck_assert_int_eq(parse("tmpfs /dev/shm *", &line), 1);
        ck_assert_int_eq(line.source, LINE_MEMORY);
        ck_assert(line_is_private(&line));
        ck_assert_ptr_null(line.base);
        ck_assert_ptr_null(line.size);
        ck_assert_ptr_null(line.inodes);
        ck_assert_ptr_null(line.shares);
        ck_assert_uint_eq(line.n_shares, 0);
        ck_assert_uint_eq(line.keep, 0);
        ck_assert_uint_eq(line.flags, DEFAULT_FLAGS);
        line_done(&line);
}
END_TEST

START_TEST(sizes_are_handed_on_as_they_are_written)
{
        struct line line;

        ck_assert_int_eq(parse("tmpfs /dev/shm * size=1G,nr_inodes=4k,exec,scope=session", &line),
                         1);
        ck_assert_str_eq(line.size, "1G");
        ck_assert_str_eq(line.inodes, "4k");
        ck_assert_uint_eq(line.flags, FLAG_NOSUID | FLAG_NODEV);
        ck_assert(line.per_session);
        line_done(&line);
        ck_assert_ptr_null(line.size);
        ck_assert_ptr_null(line.inodes);
        ck_assert_int_eq(parse("tmpfs /tmp * nr_inodes=10,end=idle,size=5%", &line), 1);
        ck_assert_str_eq(line.size, "5%");
        ck_assert_str_eq(line.inodes, "10");
        line_done(&line);
}
END_TEST

START_TEST(what_is_shared_has_globs_and_owners)
{
        struct line line;

        ck_assert_int_eq(
                parse("/b /tmp * exec,share=.X11-unix:krb5cc_*:.s.PGSQL.*@postgres,nodev", &line),
                1);
        ck_assert_uint_eq(line.n_shares, 3);
        ck_assert_str_eq(line.shares[0].glob, ".X11-unix");
        ck_assert_ptr_null(line.shares[0].owner);
        ck_assert_str_eq(line.shares[1].glob, "krb5cc_*");
        ck_assert_str_eq(line.shares[2].glob, ".s.PGSQL.*");
        ck_assert_str_eq(line.shares[2].owner, "postgres");
        ck_assert_uint_eq(line.flags, FLAG_NOSUID | FLAG_NODEV);
        line_done(&line);
        ck_assert_ptr_null(line.shares);
        ck_assert_int_eq(parse("tmpfs /tmp * share=a", &line), 1);
        ck_assert_uint_eq(line.n_shares, 1);
        line_done(&line);
}
END_TEST

START_TEST(columns_stand_apart_by_blanks_and_tabs)
{
        struct line line;

        ck_assert_int_eq(parse(" \t /b\t\t/tmp \t *  exec\t ", &line), 1);
        ck_assert_str_eq(line.base, "/b");
        ck_assert_str_eq(line.directory, "/tmp");
        ck_assert_int_eq(line.users.items[0].kind, USERS_ALL);
        ck_assert_uint_eq(line.flags, FLAG_NOSUID | FLAG_NODEV);
        line_done(&line);
}
END_TEST

START_TEST(a_blank_in_a_path_or_a_group_is_written_as_in_fstab)
{
        struct line line;

        ck_assert_int_eq(parse("/my\\040base /my\\040tmp\\134 @domain\\040users", &line), 1);
        ck_assert_str_eq(line.base, "/my base");
        ck_assert_str_eq(line.directory, "/my tmp\\");
        ck_assert_str_eq(line.users.items[0].name, "domain users");
        line_done(&line);
}
END_TEST

START_TEST(odd_but_plain_paths_are_taken_as_they_are)
{
        struct line line;

        ck_assert_int_eq(parse("/a=b /#tmp:x,y *", &line), 1);
        ck_assert_str_eq(line.base, "/a=b");
        ck_assert_str_eq(line.directory, "/#tmp:x,y");
        line_done(&line);
}
END_TEST

START_TEST(a_line_may_name_very_many_users)
{
        enum {
                USERS = 60000,
                WIDTH = 8,
        };
        static const char head[] = "/b /tmp ";
        char *text = malloc(sizeof(head) + USERS * WIDTH);
        size_t used = strlen(head);
        struct line line;

        ck_assert_ptr_nonnull(text);
        strcpy(text, head);
        for (unsigned i = 0; i < USERS; i++)
                used += (size_t)sprintf(text + used, i ? ",u%u" : "u%u", i);
        ck_assert_int_eq(parse_bytes(text, used, &line), 1);
        ck_assert_uint_eq(line.users.n, USERS);
        ck_assert_str_eq(line.users.items[USERS - 1].name, "u59999");
        line_done(&line);
        free(text);
}
END_TEST

/* ------------------------------------------------------------------ lines that say nothing */

static const char *const silent[] = {
        "", " ", "\t", " \t ", "#", "# comment", "  # /b /tmp *", "\t#x", "#\"\\\r",
};

START_TEST(comments_and_empty_lines_say_nothing)
{
        struct line line = {.number = 42};

        ck_assert_int_eq(parse(silent[_i], &line), 0);
        ck_assert_uint_eq(line.number, 42);
        ck_assert_str_eq(heard.report.fault, "");
}
END_TEST

/* ------------------------------------------------------------------ wrong lines */

#define COLUMNS " columns, where source, directory, users and maybe options belong"
#define NO_SOURCE(source)                                                                          \
        "source \"" source "\" is no absolute path in its shortest form, and not \"tmpfs\", "      \
        "\"none\" or \"inherit\""
#define NO_DIRECTORY(directory)                                                                    \
        "directory \"" directory "\" is no absolute path in its shortest form"
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
        {"/b", "1" COLUMNS},
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
        {"/b /tmp *\r", "has a control character (byte 10)"},
        {"\r", "has a control character (byte 1)"},
        {"/b /tmp * exec\r", "has a control character (byte 15)"},
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
        {"/b /tmp tmpfs", "users: \"tmpfs\" is a word of fstab(5), the third column names users"},
        {"/b /tmp auto defaults",
         "users: \"auto\" is a word of fstab(5), the third column names users"},
        {"/b /tmp none", "users: \"none\" is a word of fstab(5), the third column names users"},
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
        {"/b /tmp * size=1G", "option \"size\" is for the source tmpfs"},
        {"/b /tmp * nr_inodes=100k", "option \"nr_inodes\" is for the source tmpfs"},
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
        Suite *suite = suite_create("line");
        TCase *tcase = tcase_create("line");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, a_line_has_source_directory_and_users);
        tcase_add_test(tcase, without_options_all_is_at_its_default);
        tcase_add_test(tcase, the_two_sources_that_are_no_base);
        tcase_add_loop_test(tcase, every_option_does_what_it_says_and_no_more, 0, LENGTH(good));
        tcase_add_test(tcase, without_options_nothing_is_shared_or_limited);
        tcase_add_test(tcase, sizes_are_handed_on_as_they_are_written);
        tcase_add_test(tcase, what_is_shared_has_globs_and_owners);
        tcase_add_loop_test(tcase, a_time_is_kept_in_seconds, 0, LENGTH(times));
        tcase_add_loop_test(tcase, what_is_no_time_is_refused, 0, LENGTH(wrong_times));
        tcase_add_test(tcase, a_time_stands_there_once);
        tcase_add_test(tcase, columns_stand_apart_by_blanks_and_tabs);
        tcase_add_test(tcase, a_blank_in_a_path_or_a_group_is_written_as_in_fstab);
        tcase_add_test(tcase, odd_but_plain_paths_are_taken_as_they_are);
        tcase_add_test(tcase, a_line_may_name_very_many_users);
        tcase_add_loop_test(tcase, comments_and_empty_lines_say_nothing, 0, LENGTH(silent));
        tcase_add_loop_test(tcase, a_wrong_line_is_refused_with_its_number_and_the_reason, 0,
                            LENGTH(wrong));
        tcase_add_test(tcase, a_nul_is_a_control_character);
        tcase_add_test(tcase, an_escaped_nul_cuts_nothing_off);
        tcase_add_test(tcase, an_escaped_control_character_is_one);
        tcase_add_test(tcase, a_path_that_is_too_long_is_refused);
        tcase_add_test(tcase, a_long_unknown_option_is_cut_in_the_message);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
