/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place: one directory of a plan, from the line to the cover
 *
 * MUST NOT deny a login because another user filled the disk (module/hostile.c).
 */
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "lifetime/candidate.h"
#include "disk/trash.h"
#include "ground/cleanup.h"
#include "mounts/cover.h"
#include "ground/label.h"
#include "ground/name.h"
#include "session/place.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "lifetime/stale.h"

/* Made where the disk is full: for this session alone. */
#define FALLBACK_SIZE   "16M"
#define FALLBACK_INODES "4k"

/* Of a line without size= or nr_inodes=. */
#define DEFAULT_SIZE   "10%"
#define DEFAULT_INODES "100k"

/* What a full or broken disk says. */
static bool is_disk_trouble(int error)
{
        return error == -ENOSPC || error == -EDQUOT || error == -EROFS || error == -EIO;
}

/*
 * BASE/UID. Where another directory of this session has it already, that fd is copied: the copy
 * shares its lock, a second open(2) would wait for the first.
 */
static int open_user(struct place *place, const struct place_shared *shared, struct report *report)
{
        for (size_t i = 0; i < shared->n; i++) {
                const struct place *other = &shared->places[i];

                if (other->user < 0 || !other->hold->base ||
                    strcmp(other->hold->base, place->hold->base) != 0)
                        continue;
                place->user = fcntl(other->user, F_DUPFD_CLOEXEC, 0);
                if (place->user < 0 || lseek(place->user, 0, SEEK_SET) < 0)
                        return report_errno(report, -errno, "%s", place->hold->base);
                return 0;
        }
        return instance_open_user(place->base, place->hold->uid, &place->user, report);
}

/* The line may have changed since. What a full disk does not take is not worth a denied login. */
static void note_keep(const struct instance *instance, unsigned seconds)
{
        if (seconds > 0)
                (void)stale_note_boot(instance);
        (void)instance_set_keep(instance->dir, seconds);
        if (seconds > 0)
                stale_stop(instance);
}

/* Whoever has it may have been stopped, and what stays is that this session has more to itself. */
static void say_not_locked(const char *folder, uid_t uid, int error, struct report *report)
{
        report_note(report, error == -EBUSY ? REPORT_DEBUG : REPORT_WARNING,
                    "%s: going on without the lock of uid %ju: %s", folder, (uintmax_t)uid,
                    strerrordesc_np(-error));
}

static int take_instance(struct place *place, const struct instance_want *want,
                         const struct place_shared *shared, struct report *report)
{
        struct instance_place where = {
                .path = place->hold->base, .uid = want->uid, .report = report};
        struct patience *patience = shared->patience;
        bool picked = false;
        int r;

        r = open_user(place, shared, report);
        if (r < 0)
                return r;
        where.base = place->base;
        where.user = place->user;
        r = lock_take(place->user, LOCK_EX, patience);
        if (r < 0)
                say_not_locked(place->hold->base, want->uid, r, report);
        else if (candidate_pick(&where, want, patience, &place->instance) > 0)
                picked = true;
        r = picked ? 0 : instance_make(place->user, want, &place->instance, report);
        if (r < 0)
                return r;
        note_keep(&place->instance, want->keep);
        r = spot_of(place->instance.lock, &place->hold->lock.spot);
        if (r < 0)
                return report_errno(report, r, "%s", place->hold->base);
        place->hold->mark = mark_of_instance(want->uid, place->instance.name);
        return 0;
}

static int prepare_disk(struct place *place, const struct instance_want *want,
                        const struct place_shared *shared, struct report *report)
{
        int r;

        r = safedir_open_own(place->hold->base, true, &place->base, report);
        return r < 0 ? r : take_instance(place, want, shared, report);
}

/*
 * What BASE/UID is to instances: of a user's sessions that are opened at once, one makes the tmpfs,
 * and the others find it. A line on disk does as well. Who does not get it goes on alone.
 */
static void wait_for_turn(struct place *place, const struct place_shared *shared,
                          struct report *report)
{
        _cleanup_close_ int folder = -EBADF, fd = -EBADF;
        struct report silent = {0};
        char name[NAME_BYTES];
        int r;

