/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/status: which services are wired, where and how, as a table or as JSON */
#pragma once

#include <stdbool.h>

#include "ground/report.h"

/*
 * Prints it to stdout, one line for each service that is installed. 0 or -errno, with the reason
 * in the report: a file that can't be read may have our line, and then nothing is printed.
 */
int status_print(bool json, struct report *report);
