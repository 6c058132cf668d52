/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opening: the order of steps that make a session
 *
 * MUST leave nothing behind when it fails: no mount, no instance, no fd (module/session.c).
 */
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "mounts/cover.h"
#include "ground/path.h"
#include "session/exemption.h"
#include "session/join.h"
#include "mounts/statmount.h"
#include "session/opening.h"
#include "lifetime/records.h"
#include "ground/safedir.h"

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

/* A directory whose line says nofail stays as it is. */
static int give_up(struct opening *o, struct place *place, int error)
{
        const struct line *line = place->plan->line;
        char prefix[512];
        int r = 0;

        report_prefix(o->report, "%s:%u: ", line->file, line->number);
        if (!line->nofail || exemption_is_callers_doing(&o->decision.outer, o->step, error))
                return error;
        if (place->is == PLACE_COVERED)
                r = cover_take_off(line->directory, place->hold->mark);
        if (r < 0) /* it is private still: the login can't go on as if it were not */
                return error;
        (void)snprintf(prefix, sizeof(prefix), "nofail, %.400s is not private: ", line->directory);
        report_forgive(o->report, REPORT_WARNING, prefix);
        record_drop_cover(&o->record, place->hold->mark);
        place_undo(place);
        place->is = PLACE_GIVEN_UP;
        return 0;
}

static int note_cover(struct opening *o, const struct place *place)
{
        if (record_add_cover(&o->record, place->plan->line->directory, place->hold->mark) < 0)
                return report_fault(o->report, -E2BIG,
                                    "more than %d private directories, or a path of more than %zu "
                                    "bytes",
                                    RECORD_COVERS, sizeof(o->record.covers[0].directory) - 1);
        return 0;
}

/* Is the session made from the outer session's namespace? Then the covers of that are here. */
static bool is_in_outer(const struct opening *o)
{
        return o->decision.outer.inside && o->session->stance.from == STANCE_CALLER;
}

static int prepare(struct opening *o)
{
        struct place_shared shared = {.subject = o->subject, .patience = &o->patience};
        struct session *session = o->session;

        o->step = FAULT_DIRECTORY;
        o->places = calloc(o->decision.plan->n + 1, sizeof(*o->places));
        session->holds = calloc(o->decision.plan->n + 1, sizeof(*session->holds));
        if (!o->places || !session->holds)
                return report_errno(o->report, -ENOMEM, "session");
        shared.places = o->places;
        for (size_t i = 0; i < o->decision.plan->n; i++) {
                struct place *place = &o->places[o->n_places];
                int r;

                if (!line_is_private(o->decision.plan->lines[i].line))
                        continue;
                shared.n = o->n_places++;
                r = place_prepare(place, &session->holds[session->n_holds++],
                                  &o->decision.plan->lines[i], &shared, o->report);
                if (r == 0)
                        r = note_cover(o, place);
                if (r < 0)
                        r = give_up(o, place, r);
                if (r < 0)
                        return r;
        }
        if (is_in_outer(o))
                outer_keep(&o->decision.outer, &o->record);
        return 0;
}

/* Before another namespace is entered: the system directory is here. */
static void take_shares(struct place *place, struct report *report)
{
        const struct line *line = place->plan->line;
        _cleanup_close_ int directory = -EBADF;
        struct report silent = {0};

        if (line->n_shares > 0 && safedir_open(line->directory, &directory, &silent) == 0)
                share_take(line, directory, place->hold->uid, &place->shares, report);
}

/* Enters the namespace of a session that the user has already. 1, 0 or -errno. */
static int join(struct opening *o)
{
        struct session *session = o->session;
        const struct join join = {
                .stance = &session->stance,
                .plan = o->decision.plan->digest,
                .uid = session->uid,
                .places = o->places,
                .n = o->n_places,
        };
        int r;

        for (size_t i = 0; i < o->n_places; i++)
                if (!place_can_join(&o->places[i]))
                        return 0;
        if (o->n_places == 0 || is_in_outer(o))
                return 0;
        for (size_t i = 0; i < o->n_places; i++)
                take_shares(&o->places[i], o->report);
        r = join_enter(&join, o->report);
        if (r > 0) {
                o->record.shared = true;
                /* what is in memory there has other marks; the directories fit again */
                o->record.n_covers = 0;
                for (size_t i = 0; i < o->n_places; i++)
                        (void)note_cover(o, &o->places[i]);
        }
        return r;
}

