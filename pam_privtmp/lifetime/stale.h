/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stale: what becomes of instances that have no session
 *
 * An instance is stale when it is idle for as long as its line keeps it. The time counts from the
 * mtime of its lock: 0, as an open sets it, stands for "in use, as far as anybody knows"; whoever
 * finds such an instance idle sets it to now.
 */
#pragma once

#include <stdbool.h>

#include "ground/mark.h"
#include "lifetime/look.h"
#include "disk/instance.h"

enum {
        STALE_TEMPORARY_SECONDS = 600, /* what is not complete yet may be being made until then */
};

enum stale_is {
        STALE_USED, /* mounted somewhere */
        STALE_KEPT, /* idle, its time is not over */
        STALE_OVER, /* to be ended */
};

struct stale_one {
        const struct instance *instance;
        struct mark mark;
        enum stale_is is; /* the answer */
        bool doubt;       /* used, or kept, for all that can be told; */
        bool theirs;      /* because of what the user has */
};

/* Names an instance of the user's. */
void stale_name(struct stale_one *one, uid_t uid, const struct instance *instance);

/*
 * Judges instances, by one look. The caller holds their locks exclusively: else one could be taken
 * into use meanwhile. With `sure` the clock of what is kept is set going or stopped.
 */
void stale_judge(const struct shelf *shelf, struct stale_one *ones, size_t n, enum look_why why,
                 bool sure);

/*
 * Ends an instance whose lock the caller holds exclusively: renames it to .work (trash.h), and
 * gives up the lock. To delete it is left to the caller, or to clean. 0 or -errno.
 */
int stale_end(const struct shelf *shelf, const struct stale_one *one);

/* Moves what has that name below BASE/UID to the trash. 0, or -errno, which has been said. */
int stale_trash(const struct shelf *shelf, const char *name);

/* Is it kept, its time known, and not over? Needs no lock. */
bool stale_is_kept(const struct instance *instance);

/*
 * Is what has this temporary name of no use to anybody: 10 minutes old, and nobody holds its lock?
 * An open that can't have the lock of BASE/UID makes its instance beside those who can.
 */
bool stale_is_forgotten(int user, const char *temporary);

/*
 * Is the directory empty when the host has booted? /tmp and /dev/shm, what is below them, and what
 * lies in memory, as the fd tells (O_PATH will do; a negative one tells nothing).
 */
bool stale_boot_ends(const char *directory, int fd);

/*
 * Notes this boot in an instance that is to be kept, but that the next boot ends. No clock is asked
 * for that. Needs root. 0 or -errno: what can't be noted, on a full disk, is kept by its time
 * alone.
 */
int stale_note_boot(const struct instance *instance);

/* The instance is in use from now on: its clock is stopped. */
void stale_stop(const struct instance *instance);
