/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * known: the bases that clean has met
 *
 * Where a base was taken out of the table, what is left in it is nobody's business any more. So
 * clean notes each base of the table: a symbolic link to it in a folder of root's.
 */
#pragma once

#define KNOWN_FOLDER "/var/lib/misc/privtmp-bases"

/* Notes it, if that can be done: clean has other work. */
void known_note(const char *base);

/*
 * Calls each() for those that are noted, until it returns something else than 0, and returns that.
 * 0 at the end and where nothing is noted, or -errno.
 */
int known_each(int (*each)(void *arg, const char *base), void *arg);
