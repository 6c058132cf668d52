/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/sudoers: does sudo open sessions? */
#pragma once

#include <stdbool.h>

#include "command/check/findings.h"

/*
 * Warns of each "!pam_session" and "runas_allow_unknown_id" in /etc/sudoers and in what it
 * includes, but of the first for sudoedit: where sudo is `wired`, it is a fault that this is
 * missing. 0 or -ENOMEM.
 */
int check_sudoers(struct findings *findings, bool wired);
