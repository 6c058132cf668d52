/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place: one directory of a plan, from the line to the cover
 *
 * MUST NOT deny a login because another user filled the disk (module/hostile.c).
 */
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "disk/trash.h"
#include "ground/cleanup.h"
#include "mounts/cover.h"
#include "ground/label.h"
#include "ground/missing.h"
#include "ground/name.h"
#include "lifetime/stale.h"
#include "session/limit.h"
#include "session/place.h"
#include "ground/safedir.h"

/* Made where the disk is full: for this session alone. */
#define FALLBACK_SIZE   "16M"
#define FALLBACK_INODES "4k"

/* What a full or broken disk says. */
static bool is_disk_trouble(int error)
{
        return error == -ENOSPC || error == -EDQUOT || error == -EROFS || error == -EIO;
}

/* The disk is full or broken: that another user filled it must not deny anybody the login. */
static int fall_back(struct place *place, const struct source_want *want, struct report *report)
{
        const struct line *line = place->plan->line;
        struct source_want small = *want;
        char prefix[128];

        report_prefix(report, "%s:%u: ", line->file, line->number);
        (void)snprintf(prefix, sizeof(prefix),
                       "%.64s is in memory (%s) for this session: ", line->directory,
                       FALLBACK_SIZE);
        report_forgive(report, REPORT_WARNING, prefix);
        place_undo(place);
        small.size = FALLBACK_SIZE;
        small.inodes = FALLBACK_INODES;
        return source_from_memory(&place->source, place->hold, &small, report);
}

/*
 * The lock of BASE/UID, or of what stands for it where both are in memory, that another directory
 * of this session has, or -EBADF.
 */
static int find_turn(const struct place *place, const struct place_shared *shared)
{
        for (size_t i = 0; i < shared->n; i++) {
                const struct place *other = &shared->places[i];

                if (other->source.user < 0)
                        continue;
                if (place->hold->base
                            ? other->hold->base && strcmp(other->hold->base, place->hold->base) == 0
                            : !other->hold->base)
                        return other->source.user;
        }
        return -EBADF;
}

/* A base has one limit for a user: two lines of a plan can't say two. */
static int check_limits_agree(const struct place *place, const struct place_shared *shared,
                              struct report *report)
{
        const struct line *line = place->plan->line;

        for (size_t i = 0; line->base && i < shared->n; i++) {
                const struct line *other = shared->places[i].plan->line;

                if (other->base && strcmp(other->base, line->base) == 0 &&
                    !limit_is_same(other, line))
                        return report_fault(report, -EINVAL,
                                            "size= and nr_inodes= are not those of line %u (%s), "
                                            "which has the same base",
                                            other->number, other->directory);
        }
        return 0;
}

static int get_source(struct place *place, const struct source_want *want, struct report *report)
{
        int r;

        if (place->plan->line->source == LINE_MEMORY) {
                source_wait_for_turn(&place->source, place->hold, want, report);
                return source_from_memory(&place->source, place->hold, want, report);
        }
        r = source_from_disk(&place->source, place->hold, want, report);
        return is_disk_trouble(r) ? fall_back(place, want, report) : r;
}

int place_prepare(struct place *place, struct hold *hold, const struct plan_line *plan_line,
                  const struct place_shared *shared, struct report *report)
{
        const struct subject *subject = shared->subject;
        const struct line *line = plan_line->line;
        struct source_want want = {
                .instance = {.directory = line->directory,
                             .user = subject->name,
                             .uid = subject->uid,
                             .gid = subject->gid,
                             .mode = plan_line->mode,
                             .per_session = line->per_session,
                             .keep = line->keep},
                .line = line,
                .flags = line->flags,
                .size = line->size,
                .inodes = line->inodes,
                .patience = shared->patience,
        };
        _cleanup_close_ int directory = -EBADF;
        _cleanup_free_ char *label = NULL;
        int r;

        *hold = (struct hold)HOLD_NONE;
        hold->uid = subject->uid;
        hold->end_at_close = line->end_at_close;
        *place = (struct place){.plan = plan_line,
                                .hold = hold,
                                .stance = shared->stance,
                                .source = SOURCE_NONE,
                                .top = -EBADF};
        if (line->base && !(hold->base = strdup(line->base)))
                return report_errno(report, -ENOMEM, "%s", line->directory);
        r = safedir_open(line->directory, &directory, report);
        if (r == 0)
                r = label_read(directory, &label, report);
        if (r < 0)
                return report_errno(report, r, "%s", line->directory);
        want.instance.label = label;
        want.boot_ends = line->keep > 0 && stale_boot_ends(line->directory, directory);
        want.turn = find_turn(place, shared);
        r = check_limits_agree(place, shared, report);
        return r < 0 ? r : get_source(place, &want, report);
}

