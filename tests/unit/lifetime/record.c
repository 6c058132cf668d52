/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The note about a session as text, and back; and what is no note. */
#include <time.h>

#include "ground/path.h"
#include "kit/mark.h"
#include "kit/record.h"
#include "kit/scratch.h"

/* ------------------------------------------------------------------ as text, and back */

START_TEST(a_note_has_everything)
{
        struct record record = full_record();
        char *text = format(&record, 0);

        ck_assert_str_eq(text, FULL_TEXT);
        free(text);
}
END_TEST

START_TEST(a_note_is_read_as_it_was_written)
{
        struct record record = full_record();

        assert_survives(&record);
        record.nested = false;
        record.ns.id = record.left.id = 0;
        record.plan = 0;
        record.service[0] = record.tty[0] = record.rhost[0] = '\0';
        record.n_covers = 0;
        assert_survives(&record);
}
END_TEST

START_TEST(the_greatest_numbers_fit)
{
        struct record record = full_record();

        record.ns = record.left = (struct namespace_id){.number = UINT64_MAX, .id = UINT64_MAX};
        record.plan = record.start = UINT64_MAX;
        record.uid = UINT32_MAX - 1;
        record.pid = INT32_MAX;
        assert_survives(&record);
}
END_TEST

START_TEST(directories_may_have_odd_names)
{
        static const char *const names[] = {
                "/my tmp",     "/100%", "/%20",       "/a@b",   "/a=b cover=1/x@/etc",
                "/t\303\244g", "/a\nb", "/a\177\033", "/\377x", "/%",
                "/a  b ",
        };

        for (int i = 0; i < LENGTH(names); i++) {
                struct record record = full_record();
                char *text;

                ck_assert_int_eq(record_add_cover(&record, names[i], marked("1/abcdef")), 0);
                ck_assert_int_eq(record_add_cover(&record, "/last", marked("1/abcdeg")), 0);
                assert_survives(&record);
                /* the note itself is plain: it may be shown on a terminal */
                text = format(&record, 0);
                for (const char *p = text; *p; p++)
                        ck_assert_msg(*p >= ' ' && *p < 0x7f, "byte 0x%02x in a note",
                                      (unsigned)(unsigned char)*p);
                free(text);
        }
}
END_TEST

START_TEST(covers_are_limited)
{
        struct record record = full_record();
        char name[DIRECTORY_MAX + 2];

        memset(name, 'x', sizeof(name));
        name[0] = '/';
        name[DIRECTORY_MAX + 1] = '\0';
        ck_assert_int_eq(record_add_cover(&record, name, marked("1/abcdef")), -E2BIG);
        name[DIRECTORY_MAX] = '\0';
        ck_assert_int_eq(record_add_cover(&record, name, marked("1/abcdef")), 0);
        assert_survives(&record);
        ck_assert_int_eq(record_add_cover(&record, "/x", marked("4294967294/abcdef")), 0);
        assert_survives(&record);
        while (record.n_covers < RECORD_COVERS)
                ck_assert_int_eq(record_add_cover(&record, "/x", marked("1/abcdef")), 0);
        ck_assert_int_eq(record_add_cover(&record, "/x", marked("1/abcdef")), -E2BIG);
        ck_assert_uint_eq(record.n_covers, RECORD_COVERS);
}
END_TEST

START_TEST(covers_can_be_dropped_again)
{
        struct record record = full_record();

        ck_assert_int_eq(record_add_cover(&record, "/a", marked("1/abcdef")), 0);
        ck_assert_int_eq(record_add_cover(&record, "/b", marked("0:57")), 0);
        record_drop_cover(&record, marked("0:5"));
        ck_assert_uint_eq(record.n_covers, 4);
        record_drop_cover(&record, marked("0:57"));
        ck_assert_uint_eq(record.n_covers, 2);
        ck_assert_str_eq(record.covers[0].directory, "/tmp");
        ck_assert_str_eq(record.covers[1].directory, "/a");
        ck_assert(mark_is_same(record.covers[1].mark, marked("1/abcdef")));
        assert_survives(&record);
        record_drop_cover(&record, marked("1/abcdef"));
        record_drop_cover(&record, marked("1001/Ab3dEf"));
        record_drop_cover(&record, marked("1001/Ab3dEf"));
        ck_assert_uint_eq(record.n_covers, 0);
}
END_TEST

