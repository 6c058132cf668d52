/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step: steps in which one thing happens */
#pragma once

#include "random/model.h"

/* ------------------------------------------------------------------ choices */

bool has_session(const struct process *process);

bool can_be_killed(const struct process *process);

/* No other process has the fds of its session. */
bool is_alone(const struct process *process);

/* Nobody else holds what its session holds. */
bool is_last(const struct process *process);

struct process *choose(bool (*fits)(const struct process *));

bool is_full(void);

/* Who opens a session: most often a new login program, or else one that is there, wherever. */
struct process *choose_opener(void);

/* ------------------------------------------------------------------ steps, one thing at a time */

void step_open(void);

void step_close(void);

void step_start(void);

void step_kill(void);

void step_clean(void);

/* Time passes for what is kept and idle. */
void make_old(struct instance *instance);

void step_time(void);

void step_dry_run(void);

/* An instance looks as if it had been made long ago. */
void step_old(void);

/* More than a close deletes. */
void step_fat(void);

void release_temporary(struct temporary *temporary);

/* A login was killed in the middle, or is in the middle since long; or such a one goes on. */
void step_temporary(void);

void release_tree(struct tree *tree);

void step_tree(void);

void step_table(void);
