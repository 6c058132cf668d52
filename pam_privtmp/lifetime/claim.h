/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* claim: which user's session made a namespace that is no user's by its user namespace */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lifetime/record.h"
#include "mounts/namespace.h"
#include "mounts/owner.h"

/* Filled at the first question. */
struct claim_list {
        bool loaded;
        int folder; /* of the records; negative where there is none */
        char boot[RECORD_BOOT];
        struct claim {
                uint64_t number; /* of the namespace; it stands first: see ground/sorted */
                char *name;      /* of the record */
        } * claims;              /* sorted by number */
        size_t n;
};

#define CLAIM_LIST_NONE                                                                            \
        {                                                                                          \
                .folder = -EBADF                                                                   \
        }

/*
 * Whose session made that namespace, which exists as long as the call lasts? By the records of this
 * boot: the ids must be the same; without ids the opener must still be in it. Nobody's in
 * particular is one that no record names, one that records of several users name, and one that was
 * made from within another user's session: that session's mounts may have been copied.
 *
 * Only root can mount in a namespace of a session, so what is mounted there is its user's, or the
 * host's.
 */
struct owner claim_owner(struct claim_list *list, const struct namespace_id *id);

/* Releases what it has. */
void claim_done(struct claim_list *list);
