/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * outer: the session of ours that the caller is in
 *
 * MUST NOT leave a cover of the outer session under or over one of the inner (module/session.c).
 * MUST NOT rely on a record to know what the outer session covers (module/session.c).
 */
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "mounts/cover.h"
#include "mounts/mountinfo.h"
#include "mounts/mounts.h"
#include "ground/path.h"
#include "session/outer.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "ground/spot.h"

static int add_cover(void *arg, const struct cover_found *found)
{
        struct outer *outer = arg;
        struct outer_cover *covers = grow(outer->covers, outer->n, sizeof(*covers));
        char *copy = covers ? strdup(found->directory) : NULL;

        if (covers)
                outer->covers = covers;
        if (!copy)
                return -ENOMEM;
        covers[outer->n++] = (struct outer_cover){
                .directory = copy, .mark = found->mark, .propagates = found->propagates};
        return 0;
}

static bool has_cover(const struct outer *outer, const struct record_cover *cover)
{
        for (size_t i = 0; i < outer->n; i++)
                if (strcmp(outer->covers[i].directory, cover->directory) == 0 &&
                    mark_is_same(outer->covers[i].mark, cover->mark))
                        return true;
        return false;
}

/* Is all that the record says in place? Of one of another namespace it would not be. */
static bool fits(const void *arg, const struct record *record)
{
        for (size_t i = 0; i < record->n_covers; i++)
                if (!has_cover(arg, &record->covers[i]))
                        return false;
        return record->n_covers > 0;
}

/* What the record knows beyond the covers; without one it goes without that. */
static void find_record(struct outer *outer)
{
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};
        struct namespace_id own;

        outer->recorded = namespace_open(NAMESPACE_OWN, &own, NULL) == 0 &&
                          safedir_open_own(RECORD_FOLDER, false, &folder, &silent) == 0 &&
                          records_find(folder, &own, fits, outer, &outer->record) > 0;
}

static bool is_of_table(const struct table *table, const char *directory)
{
        for (size_t i = 0; i < table->n; i++)
                if (strcmp(table->lines[i].directory, directory) == 0)
                        return true;
        return false;
}

static bool is_recorded(const struct outer *outer, const struct outer_cover *cover)
{
        for (size_t i = 0; outer->recorded && i < outer->record.n_covers; i++)
                if (strcmp(outer->record.covers[i].directory, cover->directory) == 0 &&
                    mark_is_same(outer->record.covers[i].mark, cover->mark))
                        return true;
        return false;
}

/* Takes out what only looks like a cover. */
static void sift(struct outer *outer, const struct table *table)
{
        size_t kept = 0;

        for (size_t i = 0; i < outer->n; i++) {
                const struct outer_cover *cover = &outer->covers[i];

                if (!cover->propagates || !table || is_of_table(table, cover->directory) ||
                    is_recorded(outer, cover))
                        outer->covers[kept++] = *cover;
                else
                        free(cover->directory);
        }
        outer->n = kept;
}

int outer_find(struct outer *ret, const struct table *table, const struct plan *plan, uid_t uid,
               struct report *report)
{
        int r;

        *ret = (struct outer){.plan = plan, .uid = uid};
        /* most logins begin in PID 1's namespace, which is in no session */
        if (namespace_is_first())
                return 0;
        r = cover_each(add_cover, ret);
        if (r < 0)
                return report_errno(report, r, "can't read the mounts of this namespace%s",
                                    r == -ENOENT ? " (is /proc mounted?)" : "");
        if (ret->n > 0)
                find_record(ret);
        sift(ret, table);
        ret->inside = ret->n > 0;
        return 0;
}

void outer_done(struct outer *outer)
{
        for (size_t i = 0; i < outer->n; i++)
                free(outer->covers[i].directory);
        free(outer->covers);
        *outer = (struct outer){0};
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
        for (size_t i = 0; i < outer->n; i++)
                if (inherits(outer, outer->covers[i].directory))
                        return true;
        return false;
}

bool outer_must_go(const struct outer *outer)
{
        for (size_t i = 0; i < outer->n; i++)
                if (!inherits(outer, outer->covers[i].directory))
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
        for (size_t i = 0; i < outer->n; i++)
                if (!is_safe(outer->covers[i].directory))
                        return false;
        return true;
}

bool outer_is_own(const struct outer *outer)
{
        return outer->recorded && outer->record.uid == outer->uid && !outer->record.nested;
}

bool outer_uncovers(const struct outer *outer, const char *path)
{
        for (size_t i = 0; path && i < outer->n; i++) {
                const char *directory = outer->covers[i].directory;

                if (path_is_within(path, directory) && !inherits(outer, directory))
                        return true;
        }
        return false;
}

void outer_keep(const struct outer *outer, struct record *record)
{
        for (size_t i = 0; i < outer->n; i++)
                if (inherits(outer, outer->covers[i].directory))
                        (void)record_add_cover(record, outer->covers[i].directory,
                                               outer->covers[i].mark);
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

        return fd >= 0 && spot_of(fd, &spot) == 0 && spot.mount == entry->id &&
               cover_take_off_top(fd) == 0;
}

/*
 * Is it a FUSE file system of the outer user's, who is not the inner one? Without a record nobody
 * knows who that is: then it may be anybody's but root's and the inner user's.
 */
static bool is_foreign(const struct outer *outer, const struct mounts_entry *entry)
{
        if (mounts_is_fuse_of(entry, 0) || mounts_is_fuse_of(entry, outer->uid))
                return false;
        return outer->recorded ? mounts_is_fuse_of(entry, outer->record.uid)
                               : mounts_is_fuse_entry(entry);
}

static int take_off_fuse(void *arg, const struct mounts_entry *entry)
{
        struct fuse_pass *pass = arg;
        const struct outer *outer = pass->outer;

        if (!is_foreign(outer, entry))
                return 0;
        for (size_t i = 0; i < outer->n; i++)
                if (path_is_within(entry->target, outer->covers[i].directory) &&
                    inherits(outer, outer->covers[i].directory))
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

        if (outer->recorded && (outer->record.uid == 0 || outer->record.uid == outer->uid))
                return 0;
        do {
                _cleanup_mounts_ struct libmnt_table *table = NULL;
                _cleanup_free_ char *text = NULL;
                size_t size;
                int r;

                pass.took = pass.left = false;
                r = mountinfo_read(AT_FDCWD, "/proc/thread-self/mountinfo", &text, &size);
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
        for (size_t i = 0; i < outer->n; i++) {
                const struct outer_cover *cover = &outer->covers[i];
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
