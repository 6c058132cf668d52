/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* survey-base: what is in one base */
#pragma once

#include "command/survey.h"

/* Which base, and what of it. */
struct survey_base {
        const char *path; /* borrowed for as long as the survey lives */
        uid_t uid;        /* (uid_t)-1: all users' */
        bool foreign;     /* it may be no base: nothing but what is an instance for certain */
};

/*
 * Adds what is in it. 0; 1 when it is missing, which has nothing; or -errno with the reason in the
 * report.
 */
int survey_base(struct survey *survey, const struct survey_base *what, struct report *report);
