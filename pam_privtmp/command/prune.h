/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* prune: takes away the records of sessions that are over and were not closed (the command's) */
#pragma once

#include "lifetime/memory.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mounts/namespace.h"

/*
 * Takes away the records whose namespace is not among those in `alive` (an id of 0 is not known):
 * whoever opened these sessions was killed. Those that are not older than `since` (record_now(),
 * before it was asked who is alive) may be of namespaces that were not there yet, and stay. A
 * record that another version has written can't be understood: it stays until no namespace has the
 * number in its name. `folder` is an fd of RECORD_FOLDER. 0, or -errno: some may remain.
 */
int prune_gone(int folder, uint64_t since, const struct namespace_id *alive, size_t n);

/*
 * Takes away the user's records, or all with (uid_t)-1, whose opener was killed, where there is
 * another one of the same namespace: that may live for as long as the user stays. Leaves alone
 * those of a user whose lock somebody else has. 0, or -errno: some may remain.
 */
int prune_killed(int folder, uid_t uid);

/* Takes away the locks of records that nobody has: who had them was killed. 0 or -errno. */
int prune_locks(int folder);

/*
 * Takes away the notes of the user's (all with (uid_t)-1) tmpfs that nothing has any more, unless
 * `dry`, and calls used() for the others. 0, or -errno with the reason in the report.
 */
int prune_memory(int folder, uid_t uid, bool dry, void (*used)(const struct memory *memory),
                 struct report *report);
