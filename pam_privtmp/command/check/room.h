/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/room: whether mount namespaces are left for those who log in */
#pragma once

#include "command/check/findings.h"

/* Warns when three quarters of what the kernel allows are in use. */
void check_room(struct findings *findings);