bool place_can_join(const struct place *place)
{
        const struct line *line = place->plan->line;

        if (place->is == PLACE_GIVEN_UP || line->per_session)
                return false;
        return line->source == LINE_MEMORY ||
               (!place_is_in_memory(place) && !place->source.instance.made);
}

int place_build(struct place *place, struct report *report)
{
        const struct line *line = place->plan->line;
        int r;

        if (line->source == LINE_MEMORY && !line->per_session)
                return source_recall(&place->source, place->hold, line, place->stance, report);
        if (place->source.tree >= 0)
                return 0;
        r = cover_clone(place->source.instance.root, line->flags, &place->source.tree);
        return r < 0 ? report_errno(report, r, "can't prepare the mount for %s", line->directory)
                     : 0;
}

int place_cover(struct place *place, struct report *report)
{
        const struct line *line = place->plan->line;
        const char *path = line->directory;
        _cleanup_close_ int before = -EBADF, after = -EBADF;
        int r;

        r = safedir_open(path, &before, report);
        if (r < 0)
                return r;
        share_take(line, before, place->hold->uid, &place->shares, report);
        r = cover_put(place->source.tree, before);
        if (r < 0)
                return report_errno(report, r, "can't cover %s", path);
        place->is = PLACE_COVERED;
        r = safedir_open(path, &after, report);
        if (r < 0)
                return r;
        if (!cover_is(after, place->source.tree, line->flags))
                return report_fault(report, -ENOTRECOVERABLE, "%s is not covered as it must be",
                                    path);
        place->top = TAKE_FD(after);
        return 0;
}

void place_unlock(struct place *place)
{
        source_unlock(&place->source);
}

static void close_all(struct place *place)
{
        place->top = fd_close(place->top);
        share_done(&place->shares);
        source_done(&place->source);
}

void place_settle(struct place *place)
{
        place->hold->lock.fd = TAKE_FD(place->source.instance.lock);
        close_all(place);
}

void place_undo(struct place *place)
{
        const struct shelf where = {
                .base = place->source.base, .user = place->source.user, .uid = place->hold->uid};
        struct remove_budget without_limit = {0};
        _cleanup_close_ int base = -EBADF;
        char tree[NAME_BYTES];

        /* fds may be what was missing: these are not needed any more */
        place->source.tree = fd_close(place->source.tree);
        place->source.instance.dir = fd_close(place->source.instance.dir);
        place->source.instance.root = fd_close(place->source.instance.root);
        /* nobody had it yet, so nobody need be looked for */
        if (place->source.instance.made && lock_try(place->source.instance.lock, LOCK_EX) == 0 &&
            trash_put(&where, TRASH_WORK, place->source.instance.name) == 0)
                base = TAKE_FD(place->source.base);
        close_all(place);
        name_trash(tree, place->hold->uid, place->source.instance.name);
        if (base >= 0)
                (void)trash_delete(base, TRASH_WORK, tree, &without_limit);
        place->source.instance.made = false;
        place->hold->mark = (struct mark){0};
        place->is = PLACE_PREPARED;
}

void place_say(const struct place *place, struct report *report)
{
        const char *directory = place->plan->line->directory;
        char mark[MARK_BYTES];

        mark_format(place->hold->mark, mark);
        if (place_is_in_memory(place))
                report_note(report, REPORT_DEBUG, "%s: %s tmpfs %s", directory,
                            place->source.recalled       ? "kept"
                            : place->is == PLACE_COVERED ? "new"
                                                         : "shared",
                            mark);
        else
                report_note(report, REPORT_DEBUG, "%s: %s instance %s of %s", directory,
                            place->source.instance.made ? "new" : "shared", mark,
                            place->hold->base);
}
