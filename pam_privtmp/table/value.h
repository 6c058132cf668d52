/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value: what the value of an option means (pure) */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        VALUE_TIME_LIMIT = 366 * 24 * 60 * 60, /* seconds */
        VALUE_GLOBS = 64,                      /* in one list */
};

/* In a glob: stands for the user's uid. */
#define VALUE_UID "%{uid}"

/* An item of share=: which names of the system directory, and of which other owner. */
struct value_glob {
        char *glob;
        char *owner; /* a user's name; NULL: root or the user of the session */
};

/* One of the modes that a directory can have: true, and *ret has the mode bits; else false. */
bool value_mode(const char *text, mode_t *ret);

/* "30m", "12h", "2d": true, and *ret has the seconds, 1 to VALUE_TIME_LIMIT; else false. */
bool value_time(const char *text, unsigned *ret);

/*
 * Is it a size as tmpfs(5) takes it? Bytes, with k, m, g or t, or "10%"; not 0, which is without
 * limit, and without a leading zero.
 */
bool value_is_size(const char *text);

/*
 * What such a text, or a count, comes to: bytes or a number; "10%" of `whole`. 0 if it is neither.
 */
uint64_t value_size(const char *text, uint64_t whole);

/* Is it a number of inodes? The same as a size, but never a percentage. */
bool value_is_count(const char *text);

/*
 * "GLOB:GLOB@OWNER": each a name without a slash, and never "." or "..". *ret is the caller's to
 * release by value_free_globs(). 0, -EINVAL or -ENOMEM.
 */
int value_globs(const char *text, struct value_glob **ret, size_t *n);

/* Releases the n items and the list. */
void value_free_globs(struct value_glob *globs, size_t n);

/* Is it a plain name, for which no folder need be read, and no uid be known? */
bool value_is_plain(const char *glob);
