/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies over a directory, what its flags do, and how it is taken off. */
#include <sys/sendfile.h>
#include <sys/statvfs.h>

#include "ground/cleanup.h"
#include "kit/cover.h"
#include "kit/ground.h"
#include "kit/mark.h"
#include "mounts/cover.h"
#include "table/line.h"

/* ------------------------------------------------------------------ before it is attached */

static const struct {
        unsigned flags;
        unsigned long in_force;
} atimes[] = {
        {0, ST_RELATIME}, /* what the base has */
        {FLAG_NOATIME, ST_NOATIME},
        {FLAG_RELATIME, ST_RELATIME},
};

/* Each combination, cloned and in memory. */
START_TEST(the_flags_are_in_force_before_anybody_can_see_the_mount)
{
        unsigned flags = (unsigned)_i % 8 | atimes[_i / 8 % 3].flags;
        unsigned long wanted = atimes[_i / 8 % 3].in_force;
        struct statvfs fs;
        int tree;

        read_mounts(before, sizeof(before));
        tree = makers[_i / 24](flags);
        must(fstatvfs(tree, &fs));
        wanted |= flags & FLAG_NOEXEC ? ST_NOEXEC : 0;
        wanted |= flags & FLAG_NOSUID ? ST_NOSUID : 0;
        wanted |= flags & FLAG_NODEV ? ST_NODEV : 0;
        ck_assert_uint_eq(fs.f_flag & (ST_NOEXEC | ST_NOSUID | ST_NODEV | ST_NOATIME | ST_RELATIME |
                                       ST_RDONLY | ST_NODIRATIME),
                          wanted);
        read_mounts(after, sizeof(after));
        ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(the_flags_of_the_base_itself_do_not_count)
{
        int tree, other;
        struct statvfs fs;

        must(mount("tmpfs", OTHER, "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV | MS_NOATIME, NULL));
        other = must(open(OTHER, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ck_assert_int_eq(cover_clone(other, 0, &tree), 0);
        must(fstatvfs(tree, &fs));
        /* but how it keeps access times does */
        ck_assert_uint_eq(fs.f_flag & (ST_NOEXEC | ST_NOSUID | ST_NODEV | ST_NOATIME), ST_NOATIME);
        close(tree);
        ck_assert_int_eq(cover_clone(other, FLAG_RELATIME, &tree), 0);
        must(fstatvfs(tree, &fs));
        ck_assert_uint_eq(fs.f_flag & (ST_NOATIME | ST_RELATIME), ST_RELATIME);
        /* nor does what is put on change the base */
        must(fstatvfs(other, &fs));
        ck_assert_uint_eq(fs.f_flag & (ST_NOEXEC | ST_NOSUID | ST_NODEV | ST_NOATIME),
                          ST_NOEXEC | ST_NOSUID | ST_NODEV | ST_NOATIME);
}
END_TEST

START_TEST(a_mount_that_was_never_attached_goes_with_its_fd)
{
        unsigned fds = count_fds();

        read_mounts(before, sizeof(before));
        close(clone_it(ALL));
        close(make_memory(ALL));
        ck_assert_uint_eq(count_fds(), fds);
        read_mounts(after, sizeof(after));
        ck_assert_str_eq(after, before);
}
END_TEST

/* ------------------------------------------------------------------ attached */

START_TEST(the_directory_shows_the_instance_and_the_instance_can_be_renamed)
{
        put(clone_it(ALL), DIRECTORY);
        ck_assert(sees_instance());
        ck_assert(!sees_system());
        must(renameat(scratch.fd, MARK, scratch.fd, "1001/ABCDEF"));
        ck_assert(sees_instance());
        write_file(AT_FDCWD, DIRECTORY "/new", "");
        ck_assert(is_there(scratch.fd, "1001/ABCDEF/root/new"));
}
END_TEST

START_TEST(it_knows_its_cover_by_an_fd_opened_just_now)
{
        int below = open_path(DIRECTORY), tree = makers[_i](ALL), now;

        ck_assert(!cover_is(below, tree, ALL));
        ck_assert_int_eq(cover_put(tree, below), 0);
        now = open_path(DIRECTORY);
        ck_assert(cover_is(now, tree, ALL));
        ck_assert(cover_is(now, tree, FLAG_NODEV));
        ck_assert(!cover_is(below, tree, ALL));
        ck_assert(!cover_is(open_path(OTHER), tree, ALL));
        ck_assert(!cover_is(now, clone_it(ALL), ALL));
        must(mkdir(DIRECTORY "/sub", 0755));
        ck_assert(!cover_is(open_path(DIRECTORY "/sub"), tree, ALL));
        must(mount("tmpfs", DIRECTORY, "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, NULL));
        ck_assert(!cover_is(open_path(DIRECTORY), tree, ALL));
}
END_TEST

START_TEST(it_is_not_its_cover_with_a_flag_missing)
{
        static const unsigned flags[] = {FLAG_NOEXEC, FLAG_NOSUID, FLAG_NODEV};
        int tree = clone_it(ALL & ~flags[_i]);

        put(tree, DIRECTORY);
        ck_assert(cover_is(open_path(DIRECTORY), tree, ALL & ~flags[_i]));
        ck_assert(!cover_is(open_path(DIRECTORY), tree, ALL));
}
END_TEST

START_TEST(what_cannot_be_covered_is_an_error)
{
        int tree = clone_it(ALL), gone;

        must(mkdir(OTHER "/gone", 0755));
        gone = open_path(OTHER "/gone");
        must(rmdir(OTHER "/gone"));
        read_mounts(before, sizeof(before));
        ck_assert_int_lt(cover_put(tree, gone), 0);
        ck_assert_int_lt(cover_put(tree, must(open(SECRET, O_PATH | O_CLOEXEC))), 0);
        read_mounts(after, sizeof(after));
        ck_assert_str_eq(after, before);
}
END_TEST

/* In a namespace of its own, as a session: the host's mounts come in, nothing goes out. */
static void mount_in_the_cover(void *arg)
{
        const char *line;
        char *end;

        own_slave_mounts();
        put(*(int *)arg, DIRECTORY);
        read_mounts(after, sizeof(after));
        line = strstr(after, " " DIRECTORY " ");
        ck_assert_ptr_nonnull(line);
        end = strstr(line, " - ");
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        ck_assert_msg(!strchr(line, ':'), "it is no private mount:%s", line);
        must(mkdir(DIRECTORY "/mount", 0755));
        must(mount("tmpfs", DIRECTORY "/mount", "tmpfs", 0, NULL));
}

START_TEST(what_is_mounted_in_the_cover_shows_nowhere_else)
{
        int tree;

        must(mount("none", "/", NULL, MS_REC | MS_SHARED, NULL));
        read_mounts(before, sizeof(before));
        tree = clone_it(ALL);
        (void)child_start(mount_in_the_cover, &tree);
        read_mounts(after, sizeof(after));
        ck_assert_str_eq(after, before);
        ck_assert(is_there(root, "mount"));
        ck_assert(sees_system());
}
END_TEST

/* ------------------------------------------------------------------ what the flags do */

static void copy_program(const char *from, const char *to, mode_t mode)
{
        _cleanup_close_ int in = must(open(from, O_RDONLY | O_CLOEXEC));
        _cleanup_close_ int out = must(open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
        struct stat st;

        must(fstat(in, &st));
        for (off_t at = 0; at < st.st_size;)
                ck_assert_int_gt(sendfile(out, in, &at, 1 << 20), 0);
        must(fchmod(out, mode));
}

/* As alice. Returns the exit status, or the errno of why it did not run. */
static int run(const char *program, const char *arg)
{
        pid_t pid = must(fork());
        int status;

        if (pid == 0) {
                int null = must(open("/dev/null", O_RDWR | O_CLOEXEC));

                must(dup2(null, STDOUT_FILENO));
                must(dup2(null, STDERR_FILENO));
                become(ALICE);
                (void)execl(program, program, arg, (char *)NULL);
                _exit(errno);
        }
        must(waitpid(pid, &status, 0));
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

START_TEST(programs_are_refused_with_noexec_and_only_then)
{
        put(makers[_i](0), DIRECTORY);
        must(chmod(DIRECTORY, 0755));
        copy_program("/bin/true", DIRECTORY "/true", 0755);
        ck_assert_int_eq(run(DIRECTORY "/true", NULL), 0);
        put(makers[_i](FLAG_NOEXEC), DIRECTORY);
        must(chmod(DIRECTORY, 0755));
        copy_program("/bin/true", DIRECTORY "/true", 0755);
        ck_assert_int_eq(run(DIRECTORY "/true", NULL), EACCES);
}
END_TEST

START_TEST(setuid_programs_gain_nothing_with_nosuid_and_only_then)
{
        put(makers[_i](0), DIRECTORY);
        must(chmod(DIRECTORY, 0755));
        copy_program("/bin/cat", DIRECTORY "/cat", 04755);
        ck_assert_int_eq(run(DIRECTORY "/cat", SECRET), 0);
        put(makers[_i](FLAG_NOSUID), DIRECTORY);
        must(chmod(DIRECTORY, 0755));
        copy_program("/bin/cat", DIRECTORY "/cat", 04755);
        ck_assert_int_eq(run(DIRECTORY "/cat", SECRET), 1);
}
END_TEST

START_TEST(devices_are_refused_with_nodev_and_only_then)
{
        put(makers[_i](0), DIRECTORY);
        must(mknod(DIRECTORY "/null", S_IFCHR | 0666, makedev(1, 3)));
        close(must(open(DIRECTORY "/null", O_RDWR | O_CLOEXEC)));
        put(makers[_i](FLAG_NODEV), DIRECTORY);
        (void)mknod(DIRECTORY "/null", S_IFCHR | 0666, makedev(1, 3)); /* may be there */
        ck_assert_int_lt(open(DIRECTORY "/null", O_RDWR | O_CLOEXEC), 0);
        ck_assert_int_eq(errno, EACCES);
}
END_TEST

/* ------------------------------------------------------------------ in memory */

START_TEST(in_memory_it_has_the_owner_and_mode_that_it_is_given)
{
        static const struct cover_memory memories[] = {
                {.gid = ALICE, .mode = 01770, .size = "1m", .inodes = "20"},
                {.gid = ALICE, .mode = 0770, .size = "1m", .inodes = "20"},
                {.gid = BOB, .mode = 01777, .size = "1m", .inodes = "20"},
                {.uid = ALICE, .gid = ALICE, .mode = 0700, .size = "1m", .inodes = "20"},
                {.uid = 4000000000, .gid = 4000000001, .mode = 0700, .size = "1m", .inodes = "20"},
        };
        static const mode_t masks[] = {0, 0777};

        for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
                for (size_t j = 0; j < 2; j++) {
                        struct stat st;
                        int tree = -EBADF;

                        umask(masks[j]);
                        ck_assert_int_eq(cover_memory(&memories[i], &tree, &heard.report), 0);
                        must(fstat(tree, &st));
                        ck_assert_uint_eq(st.st_uid, memories[i].uid);
                        ck_assert_uint_eq(st.st_gid, memories[i].gid);
                        ck_assert_uint_eq(st.st_mode & 07777, memories[i].mode);
                        close(tree);
                }
        }
        umask(022);
}
END_TEST

START_TEST(in_memory_it_holds_no_more_than_its_size)
{
        static char block[64 * 1024];
        ssize_t n, all = 0;
        int fd;

        put(make_memory(ALL), DIRECTORY);
        fd = must(open(DIRECTORY "/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        while ((n = write(fd, block, sizeof(block))) > 0) {
                all += n;
                ck_assert_int_le(all, 1 << 20);
        }
        ck_assert_int_lt(n, 0);
        ck_assert_int_eq(errno, ENOSPC);
        ck_assert_int_gt(all, 1 << 19);
}
END_TEST

START_TEST(in_memory_it_holds_no_more_files_than_it_may)
{
        unsigned made = 0;

        put(make_memory(ALL), DIRECTORY);
        for (;; made++) {
                char path[64];

                (void)snprintf(path, sizeof(path), DIRECTORY "/%u", made);
                if (mknod(path, S_IFREG | 0600, 0) < 0)
                        break;
                ck_assert_uint_lt(made, 20);
        }
        ck_assert_int_eq(errno, ENOSPC);
        ck_assert_uint_gt(made, 10);
}
END_TEST

START_TEST(in_memory_a_size_that_is_none_is_an_error)
{
        struct cover_memory memory = small;
        unsigned fds = count_fds();
        int tree = -EBADF;

        memory.size = "bogus";
        ck_assert_int_eq(cover_memory(&memory, &tree, &heard.report), -EINVAL);
        memory = small;
        memory.inodes = "bogus";
        ck_assert_int_eq(cover_memory(&memory, &tree, &heard.report), -EINVAL);
        ck_assert_int_eq(tree, -EBADF);
        ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

/* ------------------------------------------------------------------ taken off */

START_TEST(without_its_cover_the_directory_is_the_systems_again)
{
        put(clone_it(ALL), DIRECTORY);
        put(clone_it(ALL), OTHER);
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert(sees_system());
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked(MARK)), 0);
        ck_assert_int_eq(cover_is_on(OTHER, marked(MARK)), 1);
        ck_assert(is_there(root, "instance"));
}
END_TEST

START_TEST(a_cover_in_memory_is_taken_off)
{
        struct mark mark;
        int tree = make_memory(ALL);

        ck_assert_int_eq(cover_mark_memory(tree, &mark), 0);
        put(tree, DIRECTORY);
        must(mount("tmpfs", DIRECTORY, "tmpfs", 0, NULL));
        ck_assert_int_eq(cover_take_off(DIRECTORY, mark), 0);
        ck_assert(sees_system());
}
END_TEST

START_TEST(with_a_cover_goes_what_lies_on_top_and_in_it)
{
        put(clone_it(ALL), DIRECTORY);
        must(mkdir(DIRECTORY "/sub", 0755));
        must(mount("tmpfs", DIRECTORY "/sub", "tmpfs", 0, NULL));
        put(clone_it(ALL), DIRECTORY);
        must(mount("tmpfs", DIRECTORY, "tmpfs", 0, NULL));
        must(mount("tmpfs", DIRECTORY, "tmpfs", 0, NULL));
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert(sees_system());
        ck_assert_int_eq(cover_is_on(DIRECTORY, marked(MARK)), 0);
}
END_TEST

START_TEST(what_lay_there_before_stays)
{
        must(mount("tmpfs", DIRECTORY, "tmpfs", 0, NULL));
        write_file(AT_FDCWD, DIRECTORY "/lower", "");
        put(clone_it(ALL), DIRECTORY);
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert(is_there(AT_FDCWD, DIRECTORY "/lower"));
        /* and nothing is done where there is no cover */
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert(is_there(AT_FDCWD, DIRECTORY "/lower"));
}
END_TEST

START_TEST(a_cover_in_use_is_taken_off)
{
        int file;

        put(clone_it(ALL), DIRECTORY);
        must(chdir(DIRECTORY));
        file = must(open("instance", O_WRONLY | O_CLOEXEC));
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert(sees_system());
        ck_assert_int_eq(write(file, "x", 1), 1);
        ck_assert(is_there(AT_FDCWD, "instance"));
}
END_TEST

static void take_it_off(void *arg)
{
        (void)arg;
        own_slave_mounts();
        ck_assert_int_eq(cover_take_off(DIRECTORY, marked(MARK)), 0);
        ck_assert(sees_system());
}

START_TEST(it_is_taken_off_in_this_namespace_only)
{
        put(clone_it(ALL), DIRECTORY);
        read_mounts(before, sizeof(before));
        child_do(take_it_off, NULL);
        read_mounts(after, sizeof(after));
        ck_assert_str_eq(after, before);
        ck_assert(sees_instance());
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cover");
        TCase *flags = tcase_create("flags"), *attached = tcase_create("attached"),
              *memory = tcase_create("memory"), *off = tcase_create("off");

        tcase_add_checked_fixture(flags, set_up, NULL);
        tcase_add_loop_test(flags, the_flags_are_in_force_before_anybody_can_see_the_mount, 0, 48);
        tcase_add_test(flags, the_flags_of_the_base_itself_do_not_count);
        tcase_add_test(flags, a_mount_that_was_never_attached_goes_with_its_fd);
        tcase_add_loop_test(flags, programs_are_refused_with_noexec_and_only_then, 0, 2);
        tcase_add_loop_test(flags, setuid_programs_gain_nothing_with_nosuid_and_only_then, 0, 2);
        tcase_add_loop_test(flags, devices_are_refused_with_nodev_and_only_then, 0, 2);
        suite_add_tcase(suite, flags);

        tcase_add_checked_fixture(attached, set_up, NULL);
        tcase_add_test(attached, the_directory_shows_the_instance_and_the_instance_can_be_renamed);
        tcase_add_loop_test(attached, it_knows_its_cover_by_an_fd_opened_just_now, 0, 2);
        tcase_add_loop_test(attached, it_is_not_its_cover_with_a_flag_missing, 0, 3);
        tcase_add_test(attached, what_cannot_be_covered_is_an_error);
        tcase_add_test(attached, what_is_mounted_in_the_cover_shows_nowhere_else);
        suite_add_tcase(suite, attached);

        tcase_add_checked_fixture(memory, set_up, NULL);
        tcase_add_test(memory, in_memory_it_has_the_owner_and_mode_that_it_is_given);
        tcase_add_test(memory, in_memory_it_holds_no_more_than_its_size);
        tcase_add_test(memory, in_memory_it_holds_no_more_files_than_it_may);
        tcase_add_test(memory, in_memory_a_size_that_is_none_is_an_error);
        suite_add_tcase(suite, memory);

        tcase_add_checked_fixture(off, set_up, NULL);
        tcase_add_test(off, without_its_cover_the_directory_is_the_systems_again);
        tcase_add_test(off, a_cover_in_memory_is_taken_off);
        tcase_add_test(off, with_a_cover_goes_what_lies_on_top_and_in_it);
        tcase_add_test(off, what_lay_there_before_stays);
        tcase_add_test(off, a_cover_in_use_is_taken_off);
        tcase_add_test(off, it_is_taken_off_in_this_namespace_only);
        suite_add_tcase(suite, off);
        return scratch_run(suite);
}
