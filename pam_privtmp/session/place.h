/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * place: one directory of a plan, from the line to the cover and to its end
 *
 * prepare (an instance, nothing to be seen yet), build (its detached mount), cover (in the
 * session's namespace), settle (only the lock stays open), end (at close). undo() goes back from
 * anywhere.
 */
#pragma once

#include "ground/mark.h"
#include "mounts/cover.h"
#include "disk/instance.h"
#include "table/policy.h"
#include "ground/report.h"
#include "session/share.h"

struct place {
        const struct plan_line *plan; /* as long as the open lasts */
        char *base;                   /* path; NULL for a line in memory */
        uid_t uid;
        bool end_at_close;
        struct mark mark;
        struct instance instance;
        dev_t lock_dev;
        ino_t lock_ino;
        int base_fd, user; /* BASE; BASE/UID, or what stands for it in RECORD_FOLDER, while it is
                              locked */
        int tree;          /* the detached mount, then the attached one */
        int top;           /* what covers the directory, in the session's namespace */
        struct share_list shares; /* until settle */
        bool put;
        bool in_memory; /* no instance: a line in memory, or the disk was full */
        bool given_up;  /* a nofail line whose directory stays as it is */
};

/* What the directories of one session have in common. */
struct place_shared {
        const struct subject *subject;
        struct patience *patience;
        const struct place *places; /* those prepared already */
        size_t n;
};

/*
 * Gets what plan_line needs: base and instance (shared with the user's other sessions where
 * instance_fits()). Where the disk is full or broken, a small file system in memory takes its
 * place. 0 or -errno; then undo.
 */
int place_prepare(struct place *place, const struct plan_line *plan_line,
                  const struct place_shared *shared, struct report *report);

/* May the session live in a namespace that another one of the user's has? */
bool place_can_join(const struct place *place);

/* Builds the detached mount. 0 or -errno; then undo. */
int place_build(struct place *place, struct report *report);

/* Covers the directory, in this thread's namespace, and makes sure of it. 0 or -errno; then undo.
 */
int place_cover(struct place *place, struct report *report);

/* Says, for the argument debug, what covers the directory. */
void place_say(const struct place *place, struct report *report);

/* Gives up BASE/UID: other opens of the user may go on. */
void place_unlock(struct place *place);

/* The end of open: other opens of the user may go on, only the lock is kept. */
void place_settle(struct place *place);

/* Is the lock still ours? The application may have closed it, and opened another file. */
bool place_has_lock(const struct place *place);

/* Gives up the lock, even if a forked child shares it. */
void place_release(struct place *place);

/* Takes back what prepare and cover did; the namespace has been left, or the cover is taken off. */
void place_undo(struct place *place);

/* Closes what is open and frees. The lock goes with it, unless a forked child shares it. */
void place_done(struct place *place);
