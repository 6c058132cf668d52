/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: what a private directory takes
 *
 * MUST NOT follow a symbolic link or enter another mount (real/list.sh).
 */
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ground/cleanup.h"
#include "command/usage.h"

enum {
        BLOCK = 512, /* bytes, the unit of st_blocks */
        DEPTH_LIMIT = 64,
};

struct walk {
        const struct deadline *deadline;
        struct usage *usage;
};

static void add(const struct walk *walk, int parent, const char *name, unsigned depth);

static void add_folder(const struct walk *walk, int parent, const char *name, unsigned depth)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));
        _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;

        if (!dir) {
                fd_close(fd);
                return;
        }
        while ((entry = readdir(dir))) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (depth == DEPTH_LIMIT || deadline_is_over(walk->deadline)) {
                        walk->usage->partial = true;
                        return;
                }
                add(walk, fd, entry->d_name, depth + 1);
        }
}

static void add(const struct walk *walk, int parent, const char *name, unsigned depth)
{
        struct stat st;

        if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return;
        walk->usage->bytes += (uint64_t)st.st_blocks * BLOCK;
        walk->usage->inodes++;
        if (S_ISDIR(st.st_mode))
                add_folder(walk, parent, name, depth);
}

void usage_add(int parent, const char *name, const struct deadline *deadline, struct usage *ret)
{
        add(&(struct walk){.deadline = deadline, .usage = ret}, parent, name, 0);
}
