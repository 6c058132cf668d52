/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ending: the end of a session in one directory
 *
 * MUST NOT end an instance without having its lock exclusively (module/session.c).
 */
#include <string.h>
#include <sys/file.h>

#include "ground/cleanup.h"
#include "session/ending.h"
#include "lifetime/look.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "lifetime/stale.h"

/* Ends the instance, whose lock is held exclusively, if its line says so. */
static int end(struct place *place, const struct instance_place *where)
{
        struct stale_one one;

        stale_name(&one, place->uid, &place->instance);
        one.is = STALE_OVER;
        if (!place->end_at_close)
                stale_judge(where, &one, 1, LOOK_CLOSE, true);
        if (one.is == STALE_USED)
                return ENDING_USED;
        /* with end=close nobody has looked: who is there may use another directory of the record */
        if (!place->end_at_close)
                records_forget_instance(place->uid, place->mark);
        if (one.is == STALE_OVER)
                stale_end(where, &one);
        return 0;
}

int ending_of(struct place *place, struct report *report)
{
        struct instance_place where = {.path = place->base, .uid = place->uid, .report = report};
        _cleanup_close_ int base = -EBADF, user = -EBADF;
        char name[NAME_BYTES];
        struct report silent = {0};
        int r;

        /* what is in memory ends with the last namespace that has it */
        if (place->in_memory) {
                struct look_query query = {.uid = place->uid};

                look_memory(place->mark.device, &query, LOOK_CLOSE);
                return query.used ? ENDING_USED : 0;
        }
        if (!place_has_lock(place))
                return 0;
        name_uid(name, place->uid);
        if (safedir_open_own(place->base, false, &base, &silent) == 0)
                user = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (user < 0 || !instance_is_in_place(user, place->instance.name, place->instance.lock))
                return 0;
        place->instance.dir =
                openat(user, place->instance.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        where.base = base;
        where.user = user;
        /* a failure loses the shared lock, and of two closers one succeeds */
        r = lock_try(place->instance.lock, LOCK_EX);
        if (r < 0 && r != -EBUSY)
                report_note(report, REPORT_WARNING, "can't lock %s/%s/%s: %s", place->base, name,
                            place->instance.name, strerrordesc_np(-r));
        r = r == 0 ? end(place, &where) : ENDING_USED;
        place_release(place);
        return r;
}
