/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lasting: what a user has left without a session, for "privtmp enter" */
#pragma once

#include <sys/types.h>

#include "ground/report.h"

/*
 * Covers, in a new mount namespace of this process, each directory of which the user has something
 * left, kept or used by processes alone: the youngest instance, or the tmpfs. `name` is the user's,
 * NULL for one who is gone; `conf` the table, NULL for the usual one. 1, 0 where nothing is left,
 * or -errno with the reason in the report. Needs root; the fds of the instances stay open until the
 * process ends or becomes another program.
 */
int lasting_enter(uid_t uid, const char *name, const char *conf, struct report *report);
