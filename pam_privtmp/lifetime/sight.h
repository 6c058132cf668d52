/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sight: what a look is about, and what it has seen */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "lifetime/budget.h"
#include "lifetime/claim.h"
#include "lifetime/query.h"
#include "mounts/mountinfo.h"

/* What one namespace shows of what the look is about: places in sight->asked. */
struct sight_shown {
        size_t *asked;
        size_t n;
};

struct sight_asked {
        struct look_query *query;
        size_t seen_in; /* the number of the reading that it was last seen in */
};

struct sight {
        enum look_why why;
        dev_t device;          /* of what is looked for, as mountinfo gives it */
        bool any;              /* every mount of the device counts */
        char prefix[PATH_MAX]; /* of the base in its file system */
        size_t prefix_length;
        struct look_where *where;  /* for one question; NULL: not wanted */
        struct sight_asked *asked; /* sorted by name */
        size_t n;
        struct idset uids; /* whose they are */
        ino_t users;       /* of owner_begin() */
        struct claim_list claims;
        struct budget budget;
        struct deadline end;      /* of the whole look */
        size_t reading;           /* its number */
        struct sight_shown shown; /* in the reading that goes on */
};

/* Begins a look at what is below a base. 0 or -errno. */
int sight_begin_base(struct sight *sight, int base, const char *path);

/* Begins a look at a tmpfs: there is one question then. */
void sight_begin_memory(struct sight *sight, dev_t device);

/* Takes the questions, which are borrowed. 0 or -ENOMEM. */
int sight_ask(struct sight *sight, struct look_query *queries, size_t n, enum look_why why);

/* Releases all but the questions. */
void sight_done(struct sight *sight);

/*
 * Who answers for the namespace behind the fd: `owner`, by its user namespace, or, where that is
 * nobody in particular, the user whose session made it.
 */
struct owner sight_claim(struct sight *sight, int fd, const struct owner *owner);

/*
 * Begins to read a namespace of that owner, or one that is nobody's in particular and where the
 * user is a guest: *wanted is for the rooms that read mounts. 0 or -ENOMEM.
 */
int sight_start(struct sight *sight, const struct owner *owner, bool as_guest,
                struct mounts_wanted *wanted);

/* Ends it: *shown is what was seen; shown->asked is the caller's to free. */
void sight_stop(struct sight *sight, struct sight_shown *shown);

/* Keeps a copy of the fd of a namespace that shows something, where that is wanted. */
void sight_keep_where(struct sight *sight, int ns);

/* What is shown somewhere is used. */
void sight_use(struct sight *sight, const struct sight_shown *shown);

/* Adds to the processes that see it. */
void sight_count(struct sight *sight, const struct sight_shown *shown, unsigned processes);

/* Is something shown that is not known to be used? */
bool sight_is_new(const struct sight *sight, const struct sight_shown *shown);

/* Is there anything that is not known to be used? */
bool sight_is_open(const struct sight *sight);

/* Would a doubt about what is that owner's change an answer? */
bool sight_matters(const struct sight *sight, const struct owner *owner);

/* Something can't be told: what is that user's counts as used, or all that there is. */
void sight_doubt(struct sight *sight, const struct owner *owner);
