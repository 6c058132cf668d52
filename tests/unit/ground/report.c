/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-report: what went wrong, in words */
#include "kit/scratch.h"

static struct heard heard;

static void setup(void)
{
        heard_begin(&heard);
}

START_TEST(a_fault_is_noted_and_nothing_is_said)
{
        ck_assert_int_eq(report_fault(&heard.report, -EPERM, "%s:%u: %s", "conf", 3U, "wrong"),
                         -EPERM);
        ck_assert_str_eq(heard.report.fault, "conf:3: wrong");
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

START_TEST(the_words_of_the_error_can_be_added)
{
        ck_assert_int_eq(report_errno(&heard.report, -ENOENT, "%s", "/x"), -ENOENT);
        ck_assert_str_eq(heard.report.fault, "/x: No such file or directory");
}
END_TEST

START_TEST(an_error_without_words_is_noted_all_the_same)
{
        ck_assert_int_eq(report_errno(&heard.report, -5000, "/x"), -5000);
        ck_assert_str_eq(heard.report.fault, "/x");
}
END_TEST

START_TEST(a_sentence_can_follow_the_fault)
{
        char full[sizeof(heard.report.fault)];

        report_fault(&heard.report, -EPERM, "wrong");
        report_suffix(&heard.report, NULL);
        ck_assert_str_eq(heard.report.fault, "wrong");
        report_suffix(&heard.report, "do it right");
        ck_assert_str_eq(heard.report.fault, "wrong; do it right");
        memset(full, 'x', sizeof(full) - 1);
        full[sizeof(full) - 1] = '\0';
        report_suffix(&heard.report, full);
        ck_assert_uint_eq(strlen(heard.report.fault), sizeof(full) - 1);
}
END_TEST

START_TEST(the_first_fault_stays)
{
        report_fault(&heard.report, -EPERM, "first");
        ck_assert_int_eq(report_errno(&heard.report, -EIO, "second"), -EIO);
        ck_assert_int_eq(report_fault(&heard.report, -ENOENT, "third"), -ENOENT);
        ck_assert_str_eq(heard.report.fault, "first");
}
END_TEST

START_TEST(what_others_have_named_is_one_line_in_the_log)
{
        report_note(&heard.report, REPORT_WARNING, "/tmp/%s is odd",
                    "a\nsshd: b\033[2J\177\tc\303\244");
        ck_assert_str_eq(heard.text, "warning /tmp/a?sshd: b?[2J??c\303\244 is odd\n");
}
END_TEST

START_TEST(a_note_is_said_at_once_and_is_no_fault)
{
        report_note(&heard.report, REPORT_DEBUG, "%d", 1);
        report_note(&heard.report, REPORT_CRITICAL, "two");
        ck_assert_str_eq(heard.text, "debug 1\ncritical two\n");
        ck_assert_str_eq(heard.report.fault, "");
}
END_TEST

START_TEST(a_forgiven_fault_is_said_and_the_next_one_is_noted)
{
        report_fault(&heard.report, -EPERM, "first");
        report_forgive(&heard.report, REPORT_WARNING, "nofail: ");
        ck_assert_str_eq(heard.text, "warning nofail: first\n");
        ck_assert_str_eq(heard.report.fault, "");
        report_fault(&heard.report, -EIO, "second");
        ck_assert_str_eq(heard.report.fault, "second");
}
END_TEST

START_TEST(a_text_that_is_too_long_is_cut)
{
        const size_t room = sizeof(heard.report.fault);
        char text[4096];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        ck_assert_int_eq(report_errno(&heard.report, -EIO, "%s", text), -EIO);
        ck_assert_uint_eq(strlen(heard.report.fault), room - 1);
        ck_assert_uint_eq(strspn(heard.report.fault, "x"), room - 1);
        report_forgive(&heard.report, REPORT_WARNING, text);
        ck_assert_uint_eq(strlen(heard.text), strlen("warning \n") + room - 1);
        report_note(&heard.report, REPORT_WARNING, "%s", text);
        ck_assert_uint_eq(strlen(heard.text), 2 * (strlen("warning \n") + room - 1));
}
END_TEST

START_TEST(the_words_of_an_error_are_cut_too)
{
        const size_t room = sizeof(heard.report.fault);
        char text[sizeof(heard.report.fault)];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 8] = '\0';
        report_errno(&heard.report, -EIO, "%s", text);
        ck_assert_uint_eq(strlen(heard.report.fault), room - 1);
        ck_assert_str_eq(heard.report.fault + room - 8, ": Input");
}
END_TEST

START_TEST(a_fault_can_be_told_where_it_comes_from)
{
        report_errno(&heard.report, -EIO, "/x");
        report_prefix(&heard.report, "%s:%u: ", "conf", 3U);
        ck_assert_str_eq(heard.report.fault, "conf:3: /x: Input/output error");
        report_fault(&heard.report, -EPERM, "second");
        ck_assert_str_eq(heard.report.fault, "conf:3: /x: Input/output error");
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

START_TEST(what_stands_before_a_fault_may_be_too_long)
{
        const size_t room = sizeof(heard.report.fault);
        char text[4096];

        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        report_fault(&heard.report, -EPERM, "fault");
        report_prefix(&heard.report, "%.*s", (int)room - 3, text);
        ck_assert_uint_eq(strlen(heard.report.fault), room - 1);
        ck_assert_str_eq(heard.report.fault + room - 3, "fa");
        report_prefix(&heard.report, "%s", text);
        ck_assert_uint_eq(strspn(heard.report.fault, "x"), room - 1);
        ck_assert_uint_eq(strlen(heard.report.fault), room - 1);
}
END_TEST

START_TEST(percent_signs_of_others_are_no_format)
{
        report_fault(&heard.report, -EINVAL, "%s", "%n%s%d");
        ck_assert_str_eq(heard.report.fault, "%n%s%d");
        report_forgive(&heard.report, REPORT_WARNING, "%s: ");
        ck_assert_str_eq(heard.text, "warning %s: %n%s%d\n");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("report");
        TCase *tcase = tcase_create("report");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, a_fault_is_noted_and_nothing_is_said);
        tcase_add_test(tcase, the_words_of_the_error_can_be_added);
        tcase_add_test(tcase, an_error_without_words_is_noted_all_the_same);
        tcase_add_test(tcase, a_sentence_can_follow_the_fault);
        tcase_add_test(tcase, the_first_fault_stays);
        tcase_add_test(tcase, what_others_have_named_is_one_line_in_the_log);
        tcase_add_test(tcase, a_note_is_said_at_once_and_is_no_fault);
        tcase_add_test(tcase, a_forgiven_fault_is_said_and_the_next_one_is_noted);
        tcase_add_test(tcase, a_text_that_is_too_long_is_cut);
        tcase_add_test(tcase, the_words_of_an_error_are_cut_too);
        tcase_add_test(tcase, a_fault_can_be_told_where_it_comes_from);
        tcase_add_test(tcase, what_stands_before_a_fault_may_be_too_long);
        tcase_add_test(tcase, percent_signs_of_others_are_no_format);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
