/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source: what will cover one directory: an instance below a base, or a tmpfs */
#pragma once

#include "disk/instance.h"
#include "mounts/stance.h"
#include "session/hold.h"
#include "table/line.h"

struct source {
        struct instance instance; /* on disk; has the lock until it is taken out */
        int base, user; /* BASE; BASE/UID, or what stands for it in RECORD_FOLDER, while it
                           is locked */
        int tree;       /* the detached mount, then the attached one */
        bool recalled;  /* a tmpfs that was kept */
};

#define SOURCE_NONE                                                                                \
        {                                                                                          \
                .instance = INSTANCE_NONE, .base = -EBADF, .user = -EBADF, .tree = -EBADF          \
        }

struct source_want {
        struct instance_want instance;
        const struct line *line;   /* whose limits hold on disk */
        bool boot_ends;            /* what is kept: the host empties the directory then */
        unsigned flags;            /* of the mount, enum flag */
        const char *size, *inodes; /* of a tmpfs, in its own notation; NULL: as usual */
        int turn; /* fd: the lock of BASE/UID that the session has already; negative: none */
        struct patience *patience;
};

/*
 * Gets an instance below the base of the hold: one that the user's other sessions have, if it fits,
 * else a new one. Needs root. 0, or -errno with the reason in the report; then source_done(), and
 * what is made goes to the trash.
 */
int source_from_disk(struct source *source, struct hold *hold, const struct source_want *want,
                     struct report *report);

/*
 * Waits until no other open of the user makes a tmpfs: of sessions that are opened at once, one
 * makes it, and the others find it. Who does not get the lock goes on alone. A line with
 * scope=session does not need it.
 */
void source_wait_for_turn(struct source *source, const struct hold *hold,
                          const struct source_want *want, struct report *report);

/* Makes a tmpfs. Needs CAP_SYS_ADMIN. 0, or -errno with the reason in the report. */
int source_from_memory(struct source *source, struct hold *hold, const struct source_want *want,
                       struct report *report);

/*
 * Where processes of the user's keep the tmpfs of an earlier session, that takes the place of the
 * one which was made, with the limits that the line says now. 0, or -errno with the reason in the
 * report: see survivor_find().
 */
int source_recall(struct source *source, struct hold *hold, const struct line *line,
                  struct stance *stance, struct report *report);

/*
 * Gives the limits of the tmpfs that was made for this login to another one, whose top the fd
 * stands for. Where more is in use the old ones stay: a login is not denied for that.
 */
void source_give_limits(const struct source *source, int other, const struct line *line,
                        struct report *report);

/* Gives up BASE/UID: other opens of the user may go on. */
void source_unlock(struct source *source);

/* Closes all that is open. */
void source_done(struct source *source);
