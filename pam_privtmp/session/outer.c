/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * outer: the session of ours that the caller is in
 *
 * MUST NOT leave a cover of the outer session under or over one of the inner (module/session.c).
 */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "mounts/cover.h"
#include "mounts/mounts.h"
#include "ground/path.h"
#include "session/outer.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "ground/spot.h"

int outer_find(struct outer *ret, const struct plan *plan, uid_t uid, struct report *report)
{
        _cleanup_close_ int records = -EBADF;
        struct namespace_id own;
        int r;

        *ret = (struct outer){.plan = plan, .uid = uid};
        /* most logins begin in PID 1's namespace, which is in no session */
        if (namespace_is_first())
                return 0;
        r = namespace_open(NAMESPACE_OWN, &own, NULL);
        if (r < 0)
                return report_errno(report, r, NAMESPACE_OWN " (is /proc mounted?)");
        r = safedir_open_own(RECORD_FOLDER, false, &records, report);
        if (r != 0)
                return r < 0 ? r : 0;
        r = records_find(records, &own, &ret->record);
        ret->inside = r > 0;
        return r < 0 ? report_errno(report, r, "can't read the records in " RECORD_FOLDER) : 0;
}

/* Does the plan leave the directory as the outer session has it? */
static bool inherits(const struct outer *outer, const char *directory)
{
        const struct line *line = plan_find(outer->plan, directory);

        return line ? line->source == LINE_INHERIT : outer->uid == 0;
}

bool outer_inherits_any(const struct outer *outer)
{
        for (size_t i = 0; i < outer->plan->n; i++)
                if (outer->plan->lines[i].line->source == LINE_INHERIT)
                        return true;
        for (size_t i = 0; i < outer->record.n_covers; i++)
                if (inherits(outer, outer->record.covers[i].directory))
                        return true;
        return false;
}

bool outer_must_go(const struct outer *outer)
{
        for (size_t i = 0; i < outer->record.n_covers; i++)
                if (!inherits(outer, outer->record.covers[i].directory))
                        return true;
        return false;
}

static bool is_safe(const char *directory)
{
        _cleanup_close_ int fd = safedir_open_cached(directory);
        const mode_t wanted = S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO;
        struct statx stx;

        /* a user's file system says of its files what it likes */
        return fd >= 0 && !mounts_is_fuse(fd) &&
               statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                     STATX_MODE | STATX_UID, &stx) == 0 &&
               stx.stx_uid == 0 && (stx.stx_mode & wanted) == wanted;
}

bool outer_is_safe(const struct outer *outer)
{
        for (size_t i = 0; i < outer->record.n_covers; i++)
                if (!is_safe(outer->record.covers[i].directory))
                        return false;
        return true;
}

bool outer_uncovers(const struct outer *outer, const char *path)
{
        for (size_t i = 0; path && i < outer->record.n_covers; i++) {
                const char *directory = outer->record.covers[i].directory;

                if (path_is_within(path, directory) && !inherits(outer, directory))
                        return true;
        }
        return false;
}

int outer_keep(const struct outer *outer, struct record *record, struct report *report)
{
        for (size_t i = 0; i < outer->record.n_covers; i++) {
                const struct record_cover *cover = &outer->record.covers[i];

                if (inherits(outer, cover->directory) &&
                    record_add_cover(record, cover->directory, cover->mark) < 0)
                        return report_fault(report, -E2BIG, "more than %d private directories",
                                            RECORD_COVERS);
        }
        return 0;
}

/* One pass over the mounts of this namespace. */
struct fuse_pass {
        const struct outer *outer;
        bool took, left;
};

/* What is mounted on the path is taken off, if it is that mount. Nobody's file system is asked. */
static bool take_off_one(const struct mounts_entry *entry)
{
        _cleanup_close_ int fd = safedir_open_cached(entry->target);
        struct spot spot;
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
        return fd >= 0 && spot_of(fd, &spot) == 0 && spot.mount == entry->id &&
               umount2(path, MNT_DETACH) == 0;
}

static int take_off_fuse(void *arg, const struct mounts_entry *entry)
{
        struct fuse_pass *pass = arg;
        const struct outer *outer = pass->outer;

        if (!mounts_is_fuse_of(entry, outer->record.uid))
                return 0;
        for (size_t i = 0; i < outer->record.n_covers; i++)
                if (path_is_within(entry->target, outer->record.covers[i].directory) &&
                    inherits(outer, outer->record.covers[i].directory))
                        return 0;
        if (take_off_one(entry))
                pass->took = true;
        else
                pass->left = true;
        return 0;
}

/*
 * An ordinary user can mount nothing but FUSE. What the outer one mounted, below inherited
 * directories aside, would wait for the inner one. Of a stack, each pass takes the top.
 */
static int take_off_others(const struct outer *outer, struct report *report)
{
        struct fuse_pass pass = {.outer = outer};

        if (outer->record.uid == 0 || outer->record.uid == outer->uid)
                return 0;
        do {
                _cleanup_mounts_ struct libmnt_table *table = NULL;
                _cleanup_free_ char *text = NULL;
                size_t size;
                int r;

                pass.took = pass.left = false;
                r = mounts_read(AT_FDCWD, "/proc/thread-self/mountinfo", &text, &size);
                if (r == 0)
                        r = mounts_parse(text, size, &table);
                if (r == 0)
                        r = mounts_each(table, take_off_fuse, &pass);
                if (r < 0)
                        return report_errno(report, r, "can't read the mounts of this namespace");
        } while (pass.took && pass.left);
        return pass.left ? report_fault(report, -EBUSY,
                                        "can't take off what the caller mounted by FUSE")
                         : 0;
}

int outer_take_off(const struct outer *outer, struct report *report)
{
        for (size_t i = 0; i < outer->record.n_covers; i++) {
                const struct record_cover *cover = &outer->record.covers[i];
                int fd, r;

                if (inherits(outer, cover->directory))
                        continue;
                /* the walk proves that the path can be used as it is */
                r = safedir_open(cover->directory, &fd, report);
                if (r < 0)
                        return r;
                fd_close(fd);
                r = cover_take_off(cover->directory, cover->mark);
                if (r < 0)
                        return report_errno(report, r, "can't uncover %s", cover->directory);
        }
        return take_off_others(outer, report);
}
