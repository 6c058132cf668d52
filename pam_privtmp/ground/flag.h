/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* flag: the mount flags that a line of the table names and a cover has; fstab(5) has the words */
#pragma once

enum flag {
        FLAG_NOEXEC = 1 << 0,
        FLAG_NOSUID = 1 << 1,
        FLAG_NODEV = 1 << 2,
        FLAG_NOATIME = 1 << 3,
        FLAG_RELATIME = 1 << 4,
};
