/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decision: what an open has to do: table, plan, outer session */
#pragma once

#include "session/fault.h"
#include "session/hint.h"
#include "session/outer.h"
#include "table/subject.h"
#include "table/table.h"

/* What a login asks for. The words for the record may be NULL. */
struct session_request {
        const char *user;
        const char *service, *tty, *rhost;
        struct table_source table;
        const char *environment[HINT_VARIABLES]; /* PAM's, see hint.h */
        /*
         * Loads the table in place of table_load(), for what is no login ("privtmp run"): without a
         * private directory nobody is let in. NULL for a login.
         */
        int (*load)(const struct table_source *source, struct subject *subject, struct table **ret,
                    struct report *report);
};

/* What was found, as long as the open lasts. */
struct decision {
        struct table *table;
        struct plan *plan;    /* its lines are the table's */
        struct outer outer;   /* borrows the plan */
        enum fault_step step; /* the one that failed, else the last */
};

/*
 * All that can be known without changing anything: what `request` comes to for the user, whose
 * groups are looked up and kept in `subject` where the table asks for them. Returns 0;
 * 1 when there is nothing to do; or -errno with the reason in the report. *ret is to be released by
 * decision_done() in each case.
 */
int decision_make(const struct session_request *request, struct subject *subject,
                  struct decision *ret, struct report *report);

/* Releases what it has. */
void decision_done(struct decision *decision);
