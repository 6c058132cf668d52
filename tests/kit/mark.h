/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mark: marks by their text, for tests */
#pragma once

#include <check.h>

#include "ground/mark.h"

/* The mark that is written so. */
struct mark marked(const char *text);
