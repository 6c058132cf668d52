/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grammar: from the text of a line to a line of the table */
#pragma once

#include <stddef.h>

#include "ground/report.h"
#include "table/line.h"

/* One line of a file, without its newline; the byte behind it must be readable. */
struct grammar_text {
        const char *file; /* its path; borrowed for as long as the line of the table lives */
        unsigned number;  /* in the file */
        const char *text;
        size_t length;
};

/*
 * Parses it, by libmount's fstab parser. Returns 1 and the line in *ret (whose contents the caller
 * releases by line_done()), 0 for a comment or an empty line, or -errno with FILE:LINE in the
 * report. Uses one fmemopen(3) stream, libmount's only input; touches no file.
 */
int grammar_parse(const struct grammar_text *text, struct line *ret, struct report *report);
