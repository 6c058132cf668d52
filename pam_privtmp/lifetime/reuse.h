/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reuse: which of a user's instances a session can use again, and which are stale */
#pragma once

#include "disk/instance.h"

/*
 * The instance that has sessions, else the youngest that is in use or kept, if it is what is wanted
 * (one for a single session never is). *ret holds its lock shared. What is stale is renamed into
 * the trash on the way: at most 16, and none when a live one is found first. The caller has
 * BASE/UID locked. Returns 1, or 0 when there is none to use.
 */
int reuse_pick(const struct shelf *shelf, const struct instance_want *want,
               struct patience *patience, struct instance *ret);
