/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * missing: what stands in for an older C library does what is asked of it
 *
 * Needs root, in a throw-away host. The stand-ins are compiled here even where the C library has
 * the functions, and have other names beside those.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#undef HAVE_CLOSE_RANGE
#undef HAVE_FSCONFIG
#undef HAVE_FSMOUNT
#undef HAVE_FSOPEN
#undef HAVE_FSPICK
#undef HAVE_MOUNT_SETATTR
#undef HAVE_MOVE_MOUNT
#undef HAVE_OPEN_TREE
#undef HAVE_RENAMEAT2
#undef HAVE_STRERRORDESC_NP
#define close_range     own_close_range
#define fsconfig        own_fsconfig
#define fsmount         own_fsmount
#define fsopen          own_fsopen
#define fspick          own_fspick
#define mount_setattr   own_mount_setattr
#define move_mount      own_move_mount
#define open_tree       own_open_tree
#define renameat2       own_renameat2
#define strerrordesc_np own_strerrordesc_np
#include "ground/missing.h"
#undef renameat2

#include "kit/ground.h"

#define HERE "/run/test-missing"

static void set_up(void)
{
        must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
        must(mkdir(HERE, 0755));
}

/* A tmpfs that is attached to HERE, with these flags. */
static void attach(unsigned attributes)
{
        int fs = must(fsopen("tmpfs", FSOPEN_CLOEXEC)), tree;

        must(fsconfig(fs, FSCONFIG_SET_STRING, "mode", "751", 0));
        must(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
        tree = must(fsmount(fs, FSMOUNT_CLOEXEC, attributes));
        must(move_mount(tree, "", AT_FDCWD, HERE, MOVE_MOUNT_F_EMPTY_PATH));
        must(close(tree));
        must(close(fs));
}

MACHINE_TEST(a_file_system_is_made_and_attached)
{
        struct stat st;
        struct statvfs fs;
        int again;

        attach(MOUNT_ATTR_NOEXEC);
        must(stat(HERE, &st));
        ck_assert_uint_eq(st.st_mode & 07777, 0751);
        must(statvfs(HERE, &fs));
        ck_assert_uint_eq(fs.f_flag & (ST_NOEXEC | ST_NOSUID), ST_NOEXEC);
        again = must(fspick(AT_FDCWD, HERE, FSPICK_CLOEXEC));
        must(fsconfig(again, FSCONFIG_SET_STRING, "size", "1m", 0));
        must(fsconfig(again, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
        must(statvfs(HERE, &fs));
        ck_assert_uint_eq(fs.f_blocks * fs.f_frsize, 1 << 20);
        must(close(again));
}

MACHINE_TEST(a_mount_is_cloned_and_gets_flags)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOSUID, .attr_clr = MOUNT_ATTR_NOEXEC};
        struct statvfs fs;
        int tree;

        attach(MOUNT_ATTR_NOEXEC);
        tree = must(open_tree(AT_FDCWD, HERE, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
        must(mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
        must(fstatvfs(tree, &fs));
        ck_assert_uint_eq(fs.f_flag & (ST_NOEXEC | ST_NOSUID), ST_NOSUID);
        ck_assert_int_eq(fcntl(tree, F_GETFD), FD_CLOEXEC);
}

MACHINE_TEST(a_rename_replaces_nothing)
{
        must(mkdir(HERE "/a", 0755));
        must(mkdir(HERE "/b", 0755));
        ck_assert_int_eq(own_renameat2(AT_FDCWD, HERE "/a", AT_FDCWD, HERE "/b", RENAME_NOREPLACE),
                         -1);
        ck_assert_int_eq(errno, EEXIST);
        must(own_renameat2(AT_FDCWD, HERE "/a", AT_FDCWD, HERE "/c", RENAME_NOREPLACE));
        must(access(HERE "/c", F_OK));
}

MACHINE_TEST(descriptors_are_closed_at_exec)
{
        int fd = must(open("/", O_PATH));

        must(close_range((unsigned)fd, ~0U, CLOSE_RANGE_CLOEXEC));
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

MACHINE_TEST(an_error_has_words)
{
        ck_assert_str_eq(strerrordesc_np(ENOENT), "No such file or directory");
}

int main(void)
{
        Suite *suite = suite_create("missing");
        TCase *tcase = tcase_create("missing");

        tcase_add_test(tcase, a_file_system_is_made_and_attached);
        tcase_add_test(tcase, a_mount_is_cloned_and_gets_flags);
        tcase_add_test(tcase, a_rename_replaces_nothing);
        tcase_add_test(tcase, descriptors_are_closed_at_exec);
        tcase_add_test(tcase, an_error_has_words);
        suite_add_tcase(suite, tcase);
        return scratch_run(suite);
}
