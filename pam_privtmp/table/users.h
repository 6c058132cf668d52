/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* users: the users column of a line (pure) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "table/subject.h"

enum users_kind {
        USERS_ALL,   /* *        */
        USERS_NAME,  /* NAME     */
        USERS_UIDS,  /* UID, MIN:MAX */
        USERS_GROUP, /* @group   */
};

struct users_item {
        enum users_kind kind;
        bool except;    /* "!" stands before it */
        uid_t min, max; /* USERS_UIDS */
        char *name;     /* USERS_NAME, USERS_GROUP: without the "@" */
};

struct users {
        struct users_item *items;
        size_t n;
};

/* Answers whether the subject behind `arg` is in a group: 1, 0, or -errno when it can't tell. */
typedef int (*users_member)(void *arg, const char *group);

/*
 * Parses a column into *ret, whose contents are the caller's to release by users_done(). Returns 0,
 * -ENOMEM, or -EINVAL with *what pointing to static words and *item, *length to the faulty item.
 */
int users_parse(const char *text, struct users *ret, const char **what, const char **item,
                size_t *length);

/* Releases what it has. */
void users_done(struct users *users);

/*
 * Does the column match the subject? An item with "!" that matches excludes, wherever it stands.
 * Groups are asked for only when the other items leave it open. Returns 1, 0, or what `member`
 * returned when it failed.
 */
int users_match(const struct users *users, const struct subject *subject, users_member member,
                void *arg);

/* Might the column match uid 0? In doubt (a group) true: `*surely` tells whether it is certain. */
bool users_may_match_root(const struct users *users, bool *surely);
