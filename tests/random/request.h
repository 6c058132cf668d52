/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* request: which steps a random test is to take, and how many */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * PRIVTMP_SEED and PRIVTMP_STEPS in the environment; without them a new seed, and as many steps as
 * *steps says. Prints how to take the same ones again. False where the test can't run, which has
 * been said.
 */
bool request_read(uint64_t *seed, unsigned long *steps);
