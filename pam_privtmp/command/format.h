/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* format: times, ages and sizes, as "privtmp list" writes them, and text of others */
#pragma once

#include <stdint.h>
#include <time.h>

enum {
        FORMAT_BYTES = 64, /* holds each of them, NUL included */
};

/* A time by the clock, as RFC 3339 has it; empty for one that is not known, 0. */
void format_time(time_t at, char ret[FORMAT_BYTES]);

/* How long ago that was: "42s", "5m", "3h", "2d"; empty for 0, and for what is to come. */
void format_age(time_t at, char ret[FORMAT_BYTES]);

/* "512B", "1.5M", as lsblk(8) has it: rounded to tenths, which are left out where they are 0. */
void format_size(uint64_t bytes, char ret[FORMAT_BYTES]);

/*
 * What others have written may hold anything, and terminals and readers of JSON get text: each byte
 * that is not of a character of UTF-8, or controls something, becomes a "?".
 */
void format_plain(char *text);
