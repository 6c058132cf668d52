/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* deadline: a point in time after which work is given up */
#pragma once

#include <stdbool.h>
#include <time.h>

struct deadline {
        struct timespec at; /* CLOCK_MONOTONIC */
};

static inline struct deadline deadline_in(unsigned milliseconds)
{
        struct deadline deadline;

        (void)clock_gettime(CLOCK_MONOTONIC, &deadline.at);
        deadline.at.tv_sec += milliseconds / 1000;
        deadline.at.tv_nsec += (long)(milliseconds % 1000) * 1000000;
        if (deadline.at.tv_nsec >= 1000000000) {
                deadline.at.tv_sec++;
                deadline.at.tv_nsec -= 1000000000;
        }
        return deadline;
}

static inline bool deadline_is_over(const struct deadline *deadline)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec > deadline->at.tv_sec ||
               (now.tv_sec == deadline->at.tv_sec && now.tv_nsec >= deadline->at.tv_nsec);
}
