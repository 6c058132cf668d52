/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a path to a folder that only root can have put there. Needs root, and a host whose /run is
 * root's.
 *
 * fstatfs is replaced at link time, to be on the file systems that this machine does not have.
 */
#include <dirent.h>
#include <sys/vfs.h>

#include "ground/missing.h"
#include "ground/safedir.h"
#include "kit/safe.h"
#include "kit/scratch.h"

static uint32_t fs_type; /* 0: what it is */

int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs)
{
        int r = __real_fstatfs64(fd, fs);

        if (r == 0 && fs_type != 0)
                fs->f_type = (__fsword_t)fs_type;
        return r;
}

static void make_link(const char *target, const char *name)
{
        assert_done(symlinkat(target, scratch.fd, name) == 0, name);
}

static void assert_is(int fd, const char *name)
{
        struct stat a, b;

        ck_assert_int_eq(fstat(fd, &a), 0);
        ck_assert_int_eq(fstatat(scratch.fd, name, &b, AT_SYMLINK_NOFOLLOW), 0);
        ck_assert_uint_eq(a.st_dev, b.st_dev);
        ck_assert_uint_eq(a.st_ino, b.st_ino);
        ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

/* ------------------------------------------------------------------ the four ways in */

START_TEST(a_plain_path_is_walked)
{
        static const mode_t modes[] = {0755, 0700, 0711, 0555, 02755, 01755, 0};

        scratch_mkdir(&scratch, "a", 0755);
        scratch_mkdir(&scratch, "a/b", 0755);
        make_goal(_i, "a/b/goal");
        for (int i = 0; i < LENGTH(modes); i++) {
                ck_assert_int_eq(fchmodat(scratch.fd, "a/b", modes[i], 0), 0);
                ck_assert_msg(ways[_i].go("a/b/goal") == 0, "%s", heard.report.fault);
        }
}
END_TEST

START_TEST(no_symbolic_link_is_walked_through)
{
        scratch_mkdir(&scratch, "a", 0755);
        scratch_mkdir(&scratch, "a/b", 0755);
        make_goal(_i, "a/b/goal");
        make_link("a", "link");
        make_link("b", "a/link");
        make_link("/", "slash");

        ck_assert_int_eq(ways[_i].go("link/b/goal"), -ENOTDIR);
        ck_assert_str_eq(fault(), "@/link/b/goal: @/link is a symbolic link");
        heard_begin(&heard);
        ck_assert_int_eq(ways[_i].go("a/link/goal"), -ENOTDIR);
        ck_assert_str_eq(fault(), "@/a/link/goal: @/a/link is a symbolic link");
        heard_begin(&heard);
        ck_assert_int_lt(ways[_i].go("slash/run/x/goal"), 0);
        ck_assert_str_eq(fault(), "@/slash/run/x/goal: @/slash is a symbolic link");
        /* a user's is no better */
        give_away("link");
        heard_begin(&heard);
        ck_assert_int_eq(ways[_i].go("link/b/goal"), -ENOTDIR);
}
END_TEST

START_TEST(no_symbolic_link_is_the_end)
{
        make_goal(_i, "goal");
        make_link("goal", "link");
        make_link("nowhere", "dangling");
        make_link("loop", "loop");

        ck_assert_int_lt(ways[_i].go("link"), 0);
        ck_assert_ptr_nonnull(strstr(fault(), "@/link is a symbolic link"));
        heard_begin(&heard);
        /* not "missing" either: that would be the built-in table, or a folder made elsewhere */
        ck_assert_int_lt(ways[_i].go("dangling"), 0);
        ck_assert_ptr_nonnull(strstr(fault(), "@/dangling is a symbolic link"));
        ck_assert(!scratch_has(&scratch, "nowhere"));
        heard_begin(&heard);
        ck_assert_int_lt(ways[_i].go("loop"), 0);
        ck_assert_ptr_nonnull(strstr(fault(), "@/loop is a symbolic link"));
}
END_TEST

START_TEST(no_directory_of_another_user_is_walked_through)
{
        scratch_mkdir(&scratch, "a", 0755);
        scratch_mkdir(&scratch, "a/b", 0755);
        make_goal(_i, "a/b/goal");
        give_away("a");
        ck_assert_int_eq(ways[_i].go("a/b/goal"), -EPERM);
        ck_assert_str_eq(fault(), "@/a/b/goal: @/a belongs to uid 1001, not to root");
        /* the last one before the end counts too */
        ck_assert_int_eq(fchownat(scratch.fd, "a", 0, 0, 0), 0);
        give_away("a/b");
        heard_begin(&heard);
        ck_assert_int_eq(ways[_i].go("a/b/goal"), -EPERM);
        ck_assert_str_eq(fault(), "@/a/b/goal: @/a/b belongs to uid 1001, not to root");
}
END_TEST

START_TEST(no_directory_that_others_can_write_is_walked_through)
{
        static const mode_t modes[] = {0775, 0720, 0757, 0702, 0777, 01777, 02775, 01770, 0022};

        scratch_mkdir(&scratch, "a", 0755);
        scratch_mkdir(&scratch, "a/b", 0755);
        make_goal(_i, "a/b/goal");
        for (int i = 0; i < LENGTH(modes); i++) {
                ck_assert_int_eq(fchmodat(scratch.fd, "a", modes[i], 0), 0);
                heard_begin(&heard);
                ck_assert_msg(ways[_i].go("a/b/goal") == -EPERM, "mode %04o", modes[i]);
                ck_assert_str_eq(fault(), "@/a/b/goal: others than root can write @/a");
                ck_assert_int_eq(fchmodat(scratch.fd, "a", 0755, 0), 0);
                ck_assert_int_eq(fchmodat(scratch.fd, "a/b", modes[i], 0), 0);
                heard_begin(&heard);
                ck_assert_msg(ways[_i].go("a/b/goal") == -EPERM, "mode %04o", modes[i]);
                ck_assert_str_eq(fault(), "@/a/b/goal: others than root can write @/a/b");
                ck_assert_int_eq(fchmodat(scratch.fd, "a/b", 0755, 0), 0);
        }
}
END_TEST

START_TEST(a_file_is_no_directory_to_walk_through)
{
        scratch_write(&scratch, "file", "text");
        make_node("fifo", S_IFIFO | 0644, 0);
        /* a missing file means something else than a broken path */
        ck_assert_int_eq(ways[_i].go("file/goal"), -ENOTDIR);
        ck_assert_str_eq(fault(), "@/file: Not a directory");
        heard_begin(&heard);
        ck_assert_int_eq(ways[_i].go("fifo/goal"), -ENOTDIR);
        ck_assert_str_eq(fault(), "@/fifo: Not a directory");
}
END_TEST

/* ------------------------------------------------------------------ the directory to be covered */

START_TEST(what_is_covered_may_be_anybodys)
{
        static const mode_t modes[] = {0755, 01777, 0777, 0, 0700};

        scratch_mkdir(&scratch, "tmp", 0755);
        for (int i = 0; i < LENGTH(modes); i++) {
                int fd;

                ck_assert_int_eq(fchmodat(scratch.fd, "tmp", modes[i], 0), 0);
                ck_assert_int_eq(safedir_open(path("tmp"), &fd, &heard.report), 0);
                assert_is(fd, "tmp");
                ck_assert_int_ne(fcntl(fd, F_GETFL) & O_PATH, 0);
                close(fd);
        }
        give_away("tmp");
        ck_assert_int_eq(way_open("tmp"), 0);
}
END_TEST

START_TEST(what_is_covered_must_be_a_directory)
{
        scratch_write(&scratch, "file", "text");
        make_node("fifo", S_IFIFO | 0644, 0);
        ck_assert_int_eq(way_open("file"), -ENOTDIR);
        ck_assert_str_eq(fault(), "@/file: Not a directory");
        heard_begin(&heard);
        ck_assert_int_eq(way_open("fifo"), -ENOTDIR);
        heard_begin(&heard);
        ck_assert_int_eq(way_open("missing"), -ENOENT);
        ck_assert_str_eq(fault(), "@/missing: No such file or directory");
        heard_begin(&heard);
        ck_assert_int_eq(way_open("missing/tmp"), -ENOENT);
        ck_assert_str_eq(fault(), "@/missing/tmp: No such file or directory");
}
END_TEST

/* ------------------------------------------------------------------ a folder of ours */

START_TEST(a_folder_of_ours_is_opened_for_reading)
{
        DIR *dir;
        int fd;

        scratch_mkdir(&scratch, "own", 0700);
        ck_assert_int_eq(safedir_open_own(path("own"), false, &fd, &heard.report), 0);
        assert_is(fd, "own");
        dir = fdopendir(fd);
        ck_assert_ptr_nonnull(dir);
        ck_assert_ptr_nonnull(readdir(dir));
        closedir(dir);
}
END_TEST

START_TEST(a_folder_of_ours_is_closed_to_others)
{
        static const mode_t modes[] = {0755, 0750, 0740, 0720, 0710, 0704, 0702, 0701, 01777, 0077};
        char wanted[64];

        scratch_mkdir(&scratch, "own", 0700);
        for (int i = 0; i < LENGTH(modes); i++) {
                ck_assert_int_eq(fchmodat(scratch.fd, "own", modes[i], 0), 0);
                snprintf(wanted, sizeof(wanted), "@/own has mode %04o, it must be 0700", modes[i]);
                for (int create = 0; create < 2; create++) {
                        heard_begin(&heard);
                        ck_assert_int_eq(open_own("own", create), -EPERM);
                        ck_assert_str_eq(fault(), wanted);
                }
                /* it is not put right either: what is in it may be anybody's */
                ck_assert_uint_eq(scratch_mode(&scratch, "own"), modes[i]);
        }
}
END_TEST

START_TEST(a_folder_of_ours_is_not_another_users)
{
        scratch_mkdir(&scratch, "own", 0700);
        give_away("own");
        ck_assert_int_eq(way_open_own("own"), -EPERM);
        ck_assert_str_eq(fault(), "@/own belongs to uid 1001, not to root");
        heard_begin(&heard);
        ck_assert_int_eq(way_create_own("own"), -EPERM);
        ck_assert_str_eq(fault(), "@/own belongs to uid 1001, not to root");
}
END_TEST

START_TEST(a_folder_of_ours_is_no_file)
{
        scratch_write(&scratch, "file", "text");
        make_node("fifo", S_IFIFO | 0644, 0);
        alarm(60);
        ck_assert_int_eq(way_open_own("file"), -ENOTDIR);
        ck_assert_int_eq(way_create_own("file"), -ENOTDIR);
        ck_assert_int_eq(way_open_own("fifo"), -ENOTDIR);
        ck_assert_int_eq(way_create_own("fifo"), -ENOTDIR);
        alarm(0);
}
END_TEST

START_TEST(a_missing_folder_is_made_if_wanted_whatever_the_umask)
{
        static const mode_t masks[] = {0, 0777, 022, 0077, 0700};

        /* what is made here inherits that bit */
        scratch_mkdir(&scratch, "parent", 02755);
        for (int i = 0; i < LENGTH(masks); i++) {
                umask(masks[i]);
                ck_assert_int_eq(way_create_own("parent/own"), 0);
                ck_assert_uint_eq(umask(022), masks[i]);
                ck_assert_uint_eq(scratch_mode(&scratch, "parent/own"), 0700);
                /* and found again */
                ck_assert_int_eq(way_create_own("parent/own"), 0);
                ck_assert_int_eq(way_open_own("parent/own"), 0);
                ck_assert_int_eq(unlinkat(scratch.fd, "parent/own", AT_REMOVEDIR), 0);
        }
}
END_TEST

START_TEST(a_missing_folder_is_only_told_if_not)
{
        ck_assert_int_eq(way_open_own("own"), 1);
        ck_assert_int_eq(way_open_own("missing/own"), 1);
        ck_assert_str_eq(fault(), "");
        ck_assert(!scratch_has(&scratch, "own"));
        ck_assert(!scratch_has(&scratch, "missing"));
}
END_TEST

START_TEST(no_more_than_the_last_component_is_made)
{
        ck_assert_int_eq(way_create_own("missing/own"), -ENOENT);
        ck_assert_str_eq(fault(), "@/missing: No such file or directory");
        ck_assert(!scratch_has(&scratch, "missing"));
}
END_TEST

START_TEST(nothing_is_made_where_others_can_write)
{
        scratch_mkdir(&scratch, "open", 01777);
        ck_assert_int_eq(way_create_own("open/own"), -EPERM);
        ck_assert(!scratch_has(&scratch, "open/own"));
}
END_TEST

static const uint32_t remote[] = {
        NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
        V9FS_MAGIC,       AFS_SUPER_MAGIC, AFS_FS_MAGIC,     CEPH_SUPER_MAGIC,
        FUSE_SUPER_MAGIC, 0x0bd00bd0, /* Lustre */
        0x47504653,                   /* GPFS */
        0x19830326,                   /* BeeGFS */
};

START_TEST(a_folder_of_ours_is_not_on_a_network)
{
        scratch_mkdir(&scratch, "own", 0700);
        fs_type = remote[_i];
        ck_assert_int_eq(way_open_own("own"), -EXDEV);
        ck_assert_str_eq(fault(), "@/own is on a network or FUSE file system");
        heard_begin(&heard);
        ck_assert_int_eq(way_create_own("own"), -EXDEV);
}
END_TEST

static const uint32_t local[] = {
        EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC, TMPFS_MAGIC,
        F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, 0x2fc12fc1, /* ZFS */
};

START_TEST(any_other_file_system_will_do)
{
        scratch_mkdir(&scratch, "own", 0700);
        fs_type = local[_i];
        ck_assert_int_eq(way_open_own("own"), 0);
}
END_TEST

/* ------------------------------------------------------------------ nothing is left open */

static unsigned count_fds(void)
{
        DIR *dir = opendir("/proc/self/fd");
        unsigned n = 0;

        ck_assert_ptr_nonnull(dir);
        while (readdir(dir))
                n++;
        closedir(dir);
        return n;
}

START_TEST(no_fd_is_left_whatever_happens)
{
        static const char *const names[] = {
                "d",      "d/d",     "file",      "fifo",   "link",
                "link/x", "missing", "missing/x", "open/x", "foreign/x",
        };
        unsigned before;

        scratch_mkdir(&scratch, "d", 0700);
        scratch_mkdir(&scratch, "d/d", 0755);
        scratch_mkdir(&scratch, "open", 0777);
        scratch_mkdir(&scratch, "foreign", 0755);
        give_away("foreign");
        scratch_write(&scratch, "file", "text");
        make_node("fifo", S_IFIFO | 0644, 0);
        make_link("d", "link");
        before = count_fds();
        for (int way = 0; way < LENGTH(ways); way++)
                for (int i = 0; i < LENGTH(names); i++) {
                        (void)ways[way].go(names[i]);
                        ck_assert_uint_eq(count_fds(), before);
                        (void)unlinkat(scratch.fd, "missing", AT_REMOVEDIR);
                }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("safedir");
        TCase *walk = tcase_create("walk"), *directory = tcase_create("directory");

        tcase_add_checked_fixture(walk, setup, teardown);
        tcase_add_loop_test(walk, a_plain_path_is_walked, 0, LENGTH(ways));
        tcase_add_loop_test(walk, no_symbolic_link_is_walked_through, 0, LENGTH(ways));
        tcase_add_loop_test(walk, no_symbolic_link_is_the_end, 0, LENGTH(ways));
        tcase_add_loop_test(walk, no_directory_of_another_user_is_walked_through, 0, LENGTH(ways));
        tcase_add_loop_test(walk, no_directory_that_others_can_write_is_walked_through, 0,
                            LENGTH(ways));
        tcase_add_loop_test(walk, a_file_is_no_directory_to_walk_through, 0, LENGTH(ways));
        tcase_add_test(walk, no_fd_is_left_whatever_happens);
        suite_add_tcase(suite, walk);

        tcase_add_checked_fixture(directory, setup, teardown);
        tcase_add_test(directory, what_is_covered_may_be_anybodys);
        tcase_add_test(directory, what_is_covered_must_be_a_directory);
        tcase_add_test(directory, a_folder_of_ours_is_opened_for_reading);
        tcase_add_test(directory, a_folder_of_ours_is_closed_to_others);
        tcase_add_test(directory, a_folder_of_ours_is_not_another_users);
        tcase_add_test(directory, a_folder_of_ours_is_no_file);
        tcase_add_test(directory, a_missing_folder_is_made_if_wanted_whatever_the_umask);
        tcase_add_test(directory, a_missing_folder_is_only_told_if_not);
        tcase_add_test(directory, no_more_than_the_last_component_is_made);
        tcase_add_test(directory, nothing_is_made_where_others_can_write);
        tcase_add_loop_test(directory, a_folder_of_ours_is_not_on_a_network, 0, LENGTH(remote));
        tcase_add_loop_test(directory, any_other_file_system_will_do, 0, LENGTH(local));
        suite_add_tcase(suite, directory);
        return scratch_run(suite);
}
