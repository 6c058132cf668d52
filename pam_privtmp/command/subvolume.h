/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * subvolume: take away what only btrfs has
 *
 * An ordinary user can make subvolumes and read-only snapshots in their own directories; from a
 * read-only one not even root can remove a file.
 */
#pragma once

/*
 * For struct remove_budget (remove.h). Takes away the subvolume `name` of the directory `parent`,
 * whose top is open as `fd`, with everything in it but other subvolumes: as long as it has some it
 * stays, and can be written from now on, so that they can be taken out. Needs CAP_SYS_ADMIN.
 * Returns 0 when it is gone, -ENOTTY if it is no subvolume, else -errno.
 */
int subvolume_remove(int parent, const char *name, int fd);
