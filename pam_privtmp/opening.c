/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opening: the order of steps that make a session
 *
 * MUST leave nothing behind when it fails: no mount, no instance, no fd (test-session.c).
 */
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "namespaces.h"
#include "opening.h"
#include "safedir.h"

enum {
        SWEEP_MILLISECONDS = 100,
};

/* Is there anything that this session must cover or take off? */
static bool has_work(const struct opening *o)
{
        for (size_t i = 0; i < o->plan->n; i++)
                if (o->plan->lines[i].line->source == LINE_DISK)
                        return true;
        return outer_must_go(&o->outer);
}

/* For the argument debug: what each line of the plan came to. */
static void say_plan(const struct opening *o)
{
        static const char *const words[] = {
                [LINE_DISK] = "is private",
                [LINE_NONE] = "is the system directory",
                [LINE_INHERIT] = "is what the caller had",
        };

        if (o->plan->n == 0)
                report_note(o->report, REPORT_DEBUG, "no line is for %s", o->subject->name);
        for (size_t i = 0; i < o->plan->n; i++) {
                const struct line *line = o->plan->lines[i].line;

                report_note(o->report, REPORT_DEBUG, "%s:%u: %s %s", line->file, line->number,
                            line->directory, words[line->source]);
        }
}

int opening_decide(struct opening *o)
{
        int r;

        r = table_load(&o->request->table, &o->table, o->report);
        if (r < 0)
                return r;
        r = policy_plan(o->table, o->subject, subject_is_member, o->subject, &o->plan);
        if (r < 0)
                return report_errno(o->report, r, "can't tell the groups of %s", o->subject->name);
        say_plan(o);
        r = outer_find(&o->outer, o->plan, o->subject->uid, o->report);
        if (r < 0)
                return r;
        if (!has_work(o))
                return 1;
        if (!namespace_is_rooted())
                return report_fault(o->report, -EINVAL,
                                    "the caller is in a chroot whose \"/\" is no mount point");
        return 0;
}

/* Where to start from: the caller's namespace, or, inside a session, the one that it left. */
static int approach(struct opening *o)
{
        struct session *session = o->session;
        int r;

        r = caller_save(&session->caller, o->report);
        session->ns = session->caller.id;
        if (r < 0 || !o->outer.inside || outer_inherits_any(&o->outer))
                return r;
        r = caller_enter_first(&session->caller, &o->outer.record.left,
                               outer_uncovers(&o->outer, session->caller.path));
        if (r < 0) {
                session->away = o->committed = true;
                return report_errno(o->report, r, "can't return to the caller's namespace");
        }
        if (r == 0)
                return 0;
        o->home = true;
        session->away = true;
        session->ns = o->outer.record.left;
        return 0;
}

/* A directory whose line says nofail stays as it is. */
static int give_up(struct opening *o, struct place *place, int error)
{
        const struct line *line = place->plan->line;
        char prefix[512];

        report_prefix(o->report, "%s:%u: ", line->file, line->number);
        /* what the caller of su can bring about, by limits, opens no way into the system directory
         */
        if (!line->nofail || error == -EMFILE || error == -ENFILE || error == -ENOMEM)
                return error;
        (void)snprintf(prefix, sizeof(prefix), "nofail, %.400s is not private: ", line->directory);
        report_forgive(o->report, REPORT_WARNING, prefix);
        if (place->put)
                (void)cover_take_off(line->directory, place->mark);
        record_drop_cover(&o->record, place->mark);
        place_undo(place);
        place->given_up = true;
        return 0;
}

static int prepare(struct opening *o)
{
        struct place_shared shared = {.subject = o->subject, .patience = &o->patience};
        struct session *session = o->session;

        session->places = calloc(o->plan->n + 1, sizeof(*session->places));
        if (!session->places)
                return report_errno(o->report, -ENOMEM, "session");
        shared.places = session->places;
        for (size_t i = 0; i < o->plan->n; i++) {
                struct place *place = &session->places[session->n_places];
                int r;

                if (o->plan->lines[i].line->source != LINE_DISK)
                        continue;
                shared.n = session->n_places++;
                r = place_prepare(place, &o->plan->lines[i], &shared, o->report);
                if (r == 0 && record_add_cover(&o->record, o->plan->lines[i].line->directory,
                                               place->mark) < 0)
                        r = report_fault(o->report, -E2BIG,
                                         "more than %d private directories, or a path of more than "
                                         "%zu bytes",
                                         RECORD_COVERS, sizeof(o->record.covers[0].directory) - 1);
                if (r < 0)
                        r = give_up(o, place, r);
                if (r < 0)
                        return r;
        }
        return o->home ? 0 : outer_keep(&o->outer, &o->record, o->report);
}

/* Has any directory not been given up? */
static bool has_places(const struct session *session)
{
        for (size_t i = 0; i < session->n_places; i++)
                if (!session->places[i].given_up)
                        return true;
        return false;
}

/* Without a namespace of its own no directory can be private: may all lines fail? */
static int give_up_all(struct opening *o, int error)
{
        for (size_t i = 0; i < o->session->n_places; i++) {
                if (o->session->places[i].given_up)
                        continue;
                (void)report_errno(o->report, error, "can't leave the shared mount namespace");
                if (give_up(o, &o->session->places[i], error) < 0)
                        return error;
        }
        return 0;
}

/* Is this namespace the outer session's? Then its covers are here. */
static bool is_in_outer(const struct opening *o)
{
        return o->outer.inside && !o->home;
}

