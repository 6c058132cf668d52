/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session: the order of things, from pam_open_session to pam_close_session
 *
 * MUST leave nothing behind when it fails: no mount, no instance, no fd (test-session.c).
 * MUST NOT decide by anything but PAM_USER: no environment, no PAM_RUSER (test-module.c).
 */
#include <stdio.h>
#include <string.h>

#include "caller.h"
#include "cleanup.h"
#include "place.h"
#include "policy.h"
#include "record.h"
#include "safedir.h"
#include "session.h"

struct session {
        pid_t opener;
        uid_t uid;
        struct caller caller;
        struct namespace_id ns; /* where the session lives */
        bool away;              /* this is not the caller's namespace any more */
        bool recorded;
        struct place *places;
        size_t n_places;
};

/* An open under way. */
struct opening {
        const struct session_request *request;
        struct report *report;
        struct subject *subject;
        struct table *table;
        struct plan *plan;
        struct record outer; /* of the session that the caller is in */
        bool inside;         /* there is one */
        bool home;           /* we are back in the namespace that it left */
        bool committed;      /* something has been changed */
        struct record record;
        struct patience patience;
        struct session *session;
};

static void opening_done(struct opening *o)
{
        plan_free(o->plan);
        table_free(o->table);
        subject_free(o->subject);
        session_free(o->session);
}

/* Does the plan leave what the outer session covers the directory with? */
static bool inherits(const struct opening *o, const char *directory)
{
        const struct line *line = plan_find(o->plan, directory);

        return line ? line->source == LINE_INHERIT : o->subject->uid == 0;
}

static bool any_inherited(const struct opening *o)
{
        for (size_t i = 0; i < o->plan->n; i++)
                if (o->plan->lines[i].line->source == LINE_INHERIT)
                        return true;
        for (size_t i = 0; i < o->outer.n_covers; i++)
                if (inherits(o, o->outer.covers[i].directory))
                        return true;
        return false;
}

/* Is there anything that this session must cover or take off? */
static bool has_work(const struct opening *o)
{
        for (size_t i = 0; i < o->plan->n; i++)
                if (o->plan->lines[i].line->source == LINE_DISK)
                        return true;
        for (size_t i = 0; i < o->outer.n_covers; i++)
                if (!inherits(o, o->outer.covers[i].directory))
                        return true;
        return false;
}

/* Is the caller in a session of ours? A process in PID 1's namespace is in none. */
static int find_outer(struct opening *o)
{
        _cleanup_close_ int records = -EBADF, first = -EBADF;
        struct namespace_id id;
        int r;

        if (namespace_open(NAMESPACE_FIRST, &first) == 0 && namespace_identify(first, &id) == 0 &&
            namespace_is_own(&id))
                return 0;
        r = safedir_open_own(RECORD_FOLDER, false, &records, o->report);
        if (r != 0)
                return r < 0 ? r : 0;
        r = record_find_own(records, &o->outer);
        o->inside = r > 0;
        return r < 0 ? report_errno(o->report, r, "can't read the records in " RECORD_FOLDER) : 0;
}

/* All that can be known without changing anything. 1 when there is nothing to do. */
static int decide(struct opening *o)
{
        int r;

        r = table_load(&o->request->table, &o->table, o->report);
        if (r < 0)
                return r;
        r = policy_plan(o->table, o->subject, subject_is_member, o->subject, &o->plan);
        if (r < 0)
                return report_errno(o->report, r, "can't tell the groups of %s", o->subject->name);
        r = find_outer(o);
        if (r < 0)
                return r;
        if (!has_work(o))
                return 1;
        if (!namespace_is_mount("/"))
                return report_fault(o->report, -EINVAL,
                                    "the caller is in a chroot whose \"/\" is no mount point");
        return 0;
}

/* Is the path at or below something that the outer session covers? */
static bool is_below_outer(const struct opening *o, const char *path)
{
        for (size_t i = 0; path && i < o->outer.n_covers; i++)
                if (name_is_within(path, o->outer.covers[i].directory))
                        return true;
        return false;
}

/* Where to start from: the caller's namespace, or, inside a session, the one that it left. */
static int approach(struct opening *o)
{
        struct session *session = o->session;
        int r;

        r = caller_save(&session->caller, o->report);
        if (r < 0 || !o->inside || any_inherited(o))
                return r;
        o->home = caller_enter_first(&session->caller, &o->outer.left,
                                     is_below_outer(o, session->caller.path)) > 0;
        session->away = o->home;
        return 0;
}

