/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault: what kind of fault makes an open fail (pure) */
#pragma once

#include <stdbool.h>

/* The step of an open that is under way, in their order. */
enum fault_step {
        FAULT_TABLE,     /* the table is read */
        FAULT_GROUPS,    /* the name service is asked for the user's groups */
        FAULT_OUTER,     /* the session that the caller is in is looked for */
        FAULT_CALLER,    /* the caller's root and working directory are looked at and kept */
        FAULT_DIRECTORY, /* one directory is made private */
        FAULT_NAMESPACE, /* the shared mount namespace is left */
};

/*
 * Can whoever starts su or sudo bring it about that this step fails with that -errno: by limits, by
 * what is full, by where it starts from? Else it is a fault of the table or of the host. In doubt
 * it is the caller's.
 */
bool fault_is_callers(enum fault_step step, int error);
