/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* opener: the process that a record names */
#pragma once

#include "lifetime/record.h"

/*
 * The opener's namespace, if the process still is the one that opened the session (pids are used
 * again) and still is in the namespace that the record names: an fd, the caller's to close. Where
 * the record has no id, since the kernel has none or did not tell the opener, the process must
 * still be root's: it may have become the user's program. Or -errno, and in
 * *why the reason, static words. Needs CAP_SYS_PTRACE for /proc/PID/ns.
 */
int opener_open_namespace(const struct record *record, const char **why);
