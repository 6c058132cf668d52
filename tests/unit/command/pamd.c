/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-pamd: the text of a file of pam.d(5), with our line and without it */
#include <errno.h>
#include <string.h>

#include "command/wire/pamd.h"
#include "ground/cleanup.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define STRICT "session  required  pam_privtmp.so\n"
#define TOLERANT                                                                                   \
        "session  [success=ok ignore=ignore module_unknown=ignore default=bad]  pam_privtmp.so\n"

#define STRICT_CLOSE "session  required  pam_privtmp.so close\n"
#define TOLERANT_CLOSE                                                                             \
        "session  [success=ok ignore=ignore module_unknown=ignore default=bad]  pam_privtmp.so "   \
        "close\n"

static struct pamd_text text_of(const char *text)
{
        return (struct pamd_text){as_mutable(text), strlen(text)};
}

/* ------------------------------------------------------------------ what is added, where */

static const struct {
        const char *service, *before, *after; /* NULL: it is there already */
} added[] = {
        {"su", "auth required pam_unix.so\n@include common-session\n",
         "auth required pam_unix.so\n@include common-session\n" STRICT},
        {"sshd", "session required pam_limits.so\n", "session required pam_limits.so\n" TOLERANT},
        /* the first of sudo's session lines, whatever stands there */
        {"sudo", "#%PAM-1.0\nauth required a.so\nsession required b.so\n@include common-auth\n",
         "#%PAM-1.0\nauth required a.so\n" STRICT "session required b.so\n@include common-auth\n"},
        {"sudo", "# session\n@include common-auth\n",
         "# session\n" STRICT "@include common-auth\n"},
        {"sudo", "-session optional b.so\n", STRICT "-session optional b.so\n"},
        {"sudo", "auth required a.so\n", "auth required a.so\n" STRICT},
        /* joined lines are one */
        {"sudo", "auth required a.so \\\n session\nsession required b.so\n",
         "auth required a.so \\\n session\n" STRICT "session required b.so\n"},
        {"su", "session required a.so\\\n x\n", "session required a.so\\\n x\n" STRICT},
        {"su", "session required a.so\\ \t\n x\n", "session required a.so\\ \t\n x\n" STRICT},
        /* but not a comment with the next one */
        {"sudo", "# a \\\nsession required b.so\n", "# a \\\n" STRICT "session required b.so\n"},
        {"sudo", "auth required a.so # b \\\nsession required b.so\n",
         "auth required a.so # b \\\n" STRICT "session required b.so\n"},
        /* without a newline at the end */
        {"su", "session required a.so", "session required a.so\n" STRICT},
        {"su", "", STRICT},
        {"su", "session required a.so\n" STRICT, NULL},
        {"sudo", STRICT "session required a.so\n", NULL},
        {"su", "session required a.so\n\n" STRICT "# end\n", NULL},
        /* a module by its path is a module */
        {"su", "session [success=1 default=ignore] /lib/security/a.so\nsession required b.so\n",
         "session [success=1 default=ignore] /lib/security/a.so\nsession required b.so\n" STRICT},
};

START_TEST(the_line_gets_its_place)
{
        const struct service *service = service_find(added[_i].service);
        struct pamd_text text = text_of(added[_i].before), new;
        struct report report = {0};
        int r = pamd_add(&text, "FILE", service, &new, &report);

        ck_assert_str_eq(report.fault, "");
        ck_assert_int_eq(r, added[_i].after ? 0 : 1);
        if (r == 0) {
                ck_assert_str_eq(new.bytes, added[_i].after);
                ck_assert_uint_eq(new.size, strlen(added[_i].after));
                pamd_text_done(&new);
        }
}
END_TEST

/* What was added is taken out again, and all else is what it was. */
START_TEST(it_is_taken_out_again)
{
        const struct service *service = service_find(added[_i].service);
        struct pamd_text text = text_of(added[_i].before), new, again;
        struct report report = {0};

        if (!added[_i].after)
                return;
        ck_assert_int_eq(pamd_remove(&text, "FILE", service, &again, &report), 1);
        ck_assert_int_eq(pamd_add(&text, "FILE", service, &new, &report), 0);
        ck_assert_int_eq(pamd_remove(&new, "FILE", service, &again, &report), 0);
        ck_assert_int_eq(memcmp(again.bytes, text.bytes, text.size), 0);
        /* a newline that was missing stays */
        ck_assert_uint_le(again.size, text.size + 1);
        pamd_text_done(&new);
        pamd_text_done(&again);
}
END_TEST

/* ------------------------------------------------------------------ the line that closes */

static const struct {
        const char *service, *before, *after; /* NULL: it is there already */
} closing[] = {
        {"su", "auth required a.so\n@include common-session\n" STRICT,
         "auth required a.so\n" STRICT_CLOSE "@include common-session\n" STRICT},
        {"sshd", "account required a.so\n-session optional b.so\n" TOLERANT,
         "account required a.so\n" TOLERANT_CLOSE "-session optional b.so\n" TOLERANT},
        {"su", STRICT_CLOSE "session required a.so\n", NULL},
};

START_TEST(the_line_that_closes_comes_first)
{
        const struct service *service = service_find(closing[_i].service);
        struct pamd_text text = text_of(closing[_i].before), new;
        struct report report = {0};
        int r = pamd_add_close(&text, "FILE", service, &new, &report);

        ck_assert_str_eq(report.fault, "");
        ck_assert_int_eq(r, closing[_i].after ? 0 : 1);
        if (r == 0) {
                ck_assert_str_eq(new.bytes, closing[_i].after);
                pamd_text_done(&new);
        }
}
END_TEST

