/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ending: the end of a session in one directory
 *
 * MUST NOT end an instance without having its lock exclusively (module/session.c).
 * MUST NOT hold a lock that anybody else needs while it deletes (real/hold.sh).
 */
#include <string.h>
#include <sys/file.h>

#include "disk/trash.h"
#include "ground/cleanup.h"
#include "session/ending.h"
#include "lifetime/look.h"
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
        /* what stays is found by the next open, or by clean */
        if (one.is == STALE_OVER)
                (void)stale_end(where, &one);
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

/* Has one of the places before it the same base? */
static bool is_done(const struct place *places, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (places[j].base && strcmp(places[j].base, places[i].base) == 0)
                        return true;
        return false;
}

void ending_empty(const struct place *places, size_t n)
{
        struct remove_budget budget = {
                .entries = ENTRIES, .milliseconds = MILLISECONDS, .file_bytes = FILE_BYTES};

        for (size_t i = 0; i < n; i++) {
                _cleanup_close_ int base = -EBADF;
                struct report silent = {0};

                if (places[i].base && !is_done(places, i) &&
                    safedir_open_own(places[i].base, false, &base, &silent) == 0)
                        trash_delete_own(base, places[i].uid, &budget);
        }
}
