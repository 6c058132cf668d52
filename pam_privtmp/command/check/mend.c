/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check/mend: what to do about a base that can't be used
 *
 * MUST NOT advise to close or to take a directory that others use (real/check.sh).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "command/check/mend.h"
#include "disk/trash.h"
#include "ground/cleanup.h"
#include "ground/names.h"
#include "ground/path.h"
#include "ground/safedir.h"

#define ADVICE_OTHER   "choose another base"
#define ADVICE_MODE    "\"chmod 0700 BASE\" mends it: there is nothing of others in it"
#define ADVICE_PARENTS "choose a base whose parents only root can write, as /var/lib/privtmp"
#define ADVICE_LINK    "name the directory that it leads to"
#define ADVICE_LOCAL   "choose a base on a local disk"

bool mend_is_needed(const char *directory)
{
        static const char *const needed[] = {"/bin",  "/boot",  "/dev",  "/etc",  "/home",
                                             "/lib",  "/lib64", "/proc", "/root", "/run",
                                             "/sbin", "/sys",   "/usr",  "/var"};

        for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
                if (strcmp(directory, needed[i]) == 0)
                        return true;
        return false;
}

/* Has an entry of a folder the name of what a base has, and is it root's, as that is? */
static bool is_ours(int folder, const char *name)
{
        static const char *const ours[] = {TRASH_NEW, TRASH_WORK, TRASH_STUCK};
        bool named = name[strspn(name, "0123456789")] == '\0';
        struct stat st;

        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
                named = named || strcmp(name, ours[i]) == 0;
        return named && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == 0;
}

/* Is a folder root's alone to write, also by ACLs, and is nothing in it but what a base has? */
static bool has_only_ours(const char *path)
{
        static const char acl[] = "system.posix_acl_access";
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct names names;
        const char *name;
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH) ||
            fgetxattr(fd, acl, NULL, 0) > 0)
                return false;
        names_begin(&names, fd);
        while ((name = names_next(&names)))
                if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !is_ours(fd, name))
                        return false;
        return names.error == 0;
}

/* Does it lie where systems have what is theirs, empty as it may be for now? */
static bool is_of_system(const char *path)
{
        static const char *const trees[] = {"/boot", "/dev", "/etc", "/media",
                                            "/proc", "/run", "/sys", "/usr"};

        for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
                if (path_is_within(path, trees[i]))
                        return true;
        return false;
}

/* May a directory be closed to all but root? */
static bool can_be_closed(const struct table *table, const char *path)
{
        static const char *const known[] = {"/", "/mnt", "/opt", "/srv", "/tmp", "/var/tmp"};

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (strcmp(path, known[i]) == 0)
                        return false;
        for (size_t i = 0; i < table->n; i++)
                if (path_is_within(table->lines[i].directory, path) ||
                    path_is_within(path, table->lines[i].directory))
                        return false;
        return !mend_is_needed(path) && !is_of_system(path) && has_only_ours(path);
}

/* Is the first on the way that is no directory a link? It is not followed: a user's may hang. */
static bool meets_link(const char *path)
{
        char so_far[PATH_MAX];
        struct stat st;

        for (const char *end = path; *end != '\0';) {
                end += 1 + strcspn(end + 1, "/");
                (void)snprintf(so_far, sizeof(so_far), "%.*s", (int)(end - path), path);
                if (lstat(so_far, &st) < 0)
                        return false;
                if (!S_ISDIR(st.st_mode))
                        return S_ISLNK(st.st_mode);
        }
        return false;
}

const char *mend_base(const struct table *table, const char *base, int error)
{
        _cleanup_close_ int parent = -EBADF;
        struct report silent = {0};
        const char *last;

        if (error == -EXDEV)
                return ADVICE_LOCAL;
        if (error == -ENOTDIR && meets_link(base))
                return ADVICE_LINK;
        if (error != -EPERM)
                return ADVICE_OTHER;
        parent = safedir_walk_to_parent(base, &last, &silent);
        if (parent < 0)
                return ADVICE_PARENTS;
        return can_be_closed(table, base) ? ADVICE_MODE : ADVICE_OTHER;
}