static const struct {
        const char *before, *after;
} both[] = {
        {"auth required a.so\n" STRICT_CLOSE "session required b.so\n" STRICT "# end\n",
         "auth required a.so\nsession required b.so\n# end\n"},
        {STRICT "session required b.so\n" STRICT_CLOSE, "session required b.so\n"},
        {"session required b.so\n" STRICT_CLOSE, "session required b.so\n"},
};

START_TEST(both_lines_are_taken_out)
{
        struct pamd_text text = text_of(both[_i].before), new;
        struct report report = {0};

        ck_assert_int_eq(pamd_remove(&text, "FILE", service_find("su"), &new, &report), 0);
        ck_assert_str_eq(new.bytes, both[_i].after);
        pamd_text_done(&new);
}
END_TEST

/* ------------------------------------------------------------------ what is refused */

static const struct {
        const char *text, *fault;
} refused[] = {
        {"session required a.so\nsession required pam_privtmp.so\n",
         "FILE:2: this line of pam_privtmp.so was not written by \"privtmp wire\"; take it out by "
         "hand "
         "first"},
        {"session optional /lib/security/pam_privtmp.so debug\n",
         "FILE:1: this line of pam_privtmp.so was not written by \"privtmp wire\"; take it out by "
         "hand "
         "first"},
        {"session required [pam_privtmp.so]\n", "FILE:1: this line of pam_privtmp.so was not "
                                                "written by \"privtmp wire\"; take it out by hand "
                                                "first"},
        {"session binding a.so\n",
         "FILE:1: PAM can't read this line, and refuses the service: its control \"binding\" is "
         "none that PAM knows, nor names a return value"},
        {STRICT STRICT, "FILE:2: this line of pam_privtmp.so was not written by \"privtmp wire\"; "
                        "take it out by hand first"},
        {STRICT_CLOSE STRICT_CLOSE, "FILE:2: this line of pam_privtmp.so was not written by "
                                    "\"privtmp wire\"; take it out by hand first"},
        {TOLERANT_CLOSE, "FILE:1: this line of pam_privtmp.so was not written by \"privtmp "
                         "wire\"; take it out by hand first"},
        {"\nsesion required a.so\n",
         "FILE:2: PAM can't read this line, and refuses the service: its type \"sesion\" is "
         "none of auth, account, password, session"},
        {"su session required a.so\n",
         "FILE:1: PAM can't read this line, and refuses the service: its type \"su\" is none "
         "of auth, account, password, session"},
        {"session needed a.so\n",
         "FILE:1: PAM can't read this line, and refuses the service: its control \"needed\" is "
         "none that PAM knows, nor names a return value"},
        {"session [success=ok default=bad a.so\n",
         "FILE:1: PAM can't read this line, and refuses the service: its \"[\" has no \"]\""},
        {"session [success=fine] a.so\n",
         "FILE:1: PAM can't read this line, and refuses the service: its control \"success=fine\" "
         "names an action that PAM "
         "does not know"},
        {"session [success] a.so\n", "FILE:1: PAM can't read this line, and refuses the service: "
                                     "its control \"success\" lacks a \"=\""},
        {"session\n",
         "FILE:1: PAM can't read this line, and refuses the service: it has no control"},
        {"session required\n",
         "FILE:1: PAM can't read this line, and refuses the service: it names no module"},
        {"session required # a.so\n",
         "FILE:1: PAM can't read this line, and refuses the service: it names no module"},
        {"auth required a.so\n@include\n",
         "FILE:2: PAM can't read this line, and refuses the service: it names no file"},
        {"auth required a.so \\\n x\n\nsession required b.so \\\n",
         "FILE:4: PAM can't read this line, and refuses the service: it ends with a backslash, and "
         "nothing follows"},
        {"session required b.so \\", "FILE:1: PAM can't read this line, and refuses the service: "
                                     "it ends with a backslash, and nothing follows"},
};

START_TEST(what_pam_cannot_read_is_refused)
{
        const struct service *service = service_find("su");
        struct pamd_text text = text_of(refused[_i].text), new;
        struct report report = {0};

        ck_assert_int_eq(pamd_add(&text, "FILE", service, &new, &report), -EINVAL);
        ck_assert_str_eq(report.fault, refused[_i].fault);
        report.fault[0] = '\0';
        ck_assert_int_eq(pamd_remove(&text, "FILE", service, &new, &report), -EINVAL);
        ck_assert_str_eq(report.fault, refused[_i].fault);
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
        struct pamd_text text = {as_mutable("auth required a.so\nsession\0 required b.so\n"), 41},
                         new;
        struct report report = {0};

        ck_assert_int_eq(pamd_add(&text, "FILE", service_find("su"), &new, &report), -EINVAL);
        ck_assert_str_eq(report.fault, "FILE:2: PAM can't read this line, and refuses the service: "
                                       "there is a NUL byte in it");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("pamd");
        TCase *texts = tcase_create("texts");

        tcase_add_loop_test(texts, the_line_gets_its_place, 0, LENGTH(added));
        tcase_add_loop_test(texts, it_is_taken_out_again, 0, LENGTH(added));
        tcase_add_loop_test(texts, the_line_that_closes_comes_first, 0, LENGTH(closing));
        tcase_add_loop_test(texts, both_lines_are_taken_out, 0, LENGTH(both));
        tcase_add_loop_test(texts, what_pam_cannot_read_is_refused, 0, LENGTH(refused));
        tcase_add_test(texts, a_nul_byte_is_refused);
        suite_add_tcase(suite, texts);
        return scratch_run(suite);
}
