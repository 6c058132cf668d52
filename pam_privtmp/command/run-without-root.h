/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-without-root: a private /tmp without root, by a user namespace and a tmpfs */
#pragma once

#include "ground/report.h"

/*
 * Moves this process into a user namespace, in which the user stays who he is, and a mount
 * namespace where /tmp is a tmpfs of that size, with nosuid and nodev. A working directory at or
 * below /tmp becomes the top of it. It is gone with the last process. 0, or -errno with the reason
 * in the report: where the system forbids it, that is said.
 */
int run_without_root(const char *size, struct report *report);
