/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp-check-selinux, built without SELinux */
#include "command/check/selinux.h"

void check_selinux(struct findings *findings, const struct table *table)
{
        (void)findings;
        (void)table;
}
