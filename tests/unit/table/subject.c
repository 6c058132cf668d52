/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-subject: the user that a session is for
 *
 * The name service is replaced at link time: getpwnam_r, getgrnam_r and getgrouplist answer what
 * the test says.
 */
#include <grp.h>
#include <pwd.h>
#include <sys/auxv.h>
#include <sys/resource.h>

#include "kit/scratch.h"
#include "table/subject.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ------------------------------------------------------------------ the name service */

static struct {
        int error;         /* what a lookup answers */
        unsigned failures; /* how many times, before it succeeds; 0 with an error: always */
        size_t needed;     /* bytes of buffer; with less the answer is ERANGE */
        bool missing;      /* there is no such entry */
        unsigned lookups;
        size_t sizes[32]; /* of the buffers */
        /* getgrouplist */
        int n_groups;
        bool impossible; /* never enough room */
        unsigned lists;
        int largest;
} service;

static char *alice_names[] = {NULL};
static char *listed_names[4];
static char alice_name[] = "alice", bob_name[] = "bob", almost_alice[] = "alicex", empty[] = "";

static struct passwd alice_entry = {
        .pw_name = alice_name,
        .pw_uid = 1001,
        .pw_gid = 2001,
        .pw_passwd = empty,
        .pw_gecos = empty,
        .pw_dir = empty,
        .pw_shell = empty,
};
static struct group group_entry;

static int answer(size_t size)
{
        ck_assert_uint_lt(service.lookups, LENGTH(service.sizes));
        service.sizes[service.lookups++] = size;
        if (service.error && (service.failures == 0 || service.lookups <= service.failures))
                return service.error;
        return size < service.needed ? ERANGE : 0;
}

/* All of the buffer is the service's to write: a sanitizer checks that its size is true. */
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
                      struct passwd **ret);
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
                      struct passwd **ret)
{
        int error = answer(size);

        memset(buffer, 'x', size);
        *ret = NULL;
        if (error == 0 && !service.missing && strcmp(name, "alice") == 0) {
                *entry = alice_entry;
                entry->pw_name = strcpy(buffer, alice_entry.pw_name);
                *ret = entry;
        }
        return error;
}

int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **ret);
int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
                      struct group **ret)
{
        int error = answer(size);

        memset(buffer, 'x', size);
        *ret = NULL;
        if (error == 0 && !service.missing && strcmp(name, "hpc") == 0) {
                *entry = group_entry;
                *ret = entry;
        }
        return error;
}

/* alice is in n_groups groups: 2001, 3000, 3001 ... */
int __wrap_getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n);
int __wrap_getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n)
{
        int room = *n;

        ck_assert_str_eq(user, "alice");
        ck_assert_uint_eq(gid, 2001);
        service.lists++;
        service.largest = room;
        *n = service.impossible ? room : service.n_groups;
        for (int i = 0; i < room && i < service.n_groups; i++)
                groups[i] = i == 0 ? gid : 2999 + (gid_t)i;
        return service.impossible || room < service.n_groups ? -1 : service.n_groups;
}

static bool is_set_uid; /* is this program? */

unsigned long __wrap_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type)
{
        ck_assert_uint_eq(type, AT_SECURE);
        return is_set_uid;
}

static void setup(void)
{
        is_set_uid = false;
        memset(&service, 0, sizeof(service));
        service.n_groups = 1;
        group_entry = (struct group){.gr_gid = 3000, .gr_mem = alice_names};
}

/* ------------------------------------------------------------------ the user */

static struct subject *load(void)
{
        struct subject *subject = NULL;

        ck_assert_int_eq(subject_load("alice", &subject), 0);
        memset(&service, 0, sizeof(service));
        service.n_groups = 1;
        return subject;
}

START_TEST(a_user_is_found_by_name)
{
        struct subject *subject;

        ck_assert_int_eq(subject_load("alice", &subject), 0);
        ck_assert_str_eq(subject->name, "alice");
        ck_assert_uint_eq(subject->uid, 1001);
        ck_assert_uint_eq(subject->gid, 2001);
        ck_assert_ptr_null(subject->groups);
        ck_assert_uint_eq(service.lookups, 1);
        ck_assert_uint_eq(service.lists, 0);
        ck_assert_ptr_null(subject_free(subject));
        ck_assert_ptr_null(subject_free(NULL));
}
END_TEST

START_TEST(a_user_that_does_not_exist_is_unknown)
{
        struct subject *subject = NULL;

        ck_assert_int_eq(subject_load("nosuchuser", &subject), SUBJECT_E_UNKNOWN);
        ck_assert_int_eq(subject_load("", &subject), SUBJECT_E_UNKNOWN);
        ck_assert_ptr_null(subject);
}
END_TEST

static const int errors[] = {ENOENT, EIO, ESRCH, EPERM, EMFILE, EAGAIN, ENOMEM, ECONNREFUSED};

