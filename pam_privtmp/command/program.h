/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* program: what the command's verbs start, and as whom */
#pragma once

/*
 * Becomes the user for good: groups, gid, uid, session keyring (keyrings(7)), environment, home. A
 * terminal in fds 0 to 2, which must be none of root's (see relay.h), becomes the user's. 0, or
 * -errno with a line on stderr.
 */
int program_become(const char *user);

/* Takes away what the caller's environment could do to a program of root's. 0 or -ENOMEM. */
int program_scrub(void);

/*
 * Replaces this process by the command, or, if that is empty, by a shell: the user's own after
 * program_become(), else /bin/sh. Returns only when that fails: 126 or 127, with a line on stderr.
 */
int program_start(char **command, const char *user);
