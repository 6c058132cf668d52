/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* earlier: the shares that earlier logins have put into a namespace that was joined */
#pragma once

#include "session/share.h"

/*
 * Puts right what is not true any more: an earlier share whose source is another file now becomes
 * that of the list; one whose source is gone is taken off, and so is its place, if that is empty
 * and root's. `top` is an O_PATH fd of what covers the line's directory, in this thread's
 * namespace.
 *
 * A mount is an earlier share if it is of the system directory's file system and begins within the
 * system directory: both are told by the mount table (the system directory is what the cover lies
 * on). It is true if it begins at the very path that its name has there: of what was removed the
 * table says "//deleted". So nothing depends on whether the list is whole. What lies on a share or
 * below it (a user's own FUSE) keeps it from being touched.
 *
 * Where the kernel can mount beneath another mount (move_mount(2), Linux 6.5) nobody sees anything
 * between the old file and the new one; else they may see the empty place for a moment, never the
 * system directory's file. Who has the old file open keeps it. To remove a place may hang for ever,
 * as in share_put(). Needs CAP_SYS_ADMIN.
 */
void earlier_put_right(const struct line *line, const struct share_list *list, int top,
                       struct report *report);
