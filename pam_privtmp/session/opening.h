/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opening: the order of steps that make a session
 *
 * After the decision (decision.h): back to the namespace that an outer session of ours left,
 * prepare each directory, join the namespace of another session of the user, or leave the shared
 * namespace, take off what the outer session covers, cover, see to the working directory, write the
 * record.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "mounts/stance.h"
#include "session/decision.h"
#include "session/places.h"
#include "ground/report.h"

/* What lasts until the session is closed. */
struct session {
        pid_t opener;
        uid_t uid;
        struct stance stance;
        bool recorded;
        struct hold *holds; /* one for each private directory of the plan */
        size_t n_holds;
};

/* An open under way. The caller releases what it points to. */
struct opening {
        const struct session_request *request;
        struct report *report;
        struct subject *subject;
        struct decision decision;
        enum fault_step step; /* under way, or failed */
        struct places places; /* with the session's holds */
        struct record record;
        struct patience patience;
        struct session *session;
};

/* Does it, filling o->session. 0, or -errno with the reason in the report: then undo. */
int opening_go(struct opening *o);

/* Takes back what was done, in reverse, and returns to where the caller was. */
void opening_undo(struct opening *o);
