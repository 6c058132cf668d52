/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/status: which services are wired, where and how, as a table or as JSON */
#pragma once

#include <stdbool.h>

/* Prints it to stdout, one line for each service that is installed. 0 or -errno. */
int status_print(bool json);
