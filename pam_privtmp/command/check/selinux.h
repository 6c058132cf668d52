/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp-check-selinux: what the policy that is loaded lets programs do that log users in */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/*
 * Asks the policy itself, for each program that it knows of those that log users in. What it would
 * deny is a fault where SELinux enforces, else a warning. Says nothing where SELinux is off, and in
 * selinux-none.c, which is built without SELinux.
 */
void check_selinux(struct findings *findings, const struct table *table);
