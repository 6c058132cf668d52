/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check/text: configuration files of other programs, by lines and words
 *
 * They are read as those programs read them: through symbolic links, whoever owns them.
 */
#pragma once

#include <stdbool.h>

struct text {
        char *bytes; /* the caller's to free; a NUL follows them */
        size_t size;
        char *next;
        unsigned number; /* of the line that text_line() gave last */
        unsigned lines;  /* that it was made of */
};

/* Reads a file of at most 1 MiB. 0, or -errno; never waits for a fifo. */
int text_read(const char *path, struct text *ret);

/*
 * The next line, without its newline and, with `joined`, with those that a backslash adds, which
 * adds none at the end of a comment.
 */
char *text_line(struct text *text, bool joined);

/*
 * The next word of a line, which is changed. A word that begins with the character open ends with
 * close, whatever stands between, and has neither of them. NULL at the end.
 */
char *text_word(char **line, char open, char close);
