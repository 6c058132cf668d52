/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lies below BASE/UID is made, whatever the caller and others have set up.
 *
 * Linked with --wrap=renameat2: the rename into place is the moment at which an instance must be
 * complete.
 */
#include <sys/xattr.h>

#include "disk/instance.h"
#include "ground/cleanup.h"
#include "kit/ground.h"
#include "kit/instance.h"

/* ------------------------------------------------------------------ renameat2, looked at */

static bool rename_is_watched, rename_fails, rename_is_old, kept_is_watched;
static unsigned renames; /* into place */

int __real_renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags);

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
        if (rename_is_watched && name_is_instance(new)) {
                _cleanup_close_ int dir = must(openat(user, old, O_RDONLY | O_CLOEXEC));

                ck_assert(from == user && to == user && name_is_temporary(old));
                check_owner(dir, ".", 0, 0, 0700);
                check_owner(dir, "root", 0, ALICE, 01770);
                check_owner(dir, "lock", 0, 0, 0600);
                check_link(dir, "directory", "/tmp");
                check_link(dir, "user", "alice");
                if (kept_is_watched)
                        check_link(dir, "keep", "43200");
                ck_assert(!is_free(dir, "lock", LOCK_EX));
                ck_assert(is_free(dir, "lock", LOCK_SH));
                ck_assert_uint_eq(flags, RENAME_NOREPLACE);
                ck_assert_uint_eq(count_entries(user), 1);
                renames++;
                if (rename_fails) {
                        errno = EDQUOT;
                        return -1;
                }
        }
        if (rename_is_old) {
                errno = EINVAL;
                return -1;
        }
        return __real_renameat2(from, old, to, new, flags);
}