START_TEST(a_note_is_never_longer_than_its_limit)
{
        struct record record = full_record();
        size_t length = fill(&record);
        char *last = record.covers[record.n_covers - 1].directory;
        char *text = format(&record, 0);

        ck_assert_uint_eq(strlen(text), RECORD_BYTES);
        free(text);
        assert_survives(&record);

        ck_assert_uint_lt(length, DIRECTORY_MAX);
        last[length] = 'x';
        last[length + 1] = '\0';
        free(format(&record, -E2BIG));
        /* an escape counts as it is written */
        last[length] = '\0';
        last[length - 1] = ' ';
        free(format(&record, -E2BIG));
        last[length - 3] = '\0';
        free(format(&record, 0));
}
END_TEST

/* ------------------------------------------------------------------ the remote side's words */

static const struct {
        const char *words, *kept;
} words[] = {
        {NULL, ""},
        {"", ""},
        {"host.example.org", "host.example.org"},
        {"a b", "a?b"},
        {" cover=1/x@/etc", "?cover=1/x@/etc"},
        {"x tty=y rhost=z", "x?tty=y?rhost=z"},
        {"a\tb\nc\rd", "a?b?c?d"},
        {"\033[31mred", "?[31mred"},
        {"\001\037\177\200\377", "?????"},
        {"t\303\244g", "t??g"},
        {"100%n%s", "100%n%s"},
        {"~!", "~!"},
};

START_TEST(words_are_made_printable)
{
        struct record record = full_record();

        record_set_words(record.service, words[_i].words);
        record_set_words(record.tty, words[_i].words);
        record_set_words(record.rhost, words[_i].words);
        ck_assert_str_eq(record.service, words[_i].kept);
        ck_assert_str_eq(record.tty, words[_i].kept);
        ck_assert_str_eq(record.rhost, words[_i].kept);
        assert_survives(&record);
}
END_TEST

START_TEST(long_words_are_cut)
{
        struct record record = full_record();
        char text[10001];

        memset(text, 'x', sizeof(text));
        text[10000] = '\0';
        text[63] = '\n';
        record_set_words(record.rhost, text);
        ck_assert_uint_eq(strlen(record.rhost), 64);
        ck_assert_uint_eq(strspn(record.rhost, "x"), 63);
        ck_assert_int_eq(record.rhost[63], '?');
        record_set_words(record.service, text);
        record_set_words(record.tty, text);
        assert_survives(&record);
}
END_TEST

/* ------------------------------------------------------------------ what is no note */

#define BODY                                                                                       \
        "boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "      \
        "uid=6 pid=7 "                                                                             \
        "start=8 service=a tty=b rhost=c"
