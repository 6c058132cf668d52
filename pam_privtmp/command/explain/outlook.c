/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain/outlook: what a login would meet now */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "command/explain/outlook.h"
#include "ground/cleanup.h"
#include "ground/name.h"
#include "ground/safedir.h"
#include "session/limit.h"

static enum outlook fails(int error)
{
        return error == -EACCES && geteuid() != 0 ? OUTLOOK_UNKNOWN : OUTLOOK_FAILS;
}

/* The file system of `path`, which is the base or will have it. */
static enum outlook look_at_disk(const struct line *line, const char *path, struct report *report)
{
        const char *trouble = NULL;
        struct statvfs fs;

        if (statvfs(path, &fs) < 0)
                return fails(report_errno(report, -errno, "%s", path));
        if (fs.f_flag & ST_RDONLY)
                trouble = "is read-only";
        else if (fs.f_bfree == 0 || (fs.f_files > 0 && fs.f_ffree == 0))
                trouble = "is full";
        if (!trouble)
                return OUTLOOK_CLEAR;
        (void)report_fault(report, -ENOSPC, "the file system of %s %s", line->base, trouble);
        return OUTLOOK_MEMORY;
}

/* A login makes a missing base, but not its parent. */
static enum outlook look_at_parent(const struct line *line, struct report *report)
{
        const char *last = strrchr(line->base, '/');
        _cleanup_close_ int fd = -EBADF;
        char parent[PATH_MAX];
        int r;

        if (last == line->base)
                return look_at_disk(line, "/", report);
        (void)snprintf(parent, sizeof(parent), "%.*s", (int)(last - line->base), line->base);
        r = safedir_open(parent, &fd, report);
        return r < 0 ? fails(r) : look_at_disk(line, parent, report);
}

/* The folder of the user's instances, if it is there. */
static enum outlook look_at_shelf(const struct line *line, int base, uid_t uid,
                                  struct report *report)
{
        char name[NAME_BYTES];
        struct stat st;

        name_uid(name, uid);
        if (fstatat(base, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            (!S_ISDIR(st.st_mode) || st.st_uid != 0 || st.st_mode & (S_IRWXG | S_IRWXO)))
                return fails(
                        report_fault(report, -EPERM, "%s/%s is not root's 0700", line->base, name));
        return look_at_disk(line, line->base, report);
}

static enum outlook look_at_base(const struct line *line, uid_t uid, struct report *report)
{
        _cleanup_close_ int base = -EBADF;
        int r = safedir_open_own(line->base, false, &base, report);

        if (limit_is_wanted(line, uid) && r >= 0)
                r = r > 0 ? report_fault(report, -ENOENT, LIMIT_NOT_MOUNTED, line->base)
                          : limit_check(line, base, report);
        if (r < 0)
                return fails(r);
        return r > 0 ? look_at_parent(line, report) : look_at_shelf(line, base, uid, report);
}

enum outlook outlook_of(const struct line *line, uid_t uid, struct report *report)
{
        _cleanup_close_ int directory = -EBADF;
        int r = safedir_open(line->directory, &directory, report);

        if (r < 0)
                return fails(r);
        return line->base ? look_at_base(line, uid, report) : OUTLOOK_CLEAR;
}
