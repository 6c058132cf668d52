/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-safedir: from a path to something that only root can have put there. Needs root, and a host
 * whose /run is root's.
 *
 * fstatfs is replaced at link time, to be on the file systems that this machine does not have.
 */
#include <dirent.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include "ground/safedir.h"
#include "ground/safefile.h"
#include "kit/scratch.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

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

static struct scratch scratch;
static struct heard heard;

static void setup(void)
{
        umask(022);
        fs_type = 0;
        heard_begin(&heard);
        scratch_make(&scratch, "/run");
}

static void teardown(void)
{
        scratch_remove(&scratch);
}

static const char *path(const char *name)
{
        return scratch_path(&scratch, name);
}

static void make_link(const char *target, const char *name)
{
        assert_done(symlinkat(target, scratch.fd, name) == 0, name);
}

static void make_node(const char *name, mode_t mode, dev_t dev)
{
        assert_done(mknodat(scratch.fd, name, mode, dev) == 0, name);
}

static void make_socket(const char *name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_lt(snprintf(address.sun_path, sizeof(address.sun_path), "%s", path(name)),
                         (int)sizeof(address.sun_path));
        assert_done(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, name);
        close(fd);
}

static void give_away(const char *name)
{
        assert_done(fchownat(scratch.fd, name, SCRATCH_USER, SCRATCH_USER, AT_SYMLINK_NOFOLLOW) ==
                            0,
                    name);
}