#define HEAD   "v1 " BODY
#define WORD65 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const char *const garbage[] = {
        "",
        " ",
        "x",
        "/etc/passwd",
        "v1",
        "v1 ",
        "v1 boot=",
        "v1 boot= ns=1:2",
        BODY, /* as the first version wrote it */
        "v0 " BODY,
        "v2 " BODY,
        "v10 " BODY,
        "v1" BODY,
        "v1  " BODY,
        "v1 boot=XYZ ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a tty=b "
        "rhost=c",
        "v1 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a tty=b rhost=c",
        "v1 boot=0 ns=1 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a tty=b "
        "rhost=c",
        "v1 boot=0 ns=x:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a tty=b "
        "rhost=c",
        "v1 boot=0 left=3:4 ns=1:2 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a tty=b "
        "rhost=c",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=alice pid=7 start=8 service=a "
        "tty=b "
        "rhost=c",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start= service=a tty=b "
        "rhost=c",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a tty=b",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a rhost=c "
        "tty=b",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=" WORD65
        " tty=b rhost=c",
        "v1 boot=0 ns=1:2 left=3:4 nested=0 shared=0 plan=5 uid=6 pid=7 start=8 service=a tty=b "
        "rhost=" WORD65,
        HEAD " ",
        HEAD " x",
        HEAD " junk=1",
        HEAD " cover",
        HEAD " cover=",
        HEAD " cover=@/tmp",
        HEAD " cover=1/abcdef",
        HEAD " cover=1/abcdef@",
        HEAD " cover=1/abcdef@tmp",
        HEAD " cover=1/abcdef@/",
        HEAD " cover=1/abcdef@/tmp/",
        HEAD " cover=1/abcdef@/tmp/../etc",
        HEAD " cover=1/abcdef@/tmp junk",
        HEAD " cover=1/abcdef@/tmp ",
        HEAD " cover=1/abc def@/tmp",
        HEAD " cover=1/abcdef@/tmp%",
        HEAD " cover=1/abcdef@/tmp%zz",
        HEAD " cover=1/abcdef@/tmp%00x",
        HEAD " cover=1/abcdef@/tmp%2f",
        HEAD " cover=" WORD65 "@/tmp",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=7 shared=0 plan=5 "
        "uid=6 "
        "pid=7 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=-1 "
        "pid=7 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=4294967297 pid=7 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=4294967295 pid=7 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=6 pid=0 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=6 pid=-7 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=6 pid=4294967303 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=+1001 pid=7 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=1:2 left=3:4 nested=0 shared=0 plan=5  "
        "uid=6 "
        "pid=7 start=8 service=a tty=b rhost=c",
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=01:2 left=3:4 nested=0 shared=0 plan=5 "
        "uid=6 "
        "pid=7 start=8 service=a tty=b rhost=c",
        HEAD " cover=1/abcdef@/t%6Dp",
        HEAD " cover=01/abcdef@/tmp",
        HEAD " cover=1/abcdefg@/tmp",
        HEAD " cover=.trash/abcdef@/tmp",
        HEAD " cover=0:057@/tmp",
        HEAD " cover=0:4294967296@/tmp",
};

START_TEST(garbage_is_no_note)
{
        struct record record = {.uid = 42};

        ck_assert_int_eq(parse(garbage[_i], &record), -EINVAL);
        ck_assert_uint_eq(record.uid, 42);
        ck_assert_uint_eq(record.n_covers, 0);
}
END_TEST

START_TEST(more_covers_than_fit_are_no_note)
{
        char text[4096] = HEAD;
        struct record record;

        for (unsigned i = 0; i < RECORD_COVERS; i++)
                strcat(text, " cover=1/abcdef@/tmp");
        ck_assert_int_eq(parse(text, &record), 0);
        ck_assert_uint_eq(record.n_covers, RECORD_COVERS);
        strcat(text, " cover=1/abcdef@/tmp");
        ck_assert_int_eq(parse(text, &record), -EINVAL);
}
END_TEST

START_TEST(a_directory_that_does_not_fit_is_no_note)
{
        char text[1024];
        struct record record;

        memset(text, 'x', sizeof(text));
        memcpy(text, HEAD " cover=1/abcdef@/", strlen(HEAD " cover=1/abcdef@/"));
        text[strlen(HEAD " cover=1/abcdef@") + DIRECTORY_MAX] = '\0';
        ck_assert_int_eq(parse(text, &record), 0);
        ck_assert_uint_eq(strlen(record.covers[0].directory), DIRECTORY_MAX);
        text[strlen(HEAD " cover=1/abcdef@") + DIRECTORY_MAX] = 'x';
        text[strlen(HEAD " cover=1/abcdef@") + DIRECTORY_MAX + 1] = '\0';
        ck_assert_int_eq(parse(text, &record), -EINVAL);
}
END_TEST

