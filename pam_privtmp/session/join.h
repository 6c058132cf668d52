/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * join: enter the namespace of a live session of the user, instead of making another
 *
 * One user, one view: what is mounted in one session, by FUSE for instance, is there in all, and
 * the host pays for a user, not for a session.
 */
#pragma once

#include "mounts/stance.h"
#include "session/place.h"
#include "ground/report.h"

struct join {
        struct stance *stance;
        uint64_t plan; /* digest */
        uid_t uid;
        struct place *places; /* prepared; `top` and the hold's mark become what covers there */
        size_t n;
};

/*
 * Enters the namespace of a session of the user that has the same plan and the same instances, and
 * that was made from where the thread is now: see join.c for all that must hold. The working
 * directory stays the very directory that it was, or is "/" if it was at or below a directory of
 * the places. Returns 1: the stance is JOINED; 0 when there is none to be joined, and nothing has
 * changed; or -errno, with the reason in the report, when there was no way back. Needs
 * CAP_SYS_ADMIN, CAP_SYS_CHROOT and, to read /proc/PID/ns of the opener, CAP_SYS_PTRACE; what is
 * missing costs the join only.
 */
int join_enter(const struct join *join, struct report *report);
