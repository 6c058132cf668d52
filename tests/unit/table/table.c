/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-table: the lines in force, from a text in memory; test-table-files has those from files */
#include "kit/scratch.h"
#include "table/table.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

static struct heard heard;
static struct table *table;

static void setup(void)
{
        heard_begin(&heard);
        table = NULL;
}

static void teardown(void)
{
        table_free(table);
}

/* Parses a copy that ends where the text ends: a byte read behind it is a sanitizer's. */
static int parse_bytes(const char *text, size_t length)
{
        struct table_source place = {.only = "conf", .length = length};
        char *copy = malloc(length ? length : 1);
        int r;

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, length);
        place.text = copy;
        r = table_load(&place, &table, &heard.report);
        free(copy);
        return r;
}

static void parse(const char *text)
{
        ck_assert_msg(parse_bytes(text, strlen(text)) == 0, "%s", heard.report.fault);
        ck_assert_ptr_nonnull(table);
        ck_assert_str_eq(heard.report.fault, "");
}

/* ------------------------------------------------------------------ good tables */

START_TEST(lines_keep_their_order_and_their_numbers)
{
        parse("# the first line\n"
              "\n"
              "/base /tmp * exec\n"
              "  # another comment\n"
              "none /var/tmp 1:999\n"
              "\t\n"
              "inherit /tmp root\n");
        ck_assert_uint_eq(table->n, 3);
        ck_assert_uint_eq(table->lines[0].number, 3);
        ck_assert_str_eq(table->lines[0].file, "conf");
        ck_assert_str_eq(table->lines[0].base, "/base");
        ck_assert_uint_eq(table->lines[0].flags, FLAG_NOSUID | FLAG_NODEV);
        ck_assert_uint_eq(table->lines[1].number, 5);
        ck_assert_str_eq(table->lines[1].directory, "/var/tmp");
        ck_assert_int_eq(table->lines[1].source, LINE_NONE);
        ck_assert_uint_eq(table->lines[2].number, 7);
        ck_assert_int_eq(table->lines[2].source, LINE_INHERIT);
        ck_assert_str_eq(table->lines[2].file, "conf");
}
END_TEST

static const char *const empty[] = {"", "\n", "\n\n\n", "# nothing", "# nothing\n\n", " \t"};

START_TEST(a_text_without_lines_has_no_lines)
{
        parse(empty[_i]);
        ck_assert_uint_eq(table->n, 0);
}
END_TEST

START_TEST(a_good_last_line_needs_no_newline)
{
        parse("none /tmp 1:999\n/base /tmp alice");
        ck_assert_uint_eq(table->n, 2);
        ck_assert_str_eq(table->lines[1].base, "/base");
        ck_assert_str_eq(table->lines[1].users.items[0].name, "alice");
}
END_TEST

START_TEST(the_built_in_table_is_good)
{
        const struct line *lines;

        parse(table_built_in);
        lines = table->lines;
        ck_assert_uint_eq(table->n, 3);
        for (size_t i = 0; i < table->n; i++)
                ck_assert_str_eq(lines[i].directory, "/tmp");
        ck_assert_str_eq(lines[0].base, "/var/lib/privtmp");
        ck_assert_int_eq(lines[0].users.items[0].kind, USERS_ALL);
        ck_assert_uint_eq(lines[0].flags, FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV);
        ck_assert_int_eq(lines[1].source, LINE_NONE);
        ck_assert_uint_eq(lines[1].users.items[0].min, 1);
        ck_assert_uint_eq(lines[1].users.items[0].max, 999);
        ck_assert_int_eq(lines[2].source, LINE_INHERIT);
        ck_assert_str_eq(lines[2].users.items[0].name, "root");
}
END_TEST

static bool same_words(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : !a && !b;
}

