/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* headroom: what libraries may need beyond what is in use already */
#pragma once

#include "ground/report.h"

/*
 * Have the process's limits room for it? Libraries do not always say that they ran out: where the
 * name service can't load a service or open a socket, it goes on with the next one, and a group
 * "does not exist". So whoever obeys limits that somebody else has set asks first. 0, -EMFILE,
 * -ENOMEM or another -errno. Nothing stays taken.
 */
int headroom_check(struct report *report);
