/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * survivor: the tmpfs that processes of the user's have kept of an earlier session
 *
 * One user has one tmpfs for a directory, and one limit, as long as any process of theirs uses it.
 */
#pragma once

#include "ground/mark.h"
#include "ground/report.h"
#include "mounts/stance.h"

enum {
        SURVIVOR_HIDDEN = 1, /* so many may be kept where nobody else can reach them */
};

struct survivor_want {
        struct stance *stance;
        uid_t uid;
        const char *directory;
        unsigned flags; /* of the mount */
        int like; /* fd: a tmpfs as it would be made now: owner, group and mode fit; negative: any
                   */
        const struct mark *only; /* this one; NULL: any */
};

/*
 * Looks for it where its note (memory.h) says, else in all namespaces, and takes a clone of the
 * mount there, by a short visit (stance_visit()). Nothing there is trusted but the device and the
 * identity of what covers the directory, and no file system is asked: the namespace may be of the
 * user's design. No namespace of another user's is entered. Returns 1 with *tree, a detached mount
 * that is the caller's to close, and *mark; 0 when there is none to be had; -EDQUOT, with the
 * reason in the report, when more than SURVIVOR_HIDDEN are kept and can't be had; -EMFILE, where
 * there is a note and no room for the descriptors of a look; or another -errno, when there was no
 * way back: the stance is LOST. The caller has the user's turn (source.h)
 * if it can be had. Needs CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_SYS_PTRACE.
 */
int survivor_find(const struct survivor_want *want, int *tree, struct mark *mark,
                  struct report *report);
