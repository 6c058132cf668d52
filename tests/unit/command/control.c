/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-control: the control of a PAM line, judged by libpam itself */
#include <security/pam_appl.h>

#include "command/check/control.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ------------------------------------------------------------------ what libpam does */

static struct scratch scratch;

static void setup(void)
{
        scratch_make(&scratch, "/tmp");
}

static void teardown(void)
{
        scratch_remove(&scratch);
}

/* Does libpam refuse a session by "session [CONTROL] MODULE", behind a line that succeeds? */
static bool is_refused(const char *control, const char *module)
{
        static const struct pam_conv silent = {0};
        pam_handle_t *pamh = NULL;
        char text[512];
        int r;

        snprintf(text, sizeof(text), "session required pam_permit.so\nsession [%s] %s\n", control,
                 module);
        scratch_write(&scratch, "service", text);
        if (pam_start_confdir("service", "nobody", &silent, scratch.path, &pamh) != PAM_SUCCESS)
                return true;
        r = pam_open_session(pamh, PAM_SILENT);
        pam_end(pamh, r);
        return r != PAM_SUCCESS;
}

/* ------------------------------------------------------------------ controls */

static const struct {
        const char *control;
        enum control_action success, session_err, module_unknown;
} good[] = {
        {"required", CONTROL_OK, CONTROL_BAD, CONTROL_BAD},
        {"REQUISITE", CONTROL_OK, CONTROL_DIE, CONTROL_DIE},
        {"optional", CONTROL_OK, CONTROL_IGNORE, CONTROL_IGNORE},
        {"sufficient", CONTROL_DONE, CONTROL_IGNORE, CONTROL_IGNORE},
        {"success=ok default=bad", CONTROL_OK, CONTROL_BAD, CONTROL_BAD},
        {"success=ok ignore=ignore module_unknown=ignore default=bad", CONTROL_OK, CONTROL_BAD,
         CONTROL_IGNORE},
        {"default=bad success=ok module_unknown=ignore", CONTROL_OK, CONTROL_BAD, CONTROL_IGNORE},
        {"default=bad default=ignore success=ok", CONTROL_OK, CONTROL_BAD, CONTROL_BAD},
        {"success=ok module_unknown=ignore module_unknown=die default=ignore", CONTROL_OK,
         CONTROL_IGNORE, CONTROL_DIE},
        {" success = ok\tdefault\t=die ", CONTROL_OK, CONTROL_DIE, CONTROL_DIE},
        {"success=okdefault=bad", CONTROL_OK, CONTROL_BAD, CONTROL_BAD},
        {"success=done default=die", CONTROL_DONE, CONTROL_DIE, CONTROL_DIE},
};

START_TEST(a_good_control_means_what_libpam_takes_it_for)
{
        const char *control = good[_i].control;

        ck_assert_ptr_null(control_fault(control));
        ck_assert_int_eq(control_on(control, "success"), good[_i].success);
        ck_assert_int_eq(control_on(control, "session_err"), good[_i].session_err);
        ck_assert_int_eq(control_on(control, "module_unknown"), good[_i].module_unknown);
        ck_assert(!is_refused(control, "pam_permit.so"));
        ck_assert_int_eq(is_refused(control, "pam_deny.so"), control_denies(good[_i].session_err));
        ck_assert_int_eq(is_refused(control, "pam_that_is_not_there.so"),
                         control_denies(good[_i].module_unknown));
}
END_TEST

static const struct {
        const char *control;
        const char *fault;
} bad[] = {
        {"requird", "is none that PAM knows, nor names a return value"},
        {"sucess=ok", "is none that PAM knows, nor names a return value"},
        {"success=ok,default=bad", "is none that PAM knows, nor names a return value"},
        {"success=okay", "is none that PAM knows, nor names a return value"},
        {"required bad", "is none that PAM knows, nor names a return value"},
        {"success", "lacks a \"=\""},
        {"success ok", "lacks a \"=\""},
        {"success=", "names an action that PAM does not know"},
        {"success=fine", "names an action that PAM does not know"},
        {"success=0", "names an action that PAM does not know"},
        {"success=ok default=-1", "names an action that PAM does not know"},
};

START_TEST(a_control_with_a_fault_is_one_that_libpam_refuses)
{
        const char *fault = control_fault(bad[_i].control);

        ck_assert_ptr_nonnull(fault);
        ck_assert_str_eq(fault, bad[_i].fault);
        ck_assert(is_refused(bad[_i].control, "pam_permit.so"));
}
END_TEST

static const struct {
        const char *control;
        long jump;
} jumps[] = {
        {"required", 0},
        {"optional", 0},
        {"sufficient", -1},
        {"success=ok default=bad", 0},
        {"success=1 default=ignore", 1},
        {"success=2 auth_err=13 default=1", 13},
        {"success=3 default=done", -1},
};

START_TEST(a_control_tells_how_far_it_may_jump)
{
        ck_assert_int_eq(control_jump(jumps[_i].control), jumps[_i].jump);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("control");
        TCase *tests = tcase_create("control");

        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_add_loop_test(tests, a_good_control_means_what_libpam_takes_it_for, 0, LENGTH(good));
        tcase_add_loop_test(tests, a_control_with_a_fault_is_one_that_libpam_refuses, 0,
                            LENGTH(bad));
        tcase_add_loop_test(tests, a_control_tells_how_far_it_may_jump, 0, LENGTH(jumps));
        suite_add_tcase(suite, tests);
        return scratch_run(suite);
}
