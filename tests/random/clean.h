/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clean: what the command has to take away, and what it took away */
#pragma once

#include "random/model.h"

/* ------------------------------------------------------------------ clean */

struct cleaning {
        pid_t pid;
        int output;
};

extern char said[SCENE_TEXT]; /* by the command */

struct cleaning start_clean(bool dry);

void finish_clean(struct cleaning *cleaning);

/* It may say in one line what it has deleted. */
void expect_no_complaint(void);

/* Complains of nothing, and leaves nothing in the trash but what somebody else is at. */
void observe_clean(void);

void expect_clean(bool sure);

/* Is there a record of a namespace that is gone? */
bool has_dead_record(void);

void clean(void);
