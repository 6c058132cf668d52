/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/host: the kernel and its rights */
#pragma once

#include "command/check/findings.h"

/*
 * Goes to the mount namespace of the host, where a session of ours would hide directories. Is what
 * is mounted here now what is mounted on the host?
 */
bool host_enter(struct findings *findings);

/* Can a login be private here? Leaves the shared mount namespace, as a login does: the last act. */
void check_host(struct findings *findings);
