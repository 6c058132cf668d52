/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own: what "privtmp list" can tell who is not root */
#pragma once

#include "command/survey.h"
#include "command/views.h"

/*
 * Fills an empty survey with the private directories that the user's processes see, as views_load()
 * has found them. Neither their bases nor their sessions are known then. 0 or -ENOMEM;
 * survey_done() releases it in both cases.
 */
int own_survey(struct survey *survey, const struct views *views, uid_t uid);
