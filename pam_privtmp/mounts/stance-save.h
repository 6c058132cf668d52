/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stance-save: where the login program is, kept for the way back */
#pragma once

#include "mounts/stance.h"

/*
 * Saves where the thread is: CALLER. *ret is to be released by stance_done(). Changes nothing. 0,
 * or -errno with the reason in the report.
 */
int stance_save(struct stance *ret, struct report *report);