START_TEST(a_failed_lookup_of_a_user_is_an_error)
{
        struct subject *subject = NULL;

        service.error = errors[_i];
        ck_assert_int_eq(subject_load("alice", &subject), -errors[_i]);
        ck_assert_ptr_null(subject);
        ck_assert_int_eq(subject_load("nosuchuser", &subject), -errors[_i]);
        ck_assert_ptr_null(subject);
}
END_TEST

START_TEST(a_large_entry_is_given_larger_buffers)
{
        struct subject *subject;

        service.needed = 1000000;
        ck_assert_int_eq(subject_load("alice", &subject), 0);
        ck_assert_str_eq(subject->name, "alice");
        ck_assert_uint_gt(service.lookups, 1);
        for (unsigned i = 1; i < service.lookups; i++)
                ck_assert_uint_gt(service.sizes[i], service.sizes[i - 1]);
        ck_assert_uint_ge(service.sizes[service.lookups - 1], 1000000);
        subject_free(subject);
}
END_TEST

START_TEST(a_user_that_is_never_small_enough_is_an_error)
{
        struct subject *subject = NULL;

        service.error = ERANGE;
        ck_assert_int_eq(subject_load("alice", &subject), -ERANGE);
        ck_assert_ptr_null(subject);
        ck_assert_uint_le(service.sizes[service.lookups - 1], 64 * 1024 * 1024);
}
END_TEST

START_TEST(an_interrupted_lookup_is_tried_again)
{
        struct subject *subject;

        service.error = EINTR;
        service.failures = 2;
        ck_assert_int_eq(subject_load("alice", &subject), 0);
        ck_assert_uint_eq(service.lookups, 3);
        ck_assert_uint_eq(subject->uid, 1001);
        subject_free(subject);
}
END_TEST

/* ------------------------------------------------------------------ groups */

START_TEST(the_primary_group_has_the_user)
{
        struct subject *subject = load();

        group_entry.gr_gid = 2001;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        ck_assert_uint_eq(service.lists, 0);
        subject_free(subject);
}
END_TEST

START_TEST(a_group_has_whom_it_lists)
{
        struct subject *subject = load();

        listed_names[0] = bob_name;
        listed_names[1] = alice_name;
        group_entry.gr_mem = listed_names;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        ck_assert_uint_eq(service.lists, 0);
        subject_free(subject);
}
END_TEST

START_TEST(a_group_that_lists_nobody_may_still_be_one_of_the_users)
{
        struct subject *subject = load();

        service.n_groups = 2;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        ck_assert_uint_eq(service.lists, 1);
        subject_free(subject);
}
END_TEST

START_TEST(others_are_not_members)
{
        struct subject *subject = load();

        ck_assert_int_eq(subject_is_member(subject, "hpc"), 0);
        listed_names[0] = bob_name;
        listed_names[1] = almost_alice;
        group_entry.gr_mem = listed_names;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 0);
        subject_free(subject);
}
END_TEST

START_TEST(a_group_that_does_not_exist_has_nobody)
{
        struct subject *subject = load();

        ck_assert_ptr_null(subject->missing_group);
        ck_assert_int_eq(subject_is_member(subject, "nosuchgroup"), 0);
        ck_assert_uint_eq(service.lists, 0);
        ck_assert_str_eq(subject->missing_group, "nosuchgroup");
        ck_assert_int_eq(subject_is_member(subject, "northis"), 0);
        ck_assert_str_eq(subject->missing_group, "nosuchgroup");
        subject_free(subject);
}
END_TEST

/* The name service says "not found" also where it could open nothing to look into. */
START_TEST(without_descriptors_nobody_is_believed_not_to_be_a_member)
{
        struct subject *subject = load();
        struct rlimit before, few;

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        few = before;
        few.rlim_cur = 12;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
        ck_assert_int_eq(subject_is_member(subject, "nosuchgroup"), -EMFILE);
        ck_assert_int_eq(subject_is_member(subject, "hpc"), -EMFILE);
        group_entry.gr_gid = subject->gid;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        group_entry.gr_gid = subject->gid + 1;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 0);
        subject_free(subject);
}
END_TEST

/* Services of sssd, Samba and systemd know nobody then; it is the caller of su who says so. */
START_TEST(what_the_callers_environment_hides_is_not_believed)
{
        static const char *const names[] = {"_SSS_LOOPS", "_NO_WINBINDD", "SYSTEMD_BYPASS_USERDB",
                                            "SYSTEMD_ONLY_USERDB"};
        struct subject *subject = load();

        ck_assert_int_eq(setenv(names[_i], "NO", 1), 0);
        is_set_uid = true;
        ck_assert_int_eq(subject_is_member(subject, "nosuchgroup"), -EPERM);
        ck_assert_str_eq(subject->hider, names[_i]);
        ck_assert_int_eq(subject_is_member(subject, "hpc"), -EPERM);
        group_entry.gr_gid = subject->gid;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        /* what calls the module as root has an environment of root's */
        group_entry.gr_gid = subject->gid + 1;
        is_set_uid = false;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 0);
        ck_assert_ptr_null(subject->hider);
        ck_assert_int_eq(unsetenv(names[_i]), 0);
        subject_free(subject);
}
END_TEST

