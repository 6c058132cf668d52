/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* look: compares the model with the disk and the processes */
#pragma once

#include "random/model.h"

/* ------------------------------------------------------------------ a look at the disk */

ino_t inode(const char *path);

ino_t seen_by(const struct process *process, unsigned directory, const char *below);

ino_t namespace_of(const struct process *process);

unsigned read_keep(const struct instance *instance);

enum clock read_clock(const struct instance *instance);

/* After each step. */
void look(void);
