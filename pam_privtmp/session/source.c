/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source: what will cover one directory: an instance below a base, or a tmpfs */
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include "ground/cleanup.h"
#include "ground/name.h"
#include "ground/safedir.h"
#include "lifetime/memory.h"
#include "lifetime/reuse.h"
#include "lifetime/records.h"
#include "lifetime/stale.h"
#include "mounts/cover.h"
#include "session/limit.h"
#include "session/source.h"
#include "session/survivor.h"

/* Of a line without size= or nr_inodes=. */
#define DEFAULT_SIZE   "10%"
#define DEFAULT_INODES "100k"

/*
 * BASE/UID. Where another directory of this session has it already, that fd is copied: the copy
 * shares its lock, a second open(2) would wait for the first.
 */
static int open_user(struct source *source, const struct hold *hold, int turn,
                     struct report *report)
{
        if (turn < 0)
                return instance_open_user(source->base, hold->uid, &source->user, report);
        source->user = fcntl(turn, F_DUPFD_CLOEXEC, 0);
        if (source->user < 0)
                return report_errno(report, -errno, "%s", hold->base);
        return 0;
}

/* The line may have changed since. What a full disk does not take is not worth a denied login. */
static void note_keep(const struct instance *instance, unsigned seconds, bool boot_ends)
{
        if (boot_ends)
                (void)stale_note_boot(instance);
        if (!instance->made)
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

static int take_instance(struct source *source, const struct hold *hold,
                         const struct source_want *want, struct report *report)
{
        struct shelf where = {.base = source->base,
                              .path = hold->base,
                              .user = source->user,
                              .uid = hold->uid,
                              .report = report};
        int r = lock_take(source->user, LOCK_EX, want->patience);
        bool locked = r == 0;

        if (!locked)
                say_not_locked(hold->base, hold->uid, r, report);
        r = limit_apply(want->line, &where, report);
        if (r < 0)
                return r;
        if (locked && reuse_pick(&where, &want->instance, want->patience, &source->instance) > 0)
                return 0;
        return instance_make(source->user, &want->instance, &source->instance, report);
}

/* Where the line has limits, the base is a file system of its own: it is mounted, or missing. */
static int open_base(struct source *source, const struct hold *hold, const struct line *line,
                     struct report *report)
{
        const bool limited = limit_is_wanted(line, hold->uid);
        int r = safedir_open_own(hold->base, !limited, &source->base, report);

        if (r > 0)
                return report_fault(report, -ENOENT, LIMIT_NOT_MOUNTED, hold->base);
        return r == 0 && limited ? limit_check(line, source->base, report) : r;
}

int source_from_disk(struct source *source, struct hold *hold, const struct source_want *want,
                     struct report *report)
{
        int r;

        r = open_base(source, hold, want->line, report);
        if (r == 0)
                r = open_user(source, hold, want->turn, report);
        if (r == 0)
                r = take_instance(source, hold, want, report);
        if (r < 0)
                return r;
        note_keep(&source->instance, want->instance.keep, want->boot_ends);
        r = spot_of(source->instance.lock, &hold->lock.spot);
        if (r < 0)
                return report_errno(report, r, "%s", hold->base);
        hold->mark = mark_of_instance(hold->uid, source->instance.name);
        return 0;
}

void source_wait_for_turn(struct source *source, const struct hold *hold,
                          const struct source_want *want, struct report *report)
{
        _cleanup_close_ int folder = -EBADF, fd = -EBADF;
        struct report silent = {0};
        int r;

        if (want->turn >= 0 || want->instance.per_session)
                return;
        /* without the folder there is no record either, and that will be said */
        if (safedir_open_own(RECORD_FOLDER, true, &folder, &silent) < 0)
                return;
        fd = memory_open_turn(folder, hold->uid);
        r = fd < 0 ? fd : lock_take(fd, LOCK_EX, want->patience);
        if (r < 0)
                say_not_locked(RECORD_FOLDER, hold->uid, r, report);
        else
                source->user = TAKE_FD(fd);
}

int source_from_memory(struct source *source, struct hold *hold, const struct source_want *want,
                       struct report *report)
{
        struct cover_memory memory = {
                .uid = want->instance.mode == 0700 ? want->instance.uid : 0,
                .gid = want->instance.gid,
                .mode = want->instance.mode,
                .flags = want->flags,
                .size = want->size ? want->size : DEFAULT_SIZE,
                .inodes = want->inodes ? want->inodes : DEFAULT_INODES,
                .label = want->instance.label,
        };
        int r;

        r = cover_memory(&memory, &source->tree, report);
        if (r == 0)
                r = cover_mark_memory(source->tree, &hold->mark);
        return r < 0 ? report_errno(report, r, "can't make a file system in memory") : 0;
}

void source_give_limits(const struct source *source, int other, const struct line *line,
                        struct report *report)
{
        struct statfs has, wanted;
        int r = 0;

        if (fstatfs(other, &has) < 0 || fstatfs(source->tree, &wanted) < 0)
                r = -errno;
        else if (has.f_blocks != wanted.f_blocks || has.f_files != wanted.f_files)
                r = cover_resize_memory(other, line->size ? line->size : DEFAULT_SIZE,
                                        line->inodes ? line->inodes : DEFAULT_INODES);
        if (r < 0)
                report_note(report, REPORT_WARNING, "%s:%u: %s keeps the limits that it has: %s",
                            line->file, line->number, line->directory,
                            r == -EINVAL ? "more is in use" : strerrordesc_np(-r));
}

int source_recall(struct source *source, struct hold *hold, const struct line *line,
                  struct stance *stance, struct report *report)
{
        const struct survivor_want want = {
                .stance = stance,
                .uid = hold->uid,
                .directory = line->directory,
                .flags = line->flags,
                .like = source->tree,
        };
        int tree, r = survivor_find(&want, &tree, &hold->mark, report);

        if (r <= 0)
                return r;
        source_give_limits(source, tree, line, report);
        fd_close(source->tree);
        source->tree = tree;
        source->recalled = true;
        return 0;
}

void source_unlock(struct source *source)
{
        source->user = fd_close(source->user);
        source->base = fd_close(source->base);
}

void source_done(struct source *source)
{
        source->tree = fd_close(source->tree);
        source_unlock(source);
        instance_done(&source->instance);
}
