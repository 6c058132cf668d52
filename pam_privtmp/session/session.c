/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session: from pam_open_session to pam_close_session
 *
 * MUST NOT decide by anything but PAM_USER: no environment, no PAM_RUSER (module/module.c).
 */
#include <string.h>

#include "ground/cleanup.h"
#include "session/exemption.h"
#include "ground/headroom.h"
#include "lifetime/records-lock.h"
#include "ground/missing.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "session/session.h"

static void opening_done(struct opening *o)
{
        decision_done(&o->decision);
        subject_free(o->subject);
        places_done(&o->places);
        session_free(o->session);
}

/* 0, 1 when there is nothing to do, or -errno: then nothing is left of what was done. */
static int open_it(struct opening *o)
{
        int r;

        o->step = FAULT_CALLER;
        r = headroom_check_memory(o->report);
        if (r < 0)
                return r;
        r = decision_make(o->request, o->subject, &o->decision, o->report);
        o->step = o->decision.step;
        if (r != 0)
                return r;
        o->session = calloc(1, sizeof(*o->session));
        if (!o->session)
                return report_errno(o->report, -ENOMEM, "session");
        *o->session =
                (struct session){.opener = getpid(), .uid = o->subject->uid, .stance = STANCE_NONE};
        r = opening_go(o);
        if (r < 0)
                opening_undo(o);
        return r;
}

/* Is uid 0 let in after all? Says so. What was not undone to the end is no place for anybody. */
static bool is_let_in(struct opening *o, int error)
{
        if (o->subject->uid != 0 || o->request->load ||
            (o->session && o->session->stance.at != STANCE_CALLER) ||
            !exemption_of_root(&o->decision.outer, o->step, error))
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
                return report_errno(report, r, "can't look up the user");
        r = open_it(&o);
        if (r == 0)
                *ret = TAKE_PTR(o.session);
        return r < 0 && !is_let_in(&o, r) ? r : 0;
}

/* Of two that close at once one record stays: this one, if there is no other. 0 or -errno. */
static int remove_if_other(int folder, const struct record *record)
{
        int lock, r;

        if (records_have_other(folder, record) <= 0)
                return 0;
        lock = records_lock(folder, record->uid);
        if (lock < 0)
                return lock == -EBUSY ? 0 : lock;
        r = records_have_other(folder, record) > 0 ? records_remove(folder, record) : 0;
        records_unlock(folder, record->uid, lock);
        return r;
}

/* Where processes of the session live on, one record says that their namespace is ours. */
static void remove_record(int folder, const struct record *record, bool used, struct report *report)
{
        int r = folder;

        if (folder >= 0)
                r = used ? remove_if_other(folder, record) : records_remove(folder, record);
        if (r < 0 && r != -ENOENT) /* else it is gone already */
                report_note(report, REPORT_WARNING,
                            "the record of this session stays in " RECORD_FOLDER ": %s",
                            strerrordesc_np(-r));
}

/* The folder of records: an fd, or -errno. */
static int open_records(void)
{
        struct report silent = {0};
        int fd, r = safedir_open_own(RECORD_FOLDER, false, &fd, &silent);

        if (r == 0)
                return fd;
        return r < 0 ? r : -ENOENT;
}

void session_close(struct session *session, struct report *report)
{
        const struct record record = {
                .ns = session->stance.here, .pid = session->opener, .uid = session->uid};
        _cleanup_close_ int records = -EBADF;
        bool inside, used = false;

        if (geteuid() != 0)
                return;
        inside = namespace_is_own(&record.ns);
        if (inside && stance_return(&session->stance) < 0)
                report_note(report, REPORT_DEBUG, "can't return from the session's namespace");
        records = open_records();
        /* who is elsewhere gives up the lock only */
        for (size_t i = 0; i < session->n_holds; i++) {
                if (inside)
                        used |= hold_end(&session->holds[i], records, &record.ns, report) ==
                                HOLD_USED;
                else
                        hold_release(&session->holds[i]);
        }
        if (session->recorded)
                remove_record(records, &record, used, report);
        if (inside)
                hold_empty(session->holds, session->n_holds);
        for (size_t i = 0; i < session->n_holds; i++)
                hold_done(&session->holds[i]);
}

bool session_is_mine(const struct session *session)
{
        return session->opener == getpid();
}

bool session_is_for(const struct session *session, const char *user)
{
        _cleanup_subject_ struct subject *subject = NULL;

        return user && subject_load(user, &subject) == 0 && subject->uid == session->uid;
}

struct session *session_free(struct session *session)
{
        if (!session)
                return NULL;
        for (size_t i = 0; i < session->n_holds; i++)
                hold_done(&session->holds[i]);
        free(session->holds);
        stance_done(&session->stance);
        free(session);
        return NULL;
}
