/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-slip: the usual slips of those who write a table */
#include "table/slip.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define CRLF      "take the carriage returns out"
#define COMMENT   "a comment stands on a line of its own"
#define COMMA     "no blank before or after a comma"
#define MARK      "a byte order mark"
#define SLASH     "leave the \"/\" at the end out"
#define NAMESPACE "a line of namespace.conf"

/* NULL: it is none. */
static const struct {
        const char *text, *slip;
} lines[] = {
        {"", NULL},
        {"  \t", NULL},
        {"bogus", NULL},
        {"/b /tmp * exec", NULL},
        {"/b /tmp * bogus", NULL},
        {"/b /tmp * exec 0 0", NULL},
        /* the end of a line as Windows writes it, alone, too, and nowhere else */
        {"\r", CRLF},
        {"/b /tmp *\r", CRLF},
        {"/b /tmp *\r ", NULL},
        /* behind the users or the options; # can be in a path */
        {"/b /tmp * # mine", COMMENT},
        {"/b /tmp * #mine", COMMENT},
        {"/b /tmp * exec # mine", COMMENT},
        {"/b /tmp # mine", COMMENT},
        {"/b#1 /tmp#2 *", NULL},
        {"#", NULL},
        /* lists in two parts, of users and of options */
        {"/b /tmp alice, bob", COMMA},
        {"/b /tmp alice, bob exec", COMMA},
        {"/b /tmp alice ,bob", COMMA},
        {"/b /tmp * noexec,\tnosuid", COMMA},
        {"/b /tmp * noexec ,nosuid", COMMA},
        {"/b, /tmp, *", NULL},
        {"/b /tmp alice,", NULL},
        {"/b /tmp ,alice", NULL},
        /* as its manual shows them */
        {"/tmp     /tmp-inst/       \tlevel      root,adm", NAMESPACE},
        {"/var/tmp /var/tmp/tmp-inst/ user:create root", NAMESPACE},
        {"$HOME    $HOME/$USER.inst/inst- context", NAMESPACE},
        {"/tmp /tmp/inst- tmpdir", NAMESPACE},
        {"/b /tmp tmpfs size=1G", NULL},
        {"/b /tmp username", NULL},
        {"none /tmp user", NULL},
        /* what an editor puts before the first line */
        {"\xef\xbb\xbf/b /tmp *", MARK},
        {"/b /tmp \xef\xbb\xbf*", NULL},
        {"\xef\xbb", NULL},
        /* of a path; "/" is one */
        {"/b /tmp/ *", SLASH},
        {"/b/ /tmp *", SLASH},
        {"/b / *", NULL},
        {"/b /tmp a/", NULL},
        {"/b /tmp/ * # mine", COMMENT},
};

START_TEST(a_slip_is_known)
{
        size_t length = strlen(lines[_i].text);
        char *copy = malloc(length ? length : 1); /* a byte read behind it is a sanitizer's */
        const char *slip;

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, lines[_i].text, length);
        slip = slip_find(copy, length);
        free(copy);
        if (lines[_i].slip)
                ck_assert_msg(slip && strstr(slip, lines[_i].slip), "%s: %s", lines[_i].text,
                              slip ? slip : "none");
        else
                ck_assert_msg(!slip, "%s: %s", lines[_i].text, slip);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("slip");
        TCase *tcase = tcase_create("slip");

        tcase_add_loop_test(tcase, a_slip_is_known, 0, LENGTH(lines));
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
