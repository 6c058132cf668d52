/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hint: what the PAM environment names, but the session will not find (pure) */
#pragma once

#include <stddef.h>

#include "session/share.h"

enum {
        HINT_VARIABLES = 4,
};

/* The names of the variables that are looked at; their values stand in the same order. */
extern const char *const hint_names[HINT_VARIABLES];

/*
 * Says, as a warning, which of the values (NULL: not set) points below the directory, which is
 * covered now, to an entry that is not shared, and what to set instead.
 */
void hint_say(const char *const values[HINT_VARIABLES], const char *directory,
              const struct share_list *shares, struct report *report);
