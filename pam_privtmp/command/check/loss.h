/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/loss: services that "privtmp wire" has wired, and that are not wired any more */
#pragma once

#include "command/check/findings.h"

/* An upgrade, or an editor, has replaced their files. 0 or -ENOMEM. */
int check_losses(struct findings *findings);
