/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hold: what a session has of an instance, or of a tmpfs, from open to close
 *
 * MUST NOT end an instance without having its lock exclusively (module/session.c).
 * MUST NOT hold a lock that anybody else needs while it deletes (real/hold.sh).
 */
#include <string.h>
#include <sys/file.h>

#include "disk/instance.h"
#include "disk/trash.h"
#include "ground/cleanup.h"
#include "ground/missing.h"
#include "lifetime/memory.h"
#include "session/hold.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "lifetime/stale.h"

enum {
        /* what the end of a session may spend on deleting; the rest is left in the trash */
        ENTRIES = 256,
        MILLISECONDS = 50,
        FILE_BYTES = 8 * 1024 * 1024,
};

/* Ends the instance, whose lock is held exclusively, if its line says so. */
static int end(const struct hold *hold, const struct instance *instance, const struct shelf *where,
               int records)
{
        struct stale_one one;

        stale_name(&one, hold->uid, instance);
        one.is = STALE_OVER;
        if (!hold->end_at_close)
                stale_judge(where, &one, 1, LOOK_CLOSE, true);
        if (one.is == STALE_USED)
                return HOLD_USED;
        /* with end=close nobody has looked: who is there may use another directory of the record */
        if (!hold->end_at_close && records >= 0)
                records_forget(records, hold->uid, hold->mark);
        /* what stays is found by the next open, or by clean */
        if (one.is == STALE_OVER)
                (void)stale_end(where, &one);
        return 0;
}

/* BASE/UID, if the instance still is in its place there: an fd, or -errno. */
static int open_user(const struct hold *hold, int base)
{
        _cleanup_close_ int user = -EBADF;
        char name[NAME_BYTES];
        int r;

        name_uid(name, hold->uid);
        user = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (user < 0)
                return -errno;
        r = instance_is_in_place(user, hold->mark.name, hold->lock.fd);
        return r > 0 ? TAKE_FD(user) : r < 0 ? r : -ESTALE;
}

/* The instance is there no more: nobody uses it. Of another error it is not known. */
static bool is_gone(int r)
{
        return r > 0 || r == -ENOENT || r == -ESTALE;
}

static int end_on_disk(struct hold *hold, int records, struct report *report)
{
        struct shelf where = {.path = hold->base, .uid = hold->uid, .report = report};
        _cleanup_close_ int user = -EBADF, dir = -EBADF;
        struct instance instance = INSTANCE_NONE;
        struct report silent = {0};
        int r;

        r = safedir_open_own(hold->base, false, &hold->folder, &silent);
        if (r == 0)
                r = user = open_user(hold, hold->folder);
        if (user < 0) {
                if (!is_gone(r))
                        report_note(report, REPORT_WARNING, "can't open %s/%ju: %s", hold->base,
                                    (uintmax_t)hold->uid, strerrordesc_np(-r));
                hold_release(hold);
                return is_gone(r) ? 0 : HOLD_USED;
        }
        memcpy(instance.name, hold->mark.name, sizeof(hold->mark.name));
        dir = openat(user, instance.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        instance.dir = dir;
        instance.lock = hold->lock.fd;
        where.base = hold->folder;
        where.user = user;
        /* a failure loses the shared lock, and of two closers one succeeds */
        r = lock_try(instance.lock, LOCK_EX);
        if (r < 0 && r != -EBUSY)
                report_note(report, REPORT_WARNING, "can't lock %s/%ju/%s: %s", hold->base,
                            (uintmax_t)hold->uid, instance.name, strerrordesc_np(-r));
        r = r == 0 ? end(hold, &instance, &where, records) : HOLD_USED;
        hold_release(hold);
        return r;
}

int hold_end(struct hold *hold, int records, const struct namespace_id *left, struct report *report)
{
        switch (hold->mark.kind) {
        case MARK_MEMORY: /* it ends with the last namespace that has it */
                return memory_end(records, hold->uid, hold->mark, left) ? HOLD_USED : 0;
        case MARK_DISK:
                return kept_is_valid(&hold->lock) ? end_on_disk(hold, records, report) : HOLD_USED;
        case MARK_NONE:
                break;
        }
        return 0;
}

/* Has one of those before it the same base open? */
static bool is_done(const struct hold *holds, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (holds[j].folder >= 0 && strcmp(holds[j].base, holds[i].base) == 0)
                        return true;
        return false;
}

void hold_empty(const struct hold *holds, size_t n)
{
        struct remove_budget budget = {
                .entries = ENTRIES, .milliseconds = MILLISECONDS, .file_bytes = FILE_BYTES};

        for (size_t i = 0; i < n; i++)
                if (holds[i].folder >= 0 && !is_done(holds, i))
                        trash_delete_own(holds[i].folder, holds[i].uid, &budget);
}

void hold_release(const struct hold *hold)
{
        if (kept_is_valid(&hold->lock))
                (void)lock_try(hold->lock.fd, LOCK_UN); /* a forked child may share it */
}

void hold_done(struct hold *hold)
{
        kept_done(&hold->lock);
        fd_close(hold->folder);
        free(hold->base);
        *hold = (struct hold)HOLD_NONE;
}
