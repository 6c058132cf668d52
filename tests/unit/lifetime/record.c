/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-record: what is noted about a session */
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#include "ground/name.h"
#include "ground/path.h"
#include "lifetime/records.h"
#include "kit/mark.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

enum {
        DIRECTORY_MAX = sizeof(((struct record_cover *)NULL)->directory) - 1,
};

/* One that has everything. */
static struct record full_record(void)
{
        struct record record = {
                .boot = "01234567-89ab-cdef-0123-456789abcdef",
                .ns = {.number = 4026532177, .id = 20183},
                .left = {.number = 4026531841, .id = 1},
                .nested = true,
                .shared = true,
                .plan = 0xcbf29ce484222325,
                .uid = 1001,
                .pid = 4711,
                .start = 123456789,
                .service = "sshd",
                .tty = "/dev/pts/3",
                .rhost = "host.example.org",
        };

        ck_assert_int_eq(record_add_cover(&record, "/tmp", marked("1001/Ab3dEf")), 0);
        ck_assert_int_eq(record_add_cover(&record, "/var/tmp", marked("0:57")), 0);
        return record;
}

static const char full_text[] =
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=4026532177:20183 "
        "left=4026531841:1 nested=1 shared=1 plan=cbf29ce484222325 uid=1001 "
        "pid=4711 start=123456789 service=sshd tty=/dev/pts/3 "
        "rhost=host.example.org cover=1001/Ab3dEf@/tmp "
        "cover=0:57@/var/tmp";

static void assert_same_record(const struct record *a, const struct record *b)
{
        ck_assert_str_eq(a->boot, b->boot);
        ck_assert_uint_eq(a->ns.number, b->ns.number);
        ck_assert_uint_eq(a->ns.id, b->ns.id);
        ck_assert_uint_eq(a->left.number, b->left.number);
        ck_assert_uint_eq(a->left.id, b->left.id);
        ck_assert_int_eq(a->nested, b->nested);
        ck_assert_int_eq(a->shared, b->shared);
        ck_assert_uint_eq(a->plan, b->plan);
        ck_assert_uint_eq(a->uid, b->uid);
        ck_assert_int_eq(a->pid, b->pid);
        ck_assert_uint_eq(a->start, b->start);
        ck_assert_str_eq(a->service, b->service);
        ck_assert_str_eq(a->tty, b->tty);
        ck_assert_str_eq(a->rhost, b->rhost);
        ck_assert_uint_eq(a->n_covers, b->n_covers);
        for (size_t i = 0; i < a->n_covers; i++) {
                ck_assert_str_eq(a->covers[i].directory, b->covers[i].directory);
                ck_assert(mark_is_same(a->covers[i].mark, b->covers[i].mark));
        }
}

/* Formats into a buffer that ends where the text may: a byte behind it is a sanitizer's. */
static char *format(const struct record *record, int expected)
{
        char *text = malloc(RECORD_BYTES + 1);

        ck_assert_ptr_nonnull(text);
        ck_assert_int_eq(record_format(record, text), expected);
        return text;
}

/* Parses a copy that ends with its NUL. */
static int parse(const char *text, struct record *ret)
{
        char *copy = strdup(text);
        int r;

        ck_assert_ptr_nonnull(copy);
        r = record_parse(copy, ret);
        free(copy);
        return r;
}

static void assert_survives(const struct record *record)
{
        char *text = format(record, 0);
        struct record again;

        ck_assert_int_eq(parse(text, &again), 0);
        assert_same_record(record, &again);
        free(text);
}

/* ------------------------------------------------------------------ as text, and back */

START_TEST(a_note_has_everything)
{
        struct record record = full_record();
        char *text = format(&record, 0);

        ck_assert_str_eq(text, full_text);
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

/* Adds covers until the note is just as long as it may be. The length of the last name. */
static size_t fill(struct record *record)
{
        for (;;) {
                char *text = format(record, 0), name[DIRECTORY_MAX + 1];
                size_t rest = RECORD_BYTES - strlen(text) - strlen(" cover=1/abcdef@");
                size_t length = rest <= DIRECTORY_MAX      ? rest
                                : rest / 2 < DIRECTORY_MAX ? rest / 2
                                                           : DIRECTORY_MAX;

                free(text);
                memset(name, 'x', sizeof(name));
                name[0] = '/';
                name[length] = '\0';
                ck_assert_int_eq(record_add_cover(record, name, marked("1/abcdef")), 0);
                if (length == rest)
                        return length;
        }
}

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
        const size_t length = strlen(full_text);
        char text[sizeof(full_text) + 1];

        for (size_t at = 0; at <= length; at++) {
                /* cut */
                memcpy(text, full_text, at);
                text[at] = '\0';
                try_text(text);
                for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
                        /* one more */
                        memcpy(text, full_text, at);
                        text[at] = bytes[i];
                        strcpy(text + at + 1, full_text + at);
                        try_text(text);
                        /* another */
                        if (at < length) {
                                strcpy(text, full_text);
                                text[at] = bytes[i];
                                try_text(text);
                        }
                }
                /* one less */
                if (at < length) {
                        memcpy(text, full_text, at);
                        strcpy(text + at, full_text + at + 1);
                        try_text(text);
                }
        }
}
END_TEST

