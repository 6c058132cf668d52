/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stance: a login program that goes out into a session and comes back, and where it is then
 *
 * Needs root, in a throw-away host. Each test is a login program in a machine of its own.
 */
#pragma once

#include "kit/ground.h"
#include "mounts/stance-save.h"

#define HOME  "/run/test-stance"
#define OTHER "/run/test-stance-other"
#define JAIL  "/run/test-stance-jail" /* "/" again */

extern struct heard heard;
extern struct stance stance;

/* ------------------------------------------------------------------ where a thread is */

struct seen {
        uint64_t mount, ino;
        unsigned major, minor;
};

struct where {
        ino_t ns;
        struct seen root, cwd;
};

struct seen seen_at(int dir, const char *path);

bool is_same_directory(struct seen a, struct seen b);

bool is_same_spot(struct seen a, struct seen b);

/* Not asked of /proc/self: in a thread, that is another one. */
struct where where(void);

bool is_where(const struct where *before);

/* Saves, which must change nothing. */
void save(void);

/* As open does: a namespace of its own, and the end of open. */
void leave(void);

/* Goes back to where it was saved, and has exactly that again. */
void check_return(const struct where *before);

/* Can't go back, and has changed nothing. */
void check_stays(void);

void save_leave_return(void);

void set_up(void);

/* ------------------------------------------------------------------ a chroot */

void make_jail(void);
