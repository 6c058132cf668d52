/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * earlier: the shares that earlier logins have put into a namespace that was joined
 *
 * MUST NOT take off what is not known to be a share of ours (unit/session/earlier.c).
 * MUST NOT ask a user's file system: it may never answer (unit/session/earlier.c).
 */
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/path.h"
#include "mounts/cover.h"
#include "mounts/mountinfo.h"
#include "mounts/mounts.h"
#include "session/bound.h"
#include "session/earlier.h"

/* A share that is not true any more. */
struct untrue {
        char *name;
        uint64_t mount;
        bool kept; /* something is mounted below it, or it can't be taken off */
};

struct search {
        const char *directory;
        char source[PATH_MAX]; /* the system directory, in its file system */
        dev_t device;          /* of that */
        struct untrue *untrue;
        size_t n;
};

static void search_done(struct search *search)
{
        for (size_t i = 0; i < search->n; i++)
                free(search->untrue[i].name);
        free(search->untrue);
}

/* The name below the directory that the mount stands on; what is deeper is NULL. */
static const char *name_of(const struct search *search, const char *target)
{
        size_t length = strlen(search->directory);

        if (!path_is_within(target, search->directory) || target[length] == '\0' ||
            strchr(target + length + 1, '/'))
                return NULL;
        return target + length + 1;
}

static int find_untrue(void *arg, const struct mounts_entry *entry)
{
        struct search *search = arg;
        const char *name = name_of(search, entry->target);
        const size_t length = strlen(search->source);
        struct untrue *larger;

        if (!name || entry->device != search->device ||
            !path_is_within(entry->root, search->source) ||
            (entry->root[length] == '/' && strcmp(entry->root + length + 1, name) == 0))
                return 0;
        larger = grow(search->untrue, search->n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        search->untrue = larger;
        larger[search->n] = (struct untrue){.name = strdup(name), .mount = entry->id};
        return larger[search->n].name ? (search->n++, 0) : -ENOMEM;
}

/* What others have mounted below one, or on it, is not taken off with it. */
static int keep_parents(void *arg, const struct mounts_entry *entry)
{
        struct search *search = arg;

        for (size_t i = 0; i < search->n; i++)
                if (entry->id == search->untrue[i].mount)
                        return 0;
        for (size_t i = 0; i < search->n; i++)
                search->untrue[i].kept |= entry->parent == search->untrue[i].mount;
        return 0;
}

/* Fills in what the mount table of this namespace says. 0 or -errno. */
static int read_table(struct search *search, int top)
{
        _cleanup_mounts_ struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        struct mounts_entry cover, system = {0};
        struct spot spot;
        size_t size;
        int r = spot_of(top, &spot);

        if (r == 0)
                r = mountinfo_read(AT_FDCWD, "/proc/thread-self/mountinfo", &text, &size);
        if (r == 0)
                r = mounts_parse(text, size, &table);
        if (r == 0)
                r = mounts_find(table, spot.mount, &cover);
        if (r == 0)
                r = mounts_find(table, cover.parent, &system);
        if (r == 0)
                r = mounts_locate(&system, search->directory, search->source);
        if (r < 0)
                return r;
        search->device = system.device;
        r = mounts_each(table, find_untrue, search);
        return r == 0 ? mounts_each(table, keep_parents, search) : r;
}

/* Can it be that one is not true any more? Most often no table need be read to know. */
static bool may_be_untrue(const struct line *line, const struct share_list *list, int top)
{
        for (size_t i = 0; i < line->n_shares; i++) {
                const char *glob = line->shares[i].glob;
                const struct share *share = share_find(list, glob, strlen(glob));
                _cleanup_close_ int fd = -EBADF;
                struct spot spot;

                if (!value_is_plain(glob))
                        return true;
                fd = bound_open(top, glob, &spot);
                if (fd >= 0 && (!share || !spot_is_same_file(&spot, &share->spot)))
                        return true;
        }
        return false;
}

/*
 * A place that nothing lies on any more: a program would take it for a file of its own. For a share
 * of another kind it is none.
 */
static void remove_place(int top, const char *name, const struct share *share)
{
        _cleanup_close_ int fd = bound_open_place(top, name);
        struct statx stx;
        bool is_directory;

        if (fd < 0 ||
            statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &stx) < 0)
                return;
        is_directory = S_ISDIR(stx.stx_mode);
        if ((share && share->is_directory == is_directory) || stx.stx_uid != 0 ||
            (!is_directory && stx.stx_size > 0))
                return;
        (void)unlinkat(top, name, is_directory ? AT_REMOVEDIR : 0);
}

/* 1: it is off; 0: another mount lies on it; -errno: it can't be had. */
static int take_off(const struct untrue *untrue, const struct share_list *list, int top)
{
        const struct share *share = share_find(list, untrue->name, strlen(untrue->name));
        struct spot spot;
        _cleanup_close_ int fd = bound_open(top, untrue->name, &spot);
        int r;

        if (fd < 0)
                return fd;
        if (spot.mount != untrue->mount)
                return 0;
        /* where the kernel can't do that, share_put() does it when the old one is off */
        if (share)
                (void)cover_put_beneath(share->tree, fd);
        r = cover_take_off_top(fd);
        if (r < 0)
                return r;
        remove_place(top, untrue->name, share);
        return 1;
}

void earlier_put_right(const struct line *line, const struct share_list *list, int top,
                       struct report *report)
{
        _cleanup_(search_done) struct search search = {.directory = line->directory};
        bool more;
        int r;

        if (!may_be_untrue(line, list, top))
                return;
        r = read_table(&search, top);
        if (r < 0)
                report_note(report, REPORT_WARNING,
                            "%s:%u: can't tell whether the shares are true: %s", line->file,
                            line->number, strerrordesc_np(-r));
        /* of a stack the top goes first, wherever it stands in the table */
        do {
                more = false;
                for (size_t i = 0; r == 0 && i < search.n; i++) {
                        struct untrue *untrue = &search.untrue[i];
                        int done = untrue->kept ? 0 : take_off(untrue, list, top);

                        untrue->kept |= done != 0;
                        more |= done > 0;
                }
        } while (more);
}