START_TEST(the_shipped_file_says_what_the_built_in_table_says)
{
        const struct table_source place = {
                .only = "built-in", .text = table_built_in, .length = strlen(table_built_in)};
        char text[16384];
        FILE *file = fopen(SHIPPED_TABLE, "re");
        struct table *built_in;
        size_t n;

        assert_done(file, SHIPPED_TABLE);
        n = fread(text, 1, sizeof(text), file);
        ck_assert_uint_lt(n, sizeof(text));
        fclose(file);
        ck_assert_int_eq(table_load(&place, &built_in, &heard.report), 0);
        ck_assert_msg(parse_bytes(text, n) == 0, "%s", heard.report.fault);
        ck_assert_uint_eq(table->n, built_in->n);
        for (size_t i = 0; i < table->n; i++) {
                const struct line *a = &table->lines[i], *b = &built_in->lines[i];

                ck_assert_int_eq(a->source, b->source);
                ck_assert(same_words(a->base, b->base));
                ck_assert_str_eq(a->directory, b->directory);
                ck_assert_uint_eq(a->users.n, 1);
                ck_assert_uint_eq(b->users.n, 1);
                ck_assert_int_eq(a->users.items[0].kind, b->users.items[0].kind);
                ck_assert_int_eq(a->users.items[0].except, b->users.items[0].except);
                ck_assert_uint_eq(a->users.items[0].min, b->users.items[0].min);
                ck_assert_uint_eq(a->users.items[0].max, b->users.items[0].max);
                ck_assert(same_words(a->users.items[0].name, b->users.items[0].name));
                ck_assert_uint_eq(a->flags, b->flags);
                ck_assert_uint_eq(a->mode, b->mode);
                ck_assert_int_eq(a->per_session, b->per_session);
                ck_assert_int_eq(a->end_at_close, b->end_at_close);
                ck_assert_int_eq(a->nofail, b->nofail);
        }
        table_free(built_in);
}
END_TEST

START_TEST(a_table_may_have_very_many_lines)
{
        enum {
                LINES = 40000,
                WIDTH = 32,
        };
        char *text = malloc(LINES * WIDTH);
        size_t used = 0;

        ck_assert_ptr_nonnull(text);
        for (unsigned i = 0; i < LINES; i++)
                used += (size_t)sprintf(text + used, "/base /tmp u%u\n", i);
        ck_assert_int_eq(parse_bytes(text, used), 0);
        ck_assert_uint_eq(table->n, LINES);
        ck_assert_uint_eq(table->lines[LINES - 1].number, LINES);
        ck_assert_str_eq(table->lines[LINES - 1].users.items[0].name, "u39999");
        free(text);
}
END_TEST

/* ------------------------------------------------------------------ faults */

#define WHERE     ", where source, directory, users and maybe options belong"
#define COLUMNS   " columns" WHERE
#define QUOTES    "options have no quotes and no backslashes"
#define EXCHANGED "; are columns 1 and 2 of one of them exchanged?"
#define CRLF                                                                                       \
        "ends as lines of Windows do (CR LF); take the carriage returns out of the file: "         \
        "sed -i 's/\\r$//' FILE"

