/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-label: the SELinux label of what covers a directory
 *
 * libselinux and mkdirat are replaced at link time by a system of the test's own, which notes each
 * call. Built without SELinux, the room must call nothing but mkdirat.
 */
#include "ground/label.h"
#include "kit/scratch.h"

/* ------------------------------------------------------------------ the system */

#define WANTED "system_u:object_r:tmp_t:s0"
#define BEFORE "system_u:object_r:etc_t:s0"

static struct {
        int enabled, enforcing;
        const char *file;    /* the label that files have; NULL: it can't be read */
        const char *created; /* the thread's creation label, NULL is the default */
        const char *knows;   /* the context that the policy knows, NULL: none of ours */
        const char *fails;   /* the name of the call that fails, with error */
        unsigned spare;      /* after so many of these that do not */
        int error;
        char calls[512]; /* in order, each with a blank behind it */
} machine;

/* Set until libselinux is called. */
static bool probing;
static char set_label[128]; /* what `created` points to after a call of the room's */

/* Notes a call; fails it if it is its turn. */
static int note(const char *name, const char *arg)
{
        size_t used = strlen(machine.calls);

        ck_assert_int_lt(snprintf(machine.calls + used, sizeof(machine.calls) - used,
                                  arg ? "%s(%s) " : "%s ", name, arg),
                         (int)(sizeof(machine.calls) - used));
        if (!machine.fails || strcmp(machine.fails, name) != 0 || machine.spare-- > 0)
                return 0;
        machine.fails = NULL;
        errno = machine.error;
        return -1;
}

static int give(const char *label, char **ret)
{
        *ret = label ? strdup(label) : NULL;
        return 0;
}

int __wrap_is_selinux_enabled(void);
int __wrap_is_selinux_enabled(void)
{
        if (probing) {
                probing = false;
                return 0;
        }
        note("enabled", NULL);
        return machine.enabled;
}

int __wrap_security_check_context_raw(const char *context);
int __wrap_security_check_context_raw(const char *context)
{
        return machine.knows && strcmp(machine.knows, context) == 0 ? 0 : -1;
}

int __wrap_security_getenforce(void);
int __wrap_security_getenforce(void)
{
        /* the real one reads a file, and may leave any errno */
        errno = ENOTTY;
        return machine.enforcing;
}

int __wrap_fgetfilecon_raw(int fd, char **ret);
int __wrap_fgetfilecon_raw(int fd, char **ret)
{
        ck_assert_int_eq(fd, 42);
        if (note("fget", NULL) < 0)
                return -1;
        give(machine.file, ret);
        return (int)strlen(machine.file) + 1;
}

int __wrap_fsetfilecon_raw(int fd, const char *label);
int __wrap_fsetfilecon_raw(int fd, const char *label)
{
        ck_assert_int_eq(fd, 42);
        return note("fset", label);
}

int __wrap_getfscreatecon_raw(char **ret);
int __wrap_getfscreatecon_raw(char **ret)
{
        return note("getcreate", NULL) < 0 ? -1 : give(machine.created, ret);
}

int __wrap_setfscreatecon_raw(const char *label);
int __wrap_setfscreatecon_raw(const char *label)
{
        if (note("setcreate", label ? label : "-") < 0)
                return -1;
        machine.created = NULL;
        if (label)
                machine.created = strcpy(set_label, label);
        errno = ENOTTY;
        return 0;
}

int __wrap_mkdirat(int parent, const char *name, mode_t mode);
int __wrap_mkdirat(int parent, const char *name, mode_t mode)
{
        ck_assert_int_eq(parent, 42);
        ck_assert_uint_eq(mode, 0700);
        return note("mkdirat", name);
}

static struct heard heard;

static void setup(void)
{
        heard_begin(&heard);
        memset(&machine, 0, sizeof(machine));
        machine.enabled = 1;
        machine.enforcing = 1;
        machine.file = WANTED;
        machine.created = BEFORE;
        machine.error = EACCES;
}

static int make(const char *label)
{
        return label_mkdirat(label, 42, "root", 0700, &heard.report);
}

/* The login is denied, and the one line that says why names SELinux and the error. */
static void assert_denied(int r)
{
        ck_assert_int_eq(r, -EACCES);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "SELinux"));
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "Permission denied"));
        ck_assert_uint_eq(heard.lines, 0);
}

/* It goes on, and the log has a line that names SELinux and the error. */
static void assert_only_said(int r)
{
        ck_assert_int_eq(r, 0);
        ck_assert_str_eq(heard.report.fault, "");
        ck_assert_uint_eq(heard.lines, 1);
        ck_assert_int_eq(strncmp(heard.text, "warning SELinux: ", 17), 0);
        ck_assert_ptr_nonnull(strstr(heard.text, "Permission denied"));
}

/* ------------------------------------------------------------------ reading */

START_TEST(the_label_is_that_of_the_directory)
{
        char *label = NULL;

        ck_assert_int_eq(label_read(42, &label, &heard.report), 0);
        ck_assert_str_eq(label, WANTED);
        ck_assert_str_eq(machine.calls, "enabled fget ");
        free(label);
}
END_TEST

