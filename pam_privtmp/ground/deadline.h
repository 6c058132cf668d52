/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * deadline: when work is given up
 *
 * What the work may take is CPU time of this thread (CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)):
 * the load that other users put on the host must not decide what comes of it. The time that goes by
 * on the wall ends it too, but only far away, for work that waits and does not get on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
        DEADLINE_WALL = 20, /* times the CPU time: what a thread is left on a busy host */
};

struct deadline {
        struct timespec cpu;
        struct timespec wall;
};

/* What the clock will say in so many microseconds. */
static inline struct timespec deadline_from_now_us(clockid_t clock, uint64_t microseconds)
{
        struct timespec at;

        (void)clock_gettime(clock, &at);
        at.tv_sec += (time_t)(microseconds / 1000000);
        at.tv_nsec += (long)(microseconds % 1000000) * 1000;
        if (at.tv_nsec >= 1000000000) {
                at.tv_sec++;
                at.tv_nsec -= 1000000000;
        }
        return at;
}

/* Does the clock say that, or more? */
static inline bool deadline_has_passed(clockid_t clock, const struct timespec *at)
{
        struct timespec now;

        (void)clock_gettime(clock, &now);
        return now.tv_sec > at->tv_sec || (now.tv_sec == at->tv_sec && now.tv_nsec >= at->tv_nsec);
}

/* So many milliseconds of CPU time from now. It is for the thread that made it. */
static inline struct deadline deadline_in_ms(unsigned milliseconds)
{
        const uint64_t microseconds = (uint64_t)milliseconds * 1000;

        return (struct deadline){
                .cpu = deadline_from_now_us(CLOCK_THREAD_CPUTIME_ID, microseconds),
                .wall = deadline_from_now_us(CLOCK_MONOTONIC, microseconds * DEADLINE_WALL),
        };
}

/* So many microseconds of CPU time, with the wall of another deadline. */
static inline struct deadline deadline_within_us(const struct deadline *outer,
                                                 uint64_t microseconds)
{
        return (struct deadline){
                .cpu = deadline_from_now_us(CLOCK_THREAD_CPUTIME_ID, microseconds),
                .wall = outer->wall,
        };
}

/* How many microseconds of CPU time are left. */
static inline uint64_t deadline_left_us(const struct deadline *deadline)
{
        struct timespec now;
        int64_t left;

        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        left = ((int64_t)deadline->cpu.tv_sec - now.tv_sec) * 1000000 +
               (deadline->cpu.tv_nsec - now.tv_nsec) / 1000;
        return left > 0 ? (uint64_t)left : 0;
}

/* Is either of the two over? */
static inline bool deadline_is_over(const struct deadline *deadline)
{
        return deadline_has_passed(CLOCK_THREAD_CPUTIME_ID, &deadline->cpu) ||
               deadline_has_passed(CLOCK_MONOTONIC, &deadline->wall);
}
