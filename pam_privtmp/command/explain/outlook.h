/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain/outlook: what a login would meet on this host now, whatever the table says */
#pragma once

#include <sys/types.h>

#include "ground/report.h"
#include "table/line.h"

enum outlook {
        OUTLOOK_CLEAR,   /* nothing stands in its way */
        OUTLOOK_MEMORY,  /* the disk can't be written: a small tmpfs stands in */
        OUTLOOK_FAILS,   /* the directory can't be made private */
        OUTLOOK_UNKNOWN, /* not to be told without root */
};

/*
 * Looks at what a private line of the user's plan needs: its directory, its base and the disk.
 * Changes nothing. The reason, other than for OUTLOOK_CLEAR, is the report's fault.
 */
enum outlook outlook_of(const struct line *line, uid_t uid, struct report *report);