/* Each fault is alone in its table, and stands where a parser of whole files may lose it. */
static const struct {
        const char *text, *message;
} wrong[] = {
        /* first, in the middle, last, last without a newline */
        {"bogus\n/b /tmp *\n", "conf:1: 1 column" WHERE},
        {"/b /tmp *\nbogus\n/b /tmp *\n", "conf:2: 1 column" WHERE},
        {"/b /tmp *\n# x\n\nbogus\n", "conf:4: 1 column" WHERE},
        {"/b /tmp *\nbogus", "conf:2: 1 column" WHERE},
        {"/b /tmp *\n/b /tmp", "conf:2: 2" COLUMNS},
        {"/b /tmp *\n/b /tmp * bogus", "conf:2: unknown option \"bogus\""},
        {"/b /tmp *\n/b /tmp * exec 0 0 junk", "conf:2: 7" COLUMNS},
        {"bogus", "conf:1: 1 column" WHERE},
        /* the first of two */
        {"/b /tmp * one\n/b /tmp * two\n", "conf:1: unknown option \"one\""},
        /* behind a quote that nothing matches */
        {"/b /tmp * noexec,\"a,b\n/b /tmp *\n", "conf:1: " QUOTES},
        {"/b /tmp *\n/b /tmp * size=\"1G,bogus", "conf:2: " QUOTES},
        {"\"/b /tmp *\n/b /tmp * bogus\"\n",
         "conf:1: source \"\"/b\" is no absolute path in its shortest form, "
         "and not \"tmpfs\", \"none\" or \"inherit\""},
        {"/b /tmp \"*\n/b /tmp bob\n",
         "conf:1: users: \"\"*\" is no *, NAME, UID, MIN:MAX or @group"},
        /* a first line that gives the whole file another format; it must not decide for the rest */
        {"36 35 98:0 / /tmp rw - ext3 x rw\n/b /tmp *\n", "conf:1: 10" COLUMNS},
        {"36 35 98:0 / /tmp rw,noatime master:1 - ext3 /dev/root rw\n", "conf:1: 11" COLUMNS},
        {"Filename\tType\tSize\tUsed\tPriority\n/dev/sda2\tpartition\t1\t0\t-2\n",
         "conf:1: 5" COLUMNS},
        {"Filename\tType\tSize\n/b /tmp *\n", "conf:1: can't be read as a line of fstab(5)"},
        {"1 2 3\n/b /tmp *\n", "conf:1: can't be read as a line of fstab(5)"},
        {"# x\n1 2 3", "conf:2: can't be read as a line of fstab(5)"},
        /* bytes */
        {"/b /tmp *\r\nnone /tmp bob\r\n", "conf:1: " CRLF},
        {"# comment\r\n\r\n", "conf:2: " CRLF},
        /* slips */
        {"/b /tmp * exec # mine\n", "conf:1: 6" COLUMNS "; a comment stands on a line of its own"},
        {"/tmp /tmp-inst/ level root,adm\n",
         "conf:1: directory \"/tmp-inst/\" is no absolute path in its shortest form; "
         "it looks like a line of namespace.conf: here the base stands first, "
         "then the directory, the users and the options"},
        {"/b /tmp *\n/b\b /tmp *\n", "conf:2: has a control character (byte 3)"},
        {"/b /tmp *\n/b /tmp *\033[0m", "conf:2: has a control character (byte 10)"},
        /* not yet there: refused, never ignored */
        {"/b /tmp *\ntmpfs /tmp bob size=0\n",
         "conf:2: option \"size\" must be a size such as 512M, 2G or 10%"},
        {"/b /tmp * noexec,share=..\n",
         "conf:1: option \"share\" must be names such as .X11-unix:krb5cc_*, each may have @OWNER"},
        {"/b /tmp * keep=12",
         "conf:1: option \"keep\" must be a time such as 30m, 12h or 2d, a year at most"},
        /* lines that do not go together */
        {"/tmp /tmp *\n", "conf:1: the base /tmp is the directory /tmp of conf:1"},
        {"/b /tmp *\n/b/.trash /var/tmp bob\n",
         "conf:2: the base /b/.trash is below the base /b of conf:1"},
        {"/b/hpc /tmp *\n/b /tmp bob\n", "conf:2: the base /b is above the base /b/hpc of conf:1"},
        {"/b/1000 /tmp *\n/b /tmp bob\n",
         "conf:2: the base /b is above the base /b/1000 of conf:1"},
        {"/tmp/b /tmp *\n", "conf:1: the base /tmp/b is below the directory /tmp of conf:1"},
        {"/var /var/tmp *\n", "conf:1: the base /var is above the directory /var/tmp of conf:1"},
        {"/b /tmp *\n/c /var/tmp *\nnone /b bob\n",
         "conf:3: the directory /b is the base /b of conf:1"},
        {"none /var/tmp *\n/var/tmp/b /tmp *\n",
         "conf:2: the base /var/tmp/b is below the directory /var/tmp of conf:1"},
        {"/var/lib /tmp *\ninherit /var/lib/x bob\n",
         "conf:2: the directory /var/lib/x is below the base /var/lib of conf:1"},
        {"/b /tmp *\n/c /tmp *\nnone /c/d *\n",
         "conf:3: the directory /c/d is below the base /c of conf:2"},
        {"/b /tmp *\nnone /tmp/sub *\n",
         "conf:2: the directory /tmp/sub is below the directory /tmp of conf:1"},
        {"none /var/tmp/a/b *\n/b /var bob\n",
         "conf:2: the directory /var is above the directory /var/tmp/a/b of conf:1"},
        /* the good line that was there before is not to blame */
        {"/b /tmp *\nnone /tmp root\n/tmp /b *\n",
         "conf:3: the base /tmp is the directory /tmp of conf:1" EXCHANGED},
        {"/b /tmp *\n/dev/shm /b *\n",
         "conf:2: the directory /b is the base /b of conf:1" EXCHANGED},
};