/* Takes a step for each directory that has not been given up. */
static int each_place(struct opening *o, int (*step)(struct place *, struct report *))
{
        o->step = FAULT_DIRECTORY;
        for (size_t i = 0; i < o->n_places; i++) {
                struct place *place = &o->places[i];
                int r = place->is == PLACE_GIVEN_UP ? 0 : step(place, o->report);

                if (r < 0)
                        r = give_up(o, place, r);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Has any directory not been given up? */
static bool has_places(const struct opening *o)
{
        for (size_t i = 0; i < o->n_places; i++)
                if (o->places[i].is != PLACE_GIVEN_UP)
                        return true;
        return false;
}

/* Without a namespace of its own no directory can be private: may all lines fail? */
static int give_up_all(struct opening *o, int error)
{
        for (size_t i = 0; i < o->n_places; i++) {
                if (o->places[i].is == PLACE_GIVEN_UP)
                        continue;
                (void)report_errno(o->report, error, "can't leave the shared mount namespace");
                if (give_up(o, &o->places[i], error) < 0)
                        return error;
        }
        return 0;
}

static int leave(struct opening *o)
{
        struct stance *stance = &o->session->stance;
        int r;

        o->step = FAULT_NAMESPACE;
        o->record.shared = statmount_top_is_shared();
        r = stance_make_own(stance, o->report);
        return r < 0 && stance->at != STANCE_OWN && !is_in_outer(o) ? give_up_all(o, r) : r;
}

/* cwd at or below what is covered becomes its top; all others keep the directory they had. */
static int see_to_cwd(struct opening *o)
{
        struct session *session = o->session;
        const char *path = session->stance.path;

        for (size_t i = 0; path && i < o->n_places; i++) {
                const struct place *place = &o->places[i];
                const char *directory = place->plan->line->directory;

                if (place->is == PLACE_GIVEN_UP || !path_is_within(path, directory))
                        continue;
                return fchdir(place->top >= 0 ? place->top : place->tree) < 0
                               ? report_errno(o->report, -errno, "%s", directory)
                               : 0;
        }
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
        record->nested = is_in_outer(o);
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
        if (r == 0 && (has_places(o) || is_in_outer(o))) {
                r = each_place(o, place_build);
                if (r == 0)
                        r = leave(o);
                if (r == 0)
                        r = uncover(o);
                if (r == 0)
                        r = each_place(o, place_cover);
        }
        o->step = FAULT_CALLER;
        if (r >= 0)
                r = see_to_cwd(o);
        if (r < 0)
                return r;
        stance_settle(&o->session->stance);
        if (has_namespace(o->session))
                write_record(o);
        /* what follows may wait for the user, and for ever: nobody else needs anything of this */
        for (size_t i = 0; i < o->n_places; i++)
                place_unlock(&o->places[i]);
        for (size_t i = 0; i < o->n_places; i++) {
                struct place *place = &o->places[i];

                if (place->is != PLACE_GIVEN_UP) {
                        share_put(place->plan->line, &place->shares, place->top, o->report);
                        place_say(place, o->report);
                        hint_say(o->request->environment, place->plan->line->directory,
                                 &place->shares, o->report);
                }
                place_settle(place);
        }
        return 0;
}

void opening_undo(struct opening *o)
{
        struct session *session = o->session;

        stance_settle(&session->stance); /* what cwd is now is our doing */
        if (stance_return(&session->stance) < 0) {
                /* the namespace can't be left: at least nothing of ours is on it */
                for (size_t i = o->n_places; i > 0; i--)
                        if (o->places[i - 1].is == PLACE_COVERED)
                                (void)cover_take_off(o->places[i - 1].plan->line->directory,
                                                     o->places[i - 1].hold->mark);
        }
        for (size_t i = o->n_places; i > 0; i--)
                place_undo(&o->places[i - 1]);
}
