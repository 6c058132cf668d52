/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* slip: what somebody may have meant by a line that can't be read (pure) */
#pragma once

#include <stddef.h>

/*
 * Judges the text of a line in which a fault was found; a good line may look like a slip, too.
 * Returns a sentence without a period, or NULL for a line that looks like none of the usual slips.
 */
const char *slip_find(const char *text, size_t length);
