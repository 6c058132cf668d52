/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decision: what an open has to do: table, plan, outer session */
#pragma once

#include "session/opening.h"

/*
 * All that can be known without changing anything, for o->subject. Returns 0, 1 when there is
 * nothing to do, or -errno with the reason in the report.
 */
int decision_make(struct opening *o);