/* What is taken for a note is one: it has paths, fits, and is read again as the same. */
static void try_text(const char *text)
{
        struct record record;
        int r = parse(text, &record);

        ck_assert_msg(r == 0 || r == -EINVAL, "%d: %s", r, text);
        if (r < 0)
                return;
        ck_assert_uint_le(record.n_covers, RECORD_COVERS);
        for (size_t i = 0; i < record.n_covers; i++)
                ck_assert_msg(path_is_valid(record.covers[i].directory), "%s", text);
        assert_survives(&record);
}

START_TEST(a_damaged_note_does_no_harm)
{
        static const char bytes[] = " %@=:/-.0fxZ\n\t\377";
        const size_t length = strlen(FULL_TEXT);
        char text[sizeof(FULL_TEXT) + 1];

        for (size_t at = 0; at <= length; at++) {
                /* cut */
                memcpy(text, FULL_TEXT, at);
                text[at] = '\0';
                try_text(text);
                for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
                        /* one more */
                        memcpy(text, FULL_TEXT, at);
                        text[at] = bytes[i];
                        strcpy(text + at + 1, &FULL_TEXT[at]);
                        try_text(text);
                        /* another */
                        if (at < length) {
                                strcpy(text, FULL_TEXT);
                                text[at] = bytes[i];
                                try_text(text);
                        }
                }
                /* one less */
                if (at < length) {
                        memcpy(text, FULL_TEXT, at);
                        strcpy(text + at, &FULL_TEXT[at + 1]);
                        try_text(text);
                }
        }
}
END_TEST

START_TEST(a_badly_damaged_note_does_no_harm)
{
        uint32_t random = 1;

        for (unsigned n = 0; n < 20000; n++) {
                char text[sizeof(FULL_TEXT)];

                strcpy(text, FULL_TEXT);
                for (unsigned i = 0; i < 1 + n % 5; i++) {
                        char *place;

                        random = random * 1664525 + 1013904223;
                        place = text + (random >> 8) % strlen(FULL_TEXT);
                        random = random * 1664525 + 1013904223;
                        *place = n & 8 ? (char)(random >> 16) : FULL_TEXT[(random >> 8) % 200];
                }
                try_text(text);
        }
}
END_TEST

/* ------------------------------------------------------------------ the process */

static uint64_t boottime(void)
{
        struct timespec now;

        ck_assert_int_eq(clock_gettime(CLOCK_BOOTTIME, &now), 0);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

START_TEST(the_stamp_is_of_here_and_now)
{
        FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
        struct record record = {0};
        uint64_t before, after;
        char boot[64];

        ck_assert_ptr_nonnull(file);
        ck_assert_int_eq(fscanf(file, "%63s", boot), 1);
        fclose(file);
        before = boottime();
        ck_assert_int_eq(record_stamp(&record), 0);
        after = boottime();
        ck_assert_str_eq(record.boot, boot);
        ck_assert_int_eq(record.pid, getpid());
        ck_assert_uint_ge(record.start, before);
        ck_assert_uint_le(record.start, after);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("record");
        TCase *tests = tcase_create("text");

        tcase_set_timeout(tests, 60);
        tcase_add_test(tests, a_note_has_everything);
        tcase_add_test(tests, a_note_is_read_as_it_was_written);
        tcase_add_test(tests, the_greatest_numbers_fit);
        tcase_add_test(tests, directories_may_have_odd_names);
        tcase_add_test(tests, covers_are_limited);
        tcase_add_test(tests, covers_can_be_dropped_again);
        tcase_add_test(tests, a_note_is_never_longer_than_its_limit);
        tcase_add_loop_test(tests, words_are_made_printable, 0, LENGTH(words));
        tcase_add_test(tests, long_words_are_cut);
        tcase_add_loop_test(tests, garbage_is_no_note, 0, LENGTH(garbage));
        tcase_add_test(tests, more_covers_than_fit_are_no_note);
        tcase_add_test(tests, a_directory_that_does_not_fit_is_no_note);
        tcase_add_test(tests, a_damaged_note_does_no_harm);
        tcase_add_test(tests, a_badly_damaged_note_does_no_harm);
        tcase_add_test(tests, the_stamp_is_of_here_and_now);
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
