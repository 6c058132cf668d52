/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opening: the order of steps that make a session
 *
 * MUST leave nothing behind when it fails: no mount, no instance, no fd (module/failure.c).
 */

#include "ground/cleanup.h"
#include "session/earlier.h"
#include "session/join.h"
#include "mounts/stance-save.h"
#include "mounts/statmount.h"
#include "session/opening.h"
#include "lifetime/records.h"

/* Where to start from: the caller's namespace, or, inside a session, the one that it left. */
static int approach(struct opening *o)
{
        struct session *session = o->session;
        int r;

        o->step = FAULT_CALLER;
        r = stance_save(&session->stance, o->report);
        /* without a record nobody knows where that session began */
        if (r < 0 || !o->decision.outer.recorded || outer_inherits_any(&o->decision.outer))
                return r;
        r = stance_go_first(&session->stance, &o->decision.outer.record.left,
                            outer_uncovers(&o->decision.outer, session->stance.path));
        return r < 0 ? report_errno(o->report, r, "can't return to the caller's namespace") : 0;
}

/* Is the session made from the outer session's namespace? Then the covers of that are here. */
static bool is_in_outer(const struct opening *o)
{
        return o->decision.outer.inside && o->session->stance.from == STANCE_CALLER;
}

static int prepare(struct opening *o)
{
        const struct place_shared shared = {
                .subject = o->subject, .patience = &o->patience, .stance = &o->session->stance};
        const struct plan *plan = o->decision.plan;
        struct session *session = o->session;
        int r;

        o->step = FAULT_DIRECTORY;
        o->places = (struct places){
                .outer = &o->decision.outer, .record = &o->record, .report = o->report};
        session->holds = calloc(plan->n + 1, sizeof(*session->holds));
        if (!session->holds)
                return report_errno(o->report, -ENOMEM, "session");
        r = places_prepare(&o->places, plan, session->holds, shared);
        session->n_holds = o->places.n;
        if (r == 0 && is_in_outer(o))
                outer_keep(&o->decision.outer, &o->record);
        return r;
}

/* Enters the namespace of a session that the user has already. 1, 0 or -errno. */
static int join(struct opening *o)
{
        struct session *session = o->session;
        const struct join join = {
                .stance = &session->stance,
                .plan = o->decision.plan->digest,
                .uid = session->uid,
                .places = o->places.list,
                .n = o->places.n,
        };
        int r;

        if (is_in_outer(o) || !places_can_join(&o->places))
                return 0;
        places_take_shares(&o->places);
        r = join_enter(&join, o->report);
        if (r > 0) {
                o->record.shared = true;
                /* what is in memory there has other marks; the directories fit again */
                o->record.n_covers = 0;
                (void)places_note(&o->places);
        }
        return r;
}

static int leave(struct opening *o)
{
        struct stance *stance = &o->session->stance;
        int r;

        o->step = FAULT_NAMESPACE;
        o->record.shared = statmount_top_is_shared();
        r = stance_make_own(stance, o->report);
        return r < 0 && stance->at != STANCE_OWN && !is_in_outer(o)
                       ? places_give_up_all(&o->places, r)
                       : r;
}

/* cwd at or below what is covered becomes its top; all others keep the directory they had. */
static int see_to_cwd(struct opening *o)
{
        struct session *session = o->session;
        const char *path = session->stance.path;
        const struct place *place = path ? places_find(&o->places, path) : NULL;

        if (place)
                return fchdir(place->top >= 0 ? place->top : place->source.tree) < 0
                               ? report_errno(o->report, -errno, "%s", place->plan->line->directory)
                               : 0;
        /* in what was uncovered: the directory that the caller saw, in its own namespace */
        if (outer_uncovers(&o->decision.outer, path) && session->stance.can_return) {
                int r = stance_restore_cwd(&session->stance);

                return r < 0 ? report_errno(o->report, r, "can't keep the working directory") : 0;
        }
        return 0;
}

static void fill_record(const struct opening *o, struct record *record)
{
        record->ns = o->session->stance.here;
        record->left = o->session->stance.origin;
        record->nested = is_in_outer(o) && !outer_is_own(&o->decision.outer);
        record->plan = o->decision.plan->digest;
        record->uid = o->session->uid;
        record_set_words(record->service, o->request->service);
        record_set_words(record->tty, o->request->tty);
        record_set_words(record->rhost, o->request->rhost);
}

/* A record that can't be written is no reason to deny a login. */
static void write_record(struct opening *o)
{
        int r;

        fill_record(o, &o->record);
        places_note_memory(&o->places, &o->record.ns);
        r = records_note(&o->record, o->session->stance.at == STANCE_OWN, o->report);
        o->session->recorded = r == 0;
        if (r < 0) {
                (void)report_errno(o->report, r, RECORD_FOLDER);
                report_forgive(o->report, REPORT_WARNING, "no record of this session: ");
        }
}

/* Is it in a namespace that is the session's, or that of the user's sessions? */
static bool has_namespace(const struct session *session)
{
        return session->stance.at == STANCE_OWN || session->stance.at == STANCE_JOINED;
}

/* What the outer session covers, and this one does not inherit, is taken off. */
static int uncover(struct opening *o)
{
        o->step = FAULT_OUTER;
        return is_in_outer(o) ? outer_take_off(&o->decision.outer, o->report) : 0;
}

/* What the directories need, in a namespace that is the session's own. */
static int cover(struct opening *o)
{
        int r = places_each(&o->places, place_build);

        places_note_again(&o->places);
        if (r == 0)
                r = leave(o);
        if (r == 0)
                r = uncover(o);
        if (r < 0)
                return r;
        o->step = FAULT_DIRECTORY;
        return places_each(&o->places, place_cover);
}

static void share(struct opening *o, struct place *place)
{
        const struct line *line = place->plan->line;

        if (o->session->stance.at == STANCE_JOINED)
                earlier_put_right(line, &place->shares, place->top, o->report);
        share_put(line, &place->shares, place->top, o->report);
        place_say(place, o->report);
        hint_say(o->request->environment, line->directory, &place->shares, o->report);
}

/* What follows may wait for the user, and for ever: nobody else needs anything of this then. */
static void finish(struct opening *o)
{
        places_unlock(&o->places);
        for (size_t i = 0; i < o->places.n; i++) {
                struct place *place = &o->places.list[i];

                if (place->is != PLACE_GIVEN_UP)
                        share(o, place);
                place_settle(place);
        }
}

int opening_go(struct opening *o)
{
        int r;

        r = approach(o);
        if (r == 0)
                r = prepare(o);
        if (r == 0)
                r = join(o);
        if (r < 0)
                return r;
        /* a plan that covers nothing ends where the outer session began */
        if (r == 0 && (places_has_any(&o->places) || is_in_outer(o)))
                r = cover(o);
        if (r < 0)
                return r;
        o->step = FAULT_CALLER;
        r = see_to_cwd(o);
        if (r < 0)
                return r;
        stance_settle(&o->session->stance);
        if (has_namespace(o->session))
                write_record(o);
        finish(o);
        return 0;
}

void opening_undo(struct opening *o)
{
        struct session *session = o->session;

        stance_settle(&session->stance); /* what cwd is now is our doing */
        /* where the namespace can't be left, at least nothing of ours is on it */
        places_undo(&o->places, stance_return(&session->stance) < 0);
}