static int leave(struct opening *o)
{
        struct session *session = o->session;
        bool left;
        int r;

        r = namespace_leave(&left, o->report);
        session->away |= left;
        o->committed |= left;
        if (r < 0 && !left && !is_in_outer(o))
                return give_up_all(o, r);
        if (r < 0)
                return r;
        r = namespace_open(NAMESPACE_OWN, &session->ns, NULL);
        return r < 0 ? report_errno(o->report, r, "can't tell the session's namespace") : 0;
}

static int cover(struct opening *o)
{
        struct session *session = o->session;

        for (size_t i = 0; i < session->n_places; i++) {
                struct place *place = &session->places[i];
                int r = place->given_up ? 0 : place_cover(place, o->report);

                if (r < 0)
                        r = give_up(o, place, r);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* cwd at or below what is covered becomes its top; all others keep the directory they had. */
static int see_to_cwd(struct opening *o)
{
        struct session *session = o->session;
        const char *path = session->caller.path;

        for (size_t i = 0; path && i < session->n_places; i++) {
                const struct place *place = &session->places[i];
                _cleanup_close_ int fd = -EBADF;
                int r;

                if (place->given_up || !name_is_within(path, place->plan->line->directory))
                        continue;
                r = safedir_open(place->plan->line->directory, &fd, o->report);
                if (r < 0)
                        return r;
                return fchdir(fd) < 0
                               ? report_errno(o->report, -errno, "%s", place->plan->line->directory)
                               : 0;
        }
        /* in what was uncovered: the directory that the caller saw, in its own namespace */
        if (outer_uncovers(&o->outer, path) && session->caller.can_return) {
                int r = caller_restore_cwd(&session->caller);

                return r < 0 ? report_errno(o->report, r, "can't keep the working directory") : 0;
        }
        return 0;
}

static void fill_record(const struct opening *o, struct record *record)
{
        record->ns = o->session->ns;
        record->left = o->home ? o->outer.record.left : o->session->caller.id;
        record->nested = is_in_outer(o);
        record->plan = o->plan->digest;
        record->uid = o->session->uid;
        record_set_words(record->service, o->request->service);
        record_set_words(record->tty, o->request->tty);
        record_set_words(record->rhost, o->request->rhost);
}

/*
 * Openers that were killed leave their records: one open in 64 takes those of the gone away. Our
 * own namespace was made just now: what has its number is of one that is gone.
 */
static void sweep_records(int folder, const struct record *record)
{
        const struct deadline deadline = deadline_in(SWEEP_MILLISECONDS);
        _cleanup_free_ struct namespace_id *alive = NULL;
        size_t n, kept = 0;

        if (record->start % 64 != 0 || namespaces_alive(&alive, &n, &deadline) < 0)
                return;
        for (size_t i = 0; i < n; i++)
                if (alive[i].number != record->ns.number)
                        alive[kept++] = alive[i];
        record_sweep(folder, alive, kept);
}

/* A record that can't be written is no reason to deny a login. */
static void write_record(struct opening *o)
{
        _cleanup_close_ int folder = -EBADF;
        int r;

        fill_record(o, &o->record);
        r = record_stamp(&o->record);
        if (r == 0)
                r = safedir_open_own(RECORD_FOLDER, true, &folder, o->report);
        if (r == 0) {
                sweep_records(folder, &o->record);
                r = record_write(folder, &o->record);
        }
        o->session->recorded = r == 0;
        if (r < 0) {
                (void)report_errno(o->report, r, "%s", RECORD_FOLDER);
                report_forgive(o->report, REPORT_WARNING, "no record of this session: ");
        }
}

/* And which instance covers it. */
static void say_place(const struct opening *o, const struct place *place)
{
        report_note(o->report, REPORT_DEBUG, "%s: %s instance %s of %s",
                    place->plan->line->directory,
                    place->in_memory       ? "in memory,"
                    : place->instance.made ? "new"
                                           : "shared",
                    place->mark, place->base);
}

int opening_go(struct opening *o)
{
        int r;

        r = approach(o);
        if (r == 0)
                r = prepare(o);
        if (r < 0)
                return r;
        /* a plan that covers nothing ends where the outer session began */
        if (has_places(o->session) || is_in_outer(o)) {
                r = leave(o);
                if (r == 0 && is_in_outer(o))
                        r = outer_take_off(&o->outer, o->report);
                if (r == 0)
                        r = cover(o);
        }
        if (r == 0)
                r = see_to_cwd(o);
        if (r < 0)
                return r;
        caller_note_cwd(&o->session->caller);
        if (o->committed)
                write_record(o);
        for (size_t i = 0; i < o->session->n_places; i++) {
                if (!o->session->places[i].given_up)
                        say_place(o, &o->session->places[i]);
                place_settle(&o->session->places[i]);
        }
        return 0;
}

void opening_undo(struct opening *o)
{
        struct session *session = o->session;

        caller_note_cwd(&session->caller); /* what cwd is now is our doing */
        if (session->away && caller_return(&session->caller) < 0) {
                /* the namespace can't be left: at least nothing of ours is on it */
                o->committed = true;
                for (size_t i = session->n_places; i > 0; i--)
                        if (session->places[i - 1].put)
                                (void)cover_take_off(session->places[i - 1].plan->line->directory,
                                                     session->places[i - 1].mark);
        }
        for (size_t i = session->n_places; i > 0; i--)
                place_undo(&session->places[i - 1]);
}
