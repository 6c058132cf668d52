/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-pamline: lines of pam.d(5), judged by libpam itself */
#include <security/pam_appl.h>

#include "command/check/pamline.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define PERMIT        "auth required pam_permit.so"
#define DENY          "auth required pam_deny.so"
#define UNKNOWN       PAM_MODULE_UNKNOWN
#define UNREAD        "PAM can't read this line, and refuses the service: "

/* LeakSanitizer asks for it: libpam 1.5.2 does not free what it has read of a file it refuses. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
        return "leak:libpam.so";
}

static struct scratch scratch;

static void setup(void)
{
        scratch_make(&scratch, "/tmp");
}

static void teardown(void)
{
        scratch_remove(&scratch);
}

/* What libpam makes of a service with that text. */
static int authenticate(const char *text)
{
        static const struct pam_conv silent = {0};
        pam_handle_t *pamh = NULL;
        int r;

        scratch_write(&scratch, "service", text);
        r = pam_start_confdir("service", "nobody", &silent, scratch.path, &pamh);
        if (r != PAM_SUCCESS)
                return r;
        r = pam_authenticate(pamh, PAM_SILENT);
        pam_end(pamh, r);
        return r;
}

/* ------------------------------------------------------------------ lines that libpam can read */

static const struct {
        const char *text;
        const char *paths; /* of all lines, each with a blank behind it */
        int said;          /* by libpam */
} good[] = {
        {PERMIT "\n", "pam_permit.so ", PAM_SUCCESS},
        {PERMIT, "pam_permit.so ", PAM_SUCCESS},
        {PERMIT "\n" DENY "\n", "pam_permit.so pam_deny.so ", PAM_AUTH_ERR},
        {"AUTH REQUIRED pam_permit.so\n", "pam_permit.so ", PAM_SUCCESS},
        {"-auth\trequired  pam_permit.so\n", "pam_permit.so ", PAM_SUCCESS},
        {"auth required pam_permit.so\r\n", "pam_permit.so\r ", UNKNOWN},
        {"auth required pam_permit.so\v\n", "pam_permit.so\v ", UNKNOWN},
        /* a backslash joins the next line, with blanks behind it too */
        {PERMIT " \\\n" DENY "\n", "pam_permit.so ", PAM_SUCCESS},
        {PERMIT "\\\n" DENY "\n", "pam_permit.so ", PAM_SUCCESS},
        {PERMIT " \\ \t\n" DENY "\n", "pam_permit.so ", PAM_SUCCESS},
        {PERMIT " \\\v\n" DENY "\n", "pam_permit.so pam_deny.so ", PAM_AUTH_ERR},
        {PERMIT " \\\r\n" DENY "\n", "pam_permit.so pam_deny.so ", PAM_AUTH_ERR},
        {"auth [success=ok \\\n default=bad] pam_permit.so\n", "pam_permit.so ", PAM_SUCCESS},
        {"  \\\n" PERMIT "\n", "pam_permit.so ", PAM_SUCCESS},
        {PERMIT "\\\\\n" DENY "\n", "pam_permit.so\\ ", UNKNOWN},
        {PERMIT " \\\n\\\n" DENY "\n", "pam_permit.so ", PAM_SUCCESS},
        /* but not from a comment */
        {"# comment \\\n" DENY "\n", "pam_deny.so ", PAM_AUTH_ERR},
        {PERMIT " # comment \\\n" DENY "\n", "pam_permit.so pam_deny.so ", PAM_AUTH_ERR},
        {PERMIT " \\ # comment\n" DENY "\n", "pam_permit.so pam_deny.so ", PAM_AUTH_ERR},
        {PERMIT " \\# comment\n" DENY "\n", "pam_permit.so pam_deny.so ", PAM_AUTH_ERR},
        /* each word may stand in brackets */
        {"auth required [pam_permit.so]\n", "pam_permit.so ", PAM_SUCCESS},
        {"auth required [pam_permit.so]a\n", "pam_permit.so ", PAM_SUCCESS},
        {"auth required [pam_permit.so\n", "pam_permit.so  ", UNKNOWN},
        {"auth required [pam_permit\\].so]\n", "pam_permit].so ", UNKNOWN},
        {"[auth]required pam_permit.so\n", "pam_permit.so ", PAM_SUCCESS},
        {"[-auth] required pam_permit.so\n", "pam_permit.so ", PAM_SUCCESS},
        {"auth [required] pam_permit.so\n", "pam_permit.so ", PAM_SUCCESS},
        {"auth [success=ok\tdefault=bad]pam_permit.so\n", "pam_permit.so ", PAM_SUCCESS},
};

