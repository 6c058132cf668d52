/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wreck: what a power loss has left of an instance */
#pragma once

#include <stdbool.h>

#include "disk/instance.h"

/*
 * Is it a directory with an instance's name that has no lock or no root/, as a power loss may leave
 * it, 10 minutes old, and mounted nowhere?
 */
bool wreck_is(const struct shelf *shelf, const char *name);