        for (size_t i = 0; i < shared->n; i++)
                if (shared->places[i].user >= 0)
                        return;
        (void)snprintf(name, sizeof(name), "%ju.lock", (uintmax_t)place->hold->uid);
        /* without the folder there is no record either, and that will be said */
        if (safedir_open_own(RECORD_FOLDER, true, &folder, &silent) < 0)
                return;
        fd = openat(folder, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        r = fd < 0 ? -errno : lock_take(fd, LOCK_EX, shared->patience);
        if (r < 0)
                say_not_locked(RECORD_FOLDER, place->hold->uid, r, report);
        else
                place->user = TAKE_FD(fd);
}

static int prepare_memory(struct place *place, const struct instance_want *want, const char *size,
                          const char *inodes, struct report *report)
{
        struct cover_memory memory = {
                .uid = want->mode == 0700 ? want->uid : 0,
                .gid = want->gid,
                .mode = want->mode,
                .flags = place->plan->line->flags,
                .size = size,
                .inodes = inodes,
                .label = want->label,
        };
        int r;

        r = cover_memory(&memory, &place->tree, report);
        if (r == 0)
                r = cover_mark_memory(place->tree, &place->hold->mark);
        return r < 0 ? report_errno(report, r, "can't make a file system in memory") : 0;
}

/* The disk is full or broken: that another user filled it must not deny anybody the login. */
static int fall_back(struct place *place, const struct instance_want *want, struct report *report)
{
        const struct line *line = place->plan->line;
        char prefix[128];

        report_prefix(report, "%s:%u: ", line->file, line->number);
        (void)snprintf(prefix, sizeof(prefix),
                       "%.64s is in memory (%s) for this session: ", want->directory,
                       FALLBACK_SIZE);
        report_forgive(report, REPORT_WARNING, prefix);
        place_undo(place);
        return prepare_memory(place, want, FALLBACK_SIZE, FALLBACK_INODES, report);
}

int place_prepare(struct place *place, struct hold *hold, const struct plan_line *plan_line,
                  const struct place_shared *shared, struct report *report)
{
        const struct subject *subject = shared->subject;
        const struct line *line = plan_line->line;
        struct instance_want want = {
                .directory = line->directory,
                .user = subject->name,
                .uid = subject->uid,
                .gid = subject->gid,
                .mode = plan_line->mode,
                .per_session = line->per_session,
                .keep = line->keep,
        };
        _cleanup_close_ int directory = -EBADF;
        _cleanup_free_ char *label = NULL;
        int r;

        *hold = (struct hold)HOLD_NONE;
        hold->uid = subject->uid;
        hold->end_at_close = line->end_at_close;
        *place = (struct place){.plan = plan_line,
                                .hold = hold,
                                .instance = INSTANCE_NONE,
                                .base = -EBADF,
                                .user = -EBADF,
                                .tree = -EBADF,
                                .top = -EBADF};
        if (line->base && !(hold->base = strdup(line->base)))
                return report_errno(report, -ENOMEM, "%s", line->directory);
        r = safedir_open(line->directory, &directory, report);
        if (r == 0)
                r = label_read(directory, &label, report);
        if (r < 0)
                return report_errno(report, r, "%s", line->directory);
        want.label = label;
        if (line->source == LINE_MEMORY && !line->per_session)
                wait_for_turn(place, shared, report);
        if (line->source == LINE_MEMORY)
                return prepare_memory(place, &want, line->size ? line->size : DEFAULT_SIZE,
                                      line->inodes ? line->inodes : DEFAULT_INODES, report);
        r = prepare_disk(place, &want, shared, report);
        return is_disk_trouble(r) ? fall_back(place, &want, report) : r;
}

bool place_can_join(const struct place *place)
{
        const struct line *line = place->plan->line;

        if (place->is == PLACE_GIVEN_UP || line->per_session)
                return false;
        return line->source == LINE_MEMORY || (!place_is_in_memory(place) && !place->instance.made);
}

int place_build(struct place *place, struct report *report)
{
        const struct line *line = place->plan->line;
        int r;

        if (place->tree >= 0)
                return 0;
        r = cover_clone(place->instance.root, line->flags, &place->tree);
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
        r = cover_put(place->tree, before);
        if (r < 0)
                return report_errno(report, r, "can't cover %s", path);
        place->is = PLACE_COVERED;
        r = safedir_open(path, &after, report);
        if (r < 0)
                return r;
        if (!cover_is(after, place->tree, line->flags))
                return report_fault(report, -ENOTRECOVERABLE, "%s is not covered as it must be",
                                    path);
        place->top = TAKE_FD(after);
        return 0;
}

void place_unlock(struct place *place)
{
        place->user = fd_close(place->user);
        place->base = fd_close(place->base);
}

static void close_all(struct place *place)
{
        place->tree = fd_close(place->tree);
        place->top = fd_close(place->top);
        share_done(&place->shares);
        place_unlock(place);
        instance_done(&place->instance);
}

void place_settle(struct place *place)
{
        place->hold->lock.fd = TAKE_FD(place->instance.lock);
        close_all(place);
}

void place_undo(struct place *place)
{
        const struct instance_place where = {
                .base = place->base, .user = place->user, .uid = place->hold->uid};
        struct remove_budget without_limit = {0};
        _cleanup_close_ int base = -EBADF;
        char tree[NAME_BYTES];

        /* fds may be what was missing: these are not needed any more */
        place->tree = fd_close(place->tree);
        place->instance.dir = fd_close(place->instance.dir);
        place->instance.root = fd_close(place->instance.root);
        /* nobody had it yet, so nobody need be looked for */
        if (place->instance.made && lock_try(place->instance.lock, LOCK_EX) == 0 &&
            trash_put(&where, TRASH_WORK, place->instance.name) == 0)
                base = TAKE_FD(place->base);
        close_all(place);
        name_trash(tree, place->hold->uid, place->instance.name);
        if (base >= 0)
                (void)trash_delete(base, TRASH_WORK, tree, &without_limit);
        place->instance.made = false;
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
                            place->is == PLACE_COVERED ? "new" : "shared", mark);
        else
                report_note(report, REPORT_DEBUG, "%s: %s instance %s of %s", directory,
                            place->instance.made ? "new" : "shared", mark, place->hold->base);
}
