/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* account: what the name service knows of users and groups, as the command shows it */
#pragma once

#include <sys/types.h>

/* The name of a uid, the caller's to free; NULL, with ENOENT as errno if it has none. */
char *account_name(uid_t uid);

/* The name of whom an argument means: of a uid, as account_name(), or itself. */
char *account_named(const char *text);

/*
 * Whom an argument of the command means: a uid, which needs no account, or a user's name. 0 with
 * *ret, -ENOENT where there is no user of that name, or -errno when the lookup failed.
 */
int account_uid(const char *text, uid_t *ret);

/* Why one of the above has failed, in words, by its -errno. Not to be freed. */
const char *account_error(int error);

/* Is there a group of that name? 1, 0, or -errno when the lookup failed. */
int account_group_exists(const char *group);
