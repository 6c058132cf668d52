/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/sudoers: does sudo open sessions? */
#pragma once

#include "command/check/findings.h"

/* Warns of each "!pam_session" in /etc/sudoers and in what it includes. 0 or -ENOMEM. */
int check_sudoers(struct findings *findings);
