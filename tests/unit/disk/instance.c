/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-instance: what lies below BASE/UID, whatever the caller and others have set up
 *
 * Needs root, in a throw-away host. Linked with --wrap=renameat2: the rename into place is the
 * moment at which an instance must be complete.
 */
#include <sys/file.h>
#include <sys/xattr.h>

#include "ground/cleanup.h"
#include "kit/ground.h"
#include "disk/instance.h"
#include "disk/trash.h"

static struct scratch scratch; /* is the base */
static int user = -EBADF;      /* BASE/UID */
static struct heard heard;
static unsigned fds;

static const struct instance_want wanted = {
        .directory = "/tmp",
        .user = "alice",
        .uid = ALICE,
        .gid = ALICE,
        .mode = 01770,
};

static void set_up(void)
{
        ground_make(&scratch);
        heard_begin(&heard);
        fds = count_fds();
}

static void open_user(void)
{
        ck_assert_int_eq(instance_open_user(scratch.fd, ALICE, &user, &heard.report), 0);
}

static void set_up_user(void)
{
        set_up();
        open_user();
        fds = count_fds();
}

static struct instance make(const struct instance_want *want)
{
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_make(user, want, &instance, &heard.report), 0);
        ck_assert_str_eq(heard.report.fault, "");
        return instance;
}

/* Makes one, closes it, and opens it again. */
static struct instance make_again(const struct instance_want *want)
{
        struct instance instance = make(want), again = INSTANCE_NONE;

        instance_done(&instance);
        ck_assert_int_eq(instance_open(user, instance.name, &again), 0);
        return again;
}

/* Puts an instance into the trash. 0 or -errno. */
static int put(const char *name)
{
        return trash_put(&(struct instance_place){.base = scratch.fd, .user = user, .uid = ALICE},
                         TRASH_NEW, name);
}

static void check_owner(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
        struct stat st;

        must(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW));
        ck_assert_msg(st.st_uid == uid && st.st_gid == gid && (st.st_mode & 07777) == mode,
                      "%s is %u:%u %o and not %u:%u %o", name, st.st_uid, st.st_gid,
                      st.st_mode & 07777, uid, gid, mode);
}

static void check_link(int dir, const char *name, const char *target)
{
        char now[64] = "";

        must((int)readlinkat(dir, name, now, sizeof(now) - 1));
        ck_assert_str_eq(now, target);
}

