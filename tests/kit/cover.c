/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cover: an instance and a directory that it may cover */
#include "kit/cover.h"
#include "kit/ground.h"
#include "mounts/cover.h"

struct scratch scratch; /* the base */
struct heard heard;
int root; /* of the instance */

void set_up(void)
{
        own_mounts();
        umask(022);
        ground_make(&scratch);
        heard_begin(&heard);
        close(make_dir(scratch.fd, "1001", 0700));
        close(make_dir(scratch.fd, MARK, 0700));
        root = make_dir(scratch.fd, MARK "/root", 0777);
        write_file(root, "instance", "");
        must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
        must(mkdir(DIRECTORY, 0755));
        must(mkdir(OTHER, 0755));
        write_file(AT_FDCWD, DIRECTORY "/system", "");
        write_file(AT_FDCWD, SECRET, "secret");
        must(chmod(SECRET, 0600));
}

int open_path(const char *path)
{
        return must(open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool sees_instance(void)
{
        return is_there(AT_FDCWD, DIRECTORY "/instance");
}

bool sees_system(void)
{
        return is_there(AT_FDCWD, DIRECTORY "/system");
}

int clone_it(unsigned flags)
{
        int tree = -EBADF;

        ck_assert_int_eq(cover_clone(root, flags, &tree), 0);
        ck_assert_int_eq(must(fcntl(tree, F_GETFD)), FD_CLOEXEC);
        return tree;
}

const struct cover_memory small = {
        .gid = ALICE,
        .mode = 01770,
        .flags = ALL,
        .size = "1m",
        .inodes = "20",
};

int make_memory(unsigned flags)
{
        struct cover_memory memory = small;
        int tree = -EBADF;

        memory.flags = flags;
        ck_assert_int_eq(cover_memory(&memory, &tree, &heard.report), 0);
        ck_assert_int_eq(must(fcntl(tree, F_GETFD)), FD_CLOEXEC);
        return tree;
}

int (*const makers[])(unsigned flags) = {clone_it, make_memory};

void put(int tree, const char *path)
{
        int directory = open_path(path);

        ck_assert_int_eq(cover_put(tree, directory), 0);
        close(directory);
}

void read_mounts(char *text, size_t size)
{
        int fd = must(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
        size_t used = 0;
        int n;

        while ((n = must((int)read(fd, text + used, size - 1 - used))) > 0)
                used += (size_t)n;
        text[used] = '\0';
        close(fd);
}

char before[64 * 1024], after[64 * 1024];
