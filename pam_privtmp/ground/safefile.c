/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * safefile: files that only root can have written, and folders of them
 *
 * MUST NOT wait for a fifo (unit/ground/safefile.c).
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/names.h"
#include "ground/path.h"
#include "ground/safedir.h"
#include "ground/safefile.h"

static int check_file(int fd, const char *path, size_t limit, struct report *report)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return report_errno(report, -errno, "%s", path);
        if (!S_ISREG(st.st_mode))
                return report_fault(report, -EINVAL, "%s is not a regular file", path);
        if (st.st_uid != 0)
                return report_fault(report, -EPERM, "%s belongs to uid %ju, not to root", path,
                                    (uintmax_t)st.st_uid);
        if (st.st_mode & (S_IWGRP | S_IWOTH))
                return report_fault(report, -EPERM,
                                    "%s has mode %04o, others than root can write it", path,
                                    st.st_mode & 07777);
        if (st.st_size < 0 || (uintmax_t)st.st_size > limit)
                return report_fault(report, -EFBIG, "%s is larger than %zu bytes", path, limit);
        return 0;
}

int safefile_read_fd(int fd, size_t limit, char **ret, size_t *size)
{
        _cleanup_free_ char *text = NULL;
        size_t room = 0, used = 0;

        for (;;) {
                ssize_t n;

                if (room - used < 2) {
                        char *larger = realloc(text, room = room ? room * 4 : 4096);

                        if (!larger)
                                return -ENOMEM;
                        text = larger;
                }
                n = read(fd, text + used, room - used - 1);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                used += (size_t)n;
                if (used > limit)
                        return -EFBIG;
        }
        text[used] = '\0';
        *ret = TAKE_PTR(text);
        *size = used;
        return 0;
}

int safefile_read(const char *path, size_t limit, char **ret, size_t *size, struct report *report)
{
        _cleanup_close_ int parent = -EBADF, fd = -EBADF;
        const char *last;
        int r;

        if (!path_is_valid(path))
                return report_fault(report, -EINVAL, "%s is no absolute path in its shortest form",
                                    path);
        parent = safedir_walk_to_parent(path, &last, report);
        if (parent == -ENOENT)
                return 1;
        if (parent < 0)
                return parent;
        fd = openat(parent, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
                return 1;
        if (fd < 0 && errno == ELOOP)
                return report_fault(report, -ELOOP, "%s is a symbolic link", path);
        if (fd < 0)
                return report_errno(report, -errno, "%s", path);
        r = check_file(fd, path, limit, report);
        if (r < 0)
                return r;
        r = safefile_read_fd(fd, limit, ret, size);
        return r < 0 ? report_errno(report, r, "%s", path) : 0;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_with(const char *name, const char *suffix)
{
        size_t length = strlen(name), wanted = strlen(suffix);

        return length > wanted && strcmp(name + length - wanted, suffix) == 0;
}

/* Fills *ret, which has room for limit, from the folder. */
static int read_names(int folder, const char *suffix, size_t limit, char **ret, size_t *n)
{
        struct names names;
        const char *name;

        names_begin(&names, folder);
        while ((name = names_next(&names))) {
                if (name[0] == '.' || !ends_with(name, suffix))
                        continue;
                if (*n == limit)
                        return -E2BIG;
                ret[*n] = strdup(name);
                if (!ret[*n])
                        return -ENOMEM;
                (*n)++;
        }
        return names.error;
}

int safefile_list(const char *path, const char *suffix, size_t limit, struct safefile_names *ret,
                  struct report *report)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        r = safedir_open_folder(path, &fd, report);
        if (r != 0)
                return r < 0 ? r : 0;
        ret->names = calloc(limit, sizeof(*ret->names));
        r = ret->names ? read_names(fd, suffix, limit, ret->names, &ret->n) : -ENOMEM;
        if (r < 0)
                return report_errno(report, r, "%s", path);
        qsort(ret->names, ret->n, sizeof(*ret->names), compare_names);
        return 0;
}

void safefile_free_list(struct safefile_names *list)
{
        for (size_t i = 0; i < list->n; i++)
                free(list->names[i]);
        free(list->names);
        *list = (struct safefile_names){0};
}