static void check_close_on_exec(const struct instance *instance)
{
        ck_assert_int_eq(must(fcntl(instance->dir, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(instance->root, F_GETFD)), FD_CLOEXEC);
        ck_assert_int_eq(must(fcntl(instance->lock, F_GETFD)), FD_CLOEXEC);
}

/* Could somebody else have the lock like that? */
static bool is_free(int dir, const char *name, int operation)
{
        int fd = must(openat(dir, name, O_RDONLY | O_CLOEXEC));
        bool is = flock(fd, operation | LOCK_NB) == 0;

        close(fd);
        return is;
}

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

START_TEST(an_instance_fits_what_it_was_made_for)
{
        struct instance_want want = wanted;
        struct instance instance = make_again(&want);

        ck_assert(instance_fits(&instance, &want));
        ck_assert(!instance.made);
        check_close_on_exec(&instance);
        instance_done(&instance);

        want.mode = 0700;
        instance = make_again(&want);
        ck_assert(instance_fits(&instance, &want));
        instance_done(&instance);

        want.per_session = true;
        instance = make_again(&want);
        ck_assert(instance_fits(&instance, &want));
        instance_done(&instance);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

static void want_other_directory(struct instance_want *want)
{
        want->directory = "/var/tmp";
}

static void want_shorter_directory(struct instance_want *want)
{
        want->directory = "/tm";
}

static void want_longer_directory(struct instance_want *want)
{
        want->directory = "/tmp/tmp";
}

static void want_other_user(struct instance_want *want)
{
        want->user = "bob";
}

static void want_longer_user(struct instance_want *want)
{
        want->user = "alice2";
}

static void want_other_group(struct instance_want *want)
{
        want->gid = BOB;
}

static void want_no_sticky_bit(struct instance_want *want)
{
        want->mode = 0770;
}

static void want_other_mode(struct instance_want *want)
{
        want->mode = 01777;
}

static void want_own_by_user(struct instance_want *want)
{
        want->mode = 0700;
}

static void want_per_session(struct instance_want *want)
{
        want->per_session = true;
}

static void (*const other_wants[])(struct instance_want *want) = {
        want_other_directory, want_shorter_directory, want_longer_directory, want_other_user,
        want_longer_user,     want_other_group,       want_no_sticky_bit,    want_other_mode,
        want_own_by_user,     want_per_session,
};

START_TEST(an_instance_fits_nothing_else)
{
        struct instance instance = make_again(&wanted);
        struct instance_want want = wanted;

        other_wants[_i](&want);
        ck_assert(!instance_fits(&instance, &want));
}
END_TEST

static void spoil_directory(int dir)
{
        must(unlinkat(dir, "directory", 0));
}

static void spoil_directory_file(int dir)
{
        must(unlinkat(dir, "directory", 0));
        write_file(dir, "directory", "/tmp");
}

static void spoil_user(int dir)
{
        must(unlinkat(dir, "user", 0));
}

static void spoil_user_link(int dir)
{
        must(unlinkat(dir, "user", 0));
        must(symlinkat("alice2", dir, "user"));
}

static void spoil_scope(int dir)
{
        must(symlinkat("anything", dir, "scope"));
}

static void spoil_root_owner(int dir)
{
        must(fchownat(dir, "root", ALICE, ALICE, 0));
        must(fchmodat(dir, "root", 01770, 0));
}

static void spoil_root_group(int dir)
{
        must(fchownat(dir, "root", 0, BOB, 0));
        must(fchmodat(dir, "root", 01770, 0));
}

static void spoil_root_mode(int dir)
{
        must(fchmodat(dir, "root", 01777, 0));
}

static void spoil_root_setgid(int dir)
{
        must(fchmodat(dir, "root", 03770, 0));
}

static void spoil_root(int dir)
{
        must(unlinkat(dir, "root", AT_REMOVEDIR));
}

static void spoil_root_link(int dir)
{
        must(renameat(dir, "root", dir, "elsewhere"));
        must(symlinkat("elsewhere", dir, "root"));
}

static void spoil_root_file(int dir)
{
        must(unlinkat(dir, "root", AT_REMOVEDIR));
        write_file(dir, "root", "");
}

static void spoil_lock(int dir)
{
        must(unlinkat(dir, "lock", 0));
}

static void spoil_lock_link(int dir)
{
        must(renameat(dir, "lock", dir, "elsewhere"));
        must(symlinkat("elsewhere", dir, "lock"));
}

static void spoil_outer_owner(int dir)
{
        must(fchown(dir, BOB, BOB));
        must(fchmod(dir, 0777));
}

static void (*const spoilers[])(int dir) = {
        spoil_directory,   spoil_directory_file, spoil_user,        spoil_user_link,
        spoil_scope,       spoil_root_owner,     spoil_root_group,  spoil_root_mode,
        spoil_root_setgid, spoil_root,           spoil_root_link,   spoil_root_file,
        spoil_lock,        spoil_lock_link,      spoil_outer_owner,
};

START_TEST(B19_an_instance_that_was_changed_is_not_used_again)
{
        struct instance instance = make(&wanted), again = INSTANCE_NONE;
        int r;

        spoilers[_i](instance.dir);
        r = instance_open(user, instance.name, &again);
        if (r == 0)
                ck_assert(!instance_fits(&again, &wanted));
        else
                ck_assert_int_eq(r, -ESTALE);
        instance_done(&again);
        instance_done(&instance);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

static void plant_closed_directory(void)
{
        close(make_dir(user, "abcdef", 0400));
}

static void plant_bobs_directory(void)
{
        int dir = make_dir(user, "abcdef", 0700);

        close(make_dir(dir, "root", 0777));
        write_file(dir, "lock", "");
        must(symlinkat("/tmp", dir, "directory"));
        must(symlinkat("alice", dir, "user"));
        must(fchownat(dir, "root", 0, ALICE, 0));
        must(fchmodat(dir, "root", 01770, 0));
        must(fchown(dir, BOB, BOB));
        must(fchmod(dir, 0777));
        close(dir);
}

static void plant_link_to_an_instance(void)
{
        struct instance instance = make(&wanted);

        must(symlinkat(instance.name, user, "abcdef"));
        instance_done(&instance);
}

static void plant_fifo_as_instance(void)
{
        must(mknodat(user, "abcdef", S_IFIFO | 0600, 0));
}

static void plant_file_as_instance(void)
{
        write_file(user, "abcdef", "");
}

static void plant_fifo_as_lock(void)
{
        plant_closed_directory();
        close(make_dir(user, "abcdef/root", 0700));
        must(mknodat(user, "abcdef/lock", S_IFIFO | 0600, 0));
        must(fchownat(user, "abcdef", BOB, BOB, 0));
}

static void (*const planters[])(void) = {
        plant_closed_directory, plant_bobs_directory,   plant_link_to_an_instance,
        plant_fifo_as_instance, plant_file_as_instance, plant_fifo_as_lock,
};

START_TEST(B19_what_others_planted_is_no_instance)
{
        struct instance instance = INSTANCE_NONE;

        planters[_i]();
        ck_assert_int_eq(instance_open(user, "abcdef", &instance), -ESTALE);
        ck_assert_int_eq(instance.dir, -EBADF);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

START_TEST(one_that_is_gone_is_told_apart)
{
        struct instance instance = INSTANCE_NONE;

        ck_assert_int_eq(instance_open(user, "abcdef", &instance), -ENOENT);
}
END_TEST

START_TEST(it_knows_when_it_was_made)
{
        struct instance instance = make(&wanted), again = INSTANCE_NONE;

        set_mtime(user, instance.name, 5000);
        ck_assert_int_eq(instance_open(user, instance.name, &again), 0);
        ck_assert_int_le(labs(time(NULL) - 5000 - again.time), 100);
}
END_TEST

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

/* ------------------------------------------------------------------ the lock */

START_TEST(joining_holds_the_lock_shared)
{
        struct instance instance = make_again(&wanted);
        struct patience patience = {0};

        ck_assert(is_free(instance.dir, "lock", LOCK_EX));
        ck_assert_int_eq(instance_join(user, &instance, &patience), 0);
        ck_assert(!is_free(instance.dir, "lock", LOCK_EX));
        ck_assert(is_free(instance.dir, "lock", LOCK_SH));
}
END_TEST

START_TEST(one_that_was_put_into_the_trash_meanwhile_cannot_be_joined)
{
        struct instance instance = make_again(&wanted);
        struct patience patience = {0};

        ck_assert_int_eq(put(instance.name), 0);
        ck_assert_int_eq(instance_join(user, &instance, &patience), -ESTALE);
}
END_TEST

START_TEST(one_whose_name_is_another_now_cannot_be_joined)
{
        struct instance instance = make_again(&wanted), other = make(&wanted);
        struct patience patience = {0};

        must(renameat(user, instance.name, user, "elsewhere"));
        must(renameat(user, other.name, user, instance.name));
        ck_assert_int_eq(instance_join(user, &instance, &patience), -ESTALE);
}
END_TEST

START_TEST(one_that_is_being_ended_cannot_be_joined_and_patience_is_used_up)
{
        struct instance instance = make_again(&wanted);
        int closer = must(openat(instance.dir, "lock", O_RDONLY | O_CLOEXEC));
        struct patience patience = {0};

        must(flock(closer, LOCK_EX));
        ck_assert_int_eq(instance_join(user, &instance, &patience), -EBUSY);
        ck_assert_int_ge(patience.waited_ms, LOCK_PATIENCE_MS);
        ck_assert_int_eq(instance_join(user, &instance, &patience), -EBUSY);
        must(flock(closer, LOCK_UN));
        /* one try is always left */
        ck_assert_int_eq(instance_join(user, &instance, &patience), 0);
}
END_TEST

/* ------------------------------------------------------------------ how long it is kept */

static struct instance_want wanted_for(unsigned seconds)
{
        struct instance_want want = wanted;

        want.keep = seconds;
        return want;
}

START_TEST(without_a_time_there_is_no_link)
{
        struct instance instance = make(&wanted);

        ck_assert(!is_there(instance.dir, "keep"));
        ck_assert_uint_eq(instance_keep(instance.dir), 0);
}
END_TEST

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

/* from, to */
static const unsigned changes[][2] = {{0, 60}, {60, 0}, {60, 86400}, {86400, 60}, {0, 31622400}};

START_TEST(the_time_can_be_changed)
{
        const struct instance_want want = wanted_for(changes[_i][0]);
        struct instance instance = make(&want);
        unsigned entries = count_entries(instance.dir);
        char text[16];

        ck_assert_int_eq(instance_set_keep(instance.dir, changes[_i][1]), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), changes[_i][1]);
        if (changes[_i][1]) {
                (void)snprintf(text, sizeof(text), "%u", changes[_i][1]);
                check_link(instance.dir, "keep", text);
        }
        ck_assert(!is_there(instance.dir, ".keep"));
        ck_assert_uint_eq(count_entries(instance.dir),
                          entries - (changes[_i][0] > 0) + (changes[_i][1] > 0));
}
END_TEST

START_TEST(the_time_that_it_has_is_not_written_again)
{
        const struct instance_want want = wanted_for((unsigned)_i * 60);
        struct instance instance = make(&want);
        struct stat before, after;

        must(fstat(instance.dir, &before));
        ck_assert_int_eq(instance_set_keep(instance.dir, want.keep), 0);
        must(fstat(instance.dir, &after));
        ck_assert_int_eq(memcmp(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim)), 0);
}
END_TEST

START_TEST(what_was_killed_while_it_changed_the_time_is_in_nobodys_way)
{
        const struct instance_want want = wanted_for(60);
        struct instance instance = make(&want);

        must(symlinkat("86400", instance.dir, ".keep"));
        ck_assert_uint_eq(instance_keep(instance.dir), 60);
        ck_assert_int_eq(instance_set_keep(instance.dir, 120), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), 120);
        ck_assert(!is_there(instance.dir, ".keep"));
}
END_TEST

START_TEST(a_time_that_cannot_be_changed_stays)
{
        const struct instance_want want = wanted_for(60);
        struct instance instance = make(&want);

        close(make_dir(instance.dir, ".keep", 0700));
        ck_assert_int_lt(instance_set_keep(instance.dir, 120), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), 60);
}
END_TEST

