/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* race: steps in which two things happen at once */
#pragma once

/* ------------------------------------------------------------------ steps, two things at once */

void step_open_clean(void);

void step_close_clean(void);

void step_kill_clean(void);

void step_clean_clean(void);

/* Two at once of the same user: one instance. */
void step_open_open(void);

/* Two sessions of one namespace: whoever lives on in it keeps a record. */
void step_close_close(void);

/* The last session of a user closes while the next one opens. */
void step_close_open(void);

void step_killed_open(void);

void step_killed_close(void);
