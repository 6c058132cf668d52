/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crew: the workers (worker.h) that are at work at the same time
 *
 * Each user has one worker at a time. Who has many trees, or trees that take long, keeps no other
 * user waiting.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "command/worker.h"

enum {
        CREW_WORKERS = 16,
};

struct crew {
        struct worker workers[CREW_WORKERS]; /* those without a pid are free */
        sigset_t before;                     /* the caller's signal mask */
};

/* Begins with no worker at work. SIGCHLD is blocked and has its default action until the end. */
void crew_begin(struct crew *crew);

/* Releases all workers, and gives the caller its signal mask back. */
void crew_end(struct crew *crew);

/* Waits until a worker ends, 100 milliseconds at most. */
void crew_wait(void);

/*
 * The worker that can begin with another tree. NULL while all are busy, and while one that has just
 * begun still has its turn alone.
 */
struct worker *crew_find_free(struct crew *crew);

/* Is anybody at work? */
bool crew_is_at_work(const struct crew *crew);

/* How many entries those at work have deleted so far. */
uint64_t crew_entries(const struct crew *crew);

/* Do these two trees in the trash have the same owner? What root has put there has no owner. */
bool crew_is_same_owner(const char *a, const char *b);

/* Is a worker at work for the owner of the tree `name`? */
bool crew_has_owner_of(const struct crew *crew, const char *name);
