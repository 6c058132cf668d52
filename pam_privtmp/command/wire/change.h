/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/change: files of pam.d that get our line, or lose it: all of them, or none
 *
 * All is judged and written beside the old files first; then each is replaced in one step. What is
 * interrupted is pending in the journal, and is taken back by the next change.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "command/wire/pamd.h"

enum {
        CHANGE_MAX = 16, /* services */
};

struct change_step {
        const struct service *service;
        struct pamd_text old, new; /* bytes of NULL: no file */
        bool closes;               /* it gets a line that closes, too */
};

struct change {
        struct change_step steps[CHANGE_MAX];
        size_t n;
        int folder, journal; /* borrowed */
        struct report *report;
};

/*
 * Adds a service that is to be wired. 0; 1 when there is nothing to be done: it is not installed,
 * wired already, or has our line from a file of another service; or -errno with the reason in the
 * report: its file, or its stack of modules, is one that can't be judged.
 */
int change_wire(struct change *change, const struct service *service);

/*
 * Is there nothing to be done for a service that change_wire() was called for? 0 if there is, or 1;
 * -EINVAL with the reason in the report: it includes the file of another service, which has no line
 * of ours, and gets none by this change.
 */
int change_is_needless(const struct change *change, const struct service *service);

/*
 * Adds one that is not to be wired any more: the file as it was before, if nobody has changed it
 * since; else without our line. 0, 1 when it is not wired, or -errno with the reason in the report.
 */
int change_unwire(struct change *change, const struct service *service);

/*
 * Writes what was added, and notes it in the journal. With `keep_pending` the change waits for a
 * confirmation there. Needs root. 0, or -errno with the reason in the report: then nothing has
 * changed.
 */
int change_apply_wire(struct change *change, bool keep_pending);

/*
 * Writes what change_unwire() has added; what is interrupted is finished by the next one. Needs
 * root. 0, or -errno with the reason in the report.
 */
int change_apply_unwire(struct change *change);

/*
 * Takes back what is pending in the journal. 0, 1 when nothing is, or -errno: a file that somebody
 * has changed meanwhile, so that it can't be judged, stays as it is, and pending; no other one
 * does.
 */
int change_take_back(int folder, int journal, struct report *report);

/* Releases what it has. */
void change_done(struct change *change);
