/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subject: the user that a session is for */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum {
        SUBJECT_E_UNKNOWN = 1, /* there is no such user */
};

struct subject {
        char *name;
        uid_t uid;
        gid_t gid;     /* the primary group */
        gid_t *groups; /* all groups, NULL until subject_is_member() needs them */
        size_t n_groups;
        char *missing_group; /* the first that was asked for and does not exist; NULL: none */
        bool has_room;       /* asked when a group was not found, once */
        const char *hider;   /* what the environment of the caller hides groups by; NULL: nothing */
};

/*
 * Looks a user up by name (getpwnam_r: re-entrant, nothing is cached). *ret is the caller's to
 * free. Returns 0, SUBJECT_E_UNKNOWN, or -errno when the name service failed: a login must then be
 * denied, for "not found" and "can't tell" are not the same.
 */
int subject_load(const char *name, struct subject **ret);
/* Frees the subject; NULL will do. Returns NULL. */
struct subject *subject_free(struct subject *subject);

/*
 * Is the subject in the group of that name? Returns 1 or 0 (also for a group that does not exist,
 * which is noted in the subject), or -errno when a lookup failed; -EMFILE when it may have failed
 * for want of descriptors; -EPERM when subject->hider is set. It is a users_member, whose first
 * argument is a subject.
 */
int subject_is_member(void *arg, const char *group);

static inline void subject_cleanup(struct subject **subject)
{
        *subject = subject_free(*subject);
}
#define _cleanup_subject_ __attribute__((__cleanup__(subject_cleanup)))