START_TEST(a_time_that_cannot_be_told_is_the_longest)
{
        static const char *const garbage[] = {"abc",
                                              "-1",
                                              "12h",
                                              "60 ",
                                              "0x60",
                                              "4294967296",
                                              "9999999999999999999999999999999999999999"};
        struct instance instance = make(&wanted);

        ck_assert_uint_eq(instance_keep(-EBADF), UINT_MAX);
        for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
                must(symlinkat(garbage[i], instance.dir, "keep"));
                ck_assert_msg(instance_keep(instance.dir) == UINT_MAX, "%s", garbage[i]);
                must(unlinkat(instance.dir, "keep", 0));
        }
        write_file(instance.dir, "keep", "60");
        ck_assert_uint_eq(instance_keep(instance.dir), UINT_MAX);
        /* and a table that says it anew mends it */
        ck_assert_int_eq(instance_set_keep(instance.dir, 60), 0);
        ck_assert_uint_eq(instance_keep(instance.dir), 60);
}
END_TEST

START_TEST(an_instance_fits_whatever_its_time)
{
        const struct instance_want kept = wanted_for(60), longer = wanted_for(120);
        struct instance with = make_again(&kept), without = make_again(&wanted);

        ck_assert(instance_fits(&with, &kept));
        ck_assert(instance_fits(&with, &longer));
        ck_assert(instance_fits(&with, &wanted));
        ck_assert(instance_fits(&without, &kept));
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

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
        TCase *made = tcase_create("made"), *exact = tcase_create("exact"),
              *again = tcase_create("again"), *lock = tcase_create("lock"),
              *kept = tcase_create("kept");

        tcase_add_checked_fixture(made, set_up_user, NULL);
        tcase_add_test(made, an_instance_is_complete_and_locked_before_it_can_be_seen);
        tcase_add_test(made, one_that_cannot_be_completed_leaves_nothing);
        tcase_add_test(made, on_a_disk_that_becomes_full_nothing_is_left);
        tcase_add_test(made,
                       a_file_system_that_does_not_know_of_renaming_without_replacing_will_do);
        tcase_add_test(made, what_outlives_the_call_has_a_number_of_three_or_above);
        suite_add_tcase(suite, made);

        tcase_add_checked_fixture(exact, set_up, NULL);
        tcase_add_loop_test(exact, owners_and_modes_are_exact_whatever_the_caller_has_set, 0,
                            N(circumstances) - (has_acls() ? 0 : 2));
        tcase_add_test(exact, a_folder_of_the_users_instances_is_made_once);
        tcase_add_loop_test(exact,
                            a_folder_that_is_not_roots_and_closed_is_refused_and_left_as_it_is, 0,
                            N(wrong_folders));
        suite_add_tcase(suite, exact);

        tcase_add_checked_fixture(again, set_up_user, NULL);
        tcase_add_test(again, an_instance_fits_what_it_was_made_for);
        tcase_add_loop_test(again, an_instance_fits_nothing_else, 0, N(other_wants));
        tcase_add_loop_test(again, B19_an_instance_that_was_changed_is_not_used_again, 0,
                            N(spoilers));
        tcase_add_loop_test(again, B19_what_others_planted_is_no_instance, 0, N(planters));
        tcase_add_test(again, one_that_is_gone_is_told_apart);
        tcase_add_test(again, it_knows_when_it_was_made);
        suite_add_tcase(suite, again);

        tcase_add_checked_fixture(lock, set_up_user, NULL);
        tcase_add_test(lock, joining_holds_the_lock_shared);
        tcase_add_test(lock, one_that_was_put_into_the_trash_meanwhile_cannot_be_joined);
        tcase_add_test(lock, one_whose_name_is_another_now_cannot_be_joined);
        tcase_add_test(lock, one_that_is_being_ended_cannot_be_joined_and_patience_is_used_up);
        suite_add_tcase(suite, lock);

        tcase_add_checked_fixture(kept, set_up_user, NULL);
        tcase_add_test(kept, without_a_time_there_is_no_link);
        tcase_add_test(kept, the_time_is_a_link_with_seconds_in_decimal);
        tcase_add_loop_test(kept, the_time_can_be_changed, 0, N(changes));
        tcase_add_loop_test(kept, the_time_that_it_has_is_not_written_again, 0, 2);
        tcase_add_test(kept, what_was_killed_while_it_changed_the_time_is_in_nobodys_way);
        tcase_add_test(kept, a_time_that_cannot_be_changed_stays);
        tcase_add_test(kept, a_time_that_cannot_be_told_is_the_longest);
        tcase_add_test(kept, an_instance_fits_whatever_its_time);
        suite_add_tcase(suite, kept);

        return scratch_run(suite);
}