/* The fault, the scratch folder's path in it written as "@". */
static const char *fault(void)
{
        static char text[sizeof(heard.report.fault)];
        const char *from = heard.report.fault;
        char *to = text;

        while (*from) {
                if (strncmp(from, scratch.path, strlen(scratch.path)) == 0) {
                        *to++ = '@';
                        from += strlen(scratch.path);
                } else
                        *to++ = *from++;
        }
        *to = '\0';
        return text;
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

/* Each takes a path below the scratch folder, and releases what it gets. */
static int way_open(const char *name)
{
        int fd = -EBADF, r = safedir_open(path(name), &fd, &heard.report);

        if (r == 0)
                close(fd);
        else
                ck_assert_int_eq(fd, -EBADF);
        return r;
}

static int open_own(const char *name, bool create)
{
        int fd = -EBADF, r = safedir_open_own(path(name), create, &fd, &heard.report);

        if (r == 0)
                close(fd);
        else
                ck_assert_int_eq(fd, -EBADF);
        return r;
}

static int way_open_own(const char *name)
{
        return open_own(name, false);
}

static int way_create_own(const char *name)
{
        return open_own(name, true);
}

static int way_read(const char *name)
{
        char *text = NULL;
        size_t size;
        int r = safefile_read(path(name), 100, &text, &size, &heard.report);

        if (r != 0)
                ck_assert_ptr_null(text);
        free(text);
        return r;
}

static int way_list(const char *name)
{
        char **names = NULL;
        size_t n = 0;
        int r = safefile_list(path(name), "", 100, &names, &n, &heard.report);

        safefile_free_list(names, n);
        return r;
}

static const struct {
        int (*go)(const char *name);
        mode_t type; /* of what it wants to find */
} ways[] = {
        {way_open, S_IFDIR}, {way_open_own, S_IFDIR}, {way_create_own, S_IFDIR},
        {way_read, S_IFREG}, {way_list, S_IFDIR},
};

/* What the way wants, so that only the path to it can be wrong. */
static void make_goal(int way, const char *name)
{
        if (ways[way].type == S_IFDIR)
                scratch_mkdir(&scratch, name, 0700);
        else
                scratch_write(&scratch, name, "text");
}

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
        ck_assert_str_eq(fault(), "@/missing/own: No such file or directory");
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

/* ------------------------------------------------------------------ files */

static int read_file(const char *name, size_t limit, char **text, size_t *size)
{
        return safefile_read(path(name), limit, text, size, &heard.report);
}

START_TEST(a_file_is_read_whole_with_a_nul_behind_it)
{
        static const char bytes[] = "one\ntwo\0three";
        size_t size;
        char *text;

        scratch_write_bytes(&scratch, "file", bytes, sizeof(bytes) - 1);
        ck_assert_int_eq(read_file("file", 100, &text, &size), 0);
        ck_assert_uint_eq(size, sizeof(bytes) - 1);
        ck_assert_mem_eq(text, bytes, sizeof(bytes));
        free(text);
}
END_TEST

START_TEST(an_empty_file_is_no_missing_one)
{
        size_t size = 7;
        char *text;

        scratch_write(&scratch, "file", "");
        ck_assert_int_eq(read_file("file", 100, &text, &size), 0);
        ck_assert_uint_eq(size, 0);
        ck_assert_str_eq(text, "");
        free(text);
}
END_TEST

START_TEST(a_file_is_limited)
{
        enum {
                LIMIT = 100000,
        };
        char *text = malloc(LIMIT + 1), *got = NULL;
        size_t size;

        ck_assert_ptr_nonnull(text);
        for (size_t i = 0; i <= LIMIT; i++)
                text[i] = (char)('a' + i % 26);
        scratch_write_bytes(&scratch, "file", text, LIMIT);
        ck_assert_int_eq(read_file("file", LIMIT, &got, &size), 0);
        ck_assert_uint_eq(size, LIMIT);
        ck_assert_mem_eq(got, text, LIMIT);
        free(got);
        got = NULL;
        scratch_write_bytes(&scratch, "file", text, LIMIT + 1);
        ck_assert_int_eq(read_file("file", LIMIT, &got, &size), -EFBIG);
        ck_assert_str_eq(fault(), "@/file is larger than 100000 bytes");
        ck_assert_ptr_null(got);
        free(text);
}
END_TEST

START_TEST(a_missing_file_is_told_apart)
{
        ck_assert_int_eq(way_read("file"), 1);
        ck_assert_int_eq(way_read("missing/file"), 1);
        ck_assert_str_eq(fault(), "");
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_at_once)
{
        make_node("fifo", S_IFIFO | 0644, 0);
        make_node("zero", S_IFCHR | 0644, makedev(1, 5));
        scratch_mkdir(&scratch, "folder", 0755);
        make_socket("socket");
        /* nobody writes to the fifo: who waits for it waits for ever */
        alarm(60);
        ck_assert_int_eq(way_read("fifo"), -EINVAL);
        ck_assert_str_eq(fault(), "@/fifo is not a regular file");
        alarm(0);
        heard_begin(&heard);
        ck_assert_int_eq(way_read("zero"), -EINVAL);
        ck_assert_str_eq(fault(), "@/zero is not a regular file");
        heard_begin(&heard);
        ck_assert_int_eq(way_read("folder"), -EINVAL);
        ck_assert_str_eq(fault(), "@/folder is not a regular file");
        heard_begin(&heard);
        ck_assert_int_lt(way_read("socket"), 0);
        ck_assert_int_eq(strncmp(fault(), "@/socket", 8), 0);
}
END_TEST

START_TEST(a_file_of_another_user_is_refused)
{
        scratch_write(&scratch, "file", "text");
        give_away("file");
        ck_assert_int_eq(way_read("file"), -EPERM);
        ck_assert_str_eq(fault(), "@/file belongs to uid 1001, not to root");
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
        static const mode_t bad[] = {0664, 0646, 0666, 0020, 0002}, good[] = {0644, 0600, 0444, 0};
        char wanted[80];

        scratch_write(&scratch, "file", "text");
        for (int i = 0; i < LENGTH(bad); i++) {
                ck_assert_int_eq(fchmodat(scratch.fd, "file", bad[i], 0), 0);
                heard_begin(&heard);
                ck_assert_int_eq(way_read("file"), -EPERM);
                snprintf(wanted, sizeof(wanted),
                         "@/file has mode %04o, others than root can write it", bad[i]);
                ck_assert_str_eq(fault(), wanted);
        }
        for (int i = 0; i < LENGTH(good); i++) {
                ck_assert_int_eq(fchmodat(scratch.fd, "file", good[i], 0), 0);
                ck_assert_int_eq(way_read("file"), 0);
        }
}
END_TEST

START_TEST(a_file_has_an_absolute_path)
{
        static const char *const paths[] = {"privtmp.conf", "./x", "", "/", "/run/../x", "/run//x"};
        size_t size;
        char *text;

        for (int i = 0; i < LENGTH(paths); i++) {
                heard_begin(&heard);
                ck_assert_int_eq(safefile_read(paths[i], 100, &text, &size, &heard.report),
                                 -EINVAL);
                ck_assert_ptr_nonnull(strstr(fault(), "is no absolute path in its shortest form"));
        }
}
END_TEST

START_TEST(an_fd_is_read_to_its_end_in_any_pieces)
{
        static const char piece[] = "0123456789";
        char *text = NULL;
        size_t size;
        int ends[2];

        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        for (unsigned i = 0; i < 2000; i++)
                ck_assert_int_eq(write(ends[1], piece, 10), 10);
        close(ends[1]);
        ck_assert_int_eq(safefile_read_fd(ends[0], 20000, &text, &size), 0);
        ck_assert_uint_eq(size, 20000);
        ck_assert_uint_eq(strlen(text), 20000);
        ck_assert_str_eq(text + 19990, piece);
        free(text);
        close(ends[0]);

        text = NULL;
        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        ck_assert_int_eq(write(ends[1], piece, 10), 10);
        close(ends[1]);
        ck_assert_int_eq(safefile_read_fd(ends[0], 9, &text, &size), -EFBIG);
        ck_assert_int_eq(safefile_read_fd(-EBADF, 9, &text, &size), -EBADF);
        ck_assert_ptr_null(text);
        close(ends[0]);
}
END_TEST

/* ------------------------------------------------------------------ lists of names */

/* The names with that end, each with a blank behind it. */
static const char *list(const char *name, const char *suffix)
{
        static char text[1024];
        char **names = NULL;
        size_t n = 0;

        ck_assert_msg(safefile_list(path(name), suffix, 16, &names, &n, &heard.report) == 0, "%s",
                      heard.report.fault);
        text[0] = '\0';
        for (size_t i = 0; i < n; i++)
                strcat(strcat(text, names[i]), " ");
        safefile_free_list(names, n);
        return text;
}

START_TEST(names_are_sorted_and_chosen_by_their_end)
{
        static const char *const files[] = {
                "b.conf",  "a.conf",      "10.conf", "9.conf",     "Z.conf", "\303\244.conf",
                "b.conf~", "conf",        ".conf",   ".hid.conf",  "README", "c.CONF",
                "b.confx", "a.conf.conf", "a-.conf", "b.conf.bak",
        };

        scratch_mkdir(&scratch, "d", 0755);
        for (int i = 0; i < LENGTH(files); i++) {
                char name[64];

                snprintf(name, sizeof(name), "d/%s", files[i]);
                scratch_write(&scratch, name, "");
        }
        ck_assert_str_eq(list("d", ".conf"), "10.conf 9.conf Z.conf a-.conf a.conf a.conf.conf "
                                             "b.conf \303\244.conf ");
}
END_TEST

START_TEST(a_missing_or_empty_folder_has_no_names)
{
        scratch_mkdir(&scratch, "empty", 0755);
        ck_assert_str_eq(list("empty", ".conf"), "");
        ck_assert_str_eq(list("missing", ".conf"), "");
        ck_assert_str_eq(list("missing/d", ".conf"), "");
        ck_assert_str_eq(fault(), "");
}
END_TEST

START_TEST(more_names_than_the_limit_are_an_error)
{
        char **names = NULL;
        size_t n = 0;

        scratch_mkdir(&scratch, "d", 0755);
        scratch_write(&scratch, "d/1.conf", "");
        scratch_write(&scratch, "d/2.conf", "");
        scratch_write(&scratch, "d/other", "");
        ck_assert_int_eq(safefile_list(path("d"), ".conf", 2, &names, &n, &heard.report), 0);
        ck_assert_uint_eq(n, 2);
        safefile_free_list(names, n);
        scratch_write(&scratch, "d/3.conf", "");
        names = NULL;
        n = 0;
        ck_assert_int_eq(safefile_list(path("d"), ".conf", 2, &names, &n, &heard.report), -E2BIG);
        ck_assert_str_eq(fault(), "@/d: Argument list too long");
        safefile_free_list(names, n);
}
END_TEST

START_TEST(a_folder_of_names_is_roots)
{
        scratch_mkdir(&scratch, "d", 0775);
        ck_assert_int_eq(way_list("d"), -EPERM);
        ck_assert_str_eq(fault(), "@/d: others than root can write @/d");
        ck_assert_int_eq(fchmodat(scratch.fd, "d", 0755, 0), 0);
        give_away("d");
        heard_begin(&heard);
        ck_assert_int_eq(way_list("d"), -EPERM);
        ck_assert_str_eq(fault(), "@/d: @/d belongs to uid 1001, not to root");
        scratch_write(&scratch, "file", "text");
        heard_begin(&heard);
        ck_assert_int_eq(way_list("file"), -ENOTDIR);
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

static TCase *walk_case(void)
{
        TCase *tcase = tcase_create("walk");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_loop_test(tcase, a_plain_path_is_walked, 0, LENGTH(ways));
        tcase_add_loop_test(tcase, no_symbolic_link_is_walked_through, 0, LENGTH(ways));
        tcase_add_loop_test(tcase, no_symbolic_link_is_the_end, 0, LENGTH(ways));
        tcase_add_loop_test(tcase, no_directory_of_another_user_is_walked_through, 0, LENGTH(ways));
        tcase_add_loop_test(tcase, no_directory_that_others_can_write_is_walked_through, 0,
                            LENGTH(ways));
        tcase_add_loop_test(tcase, a_file_is_no_directory_to_walk_through, 0, LENGTH(ways));
        tcase_add_test(tcase, no_fd_is_left_whatever_happens);
        return tcase;
}

static TCase *directory_case(void)
{
        TCase *tcase = tcase_create("directory");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, what_is_covered_may_be_anybodys);
        tcase_add_test(tcase, what_is_covered_must_be_a_directory);
        tcase_add_test(tcase, a_folder_of_ours_is_opened_for_reading);
        tcase_add_test(tcase, a_folder_of_ours_is_closed_to_others);
        tcase_add_test(tcase, a_folder_of_ours_is_not_another_users);
        tcase_add_test(tcase, a_folder_of_ours_is_no_file);
        tcase_add_test(tcase, a_missing_folder_is_made_if_wanted_whatever_the_umask);
        tcase_add_test(tcase, a_missing_folder_is_only_told_if_not);
        tcase_add_test(tcase, no_more_than_the_last_component_is_made);
        tcase_add_test(tcase, nothing_is_made_where_others_can_write);
        tcase_add_loop_test(tcase, a_folder_of_ours_is_not_on_a_network, 0, LENGTH(remote));
        tcase_add_loop_test(tcase, any_other_file_system_will_do, 0, LENGTH(local));
        return tcase;
}

static TCase *file_case(void)
{
        TCase *tcase = tcase_create("file");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, a_file_is_read_whole_with_a_nul_behind_it);
        tcase_add_test(tcase, an_empty_file_is_no_missing_one);
        tcase_add_test(tcase, a_file_is_limited);
        tcase_add_test(tcase, a_missing_file_is_told_apart);
        tcase_add_test(tcase, what_is_no_regular_file_is_refused_at_once);
        tcase_add_test(tcase, a_file_of_another_user_is_refused);
        tcase_add_test(tcase, a_file_that_others_can_write_is_refused);
        tcase_add_test(tcase, a_file_has_an_absolute_path);
        tcase_add_test(tcase, an_fd_is_read_to_its_end_in_any_pieces);
        tcase_add_test(tcase, names_are_sorted_and_chosen_by_their_end);
        tcase_add_test(tcase, a_missing_or_empty_folder_has_no_names);
        tcase_add_test(tcase, more_names_than_the_limit_are_an_error);
        tcase_add_test(tcase, a_folder_of_names_is_roots);
        return tcase;
}

int main(void)
{
        Suite *suite = suite_create("safedir");

        suite_add_tcase(suite, walk_case());
        suite_add_tcase(suite, directory_case());
        suite_add_tcase(suite, file_case());
        return scratch_run(suite);
}
