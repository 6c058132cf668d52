/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subject: the user that a session is for */
#pragma once

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
};

/*
 * Looks a user up by name (getpwnam_r: re-entrant, nothing is cached). *ret is the caller's to
 * free. Returns 0, SUBJECT_E_UNKNOWN, or -errno when the name service failed: a login must then be
 * denied, for "not found" and "can't tell" are not the same.
 */
int subject_load(const char *name, struct subject **ret);
struct subject *subject_free(struct subject *subject);

/* Is there a group of that name? 1, 0, or -errno when the lookup failed. */
int subject_group_exists(const char *group);

/* The name of a uid, the caller's to free; NULL if it has none, or it can't be told. */
char *subject_name_of(uid_t uid);

/*
 * Is the subject in the group of that name? Returns 1 or 0 (also for a group that does not exist),
 * or -errno when a lookup failed. Its signature is policy_member, its first argument a subject.
 */
int subject_is_member(void *subject, const char *group);

static inline void subject_cleanup(struct subject **subject)
{
        *subject = subject_free(*subject);
}
#define _cleanup_subject_ __attribute__((__cleanup__(subject_cleanup)))
