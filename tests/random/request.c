/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* request: which steps a random test is to take, and how many */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "random/request.h"

static uint64_t read_number(const char *name, uint64_t otherwise)
{
        const char *text = getenv(name);

        return text && *text ? strtoumax(text, NULL, 10) : otherwise;
}

bool request_read(uint64_t *seed, unsigned long *steps)
{
        if (!getenv("PRIVTMP_MODULE") || !getenv("PRIVTMP_COMMAND")) {
                printf("Bail out! PRIVTMP_MODULE or PRIVTMP_COMMAND is not in the environment\n");
                return false;
        }
        if (getrandom(seed, sizeof(*seed), 0) != sizeof(*seed))
                return false;
        *seed = read_number("PRIVTMP_SEED", *seed % 1000000000);
        *steps = (unsigned long)read_number("PRIVTMP_STEPS", *steps);
        printf("# to take the same steps again: PRIVTMP_SEED=%" PRIu64 " PRIVTMP_STEPS=%lu\n",
               *seed, *steps);
        fflush(stdout);
        return true;
}
