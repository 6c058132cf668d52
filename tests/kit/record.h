/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record: a record that has everything, and how two are compared */
#pragma once

#include "kit/scratch.h"
#include "lifetime/records.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

enum {
        DIRECTORY_MAX = sizeof(((struct record_cover *)NULL)->directory) - 1,
};

/* One that has everything. */
struct record full_record(void);

#define FULL_TEXT                                                                                  \
        "v1 boot=01234567-89ab-cdef-0123-456789abcdef ns=4026532177:20183 "                        \
        "left=4026531841:1 nested=1 shared=1 plan=cbf29ce484222325 uid=1001 "                      \
        "pid=4711 start=123456789 service=sshd tty=/dev/pts/3 "                                    \
        "rhost=host.example.org cover=1001/Ab3dEf@/tmp "                                           \
        "cover=0:57@/var/tmp"

void assert_same_record(const struct record *a, const struct record *b);

/* Formats into a buffer that ends where the text may: a byte behind it is a sanitizer's. */
char *format(const struct record *record, int expected);

/* Parses a copy that ends with its NUL. */
int parse(const char *text, struct record *ret);

void assert_survives(const struct record *record);

/* ------------------------------------------------------------------ as text, and back */

/* Adds covers until the note is just as long as it may be. The length of the last name. */
size_t fill(struct record *record);