START_TEST(a_badly_damaged_note_does_no_harm)
{
        uint32_t random = 1;

        for (unsigned n = 0; n < 20000; n++) {
                char text[sizeof(full_text)];

                strcpy(text, full_text);
                for (unsigned i = 0; i < 1 + n % 5; i++) {
                        char *place;

                        random = random * 1664525 + 1013904223;
                        place = text + (random >> 8) % strlen(full_text);
                        random = random * 1664525 + 1013904223;
                        *place = n & 8 ? (char)(random >> 16) : full_text[(random >> 8) % 200];
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

/* ------------------------------------------------------------------ the folder */

static struct scratch folder;

static void setup(void)
{
        scratch_make(&folder, "/tmp");
}

static void teardown(void)
{
        scratch_remove(&folder);
}

static char *read_note(const char *name)
{
        static char text[RECORD_BYTES + 2];
        ssize_t n = readlinkat(folder.fd, name, text, sizeof(text) - 1);

        assert_done(n >= 0, name);
        text[n] = '\0';
        return text;
}

START_TEST(a_record_is_a_symbolic_link)
{
        struct record record = full_record();

        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_str_eq(read_note("4026532177.4711.1001"), full_text);
}
END_TEST

START_TEST(a_record_is_no_file_contents)
{
        struct record record = full_record();
        struct mark mark = marked("0:57");
        struct rlimit before;
        int first, second;

        ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
        /* a byte written to a file is now SIGXFSZ, so Check must not have to write one */
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, before.rlim_max});
        first = records_write(folder.fd, &record);
        second = records_write(folder.fd, &record);
        records_forget(folder.fd, 1002, mark);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        ck_assert_int_eq(first, 0);
        ck_assert_int_eq(second, 0);
        ck_assert_str_eq(read_note("4026532177.4711.1001"), full_text);
}
END_TEST

START_TEST(the_longest_note_can_be_written)
{
        struct record record = full_record();

        fill(&record);
        record.covers[record.n_covers - 1].mark = marked("1/zzzzzz");
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_uint_eq(strlen(read_note("4026532177.4711.1001")), RECORD_BYTES);
        /* and is found again by its last cover */
        records_forget(folder.fd, 1001, marked("1/zzzzzz"));
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
}
END_TEST

START_TEST(the_words_of_others_give_way_to_covers)
{
        struct record record = full_record();
        const char *text;

        fill(&record);
        ck_assert_int_eq(record_add_cover(&record, "/x", marked("1/abcdef")), 0);
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        text = read_note("4026532177.4711.1001");
        ck_assert_ptr_nonnull(strstr(text, " service= tty= rhost= cover=1001/Ab3dEf@/tmp "));
        ck_assert_ptr_nonnull(strstr(text, " cover=1/abcdef@/x"));
        ck_assert_str_eq(record.service, "sshd");
}
END_TEST

START_TEST(a_record_that_does_not_fit_is_not_written)
{
        struct record record = full_record();
        char name[DIRECTORY_MAX + 1];

        memset(name, 'x', sizeof(name));
        name[0] = '/';
        name[DIRECTORY_MAX] = '\0';
        while (record.n_covers < RECORD_COVERS)
                ck_assert_int_eq(record_add_cover(&record, name, marked("1/abcdef")), 0);
        ck_assert_int_eq(records_write(folder.fd, &record), -E2BIG);
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
}
END_TEST

START_TEST(an_old_record_of_that_name_is_replaced)
{
        struct record record = full_record();

        scratch_write(&folder, "4026532177.4711.1001", "a file, which is no record");
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        record.plan = 42;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_ptr_nonnull(strstr(read_note("4026532177.4711.1001"), " plan=2a "));
}
END_TEST

START_TEST(what_can_not_be_written_is_an_error)
{
        struct record record = full_record();

        scratch_mkdir(&folder, "4026532177.4711.1001", 0700);
        ck_assert_int_lt(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(records_write(-EBADF, &record), -EBADF);
}
END_TEST

START_TEST(a_record_is_removed_by_its_numbers)
{
        struct record record = full_record();

        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        record.pid++;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        record.pid--;
        records_remove(folder.fd, &record);
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
        ck_assert(scratch_has(&folder, "4026532177.4712.1001"));
        records_remove(folder.fd, &record);
        ck_assert(scratch_has(&folder, "4026532177.4712.1001"));
}
END_TEST

START_TEST(what_names_a_cover_is_forgotten_with_it)
{
        struct record record = full_record();

        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* both covers */
        record.pid = 1;
        record.n_covers = 1;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* the other cover only */
        record.pid = 2;
        record.n_covers = 0;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* none */
        record = full_record();
        record.pid = 3;
        record.uid = 1002;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* of another user */
        record = full_record();
        record.pid = 4;
        record.ns.number = 7;
        ck_assert_int_eq(records_write(folder.fd, &record), 0); /* in another namespace */
        ck_assert_int_eq(symlinkat("0:57", folder.fd, "9.9.1001"), 0);
        scratch_write(&folder, "9.8.1001", full_text);

        records_forget(folder.fd, 1001, marked("0:57"));
        ck_assert(!scratch_has(&folder, "4026532177.4711.1001"));
        ck_assert(scratch_has(&folder, "4026532177.1.1001"));
        ck_assert(scratch_has(&folder, "4026532177.2.1001"));
        ck_assert(scratch_has(&folder, "4026532177.3.1002"));
        ck_assert(!scratch_has(&folder, "7.4.1001"));
        ck_assert(scratch_has(&folder, "9.9.1001"));
        ck_assert(scratch_has(&folder, "9.8.1001"));
}
END_TEST

/* ------------------------------------------------------------------ whose namespace this is */

static struct namespace_id own = {.number = 4026532999, .id = 7};

/* A record of this boot, as a session in this namespace would write it. */
static struct record own_record(void)
{
        struct record record = full_record();

        ck_assert_int_eq(record_stamp(&record), 0);
        record.ns = own;
        return record;
}

static void link_note(const struct record *record, ino_t number, pid_t pid)
{
        char name[NAME_BYTES], *text = format(record, 0);

        snprintf(name, sizeof(name), "%ju.%jd", (uintmax_t)number, (intmax_t)pid);
        assert_done(symlinkat(text, folder.fd, name) == 0, name);
        free(text);
}

static bool fits_any(const void *arg, const struct record *record)
{
        (void)arg;
        (void)record;
        return true;
}

static int find_in(int fd, struct record *found)
{
        return records_find(fd, &own, fits_any, NULL, found);
}

static int find(void)
{
        struct record found;

        return find_in(folder.fd, &found);
}

START_TEST(the_record_of_this_namespace_is_found)
{
        struct record record = own_record(), found;

        ck_assert_int_eq(find_in(folder.fd, &found), 0);
        record.pid = 1; /* any opener will do */
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find_in(folder.fd, &found), 1);
        assert_same_record(&record, &found);
}
END_TEST

START_TEST(a_record_of_another_boot_is_not_believed)
{
        struct record record = own_record();

        record.boot[0] = record.boot[0] == '0' ? '1' : '0';
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 0);
        record.boot[0] = '\0'; /* read as garbage */
        link_note(&record, record.ns.number, 1);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(a_record_with_another_id_is_not_believed)
{
        struct record record = own_record();

        record.ns.id++;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(a_record_with_another_number_is_not_believed)
{
        struct record record = own_record();
        const ino_t number = record.ns.number;

        record.ns.number++;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 0);
        /* whatever it is called */
        link_note(&record, number, 1);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(a_name_that_only_begins_alike_is_not_looked_at)
{
        struct record record = own_record();

        link_note(&record, record.ns.number * 10, 1);
        ck_assert_int_eq(find(), 0);
}
END_TEST

START_TEST(stale_records_and_garbage_do_not_hide_the_right_one)
{
        struct record record = own_record(), found;
        char name[NAME_BYTES], text[4096];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        for (pid_t pid = 1; pid < 20; pid++) {
                struct record stale = record;

                stale.pid = pid;
                if (pid % 2)
                        stale.ns.id++;
                else
                        stale.boot[0] = stale.boot[0] == '0' ? '1' : '0';
                ck_assert_int_eq(records_write(folder.fd, &stale), 0);
                snprintf(name, sizeof(name), "%ju.%jd", (uintmax_t)record.ns.number,
                         (intmax_t)(1000 + pid));
                ck_assert_int_eq(symlinkat(pid % 2 ? "garbage" : text, folder.fd, name), 0);
        }
        snprintf(name, sizeof(name), "%ju.file", (uintmax_t)record.ns.number);
        scratch_write(&folder, name, full_text);
        ck_assert_int_eq(find(), 0);
        record.pid = 500;
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find_in(folder.fd, &found), 1);
        assert_same_record(&record, &found);
}
END_TEST

START_TEST(a_note_that_is_too_long_is_not_believed)
{
        struct record record = own_record();
        char name[NAME_BYTES], *text, longer[RECORD_BYTES + 2];

        fill(&record);
        text = format(&record, 0);
        snprintf(longer, sizeof(longer), "%sx", text);
        free(text);
        snprintf(name, sizeof(name), "%ju.1", (uintmax_t)record.ns.number);
        ck_assert_int_eq(symlinkat(longer, folder.fd, name), 0);
        ck_assert_int_eq(find(), 0);
        ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(find(), 1);
}
END_TEST

START_TEST(a_folder_that_can_not_be_read_is_an_error)
{
        ck_assert_int_lt(find_in(-EBADF, &(struct record){0}), 0);
}
END_TEST

static void assert_found(const struct record *record, bool found)
{
        ck_assert_int_eq(records_write(folder.fd, record), 0);
        ck_assert_int_eq(find(), found);
}

static bool fits_pid(const void *arg, const struct record *record)
{
        const pid_t *pid = arg;

        return record->pid == *pid;
}

/* With ids, and without, as before Linux 6.12: then the number may be another container's. */
START_TEST(a_record_that_does_not_fit_is_not_believed)
{
        struct record record, found;
        pid_t pid = 3;

        own.id = _i ? 7 : 0;
        record = own_record();
        for (record.pid = 1; record.pid <= 3; record.pid++)
                ck_assert_int_eq(records_write(folder.fd, &record), 0);
        ck_assert_int_eq(records_find(folder.fd, &own, fits_pid, &pid, &found), 1);
        ck_assert_int_eq(found.pid, 3);
        pid = 4;
        ck_assert_int_eq(records_find(folder.fd, &own, fits_pid, &pid, &found), 0);
}
END_TEST

START_TEST(a_record_with_an_id_is_not_believed_without_ids)
{
        struct record record;

        own.id = 0;
        record = own_record();
        assert_found(&record, true);
        record.ns.id = 7;
        assert_found(&record, false);
}
END_TEST

static TCase *text_case(void)
{
        TCase *tcase = tcase_create("text");

        tcase_set_timeout(tcase, 60);
        tcase_add_test(tcase, a_note_has_everything);
        tcase_add_test(tcase, a_note_is_read_as_it_was_written);
        tcase_add_test(tcase, the_greatest_numbers_fit);
        tcase_add_test(tcase, directories_may_have_odd_names);
        tcase_add_test(tcase, covers_are_limited);
        tcase_add_test(tcase, covers_can_be_dropped_again);
        tcase_add_test(tcase, a_note_is_never_longer_than_its_limit);
        tcase_add_loop_test(tcase, words_are_made_printable, 0, LENGTH(words));
        tcase_add_test(tcase, long_words_are_cut);
        tcase_add_loop_test(tcase, garbage_is_no_note, 0, LENGTH(garbage));
        tcase_add_test(tcase, more_covers_than_fit_are_no_note);
        tcase_add_test(tcase, a_directory_that_does_not_fit_is_no_note);
        tcase_add_test(tcase, a_damaged_note_does_no_harm);
        tcase_add_test(tcase, a_badly_damaged_note_does_no_harm);
        tcase_add_test(tcase, the_stamp_is_of_here_and_now);
        return tcase;
}

static TCase *folder_case(void)
{
        TCase *tcase = tcase_create("folder");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, a_record_is_a_symbolic_link);
        tcase_add_test(tcase, a_record_is_no_file_contents);
        tcase_add_test(tcase, the_longest_note_can_be_written);
        tcase_add_test(tcase, the_words_of_others_give_way_to_covers);
        tcase_add_test(tcase, a_record_that_does_not_fit_is_not_written);
        tcase_add_test(tcase, an_old_record_of_that_name_is_replaced);
        tcase_add_test(tcase, what_can_not_be_written_is_an_error);
        tcase_add_test(tcase, a_record_is_removed_by_its_numbers);
        tcase_add_test(tcase, what_names_a_cover_is_forgotten_with_it);
        tcase_add_test(tcase, the_record_of_this_namespace_is_found);
        tcase_add_test(tcase, a_record_of_another_boot_is_not_believed);
        tcase_add_test(tcase, a_record_with_another_id_is_not_believed);
        tcase_add_test(tcase, a_record_with_another_number_is_not_believed);
        tcase_add_test(tcase, a_name_that_only_begins_alike_is_not_looked_at);
        tcase_add_test(tcase, stale_records_and_garbage_do_not_hide_the_right_one);
        tcase_add_test(tcase, a_note_that_is_too_long_is_not_believed);
        tcase_add_test(tcase, a_folder_that_can_not_be_read_is_an_error);
        tcase_add_loop_test(tcase, a_record_that_does_not_fit_is_not_believed, 0, 2);
        tcase_add_test(tcase, a_record_with_an_id_is_not_believed_without_ids);
        return tcase;
}

int main(void)
{
        Suite *suite = suite_create("record");

        suite_add_tcase(suite, text_case());
        suite_add_tcase(suite, folder_case());
        return scratch_run(suite);
}
