/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/judge: would PAM come to our line? */
#pragma once

#include "command/wire/service.h"
#include "ground/report.h"

/*
 * Finds another service whose file it includes, and has session lines from: *ret is NULL if there
 * is none. 0 or -errno, with the reason in the report.
 */
int judge_find_included(const char *path, const struct service **ret, struct report *report);

/* Has the file a line of ours that opens, be it from what it includes? 1, 0 or -errno, as above. */
int judge_has_ours(const char *path, struct report *report);

/*
 * Does a module of the stack run programs, or mount, when a session is closed? Behind all others,
 * our line alone would have it do so inside of the session. 1, 0 or -errno, as above.
 */
int judge_needs_close(const char *path, struct report *report);

/*
 * Reads what is staged for a service with all that it includes, as PAM will. 0, or -EINVAL with
 * FILE:LINE in the report: our line is not there exactly once (one that only closes may stand
 * before it), or a line before it ends the stack
 * or jumps over ours; -ENOMEM.
 */
int judge_staged(const struct service *service, struct report *report);

/* Can the module be loaded? 0, or -ELIBACC with the reason in the report. Starts a child. */
int judge_module(struct report *report);
