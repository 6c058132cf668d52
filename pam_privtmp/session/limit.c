/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limit: size= and nr_inodes= of a line with a base
 *
 * MUST NOT change a limit that somebody else has set (unit/session/limit.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "disk/quota.h"
#include "ground/cleanup.h"
#include "ground/number.h"
#include "ground/spot.h"
#include "mounts/mounts.h"
#include "session/limit.h"

#define NOTE "limit"

enum {
        INODE_KIB = 16,  /* where the line names no number: as many bytes an inode as mke2fs has */
        NOTE_BYTES = 96, /* four numbers of 64 bits and what is between them */
};

/* The limits before and after a change: who is killed in it has set the one or the other. */
struct note {
        struct quota_limit before, after;
};

static bool is_same(const struct quota_limit *a, const struct quota_limit *b)
{
        return a->kib == b->kib && a->inodes == b->inodes;
}

static bool is_same_text(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

bool limit_is_same(const struct line *a, const struct line *b)
{
        return is_same_text(a->size, b->size) && is_same_text(a->inodes, b->inodes);
}

bool limit_is_wanted(const struct line *line, uid_t uid)
{
        return line->base && (line->size || line->inodes) && uid != 0;
}

/* What the line comes to on that file system. 0 or -errno. */
static int want(const struct line *line, int base, struct quota_limit *ret)
{
        struct statvfs fs;

        *ret = (struct quota_limit){0};
        if (line->size) {
                if (fstatvfs(base, &fs) < 0)
                        return -errno;
                ret->kib = value_size(line->size, (uint64_t)fs.f_blocks * fs.f_frsize) / 1024;
                if (ret->kib == 0)
                        ret->kib = 1;
                /* empty files take no space: without this one user could take all inodes */
                ret->inodes = ret->kib / INODE_KIB + 1;
        }
        if (line->inodes)
                ret->inodes = value_size(line->inodes, 0);
        return 0;
}

/* "KIB:INODES" between text and *end, which then is behind it. */
static bool read_limit(const char **text, char delimiter, struct quota_limit *ret)
{
        const char *colon = strchr(*text, ':');
        const char *end = colon ? strchr(colon, delimiter) : NULL;

        if (!end || !number_read(*text, colon, UINT64_MAX, &ret->kib) ||
            !number_read(colon + 1, end, UINT64_MAX, &ret->inodes))
                return false;
        *text = end + 1;
        return true;
}

/* What was noted by an earlier open. False if nothing was, or nothing of ours. */
static bool read_note(int user, struct note *ret)
{
        char text[NOTE_BYTES];
        ssize_t n = readlinkat(user, NOTE, text, sizeof(text));
        const char *next = text;

        if (n < 0 || n == sizeof(text))
                return false;
        text[n] = '\0';
        return read_limit(&next, ' ', &ret->before) && read_limit(&next, '\0', &ret->after);
}

/* In one step: who is killed here leaves the old one or the new one. 0 or -errno. */
static int write_note(int user, const struct note *note)
{
        char text[NOTE_BYTES];

        (void)snprintf(text, sizeof(text), "%" PRIu64 ":%" PRIu64 " %" PRIu64 ":%" PRIu64,
                       note->before.kib, note->before.inodes, note->after.kib, note->after.inodes);
        (void)unlinkat(user, "." NOTE, 0);
        if (symlinkat(text, user, "." NOTE) < 0 || renameat(user, "." NOTE, user, NOTE) < 0)
                return -errno;
        return 0;
}

/* Was the limit that is in force set by an earlier open, or by nobody? */
static bool is_free_to_change(const struct quota *quota, int user)
{
        const struct quota_limit none = {0};
        struct note note;

        if (quota->has_soft)
                return false;
        return is_same(&quota->limit, &none) ||
               (read_note(user, &note) &&
                (is_same(&quota->limit, &note.before) || is_same(&quota->limit, &note.after)));
}

static int say_not_in_force(int error, const char *path, struct report *report)
{
        /* -ENOSYS also where a file system that can have them was mounted without them */
        if (error == -ENOSYS || error == -ESRCH)
                return report_fault(report, error,
                                    "no user quotas are in force on %s: it must be ext4, xfs or a "
                                    "tmpfs, mounted with usrquota",
                                    path);
        return report_errno(report, error, "can't ask for the quotas of %s", path);
}

int limit_check(const struct line *line, int base, struct report *report)
{
        struct spot spot;
        int r = spot_of(base, &spot);

        if (r == 0)
                r = spot.is_top ? mounts_is_whole(base) : 0;
        if (r < 0)
                return report_errno(report, r, "%s", line->base);
        /* users' limits hold for a file system, and must not hold for what else is there */
        if (r == 0)
                return report_fault(report, -EXDEV,
                                    "size= and nr_inodes= need a file system of the base's own, "
                                    "mounted on %s",
                                    line->base);
        r = quota_in_force(base);
        return r < 0 ? say_not_in_force(r, line->base, report) : 0;
}

static int change(const struct line *line, const struct shelf *where, const struct quota *now,
                  const struct quota_limit *wanted, struct report *report)
{
        const struct note note = {.before = now->limit, .after = *wanted};
        int r;

        if (!is_free_to_change(now, where->user))
                return report_fault(report, -EEXIST,
                                    "uid %ju has a limit on %s that somebody else has set: take "
                                    "it away with \"setquota -u %ju 0 0 0 0 %s\", or take size= "
                                    "and nr_inodes= out of the line",
                                    (uintmax_t)where->uid, line->base, (uintmax_t)where->uid,
                                    line->base);
        r = write_note(where->user, &note);
        if (r == 0)
                r = quota_set(where->base, where->uid, wanted);
        return r < 0 ? report_errno(report, r, "can't set the limit of uid %ju on %s",
                                    (uintmax_t)where->uid, line->base)
                     : 0;
}

/* Who has reached a limit can still remove what is there. */
static void say_if_reached(const struct line *line, const struct quota *now,
                           const struct quota_limit *limit, struct report *report)
{
        bool space = limit->kib != 0 && now->bytes / 1024 >= limit->kib;
        bool inodes = limit->inodes != 0 && now->inodes >= limit->inodes;

        if (space || inodes)
                report_note(report, REPORT_WARNING,
                            "%s:%u: the user has reached the limit of %s%s%s: nothing can be "
                            "written to %s until something is removed",
                            line->file, line->number, space ? "size=" : "",
                            space && inodes ? " and " : "", inodes ? "nr_inodes=" : "",
                            line->directory);
}

/* The line has no limit any more. One that can't be taken away denies no login. */
static void lift(const struct shelf *where)
{
        const struct quota_limit none = {0};
        struct quota now;

        if (faccessat(where->user, NOTE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return;
        if (quota_get(where->base, where->uid, &now) < 0)
                return; /* what is noted stays ours, also while quotas are off */
        if (!is_free_to_change(&now, where->user) || quota_set(where->base, where->uid, &none) == 0)
                (void)unlinkat(where->user, NOTE, 0);
}

int limit_apply(const struct line *line, const struct shelf *where, struct report *report)
{
        struct quota_limit wanted = {0};
        struct quota now = {0};
        int r;

        if (where->uid == 0)
                return 0;
        if (!limit_is_wanted(line, where->uid)) {
                lift(where);
                return 0;
        }
        r = quota_get(where->base, where->uid, &now);
        if (r == 0)
                r = want(line, where->base, &wanted);
        if (r < 0)
                return report_errno(report, r, "%s", line->base);
        if (now.has_soft || !is_same(&now.limit, &wanted))
                r = change(line, where, &now, &wanted, report);
        if (r == 0)
                say_if_reached(line, &now, &wanted, report);
        return r;
}
