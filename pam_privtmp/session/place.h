/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place: one directory of a plan, from the line to the cover, as long as the open lasts
 *
 * prepare (an instance, nothing to be seen yet), build (its detached mount), cover (in the
 * session's namespace), settle (what stays of it is the hold). undo() goes back from anywhere.
 */
#pragma once

#include "table/policy.h"
#include "ground/report.h"
#include "session/hold.h"
#include "session/share.h"
#include "session/source.h"

enum place_is {
        PLACE_PREPARED,
        PLACE_COVERED,  /* the mount is attached */
        PLACE_GIVEN_UP, /* a nofail line, whose directory stays as it is */
};

struct place {
        enum place_is is;
        const struct plan_line *plan;
        struct hold *hold;     /* the session's; its mark says whether this is in memory */
        struct stance *stance; /* of the open, borrowed */
        struct source source;
        int top; /* what covers the directory, in the session's namespace */
        struct share_list shares;
};

/* What the directories of one session have in common. */
struct place_shared {
        const struct subject *subject;
        struct patience *patience;
        struct stance *stance;
        const struct place *places; /* those prepared already */
        size_t n;
};

/*
 * Gets what plan_line needs, into place and hold: base and instance (shared with the user's other
 * sessions where instance_fits()). Where the disk is full or broken, a small file system in memory
 * takes its place. 0 or -errno; then undo.
 */
int place_prepare(struct place *place, struct hold *hold, const struct plan_line *plan_line,
                  const struct place_shared *shared, struct report *report);

/* Is it in memory, by its line or because the disk was full? */
static inline bool place_is_in_memory(const struct place *place)
{
        return place->hold->mark.kind == MARK_MEMORY;
}

/* May the session live in a namespace that another one of the user's has? */
bool place_can_join(const struct place *place);

/*
 * Builds the detached mount; what is in memory may be another then, that processes of the user's
 * have kept (source_recall()). 0 or -errno; then undo.
 */
int place_build(struct place *place, struct report *report);

/* Covers the directory, in this thread's namespace, and makes sure of it. 0 or -errno; then undo.
 */
int place_cover(struct place *place, struct report *report);

/* Says, for the argument debug, what covers the directory. */
void place_say(const struct place *place, struct report *report);

/* Gives up BASE/UID: other opens of the user may go on. */
void place_unlock(struct place *place);

/* The end of open: the hold has the lock, and all else is closed. */
void place_settle(struct place *place);

/*
 * Takes back what prepare and cover did; the namespace has been left, or the cover is taken off.
 * Nothing is open, and nothing held, any more.
 */
void place_undo(struct place *place);