START_TEST(an_instance_is_complete_and_locked_before_it_can_be_seen)
{
        struct instance instance;

        rename_is_watched = true;
        instance = make(&wanted);
        ck_assert_uint_eq(renames, 1);
        ck_assert(name_is_instance(instance.name));
        ck_assert(is_there(user, instance.name));
        ck_assert_uint_eq(count_entries(user), 1);
        instance_done(&instance);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

START_TEST(one_that_cannot_be_completed_leaves_nothing)
{
        struct instance instance = INSTANCE_NONE;

        rename_is_watched = rename_fails = true;
        ck_assert_int_eq(instance_make(user, &wanted, &instance, &heard.report), -EDQUOT);
        ck_assert_str_eq(heard.report.fault, "can't make an instance: Disk quota exceeded");
        ck_assert_uint_eq(count_entries(user), 0);
        ck_assert_uint_eq(count_fds(), fds);
        ck_assert_int_eq(instance.lock, -EBADF);
}
END_TEST

START_TEST(a_file_system_that_does_not_know_of_renaming_without_replacing_will_do)
{
        struct instance instance, second;
        char path[2 * NAME_BYTES];

        rename_is_old = true;
        instance = make(&wanted);
        second = make(&wanted);
        ck_assert(is_there(user, instance.name));
        ck_assert_int_eq(put(instance.name), 0);
        (void)snprintf(path, sizeof(path), ".trash/1001.%s", instance.name);
        ck_assert(is_there(scratch.fd, path));

        /* and what is there is still not replaced */
        must(renameat(user, second.name, user, instance.name));
        ck_assert_int_lt(put(instance.name), 0);
        ck_assert(is_there(user, instance.name));
}
END_TEST

START_TEST(on_a_disk_that_becomes_full_nothing_is_left)
{
        unsigned made = 0;
        int r;

        own_mounts();
        must(mount("tmpfs", scratch.path, "tmpfs", 0, "mode=700,nr_inodes=40"));
        scratch.fd = must(open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        close(user);
        open_user();
        do {
                struct instance instance = INSTANCE_NONE;

                r = instance_make(user, &wanted, &instance, &heard.report);
                made += r == 0;
                instance_done(&instance);
        } while (r == 0 && made < 40);
        ck_assert_int_eq(r, -ENOSPC);
        ck_assert_uint_gt(made, 1);
        ck_assert_uint_eq(count_entries(user), made);
}
END_TEST

/* ------------------------------------------------------------------ owners and modes */

static void be_without_mask(void)
{
        umask(0);
}

static void be_masked(void)
{
        umask(0777);
}

static void be_in_bobs_group(void)
{
        must(setegid(BOB));
}

static void have_setgid_base(void)
{
        must(fchown(scratch.fd, 0, BOB));
        must(fchmod(scratch.fd, 02700));
}

static void have_setgid_user(void)
{
        close(make_dir(scratch.fd, "1001", 0700));
        must(fchownat(scratch.fd, "1001", 0, BOB, 0));
        must(fchmodat(scratch.fd, "1001", 02700, 0));
}

/* The same as `setfacl -d -m u:1002:rwx`, as the kernel has it (acl(5), linux/posix_acl_xattr.h) */
static const struct {
        uint32_t version;
        struct {
                uint16_t tag, perm;
                uint32_t id;
        } entries[5];
} bobs_acl = {
        .version = 2,
        .entries =
                {
                        {0x01, 7, UINT32_MAX}, /* owner */
                        {0x02, 7, BOB},        /* user */
                        {0x04, 7, UINT32_MAX}, /* group */
                        {0x10, 7, UINT32_MAX}, /* mask */
                        {0x20, 7, UINT32_MAX}, /* other */
                },
};

static int give_acl(int fd)
{
        return fsetxattr(fd, "system.posix_acl_default", &bobs_acl, sizeof(bobs_acl), 0);
}

static void have_acl_on_base(void)
{
        must(give_acl(scratch.fd));
}

static void have_acl_on_user(void)
{
        int fd = make_dir(scratch.fd, "1001", 0700);

        must(give_acl(fd));
        close(fd);
}

static void (*const circumstances[])(void) = {
        be_without_mask,  be_masked,        be_in_bobs_group, have_setgid_base,
        have_setgid_user, have_acl_on_base, have_acl_on_user, /* the last two: where it has ACLs */
};

static bool has_acl(int dir, const char *name)
{
        _cleanup_close_ int fd = must(openat(dir, name, O_RDONLY | O_CLOEXEC));

        return fgetxattr(fd, "system.posix_acl_default", NULL, 0) >= 0 ||
               fgetxattr(fd, "system.posix_acl_access", NULL, 0) >= 0;
}

START_TEST(owners_and_modes_are_exact_whatever_the_caller_has_set)
{
        static const mode_t modes[] = {01770, 0770, 01777, 0700};

        circumstances[_i]();
        open_user();
        check_owner(scratch.fd, "1001", 0, 0, 0700);
        ck_assert_int_lt((int)fgetxattr(user, "system.posix_acl_default", NULL, 0), 0);
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                struct instance_want want = wanted;
                struct instance instance;

                want.mode = modes[i];
                ck_assert_int_eq(instance_make(user, &want, &instance, &heard.report), 0);
                check_owner(user, instance.name, 0, 0, 0700);
                check_owner(instance.dir, "lock", 0, 0, 0600);
                check_owner(instance.dir, "root", modes[i] == 0700 ? ALICE : 0, ALICE, modes[i]);
                ck_assert(!has_acl(instance.dir, "."));
                ck_assert(!has_acl(instance.dir, "lock"));
                ck_assert(!has_acl(instance.dir, "root"));
                instance_done(&instance);
        }
        umask(022);
}
END_TEST

/* ------------------------------------------------------------------ BASE/UID */

START_TEST(a_folder_of_the_users_instances_is_made_once)
{
        struct stat first, second;

        open_user();
        must(fstat(user, &first));
        close(user);
        open_user();
        must(fstat(user, &second));
        ck_assert_uint_eq(second.st_ino, first.st_ino);
        close(user);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

static void plant_folder_of_bobs(void)
{
        close(make_dir(scratch.fd, "1001", 0700));
        must(fchownat(scratch.fd, "1001", BOB, BOB, 0));
}

static void plant_open_folder(void)
{
        close(make_dir(scratch.fd, "1001", 0755));
}

static void plant_link_to_folder(void)
{
        close(make_dir(scratch.fd, "other", 0700));
        must(symlinkat("other", scratch.fd, "1001"));
}

static void plant_file(void)
{
        write_file(scratch.fd, "1001", "");
}

static void plant_fifo(void)
{
        must(mknodat(scratch.fd, "1001", S_IFIFO | 0600, 0));
}

static void (*const wrong_folders[])(void) = {
        plant_folder_of_bobs, plant_open_folder, plant_link_to_folder, plant_file, plant_fifo,
};

START_TEST(a_folder_that_is_not_roots_and_closed_is_refused_and_left_as_it_is)
{
        struct stat before, after;
        int fd = -EBADF;

        wrong_folders[_i]();
        must(fstatat(scratch.fd, "1001", &before, AT_SYMLINK_NOFOLLOW));
        ck_assert_int_lt(instance_open_user(scratch.fd, ALICE, &fd, &heard.report), 0);
        ck_assert_ptr_nonnull(strstr(heard.report.fault, "1001 in the base"));
        must(fstatat(scratch.fd, "1001", &after, AT_SYMLINK_NOFOLLOW));
        ck_assert_uint_eq(after.st_mode, before.st_mode);
        ck_assert_uint_eq(after.st_uid, before.st_uid);
        ck_assert_int_eq(fd, -EBADF);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

/* ------------------------------------------------------------------ what is used again */

START_TEST(what_outlives_the_call_has_a_number_of_three_or_above)
{
        struct instance instance;

        close(0);
        close(1);
        close(2);
        fds = count_fds();
        instance = make(&wanted);
        ck_assert_int_gt(instance.lock, 2);
        check_close_on_exec(&instance);
        instance_done(&instance);
        ck_assert_uint_eq(count_fds(), fds);

        ck_assert_int_eq(instance_open(user, instance.name, &instance), 0);
        ck_assert_int_gt(instance.lock, 2);
        check_close_on_exec(&instance);
        instance_done(&instance);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

/* ------------------------------------------------------------------ with a time */

START_TEST(the_time_is_a_link_with_seconds_in_decimal)
{
        const struct instance_want want = wanted_for(12 * 3600);
        struct instance instance;

        kept_is_watched = rename_is_watched = true;
        instance = make(&want);
        ck_assert_uint_eq(renames, 1);
        check_link(instance.dir, "keep", "43200");
        ck_assert_uint_eq(instance_keep(instance.dir), 43200);
}
END_TEST

/* Has the file system ACLs? */
static bool has_acls(void)
{
        _cleanup_close_ int fd = -EBADF;

        (void)mkdir(GROUND, 0700);
        (void)mkdir(GROUND "/acl", 0700);
        fd = open(GROUND "/acl", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return give_acl(fd) == 0;
}

int main(void)
{
        Suite *suite = suite_create("instance");
        TCase *made = tcase_create("made"), *exact = tcase_create("exact");

        tcase_add_checked_fixture(made, set_up_user, NULL);
        tcase_add_test(made, an_instance_is_complete_and_locked_before_it_can_be_seen);
        tcase_add_test(made, one_that_cannot_be_completed_leaves_nothing);
        tcase_add_test(made, on_a_disk_that_becomes_full_nothing_is_left);
        tcase_add_test(made,
                       a_file_system_that_does_not_know_of_renaming_without_replacing_will_do);
        tcase_add_test(made, what_outlives_the_call_has_a_number_of_three_or_above);
        tcase_add_test(made, the_time_is_a_link_with_seconds_in_decimal);
        suite_add_tcase(suite, made);

        tcase_add_checked_fixture(exact, set_up, NULL);
        tcase_add_loop_test(exact, owners_and_modes_are_exact_whatever_the_caller_has_set, 0,
                            N(circumstances) - (has_acls() ? 0 : 2));
        tcase_add_test(exact, a_folder_of_the_users_instances_is_made_once);
        tcase_add_loop_test(exact,
                            a_folder_that_is_not_roots_and_closed_is_refused_and_left_as_it_is, 0,
                            N(wrong_folders));
        suite_add_tcase(suite, exact);
        return scratch_run(suite);
}