START_TEST(a_line_is_what_libpam_takes_it_for)
{
        const char *text = good[_i].text;
        struct pamline_reader reader = {.bytes = text, .size = strlen(text)};
        struct report report = {0};
        struct pamline line;
        char paths[256] = "";
        int r;

        while ((r = pamline_next(&reader, &line, &report)) > 0) {
                if (line.type == PAMLINE_NONE)
                        continue;
                ck_assert_int_eq(line.type, PAMLINE_OTHER);
                strcat(strcat(paths, line.path), " ");
        }
        pamline_done(&reader);
        ck_assert_str_eq(report.fault, "");
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(paths, good[_i].paths);
        ck_assert_int_eq(authenticate(text), good[_i].said);
}
END_TEST

/* ------------------------------------------------------------------ lines that it can't read */

static const struct {
        const char *text;
        unsigned number;
        const char *fault;
        int said; /* by libpam; 0: it is not asked, since it crashes */
} bad[] = {
        {"auth\n" PERMIT "\n", 1, "it has no control", PAM_PERM_DENIED},
        {"auth required\n" PERMIT "\n", 1, "it names no module", PAM_PERM_DENIED},
        {PERMIT "\nauth required # a\n", 2, "it names no module", PAM_PERM_DENIED},
        {"auth required []\n", 1, "it names no module", PAM_ABORT},
        {"auth [] pam_permit.so\n", 1, "it has no control", PAM_PERM_DENIED},
        {"auth [ ] pam_permit.so\n", 1, "it has no control", PAM_PERM_DENIED},
        {"auth [default=ok pam_permit.so\n", 1, "its \"[\" has no \"]\"", PAM_PERM_DENIED},
        {"auth binding pam_permit.so\n", 1,
         "its control \"binding\" is none that PAM knows, nor names a return value",
         PAM_PERM_DENIED},
        {"auth\rrequired pam_permit.so\n", 1,
         "its type \"auth\rrequired\" is none of auth, account, password, session",
         PAM_PERM_DENIED},
        {"-[auth] required pam_permit.so\n", 1,
         "its type \"[auth]\" is none of auth, account, password, session", PAM_PERM_DENIED},
        {PERMIT " \\\n", 1, "it ends with a backslash, and nothing follows", PAM_ABORT},
        {PERMIT " \\", 1, "it ends with a backslash, and nothing follows", PAM_ABORT},
        {PERMIT "\n\n" PERMIT " \\\n", 3, "it ends with a backslash, and nothing follows",
         PAM_ABORT},
        {"@include\n", 1, "it names no file", 0},
        {"auth include\n", 1, "it names no file", 0},
        {"session substack\n", 1, "it names no file", 0},
};

START_TEST(what_libpam_cannot_read_is_a_fault)
{
        const char *text = bad[_i].text;
        struct pamline_reader reader = {.bytes = text, .size = strlen(text)};
        struct report report = {0};
        struct pamline line;
        int r;

        do
                r = pamline_next(&reader, &line, &report);
        while (r > 0);
        ck_assert_int_eq(r, -EINVAL);
        ck_assert_uint_eq(reader.number, bad[_i].number);
        ck_assert_int_eq(strncmp(report.fault, UNREAD, strlen(UNREAD)), 0);
        ck_assert_str_eq(report.fault + strlen(UNREAD), bad[_i].fault);
        pamline_done(&reader);
        if (bad[_i].said != 0)
                ck_assert_int_eq(authenticate(text), bad[_i].said);
}
END_TEST

/* ------------------------------------------------------------------ lines it reads in two ways */

static const struct {
        const char *text;
        int old, new; /* by libpam 1.5, which goes on, and by 1.7, for which the line ends */
} twofold[] = {
        {PERMIT " \\\n\n" DENY "\n", PAM_SUCCESS, PAM_AUTH_ERR},
        {PERMIT " \\\n \t\n" DENY "\n", PAM_SUCCESS, PAM_AUTH_ERR},
        {PERMIT " \\\n# comment\n" DENY "\n", PAM_SUCCESS, PAM_AUTH_ERR},
        {PERMIT " \\\n  # comment \\\n" DENY "\n", PAM_SUCCESS, PAM_AUTH_ERR},
        {PERMIT " \\\n  ", PAM_ABORT, PAM_SUCCESS},
        {PERMIT " \\\n# comment\n", PAM_ABORT, PAM_SUCCESS},
};