START_TEST(a_fault_is_told_with_file_and_line)
{
        const char *text = wrong[_i].text;

        ck_assert_msg(parse_bytes(text, strlen(text)) == -EINVAL, "accepted: %s", text);
        ck_assert_str_eq(heard.report.fault, wrong[_i].message);
        ck_assert_ptr_null(table);
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

START_TEST(a_nul_is_found_wherever_it_stands)
{
        static const char middle[] = "/b /tmp *\n/b /tmp bob\0,alice\n/b /tmp *\n";
        static const char end[] = "/b /tmp *\0bogus";
        static const char comment[] = "# x\0\n/b /tmp *\n";

        ck_assert_int_eq(parse_bytes(middle, sizeof(middle) - 1), -EINVAL);
        ck_assert_str_eq(heard.report.fault, "conf: has a NUL byte at offset 21");
        heard_begin(&heard);
        ck_assert_int_eq(parse_bytes(end, sizeof(end) - 1), -EINVAL);
        ck_assert_str_eq(heard.report.fault, "conf: has a NUL byte at offset 9");
        heard_begin(&heard);
        ck_assert_int_eq(parse_bytes(comment, sizeof(comment) - 1), -EINVAL);
        ck_assert_str_eq(heard.report.fault, "conf: has a NUL byte at offset 3");
        heard_begin(&heard);
        ck_assert_int_eq(parse_bytes("", 1), -EINVAL);
        ck_assert_str_eq(heard.report.fault, "conf: has a NUL byte at offset 0");
        ck_assert_ptr_null(table);
}
END_TEST

/* ------------------------------------------------------------------ lines that go together */

static const char *const together[] = {
        "/b /tmp *\nnone /tmp bob\ninherit /tmp root\n", /* one directory, several lines */
        "/b /tmp *\n/b /tmp *\n/c /tmp *\n",
        "/b /tmp *\n/b /var/tmp *\n/b /dev/shm *\n", /* one base, several directories */
        "/tmpfoo /tmp *\n",                          /* names that only begin alike */
        "/b /tmp *\nnone /tmpfoo *\n",
        "/tm /tmp *\n",
        "/var/lib/privtmp /var/tmp *\nnone /var/libx *\n",
        "none /var *\nnone /tmp *\n",
};

START_TEST(what_only_looks_alike_is_no_fault)
{
        parse(together[_i]);
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
        ck_assert_ptr_null(table_free(NULL));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("table");
        TCase *tcase = tcase_create("table");

        tcase_set_timeout(tcase, 60);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, lines_keep_their_order_and_their_numbers);
        tcase_add_loop_test(tcase, a_text_without_lines_has_no_lines, 0, LENGTH(empty));
        tcase_add_test(tcase, a_good_last_line_needs_no_newline);
        tcase_add_test(tcase, the_built_in_table_is_good);
        tcase_add_test(tcase, the_shipped_file_says_what_the_built_in_table_says);
        tcase_add_test(tcase, a_table_may_have_very_many_lines);
        tcase_add_loop_test(tcase, a_fault_is_told_with_file_and_line, 0, LENGTH(wrong));
        tcase_add_test(tcase, a_nul_is_found_wherever_it_stands);
        tcase_add_loop_test(tcase, what_only_looks_alike_is_no_fault, 0, LENGTH(together));
        tcase_add_test(tcase, freeing_nothing_is_allowed);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