/* A directory whose line says nofail stays as it is. */
static int give_up(struct opening *o, struct place *place, int error)
{
        const struct line *line = place->plan->line;
        char prefix[512];

        if (!line->nofail)
                return error;
        (void)snprintf(prefix, sizeof(prefix),
                       "%.200s:%u: nofail, %.200s is not private: ", line->file, line->number,
                       line->directory);
        report_forgive(o->report, REPORT_WARNING, prefix);
        if (place->put)
                (void)cover_take_off(line->directory, place->mark);
        place_undo(place);
        place->given_up = true;
        return 0;
}

static int prepare(struct opening *o)
{
        struct session *session = o->session;

        session->places = calloc(o->plan->n + 1, sizeof(*session->places));
        if (!session->places)
                return report_errno(o->report, -ENOMEM, "session");
        for (size_t i = 0; i < o->plan->n; i++) {
                struct place *place = &session->places[session->n_places];
                int r;

                if (o->plan->lines[i].line->source != LINE_DISK)
                        continue;
                session->n_places++;
                r = place_prepare(place, &o->plan->lines[i], o->subject, &o->patience, o->report);
                if (r < 0)
                        r = give_up(o, place, r);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Has any directory not been given up? */
static bool has_places(const struct session *session)
{
        for (size_t i = 0; i < session->n_places; i++)
                if (!session->places[i].given_up)
                        return true;
        return false;
}

static int leave(struct opening *o)
{
        struct session *session = o->session;
        int r;

        session->away = true;
        r = namespace_leave(o->report);
        for (size_t i = 0; r < 0 && !o->inside && i < session->n_places; i++)
                if (!session->places[i].given_up && give_up(o, &session->places[i], r) < 0)
                        return r;
        /* every line that needed it may fail: stay where we were */
        return r < 0 && (o->inside || has_places(session)) ? r : 0;
}

/* Takes off what the outer session covers, but what is inherited; that goes into the record. */
static int uncover(struct opening *o)
{
        for (size_t i = 0; !o->home && i < o->outer.n_covers; i++) {
                const struct record_cover *cover = &o->outer.covers[i];
                int fd, r;

                if (inherits(o, cover->directory)) {
                        (void)record_add_cover(&o->record, cover->directory, cover->mark);
                        continue;
                }
                r = safedir_open(cover->directory, &fd, o->report);
                if (r < 0)
                        return r;
                fd_close(fd);
                r = cover_take_off(cover->directory, cover->mark);
                if (r < 0)
                        return report_errno(o->report, r, "can't uncover %s", cover->directory);
        }
        return 0;
}

static int cover(struct opening *o)
{
        struct session *session = o->session;

        for (size_t i = 0; i < session->n_places; i++) {
                struct place *place = &session->places[i];
                const char *directory;
                int r;

                if (place->given_up)
                        continue;
                directory = place->plan->line->directory;
                r = place_cover(place, o->report);
                if (r < 0)
                        r = give_up(o, place, r);
                if (r < 0)
                        return r;
                if (!place->given_up && record_add_cover(&o->record, directory, place->mark) < 0)
                        return report_fault(o->report, -E2BIG, "too many directories for a record");
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
        if (is_below_outer(o, path) && session->caller.can_return) {
                int r = caller_restore_cwd(&session->caller);

                return r < 0 ? report_errno(o->report, r, "can't keep the working directory") : 0;
        }
        return 0;
}

static int identify(struct opening *o)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        r = namespace_open(NAMESPACE_OWN, &fd);
        if (r == 0)
                r = namespace_identify(fd, &o->session->ns);
        return r < 0 ? report_errno(o->report, r, "can't tell the session's namespace") : 0;
}

/* A record that can't be written is no reason to deny a login. */
static void write_record(struct opening *o)
{
        _cleanup_close_ int folder = -EBADF;
        struct record *record = &o->record;
        struct session *session = o->session;
        int r;

        record->ns = session->ns;
        record->left = o->home ? o->outer.left : session->caller.id;
        record->nested = o->inside && !o->home;
        record->plan = o->plan->digest;
        record->uid = session->uid;
        record_set_words(record->service, o->request->service);
        record_set_words(record->tty, o->request->tty);
        record_set_words(record->rhost, o->request->rhost);
        r = record_stamp(record);
        if (r == 0)
                r = safedir_open_own(RECORD_FOLDER, true, &folder, o->report);
        if (r == 0)
                r = record_write(folder, record);
        session->recorded = r == 0;
        if (r < 0) {
                (void)report_errno(o->report, r, "%s", RECORD_FOLDER);
                report_forgive(o->report, REPORT_WARNING, "no record of this session: ");
        }
}

static int go(struct opening *o)
{
        int r;

        r = approach(o);
        if (r == 0)
                r = prepare(o);
        if (r < 0)
                return r;
        /* a plan that covers nothing ends where the outer session began */
        if (has_places(o->session) || (o->inside && !o->home)) {
                r = leave(o);
                o->committed = true;
                if (r == 0 && (has_places(o->session) || o->inside))
                        r = uncover(o);
                if (r == 0)
                        r = cover(o);
        }
        if (r == 0)
                r = see_to_cwd(o);
        if (r == 0)
                r = identify(o);
        if (r < 0)
                return r;
        caller_keep(&o->session->caller);
        if (o->record.n_covers > 0 || (o->inside && !o->home))
                write_record(o);
        for (size_t i = 0; i < o->session->n_places; i++)
                place_settle(&o->session->places[i]);
        return 0;
}

/* Takes everything back. Where the namespace can't be left, at least nothing of ours is on it. */
static void undo(struct opening *o)
{
        struct session *session = o->session;

        if (session->away && caller_return(&session->caller) < 0)
                for (size_t i = session->n_places; i > 0; i--)
                        if (session->places[i - 1].put)
                                (void)cover_take_off(session->places[i - 1].plan->line->directory,
                                                     session->places[i - 1].mark);
        for (size_t i = session->n_places; i > 0; i--)
                place_undo(&session->places[i - 1]);
}

/* uid 0 must be able to come in and mend the table, or the host. */
static bool is_let_in(struct opening *o)
{
        if (o->subject->uid != 0 || o->committed)
                return false;
        report_forgive(o->report, REPORT_CRITICAL, "root is let in without a private directory: ");
        return true;
}

int session_open(const struct session_request *request, struct session **ret, struct report *report)
{
        _cleanup_(opening_done) struct opening o = {.request = request, .report = report};
        int r;

        *ret = NULL;
        r = subject_load(request->user, &o.subject);
        if (r == SUBJECT_E_UNKNOWN)
                return SESSION_E_UNKNOWN_USER;
        if (r < 0)
                return report_errno(report, r, "can't look up user %s", request->user);
        r = decide(&o);
        if (r > 0)
                return 0;
        if (r < 0)
                return is_let_in(&o) ? 0 : r;
        o.session = calloc(1, sizeof(*o.session));
        if (!o.session)
                return report_errno(report, -ENOMEM, "session");
        *o.session =
                (struct session){.opener = getpid(), .uid = o.subject->uid, .caller = CALLER_NONE};
        r = go(&o);
        if (r < 0) {
                undo(&o);
                return is_let_in(&o) ? 0 : r;
        }
        *ret = TAKE_PTR(o.session);
        return 0;
}

void session_close(struct session *session, struct report *report)
{
        _cleanup_close_ int records = -EBADF;
        struct report silent = {0};
        bool inside, used = false;

        if (geteuid() != 0)
                return;
        inside = namespace_is_own(&session->ns);
        if (inside && session->away && caller_return(&session->caller) < 0)
                report_note(report, REPORT_DEBUG, "can't return from the session's namespace");
        /* who is elsewhere gives up the lock only */
        for (size_t i = 0; inside && i < session->n_places; i++)
                used |= place_end(&session->places[i]) == PLACE_USED;
        if (session->recorded && !used &&
            safedir_open_own(RECORD_FOLDER, false, &records, &silent) == 0)
                record_remove(records, session->ns.number, session->opener);
        for (size_t i = 0; i < session->n_places; i++)
                place_done(&session->places[i]);
}

bool session_is_mine(const struct session *session)
{
        return session->opener == getpid();
}

struct session *session_free(struct session *session)
{
        if (!session)
                return NULL;
        for (size_t i = 0; i < session->n_places; i++)
                place_done(&session->places[i]);
        free(session->places);
        caller_done(&session->caller);
        free(session);
        return NULL;
}
