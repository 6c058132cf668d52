/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-hint: what the PAM environment names, but the session will not find */
#include "session/hint.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

static struct heard heard;

static void setup(void)
{
        heard_begin(&heard);
}

/* What is said when only that variable is set. */
static const char *say(const char *name, const char *value, const struct share_list *shares)
{
        const char *values[HINT_VARIABLES] = {0};
        bool known = false;

        for (size_t i = 0; i < HINT_VARIABLES; i++)
                if (strcmp(hint_names[i], name) == 0) {
                        values[i] = value;
                        known = true;
                }
        ck_assert_msg(known, "%s is not looked at", name);
        hint_say(values, "/tmp", shares, &heard.report);
        return heard.text;
}

static const struct {
        const char *name, *value, *advice;
} hidden[] = {
        {"KRB5CCNAME", "/tmp/krb5cc_1001",
         "keep tickets in KCM: or KEYRING: (krb5.conf), or share them"},
        {"KRB5CCNAME", "FILE:/tmp/krb5cc_1001",
         "keep tickets in KCM: or KEYRING: (krb5.conf), or share them"},
        {"KRB5CCNAME", "DIR:/tmp/krb5cc_1001.d",
         "keep tickets in KCM: or KEYRING: (krb5.conf), or share them"},
        {"KRB5CCNAME", "DIR::/tmp/krb5cc_1001.d/tkt",
         "keep tickets in KCM: or KEYRING: (krb5.conf), or share them"},
        {"SSH_AUTH_SOCK", "/tmp/ssh-XXXXxyz/agent.123",
         "start the agent in the session, or in $XDG_RUNTIME_DIR"},
        {"XAUTHORITY", "/tmp/xauth_abc", "keep it in the home directory or in $XDG_RUNTIME_DIR"},
        {"TMPDIR", "/tmp/alice", "set it in the session, to what is there"},
        {"TMPDIR", "/tmp//alice/", "set it in the session, to what is there"},
};

START_TEST(what_is_hidden_is_said_with_what_to_do)
{
        const struct share_list none = {0};
        char wanted[512];

        snprintf(wanted, sizeof(wanted), "warning %s=%s is not in the private /tmp: %s\n",
                 hidden[_i].name, hidden[_i].value, hidden[_i].advice);
        ck_assert_str_eq(say(hidden[_i].name, hidden[_i].value, &none), wanted);
}
END_TEST

static const struct {
        const char *name, *value;
} there[] = {
        /* elsewhere */
        {"KRB5CCNAME", "KCM:"},
        {"KRB5CCNAME", "KEYRING:persistent:1001"},
        {"KRB5CCNAME", "FILE:/home/alice/cc"},
        {"KRB5CCNAME", "MEMORY:/tmp/cc"},
        {"KRB5CCNAME", "FILE:"},
        {"SSH_AUTH_SOCK", "/run/user/1001/agent"},
        {"XAUTHORITY", "/tmpx/y"},
        {"XAUTHORITY", "tmp/y"},
        {"TMPDIR", "/var/tmp"},
        {"TMPDIR", "/"},
        {"TMPDIR", ""},
        /* the directory itself */
        {"TMPDIR", "/tmp"},
        {"TMPDIR", "/tmp/"},
        {"TMPDIR", "/tmp//"},
        /* only a Kerberos cache has a type before its name */
        {"SSH_AUTH_SOCK", "FILE:/tmp/agent"},
        {"XAUTHORITY", "DIR:/tmp/x"},
};

START_TEST(what_is_elsewhere_is_not_said)
{
        const struct share_list none = {0};

        ck_assert_str_eq(say(there[_i].name, there[_i].value, &none), "");
}
END_TEST

START_TEST(what_is_shared_is_not_said)
{
        char cache[] = "krb5cc_1001", agents[] = "ssh-agents";
        struct share taken[] = {{.name = cache, .tree = -1}, {.name = agents, .tree = -1}};
        const struct share_list shares = {.shares = taken, .n = 2};

        ck_assert_str_eq(say("KRB5CCNAME", "FILE:/tmp/krb5cc_1001", &shares), "");
        ck_assert_str_eq(say("SSH_AUTH_SOCK", "/tmp/ssh-agents/alice/1", &shares), "");
        ck_assert_str_eq(say("SSH_AUTH_SOCK", "/tmp/ssh-agents", &shares), "");
        /* a name that begins like it is another */
        ck_assert_str_ne(say("KRB5CCNAME", "FILE:/tmp/krb5cc_10011", &shares), "");
        heard_begin(&heard);
        ck_assert_str_ne(say("KRB5CCNAME", "FILE:/tmp/krb5cc_100", &shares), "");
}
END_TEST

START_TEST(each_variable_has_a_line_of_its_own)
{
        const char *values[HINT_VARIABLES];
        const struct share_list none = {0};

        for (size_t i = 0; i < HINT_VARIABLES; i++)
                values[i] = "/tmp/x";
        hint_say(values, "/tmp", &none, &heard.report);
        ck_assert_uint_eq(heard.lines, HINT_VARIABLES);
        heard_begin(&heard);
        hint_say(values, "/var/tmp", &none, &heard.report);
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

START_TEST(a_value_is_cut_and_has_no_control_characters)
{
        const struct share_list none = {0};
        char value[4096] = "/tmp/a\nforged: line\033[2J\x7f", long_text[4096] = "/tmp/";
        const char *text = say("TMPDIR", value, &none);

        /* the only newline is the one that ends a line of the test's own */
        ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
        ck_assert_ptr_null(strchr(text, '\033'));
        ck_assert_ptr_null(strchr(text, '\x7f'));
        memset(long_text + 5, 'x', sizeof(long_text) - 6);
        heard_begin(&heard);
        ck_assert_uint_lt(strlen(say("TMPDIR", long_text, &none)), 512);
        ck_assert_ptr_nonnull(strstr(heard.text, "set it in the session"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("hint");
        TCase *tcase = tcase_create("hint");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_loop_test(tcase, what_is_hidden_is_said_with_what_to_do, 0, LENGTH(hidden));
        tcase_add_loop_test(tcase, what_is_elsewhere_is_not_said, 0, LENGTH(there));
        tcase_add_test(tcase, what_is_shared_is_not_said);
        tcase_add_test(tcase, each_variable_has_a_line_of_its_own);
        tcase_add_test(tcase, a_value_is_cut_and_has_no_control_characters);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
