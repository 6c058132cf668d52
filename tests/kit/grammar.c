/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grammar: a line of a table, from its text */
#include "kit/grammar.h"
#include "kit/scratch.h"
#include "table/grammar.h"

struct heard heard;

void setup(void)
{
        heard_begin(&heard);
}

int parse_bytes(const char *text, size_t length, struct line *ret)
{
        struct grammar_text from = {.file = "conf", .number = 7, .length = length};
        char *copy = malloc(length ? length : 1);
        int r;

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, length);
        from.text = copy;
        r = grammar_parse(&from, ret, &heard.report);
        free(copy);
        return r;
}

int parse(const char *text, struct line *ret)
{
        return parse_bytes(text, strlen(text), ret);
}
