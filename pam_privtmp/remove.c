/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: take a hostile tree away by fd
 *
 * MUST NOT follow a symbolic link or enter another mount (test-remove.c).
 * MUST NOT need more fds or stack for a deeper tree (test-remove.c).
 * MUST NOT let anybody add to a directory that is being emptied (test-remove.c).
 */
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "name.h"
#include "remove.h"

enum {
        BLOCK = 512, /* bytes, the unit of st_blocks */
        TRIES = 8,
};

static bool is_spent(struct remove_budget *budget)
{
        struct timespec now;

        if (budget->entries && budget->used >= budget->entries)
                return true;
        if (!budget->milliseconds)
                return false;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if (budget->start.tv_sec == 0 && budget->start.tv_nsec == 0)
                budget->start = now;
        return (now.tv_sec - budget->start.tv_sec) * 1000 +
                       (now.tv_nsec - budget->start.tv_nsec) / 1000000 >=
               budget->milliseconds;
}

/* Opens a directory for emptying: not through a link, not on another mount, and from now on root's.
 */
static int open_closed(int parent, const char *name)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));

        if (fd < 0)
                return -errno;
        if (fchown(fd, 0, 0) < 0 || fchmod(fd, 0) < 0) {
                int error = errno;

                fd_close(fd);
                return -error;
        }
        return fd;
}

/* Would one call to take it away last too long? A directory is read to its end for that. */
static bool is_too_large(int parent, const char *name, const struct remove_budget *budget)
{
        struct stat st;

        if (!budget->file_bytes || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
        return (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1)) &&
               st.st_blocks > budget->file_bytes / BLOCK;
}

/* Unlinks what is not a directory. */
static int unlink_file(int parent, const char *name, const struct remove_budget *budget)
{
        if (is_too_large(parent, name, budget))
                return REMOVE_MORE;
        return unlinkat(parent, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Renames a directory up to the top, under a name that is free there. */
static int hoist(int parent, const char *name, int top)
{
        for (unsigned try = 0;; try++) {
                char first[NAME_BYTES], second[NAME_BYTES], fresh[2 * NAME_BYTES];
                uint8_t random[2 * NAME_RANDOM];

                if (getrandom(random, sizeof(random), 0) != sizeof(random))
                        return -errno;
                name_instance(first, random);
                name_instance(second, random + NAME_RANDOM);
                (void)snprintf(fresh, sizeof(fresh), "%s%s", first, second);
                if (rename_new(parent, name, top, fresh) == 0 || errno == ENOENT)
                        return 0;
                if (errno != EEXIST || try == TRIES)
                        return -errno;
        }
}

static int empty(int parent, const char *name, int top, struct remove_budget *budget);

/*
 * Takes one entry out of `dir`. A directory that is not empty is hoisted to the top; in the top
 * itself (top is -1 then) it is emptied where it stands.
 */
static int take_out(int dir, const struct dirent *entry, int top, struct remove_budget *budget)
{
        int r;

        if (entry->d_type != DT_DIR) {
                r = unlink_file(dir, entry->d_name, budget);
                if (r != -EISDIR) /* the type is only a hint */
                        return r;
        }
        if (is_too_large(dir, entry->d_name, budget))
                return REMOVE_MORE;
        if (unlinkat(dir, entry->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTDIR)
                return unlink_file(dir, entry->d_name, budget);
        if (errno != ENOTEMPTY && errno != EEXIST)
                return -errno;
        return top < 0 ? empty(dir, entry->d_name, dir, budget) : hoist(dir, entry->d_name, top);
}

static bool is_dot(const char *name)
{
        return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* One pass over a directory. 0, REMOVE_MORE, or the first -errno after trying everything. */
static int empty_once(DIR *dir, int top, struct remove_budget *budget)
{
        struct dirent *entry;
        int error = 0;

        rewinddir(dir);
        while ((errno = 0, entry = readdir(dir))) {
                int r;

                if (is_dot(entry->d_name))
                        continue;
                if (is_spent(budget))
                        return REMOVE_MORE;
                budget->used++;
                r = take_out(dirfd(dir), entry, top, budget);
                if (r == REMOVE_MORE)
                        return r;
                if (r == 0)
                        budget->done++;
                else if (error == 0)
                        error = r;
        }
        return error ? error : -errno;
}

/* Empties a directory and removes it. Calls itself once: from the top for what is in the top. */
static int empty(int parent, const char *name, int top, struct remove_budget *budget)
{
        _cleanup_closedir_ DIR *dir = NULL;
        int fd = open_closed(parent, name);

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return -ENOMEM;
        }
        for (;;) {
                uint64_t before = budget->done;
                int r = empty_once(dir, top, budget);

                if (r == REMOVE_MORE)
                        return r;
                if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                        return 0;
                if (errno != ENOTEMPTY && errno != EEXIST)
                        return -errno;
                /* a pass that moved nothing will not do better the next time */
                if (budget->done == before)
                        return r < 0 ? r : -ENOTEMPTY;
        }
}

int remove_tree(int parent, const char *name, struct remove_budget *budget)
{
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTDIR)
                return unlink_file(parent, name, budget);
        return empty(parent, name, -1, budget);
}
