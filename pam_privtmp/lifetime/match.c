/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * match: which instances of a base does a mount show?
 *
 * MUST NOT go by st_dev: it is not the device that mountinfo has (btrfs) (unit/lifetime/idle.c).
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "lifetime/match.h"
#include "mounts/mounts.h"
#include "ground/path.h"

int match_base(struct match *match, int base, const char *path)
{
        _cleanup_mounts_ struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        struct mounts_entry entry;
        struct statx stx;
        const char *below;
        size_t size;
        int r;

        if (statx(base, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
                return -errno;
        r = mounts_read(AT_FDCWD, "/proc/thread-self/mountinfo", &text, &size);
        if (r == 0)
                r = mounts_parse_one(text, stx.stx_mnt_id, &table);
        if (r == 0)
                r = mounts_find(table, stx.stx_mnt_id, &entry);
        if (r < 0)
                return r;
        below = path;
        if (strcmp(entry.target, "/") != 0) {
                if (!path_is_within(path, entry.target))
                        return -EXDEV;
                below += strlen(entry.target);
        }
        match->device = entry.device;
        r = snprintf(match->prefix, sizeof(match->prefix), "%s%s",
                     strcmp(entry.root, "/") == 0 ? "" : entry.root, below);
        return r < 0 || (size_t)r >= sizeof(match->prefix) ? -ENAMETOOLONG : 0;
}

int match_memory(struct match *match, struct mark mark)
{
        if (mark.kind != MARK_MEMORY)
                return -EINVAL;
        match->device = mark.device;
        match->any = true;
        return 0;
}

unsigned match_mount(const struct match *match, dev_t device, const char *root)
{
        unsigned mask = 0;

        if (device != match->device)
                return 0;
        if (match->any)
                return 1;
        for (size_t i = 0; i < match->n; i++) {
                char top[PATH_MAX];
                int n = snprintf(top, sizeof(top), "%s/%s/root", match->prefix, match->marks[i]);

                /* what is removed already has "//deleted" behind its path: below, then */
                if (n < 0 || (size_t)n >= sizeof(top) || path_is_within(root, top))
                        mask |= 1U << i;
        }
        return mask;
}