START_TEST(the_list_of_groups_is_asked_for_once)
{
        struct subject *subject = load();

        service.n_groups = 2;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        group_entry.gr_gid = 9999;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 0);
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 0);
        ck_assert_uint_eq(service.lists, 1);
        ck_assert_uint_eq(subject->n_groups, 2);
        subject_free(subject);
}
END_TEST

START_TEST(a_failed_lookup_of_a_group_is_an_error)
{
        struct subject *subject = load();

        /* the user would be found in the list: but which group this is, is not known */
        service.n_groups = 2;
        service.error = errors[_i];
        ck_assert_int_eq(subject_is_member(subject, "hpc"), -errors[_i]);
        ck_assert_int_eq(subject_is_member(subject, "nosuchgroup"), -errors[_i]);
        subject_free(subject);
}
END_TEST

START_TEST(a_large_group_is_given_larger_buffers)
{
        struct subject *subject = load();

        service.needed = 10000000;
        group_entry.gr_gid = 2001;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        ck_assert_uint_ge(service.sizes[service.lookups - 1], 10000000);
        subject_free(subject);
}
END_TEST

START_TEST(a_group_that_is_never_small_enough_is_an_error)
{
        struct subject *subject = load();

        service.error = ERANGE;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), -ERANGE);
        subject_free(subject);
}
END_TEST

START_TEST(a_user_may_be_in_very_many_groups)
{
        struct subject *subject = load();

        service.n_groups = 65536;
        group_entry.gr_gid = 2999 + 65535;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        ck_assert_uint_eq(subject->n_groups, 65536);
        subject_free(subject);
}
END_TEST

START_TEST(a_list_of_groups_that_can_not_be_had_is_an_error)
{
        struct subject *subject = load();

        service.impossible = true;
        ck_assert_int_lt(subject_is_member(subject, "hpc"), 0);
        ck_assert_int_le(service.largest, 65536);
        ck_assert_ptr_null(subject->groups);
        subject_free(subject);
}
END_TEST

/* ------------------------------------------------------------------ the application */

START_TEST(what_the_application_looked_up_stays)
{
        /* its storage, which the calls without "_r" use again */
        const struct passwd *user = getpwnam("root");
        const struct group *group = getgrgid(0);
        struct subject *subject;
        char name[64];

        ck_assert_ptr_nonnull(user);
        ck_assert_ptr_nonnull(group);
        ck_assert_int_lt(snprintf(name, sizeof(name), "%s", group->gr_name), (int)sizeof(name));
        subject = load();
        service.n_groups = 2;
        ck_assert_int_eq(subject_is_member(subject, "hpc"), 1);
        ck_assert_str_eq(user->pw_name, "root");
        ck_assert_uint_eq(user->pw_uid, 0);
        ck_assert_str_eq(group->gr_name, name);
        ck_assert_uint_eq(group->gr_gid, 0);
        subject_free(subject);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("subject");
        TCase *tcase = tcase_create("subject");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, a_user_is_found_by_name);
        tcase_add_test(tcase, a_user_that_does_not_exist_is_unknown);
        tcase_add_loop_test(tcase, a_failed_lookup_of_a_user_is_an_error, 0, LENGTH(errors));
        tcase_add_test(tcase, a_large_entry_is_given_larger_buffers);
        tcase_add_test(tcase, a_user_that_is_never_small_enough_is_an_error);
        tcase_add_test(tcase, an_interrupted_lookup_is_tried_again);
        tcase_add_test(tcase, the_primary_group_has_the_user);
        tcase_add_test(tcase, a_group_has_whom_it_lists);
        tcase_add_test(tcase, a_group_that_lists_nobody_may_still_be_one_of_the_users);
        tcase_add_test(tcase, others_are_not_members);
        tcase_add_test(tcase, without_descriptors_nobody_is_believed_not_to_be_a_member);
        tcase_add_loop_test(tcase, what_the_callers_environment_hides_is_not_believed, 0, 4);
        tcase_add_test(tcase, a_group_that_does_not_exist_has_nobody);
        tcase_add_test(tcase, the_list_of_groups_is_asked_for_once);
        tcase_add_loop_test(tcase, a_failed_lookup_of_a_group_is_an_error, 0, LENGTH(errors));
        tcase_add_test(tcase, a_large_group_is_given_larger_buffers);
        tcase_add_test(tcase, a_group_that_is_never_small_enough_is_an_error);
        tcase_add_test(tcase, a_user_may_be_in_very_many_groups);
        tcase_add_test(tcase, a_list_of_groups_that_can_not_be_had_is_an_error);
        tcase_add_test(tcase, what_the_application_looked_up_stays);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