START_TEST(what_releases_of_libpam_read_in_two_ways_is_a_fault)
{
        const char *text = twofold[_i].text;
        struct pamline_reader reader = {.bytes = text, .size = strlen(text)};
        struct report report = {0};
        struct pamline line;
        int said;

        ck_assert_int_eq(pamline_next(&reader, &line, &report), -EINVAL);
        ck_assert_uint_eq(reader.number, 1);
        ck_assert_uint_eq(reader.lines, 2);
        ck_assert_str_eq(report.fault,
                         "not every release of PAM reads this line in the same way: it ends with "
                         "a backslash, and a blank line or a comment follows");
        pamline_done(&reader);
        said = authenticate(text);
        ck_assert_msg(said == twofold[_i].old || said == twofold[_i].new, "libpam says %d", said);
}
END_TEST

/* ------------------------------------------------------------------ what a line has */

START_TEST(a_line_has_its_parts)
{
        static const char text[] = "# comment\n@include a\n\n"
                                   "-session [success=ok \\\n default=bad] /b/c.so d [e f] # g\n"
                                   "session substack h\nbad\nauth include i\n";
        struct pamline_reader reader = {.bytes = text, .size = sizeof(text) - 1};
        struct report report = {0};
        struct pamline line;

        ck_assert_int_eq(pamline_next(&reader, &line, &report), 1);
        ck_assert_int_eq(line.type, PAMLINE_NONE);
        ck_assert_int_eq(pamline_next(&reader, &line, &report), 1);
        ck_assert_int_eq(line.type, PAMLINE_INCLUDE);
        ck_assert(pamline_includes(&line));
        ck_assert_str_eq(line.path, "a");
        ck_assert_int_eq(pamline_next(&reader, &line, &report), 1);
        ck_assert_int_eq(line.type, PAMLINE_NONE);

        ck_assert_int_eq(pamline_next(&reader, &line, &report), 1);
        ck_assert_int_eq(line.type, PAMLINE_SESSION);
        ck_assert(line.is_silent && !pamline_includes(&line));
        ck_assert_uint_eq(reader.number, 4);
        ck_assert_uint_eq(reader.lines, 2);
        ck_assert_int_eq(strncmp(text + reader.start, "-session", 8), 0);
        ck_assert_int_eq(strncmp(text + reader.end, "session substack", 16), 0);
        ck_assert_str_eq(line.path, "/b/c.so");
        ck_assert_str_eq(pamline_word(&line.rest), "d");
        ck_assert_str_eq(pamline_word(&line.rest), "e f");
        ck_assert_ptr_null(pamline_word(&line.rest));

        ck_assert_int_eq(pamline_next(&reader, &line, &report), 1);
        ck_assert(line.type == PAMLINE_SESSION && !line.is_silent && pamline_includes(&line));
        ck_assert_int_eq(pamline_next(&reader, &line, &report), -EINVAL);
        ck_assert_int_eq(pamline_next(&reader, &line, &report), 1);
        ck_assert(line.type == PAMLINE_OTHER && pamline_includes(&line));
        ck_assert_int_eq(pamline_next(&reader, &line, &report), 0);
        pamline_done(&reader);
}
END_TEST

START_TEST(a_nul_byte_is_a_fault)
{
        struct pamline_reader reader = {.bytes = "auth required a.so\0 b\n", .size = 22};
        struct report report = {0};
        struct pamline line;

        ck_assert_int_eq(pamline_next(&reader, &line, &report), -EINVAL);
        ck_assert_str_eq(report.fault, UNREAD "there is a NUL byte in it");
        pamline_done(&reader);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("pamline");
        TCase *lines = tcase_create("lines");

        tcase_add_checked_fixture(lines, setup, teardown);
        tcase_add_loop_test(lines, a_line_is_what_libpam_takes_it_for, 0, LENGTH(good));
        tcase_add_loop_test(lines, what_libpam_cannot_read_is_a_fault, 0, LENGTH(bad));
        tcase_add_loop_test(lines, what_releases_of_libpam_read_in_two_ways_is_a_fault, 0,
                            LENGTH(twofold));
        tcase_add_test(lines, a_line_has_its_parts);
        tcase_add_test(lines, a_nul_byte_is_a_fault);
        suite_add_tcase(suite, lines);
        return scratch_run(suite);
}
