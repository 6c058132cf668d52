/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * places: the directories of one plan, as long as the open lasts
 *
 * Where a step fails for a directory whose line says nofail, and its caller can't have brought that
 * about (exemption.h), the directory is given up: it stays as it is, and the open goes on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lifetime/record.h"
#include "session/outer.h"
#include "session/place.h"

struct places {
        struct place *list;
        size_t n;
        const struct outer *outer;
        struct record *record; /* which gets each cover */
        struct report *report;
};

/*
 * Prepares each private directory of the plan, with one of the holds. `places` has no list yet. 0,
 * or -errno with the reason in the report; then places_undo().
 */
int places_prepare(struct places *places, const struct plan *plan, struct hold *holds,
                   struct place_shared shared);

/*
 * Takes a step (place.h) for each directory that has not been given up. 0, or -errno with the
 * reason in the report; then places_undo().
 */
int places_each(struct places *places, int (*step)(struct place *, struct report *));

/* Notes all covers in the record. 0, or -E2BIG with the reason in the report. */
int places_note(const struct places *places);

/* Puts right in the record what is in memory and has another mark since it was noted. */
void places_note_again(const struct places *places);

/*
 * Notes, for the user's next logins, what is in memory and was made by this one: it is in the
 * session's namespace `ns`. What can't be noted is said.
 */
void places_note_memory(const struct places *places, const struct namespace_id *ns);

/* May the session live in a namespace that another one of the user's has? */
bool places_can_join(const struct places *places);

/* Takes the shares, before another namespace is entered: the system directory is here. */
void places_take_shares(const struct places *places);

/* Has any directory not been given up? */
bool places_has_any(const struct places *places);

/*
 * Gives all of them up, since there is no namespace of their own. 0, or `error` where a line does
 * not say nofail.
 */
int places_give_up_all(struct places *places, int error);

/* The place that the path is in, or NULL. Not one that has been given up. */
const struct place *places_find(const struct places *places, const char *path);

/* Gives up the locks of BASE/UID: other opens of the user may go on. */
void places_unlock(const struct places *places);

/*
 * Takes back what was done, the last first. `is_stuck`: the namespace could not be left, so what
 * covers is taken off in it.
 */
void places_undo(struct places *places, bool is_stuck);

/* Frees the list. */
void places_done(struct places *places);
