/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exemption: may a login go on although its open, or a part of it, has failed? */
#pragma once

#include "session/fault.h"
#include "session/outer.h"

/*
 * Did the caller bring the fault about, or may it have? Somebody else than root has chosen limits,
 * descriptors and working directory where the real uid is not 0 or the program is set-uid (su and
 * sudo show both), and in an outer session of ours; and the fault must be of that kind (fault.h).
 * What a caller can bring about opens no way into the system directory.
 */
bool exemption_is_callers_doing(const struct outer *outer, enum fault_step step, int error);

/*
 * May uid 0 be let in? For a fault of the table or of the host, so that somebody can mend it; for a
 * daemon's direct login of root, for any. In an outer session it then has what "inherit" gives, and
 * that must be a directory in which the kernel protects root. *outer is filled in where the open
 * failed before it knew.
 */
bool exemption_of_root(struct outer *outer, enum fault_step step, int error);
