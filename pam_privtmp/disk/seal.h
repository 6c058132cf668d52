/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seal: directories of a user's that nobody but root can change any more
 *
 * A sealed directory is root's, mode 0000: nothing is made in it, taken from it or renamed in it,
 * not even by who has it open; nor can it be moved away itself.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

/* Opens a directory for reading: not through a link, not on another mount. An fd or -errno. */
int seal_open(int parent, const char *name);

/* Seals what is open as `fd`. Needs CAP_CHOWN and CAP_FOWNER. Returns 0, or -errno. */
int seal_put(int fd);

/* Is it sealed, by its owner and mode? */
bool seal_is_on(const struct stat *st);

/*
 * Is the directory of that name sealed, such as an instance that is being deleted where it stands?
 * Who does that may hang for ever with the kernel's lock of its top held, and who looked for a name
 * in it would hang, too.
 */
bool seal_is_on_name(int parent, const char *name);
