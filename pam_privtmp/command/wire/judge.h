/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/judge: would PAM come to our line? */
#pragma once

#include <stdbool.h>

#include "command/wire/service.h"
#include "ground/report.h"

/* Another service whose file it includes, and has session lines from: NULL if there is none. */
const struct service *judge_find_included(const char *path);

/* Has the file a line of ours that opens, be it from what it includes? */
bool judge_has_ours(const char *path);

/*
 * Does a module of the stack run programs, or mount, when a session is closed? Behind all others,
 * our line alone would have it do so inside of the session.
 */
bool judge_needs_close(const char *path);

/*
 * Reads what is staged for a service with all that it includes, as PAM will. 0, or -EINVAL with
 * FILE:LINE in the report: our line is not there exactly once (one that only closes may stand
 * before it), or a line before it ends the stack
 * or jumps over ours; -ENOMEM.
 */
int judge_staged(const struct service *service, struct report *report);

/* Can the module be loaded? 0, or -ELIBACC with the reason in the report. Starts a child. */
int judge_module(struct report *report);
