/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* survey: what is there: private directories, their sessions, who is in them (the command's) */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "command/sessions.h"
#include "ground/mark.h"
#include "ground/report.h"

enum survey_state {
        SURVEY_LIVE,  /* a session has it */
        SURVEY_USED,  /* some namespace has it, without a session */
        SURVEY_KEPT,  /* idle, until its time is over */
        SURVEY_STALE, /* to be ended by the next clean, or the user's next login */
        SURVEY_HALF,  /* being made, or left so by what was killed */
        SURVEY_TRASH, /* being deleted */
        SURVEY_STUCK, /* could not be deleted */
};

/* One private directory. */
struct survey_item {
        enum survey_state state;
        const char *base; /* NULL: a tmpfs; borrowed from the call */
        uid_t uid;
        char *user, *directory; /* NULL where it does not say */
        char *name;             /* below the base: "UID/XXXXXX"; the mark of a tmpfs */
        struct mark mark;       /* MARK_NONE for what is in the trash */
        time_t made;            /* 0: not known */
        time_t until;           /* of a kept one; 0: its time has not begun */
        unsigned sessions;
        unsigned processes; /* that see it */
        bool used;          /* something sees it; or, in doubt, */
        bool doubt;         /* it can't be told what: something of the user's can't be read */
};

/* What was found. */
struct survey {
        struct survey_item *items;
        size_t n;
        struct sessions sessions;
};

/*
 * Reads the records, which come first. With `uid` (else (uid_t)-1) only that user's. 0 or -errno
 * with the reason in the report; survey_done() releases what was found.
 */
int survey_begin(struct survey *survey, uid_t uid, struct report *report);

/*
 * Adds one thing that was found; `base` is borrowed, `name` is copied. The caller fills in the rest
 * before the next one is added. NULL when memory ran out.
 */
struct survey_item *survey_add(struct survey *survey, const char *base, uid_t uid,
                               const char *name);

/* Counts the sessions, after the last base, and sorts. */
void survey_end(struct survey *survey);

/* Releases what it has. */
void survey_done(struct survey *survey);
