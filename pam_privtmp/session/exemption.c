/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exemption: may a login go on although its open, or a part of it, has failed?
 *
 * MUST NOT let anybody in for what the caller can bring about (real/caller.sh).
 * MUST NOT let root work where another user can swap its files (real/caller.sh).
 */
#include <sys/auxv.h>
#include <unistd.h>

#include "session/exemption.h"

/* Has root, or nobody, chosen limits, descriptors and working directory? */
static bool is_roots_doing(void)
{
        return getuid() == 0 && getauxval(AT_SECURE) == 0;
}

bool exemption_is_callers_doing(const struct outer *outer, enum fault_step step, int error)
{
        return (!is_roots_doing() || outer->inside) && fault_is_callers(step, error);
}

bool exemption_of_root(struct outer *outer, enum fault_step step, int error)
{
        static const struct plan nothing = {0}; /* for uid 0: all is inherited */
        struct report silent = {0};
        int r = 0;

        if (step <= FAULT_OUTER) {
                outer_done(outer);
                r = outer_find(outer, NULL, &nothing, 0, &silent);
        }
        /* where nobody can tell whether this is an outer session, it may be one */
        if (r < 0 && (!is_roots_doing() || fault_is_callers(FAULT_OUTER, r)))
                return false;
        return !exemption_is_callers_doing(outer, step, error) && outer_is_safe(outer);
}
