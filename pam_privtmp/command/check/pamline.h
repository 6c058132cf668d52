/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check/pamline: a line of a file of pam.d(5), as libpam takes it apart (pure)
 *
 * pam.conf(5) is silent on most of this; unit/command/pamline.c asks libpam itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ground/report.h"

enum pamline_type {
        PAMLINE_NONE,    /* blank, or a comment */
        PAMLINE_INCLUDE, /* "@include", which Debian has: the lines of all types in a file */
        PAMLINE_SESSION,
        PAMLINE_OTHER, /* auth, account or password */
};

/* All strings live until the next line is read, or the reader is released. */
struct pamline {
        enum pamline_type type;
        bool is_silent; /* a "-" before the type: PAM goes on without a module that is not there */
        char *control;  /* a word, or what stands in brackets; NULL for PAMLINE_INCLUDE */
        char *path;     /* of the module; of the file, where the line includes one */
        char *rest;     /* the arguments, for pamline_word() */
};

/* Reads a text, which the caller keeps, line by line. Begins as {.bytes = bytes, .size = size}. */
struct pamline_reader {
        const char *bytes;
        size_t size;
        size_t start, end; /* of the bytes of the line read last, its newline among them */
        unsigned number;   /* of that line in the text, from 1 on */
        unsigned lines;    /* of the text that it is made of: a backslash joins the next one */
        char *copy;
};

/* Releases what it has. */
void pamline_done(struct pamline_reader *reader);

/*
 * Takes the next line apart. Returns 1; 0 at the end of the text; -ENOMEM; or -EINVAL with the
 * reason in the report when libpam can't read the line, for which it refuses the service, or when
 * releases differ: behind a backslash, libpam 1.5 goes over blank lines and comments, for 1.7 they
 * end the line. The next call goes on behind it, and ret->type is right if libpam knows the type.
 */
int pamline_next(struct pamline_reader *reader, struct pamline *ret, struct report *report);

/*
 * The next word of what is left of a line, which is changed. A word in brackets ends with "]",
 * whatever stands between, and has neither of them. NULL at the end.
 */
char *pamline_word(char **rest);

/* Does the line include a file, by "@include", "include" or "substack"? */
bool pamline_includes(const struct pamline *line);
