/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grammar: a line of a table, from its text */
#pragma once

#include "kit/scratch.h"
#include "table/grammar.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

extern struct heard heard;

void setup(void);

/* Parses a copy that ends where the text ends: a byte read behind it is a sanitizer's. */
int parse_bytes(const char *text, size_t length, struct line *ret);

int parse(const char *text, struct line *ret);
