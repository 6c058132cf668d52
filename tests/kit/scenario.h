/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scenario: what an open and a close are tried in: tables, sessions beside, outer sessions */
#pragma once

#include "kit/fault.h"
#include "kit/login.h"

/* ------------------------------------------------------------------ scenarios */

/* What /tmp is in the session: */
enum scenario_tmp {
        TMP_PRIVATE,
        TMP_SYSTEMS,
        TMP_INHERITED,
};

struct scenario {
        const char *name, *table;
        const char *user;      /* who logs in */
        const char *outer;     /* inside a session of this user's; or NULL */
        const char *cwd;       /* before the open */
        void (*prepare)(void); /* NULL: folders are there */
        void (*finish)(void);
        enum scenario_tmp tmp;
        unsigned long flags; /* ST_* of it */
        bool cwd_is_covered; /* it becomes the top of what covers */
        bool first_hidden;   /* PID 1's namespace can't be had */
        bool no_ids;         /* namespaces have no ids */
        bool quotas;         /* user quotas are in force on the base */
        bool nofail;         /* a failure may leave /tmp as it is */
        bool may_be_let_in;  /* without a session, for it is root */
};

/* Lets the program end that other sessions were opened in: it is the same one for all of them. */
void scenario_done(void);

/* Takes away what a bad session left, so that the next one is not blamed for it. */
void purge(void);

/* What a killed session left: to be swept. */
void leave_stale(void);

/* Sessions to come take away what was not, for a call failed. */
void sweep_rest(void);

#define ALL_FLAGS       (ST_NOEXEC | ST_NOSUID | ST_NODEV)
#define TWO_DIRECTORIES SCENE_TABLE "/srv/base /srv/dir *\n"

enum {
        SCENARIOS = 25,
        SCENARIOS_SHORT = 14, /* the first ones: for a sweep that takes longer */
};

extern const struct scenario scenarios[SCENARIOS];

bool is_same_cwd(const struct scene_state *a, const struct scene_state *b);
