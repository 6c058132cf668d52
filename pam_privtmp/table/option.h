/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* option: the options column of a line */
#pragma once

#include "ground/report.h"
#include "table/line.h"

/*
 * Parses the options of a line with a private directory, by libmount, and applies them to the line,
 * which has its source already. 0, or -EINVAL or -ENOMEM with the reason in the report.
 */
int option_parse(struct line *line, const char *text, struct report *report);
