/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stats: what benchmarks share: a clock, percentiles, ratios with their spread */
#pragma once

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Microseconds. */
static inline double now(void)
{
        struct timespec t;

        if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
                err(1, "clock_gettime");
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct spread {
        size_t n;
        double p25, p50, p75, p99;
};

static inline int compare_doubles(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static inline double nearest_rank(const double *sorted, size_t n, size_t p)
{
        return n ? sorted[(n * p + 99) / 100 - 1] : NAN;
}

/* Of the values that are there: NAN stands for a round that had none. */
static inline struct spread spread_of(const double *values, size_t n)
{
        double *sorted = calloc(n + 1, sizeof(*sorted));
        struct spread spread = {0};

        if (!sorted)
                errx(1, "out of memory");
        for (size_t i = 0; i < n; i++)
                if (!isnan(values[i]))
                        sorted[spread.n++] = values[i];
        qsort(sorted, spread.n, sizeof(*sorted), compare_doubles);
        spread.p25 = nearest_rank(sorted, spread.n, 25);
        spread.p50 = nearest_rank(sorted, spread.n, 50);
        spread.p75 = nearest_rank(sorted, spread.n, 75);
        spread.p99 = nearest_rank(sorted, spread.n, 99);
        free(sorted);
        return spread;
}

/* Of what each round had, divided by what it had of the other: the load is the same for both. */
static inline struct spread ratio_of(const double *values, const double *to, size_t n)
{
        double *ratios = calloc(n + 1, sizeof(*ratios));
        struct spread spread;

        if (!ratios)
                errx(1, "out of memory");
        for (size_t i = 0; i < n; i++)
                ratios[i] = values[i] / to[i];
        spread = spread_of(ratios, n);
        free(ratios);
        return spread;
}