START_TEST(where_selinux_is_off_there_is_no_label)
{
        static const int off[] = {0, -1};
        char *label = machine.calls; /* any that is not NULL */

        machine.enabled = off[_i];
        ck_assert_int_eq(label_read(42, &label, &heard.report), 0);
        ck_assert_ptr_null(label);
        ck_assert_str_eq(machine.calls, "enabled ");
}
END_TEST

START_TEST(a_label_that_can_not_be_read_denies_when_enforcing)
{
        char *label = NULL;

        machine.fails = "fget";
        assert_denied(label_read(42, &label, &heard.report));
        ck_assert_ptr_null(label);
}
END_TEST

START_TEST(a_label_that_can_not_be_read_is_only_said_when_permissive)
{
        char *label = machine.calls;

        machine.fails = "fget";
        machine.enforcing = 0;
        assert_only_said(label_read(42, &label, &heard.report));
        ck_assert_ptr_null(label);
}
END_TEST

/* ------------------------------------------------------------------ making a directory */

START_TEST(without_a_label_a_directory_is_only_made)
{
        ck_assert_int_eq(make(NULL), 0);
        ck_assert_str_eq(machine.calls, "mkdirat(root) ");
        machine.fails = "mkdirat";
        ck_assert_int_eq(make(NULL), -EACCES);
}
END_TEST

START_TEST(a_directory_is_made_while_its_label_is_set)
{
        ck_assert_int_eq(make(WANTED), 0);
        ck_assert_str_eq(machine.calls, "getcreate setcreate(" WANTED ") mkdirat(root) "
                                        "setcreate(" BEFORE ") ");
        ck_assert_str_eq(machine.created, BEFORE);
        ck_assert_uint_eq(heard.lines, 0);
}
END_TEST

START_TEST(the_default_is_put_back_as_the_default)
{
        machine.created = NULL;
        ck_assert_int_eq(make(WANTED), 0);
        ck_assert_str_eq(machine.calls,
                         "getcreate setcreate(" WANTED ") mkdirat(root) setcreate(-) ");
        ck_assert_ptr_null(machine.created);
}
END_TEST

START_TEST(the_label_is_put_back_when_the_directory_can_not_be_made)
{
        static const int errors[] = {EACCES, EEXIST, ENOSPC, EDQUOT, EROFS};

        machine.fails = "mkdirat";
        machine.error = errors[_i];
        ck_assert_int_eq(make(WANTED), -errors[_i]);
        ck_assert_str_eq(machine.calls, "getcreate setcreate(" WANTED ") mkdirat(root) "
                                        "setcreate(" BEFORE ") ");
        ck_assert_str_eq(machine.created, BEFORE);
}
END_TEST

START_TEST(an_unknown_label_before_denies_when_enforcing)
{
        machine.fails = "getcreate";
        assert_denied(make(WANTED));
        ck_assert_str_eq(machine.calls, "getcreate ");
        ck_assert_str_eq(machine.created, BEFORE);
}
END_TEST

START_TEST(an_unknown_label_before_is_only_said_when_permissive)
{
        machine.fails = "getcreate";
        machine.enforcing = 0;
        assert_only_said(make(WANTED));
        /* what can't be put back is not set */
        ck_assert_str_eq(machine.calls, "getcreate mkdirat(root) ");
        ck_assert_str_eq(machine.created, BEFORE);
}
END_TEST

START_TEST(a_label_that_can_not_be_set_denies_when_enforcing)
{
        machine.fails = "setcreate";
        assert_denied(make(WANTED));
        ck_assert_str_eq(machine.calls, "getcreate setcreate(" WANTED ") ");
        ck_assert_str_eq(machine.created, BEFORE);
}
END_TEST

START_TEST(a_label_that_can_not_be_set_is_only_said_when_permissive)
{
        machine.fails = "setcreate";
        machine.enforcing = 0;
        assert_only_said(make(WANTED));
        ck_assert_ptr_nonnull(strstr(machine.calls, "mkdirat(root) "));
        ck_assert_str_eq(machine.created, BEFORE);
}
END_TEST

START_TEST(a_directory_that_can_not_be_made_is_an_error_when_permissive_too)
{
        machine.enforcing = 0;
        machine.fails = "mkdirat";
        machine.created = NULL;
        machine.error = ENOSPC;
        ck_assert_int_eq(make(WANTED), -ENOSPC);
        ck_assert_ptr_null(machine.created);
}
END_TEST

START_TEST(a_label_that_can_not_be_put_back_denies_when_enforcing)
{
        machine.fails = "setcreate";
        machine.spare = 1;
        assert_denied(make(WANTED));
}
END_TEST

START_TEST(a_label_that_can_not_be_put_back_is_said_when_permissive)
{
        machine.fails = "setcreate";
        machine.spare = 1;
        machine.enforcing = 0;
        assert_only_said(make(WANTED));
}
END_TEST

/* ------------------------------------------------------------------ a file system in memory */

