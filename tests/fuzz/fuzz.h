/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz: what the fuzzers share; each is one file, and its corpus is corpus/NAME (run) */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/report.h"

/* What must hold, whatever the bytes are. */
#define must(condition)                                                                            \
        do {                                                                                       \
                if (!(condition)) {                                                                \
                        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The bytes as a text of its own, so that each byte read behind it is seen. */
static inline char *text_of(const uint8_t *bytes, size_t size)
{
        char *text = malloc(size + 1);

        must(text);
        if (size > 0)
                memcpy(text, bytes, size);
        text[size] = '\0';
        return text;
}

static inline bool is_plain(const char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text < ' ' || *text == 0x7f)
                        return false;
        return true;
}

static inline void say_nothing(void *arg, enum report_level level, const char *text)
{
        (void)arg;
        (void)level;
        (void)text;
        must(!"a parser says nothing by itself");
}
