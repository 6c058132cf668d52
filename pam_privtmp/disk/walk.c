/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk: where a walk through a tree is that it seals on its way
 *
 * MUST NOT need more fds, stack or memory for a deeper tree (unit/disk/remove.c).
 */
#include <stdbool.h>

#include "disk/seal.h"
#include "disk/walk.h"
#include "ground/cleanup.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* That directory is to be read now. Takes the fd. */
static void begin(struct walk *walk, int fd)
{
        struct listing *listing = walk_current(walk);

        listing->size = walk->read_bytes;
        listing_begin(listing, fd);
}

/* Of the directories that are open, lets the one go that is nearest to the top. */
static void let_one_go(struct walk *walk)
{
        listing_end(&walk->levels[(walk->depth - --walk->held) % WALK_LEVELS]);
}

void walk_init(struct walk *walk, size_t read_bytes)
{
        *walk = (struct walk){.read_bytes = read_bytes};
        for (unsigned i = 0; i < WALK_LEVELS; i++)
                walk->levels[i].fd = -EBADF;
}

void walk_done(struct walk *walk)
{
        for (unsigned i = 0; i < WALK_LEVELS; i++)
                listing_done(&walk->levels[i]);
}

int walk_begin(struct walk *walk, int parent, const char *name)
{
        int top = seal_open(parent, name);

        if (top < 0)
                return top;
        for (unsigned i = 0; i < WALK_LEVELS; i++)
                listing_end(&walk->levels[i]);
        walk->depth = 0;
        walk->held = 1;
        begin(walk, top);
        return fstat(top, &walk->top) < 0 ? -errno : seal_put(top);
}

int walk_open(struct walk *walk)
{
        const struct listing *listing = walk_current(walk);
        int fd = seal_open(listing->fd, listing->entry->d_name);

        if (fd == -EMFILE && walk->held > 1) {
                let_one_go(walk);
                fd = seal_open(listing->fd, listing->entry->d_name);
        }
        return fd;
}

int walk_enter(struct walk *walk, int fd)
{
        int r = seal_put(fd);

        if (r < 0) {
                fd_close(fd);
                return r;
        }
        if (walk->held == WALK_LEVELS)
                let_one_go(walk);
        walk->held++;
        walk->depth++;
        begin(walk, fd);
        return 0;
}

/*
 * Goes on in `parent`, read anew, behind the directory `child`: what comes before it could not be
 * taken out. Takes the fd `parent`. 0 or WALK_LOST.
 */
static int find_child(struct walk *walk, int parent, const struct stat *child)
{
        struct listing *listing;
        struct stat st;
        int r;

        listing_end(walk_current(walk));
        walk->depth--;
        begin(walk, parent);
        listing = walk_current(walk);
        do {
                r = listing_next(listing);
                if (r < 0 || !listing->entry)
                        return WALK_LOST;
        } while ((listing->entry->d_type != DT_DIR && listing->entry->d_type != DT_UNKNOWN) ||
                 fstatat(listing->fd, listing->entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                 !is_same(&st, child));
        return 0;
}

/*
 * From a directory whose parent was let go up to that parent, by "..". Nobody but root can have
 * moved a directory that is sealed; if somebody has, this walk ends. 0 or WALK_LOST.
 */
static int climb(struct walk *walk)
{
        int from = walk_current(walk)->fd;
        _cleanup_close_ int fd = seal_open(from, "..");
        struct stat child, parent;

        if (fd < 0 || fstat(from, &child) < 0 || fstat(fd, &parent) < 0)
                return WALK_LOST;
        if (is_same(&parent, &walk->top) != (walk->depth == 1) ||
            (walk->depth > 1 && !seal_is_on(&parent)))
                return WALK_LOST;
        return find_child(walk, TAKE_FD(fd), &child);
}

int walk_leave(struct walk *walk)
{
        const struct listing *listing;
        int r = 0;

        if (walk->held > 1) {
                listing_end(walk_current(walk));
                walk->depth--;
                walk->held--;
        } else {
                r = climb(walk);
        }
        if (r != 0)
                return r;
        listing = walk_current(walk);
        if (unlinkat(listing->fd, listing->entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
                return -errno;
        return 0;
}