START_TEST(the_top_of_a_file_system_is_labelled)
{
        ck_assert_int_eq(label_set(WANTED, 42, &heard.report), 0);
        ck_assert_str_eq(machine.calls, "fset(" WANTED ") ");
        ck_assert_int_eq(label_set(NULL, 42, &heard.report), 0);
        ck_assert_str_eq(machine.calls, "fset(" WANTED ") ");
}
END_TEST

START_TEST(a_top_that_can_not_be_labelled_denies_when_enforcing)
{
        machine.fails = "fset";
        assert_denied(label_set(WANTED, 42, &heard.report));
}
END_TEST

START_TEST(a_top_that_can_not_be_labelled_is_only_said_when_permissive)
{
        machine.fails = "fset";
        machine.enforcing = 0;
        assert_only_said(label_set(WANTED, 42, &heard.report));
}
END_TEST

/* ------------------------------------------------------------------ comparing */

START_TEST(a_label_is_compared_with_what_there_is_now)
{
        ck_assert(label_is(WANTED, 42));
        ck_assert(!label_is(BEFORE, 42));
        machine.fails = "fget";
        ck_assert(!label_is(WANTED, 42));
        machine.calls[0] = '\0';
        ck_assert(label_is(NULL, 42));
        ck_assert_str_eq(machine.calls, "");
}
END_TEST

/* ------------------------------------------------------------------ without SELinux */

START_TEST(a_policy_without_our_type_is_told_where_it_is_enforced)
{
        machine.enforcing = 1;
        ck_assert(label_policy_is_missing());
        machine.knows = "system_u:object_r:privtmp_t:s0";
        ck_assert(!label_policy_is_missing());
        machine.knows = "system_u:object_r:privtmp_t"; /* a policy without levels */
        ck_assert(!label_policy_is_missing());
        machine.knows = NULL;
        machine.enforcing = 0;
        ck_assert(!label_policy_is_missing());
        machine.enforcing = 1;
        machine.enabled = 0;
        ck_assert(!label_policy_is_missing());
}
END_TEST
START_TEST(without_selinux_nothing_is_asked)
{
        char *label = machine.calls;

        ck_assert_int_eq(label_read(42, &label, &heard.report), 0);
        ck_assert_ptr_null(label);
        ck_assert_int_eq(label_set(WANTED, 42, &heard.report), 0);
        ck_assert(label_is(WANTED, 42));
        ck_assert(!label_policy_is_missing());
        ck_assert_str_eq(machine.calls, "");
        ck_assert_int_eq(make(WANTED), 0);
        ck_assert_str_eq(machine.calls, "mkdirat(root) ");
        machine.fails = "mkdirat";
        machine.error = ENOSPC;
        ck_assert_int_eq(make(WANTED), -ENOSPC);
}
END_TEST

/* Which of label.c and label-none.c was built? */
static bool has_selinux(void)
{
        char *label;

        probing = true;
        (void)label_read(42, &label, &heard.report);
        return !probing;
}

int main(void)
{
        Suite *suite = suite_create("label");
        TCase *tcase = tcase_create("label");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, without_a_label_a_directory_is_only_made);
        if (!has_selinux()) {
                tcase_add_test(tcase, without_selinux_nothing_is_asked);
                suite_add_tcase(suite, tcase);
                return scratch_run(suite);
        }
        tcase_add_test(tcase, the_label_is_that_of_the_directory);
        tcase_add_test(tcase, a_policy_without_our_type_is_told_where_it_is_enforced);
        tcase_add_loop_test(tcase, where_selinux_is_off_there_is_no_label, 0, 2);
        tcase_add_test(tcase, a_label_that_can_not_be_read_denies_when_enforcing);
        tcase_add_test(tcase, a_label_that_can_not_be_read_is_only_said_when_permissive);
        tcase_add_test(tcase, a_directory_is_made_while_its_label_is_set);
        tcase_add_test(tcase, the_default_is_put_back_as_the_default);
        tcase_add_loop_test(tcase, the_label_is_put_back_when_the_directory_can_not_be_made, 0, 5);
        tcase_add_test(tcase, an_unknown_label_before_denies_when_enforcing);
        tcase_add_test(tcase, an_unknown_label_before_is_only_said_when_permissive);
        tcase_add_test(tcase, a_label_that_can_not_be_set_denies_when_enforcing);
        tcase_add_test(tcase, a_label_that_can_not_be_set_is_only_said_when_permissive);
        tcase_add_test(tcase, a_directory_that_can_not_be_made_is_an_error_when_permissive_too);
        tcase_add_test(tcase, a_label_that_can_not_be_put_back_denies_when_enforcing);
        tcase_add_test(tcase, a_label_that_can_not_be_put_back_is_said_when_permissive);
        tcase_add_test(tcase, the_top_of_a_file_system_is_labelled);
        tcase_add_test(tcase, a_top_that_can_not_be_labelled_denies_when_enforcing);
        tcase_add_test(tcase, a_top_that_can_not_be_labelled_is_only_said_when_permissive);
        tcase_add_test(tcase, a_label_is_compared_with_what_there_is_now);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
