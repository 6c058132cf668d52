/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: take a hostile tree away by fd
 *
 * MUST NOT follow a symbolic link or enter another mount (unit/disk/remove.c).
 * MUST NOT need more fds, stack or memory for a deeper or larger tree (unit/disk/remove.c).
 * MUST NOT let anybody add to a directory that is being emptied (unit/disk/remove.c).
 */
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "disk/listing.h"
#include "ground/name.h"
#include "disk/remove.h"
#include "disk/seal.h"

enum {
        BLOCK = 512, /* bytes, the unit of st_blocks */
        TRIES = 8,
        LEVELS = 8,               /* directories that are open at once */
        READ_BYTES = 32 << 10,    /* of entries at once: what a small budget can spend */
        READ_ALL_BYTES = 4 << 20, /* the more of a large directory are sorted, the better */
        ENTERED = REMOVE_MORE + 1 /* nothing went away, but the walk goes on elsewhere */
};

/*
 * Where a call is. The top of the tree is level 0, and a directory that is entered is the next
 * level; the last level stands for the deepest one, however many there are between.
 */
struct walk {
        struct remove_budget *budget;
        unsigned depth; /* the level that is being read */
        uint64_t below; /* directories between the last level and the one before it */
        uint64_t fresh; /* the next name for what is hoisted, 0 at first */
        int error;      /* the first one */
        struct listing levels[LEVELS]; /* the entry of one is what the next one is entered by */
};

static bool is_spent(struct remove_budget *budget, const struct listing *listing)
{
        if (budget->entries && budget->used >= budget->entries)
                return true;
        /* what was read to be sorted is used: read once more, in parts, it is no order any more */
        if (!budget->milliseconds || (!budget->entries && listing->next < listing->n))
                return false;
        if (budget->end.wall.tv_sec == 0)
                budget->end = deadline_in(budget->milliseconds);
        return deadline_is_over(&budget->end);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int remove_project_inheritance(int dir)
{
        struct fsxattr attributes;

        if (ioctl(dir, FS_IOC_FSGETXATTR, &attributes) < 0)
                return errno == ENOTTY || errno == EOPNOTSUPP ? 0 : -errno;
        if (!(attributes.fsx_xflags & FS_XFLAG_PROJINHERIT))
                return 0;
        attributes.fsx_xflags &= ~(uint32_t)FS_XFLAG_PROJINHERIT;
        return ioctl(dir, FS_IOC_FSSETXATTR, &attributes) < 0 ? -errno : 1;
}

/* ------------------------------------------------------------------ where the walk is */

static struct listing *current(struct walk *walk)
{
        return &walk->levels[walk->depth];
}

/* That directory is to be emptied now. */
static void begin(struct walk *walk, int fd)
{
        struct listing *listing = current(walk);

        listing->size = walk->budget->entries ? READ_BYTES : READ_ALL_BYTES;
        /* in the last level, what comes before an entry must do so too when it is read again */
        listing->sorted = walk->depth < LEVELS - 1;
        listing_begin(listing, fd);
}

static void go_to_top(struct walk *walk)
{
        for (; walk->depth > 0; walk->depth--)
                listing_end(current(walk));
        walk->below = 0;
}

/* Renames the directory that the level has come to into a level above, under a free name. */
static int hoist_into(struct walk *walk, int above)
{
        const struct listing *listing = current(walk);

        for (unsigned try = 0;; try++) {
                char name[NAME_BYTES];
                int r = 0;

                (void)snprintf(name, sizeof(name), ".%016llx", (unsigned long long)walk->fresh++);
                if (rename_new(listing->fd, listing->entry->d_name, above, name) < 0)
                        r = -errno;
                if (r == -ENOENT)
                        return 0;
                if (try < TRIES &&
                    (r == -EEXIST || (r == -EXDEV && remove_project_inheritance(above) == 1)))
                        continue;
                return r;
        }
}

/* As high as can be: out of a btrfs subvolume nothing can be renamed, but to its own top. */
static int hoist(struct walk *walk)
{
        int r = -EXDEV;

        if (walk->fresh == 0 && getrandom(&walk->fresh, sizeof(walk->fresh), 0) < 0)
                return -errno;
        for (unsigned i = 0; i < walk->depth && r == -EXDEV; i++)
                r = hoist_into(walk, walk->levels[i].fd);
        return r;
}

/* Goes into the directory that the level has come to, unless it can be had nearer to the top. */
static int enter(struct walk *walk)
{
        const struct listing *listing = current(walk);
        const char *name = listing->entry->d_name;
        _cleanup_close_ int fd = seal_open(listing->fd, name);
        int r;

        if (fd == -EMFILE && walk->depth > 0)
                return hoist(walk); /* the caller has few fds */
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        if (walk->budget->subvolume && walk->budget->subvolume(listing->fd, name, fd) == 0)
                return 0;
        if (walk->depth == LEVELS - 1 && hoist(walk) == 0)
                return 0;
        r = seal_put(fd);
        if (r < 0)
                return r;
        if (walk->depth < LEVELS - 1)
                walk->depth++;
        else
                walk->below++;
        begin(walk, TAKE_FD(fd));
        return ENTERED;
}

/*
 * From a directory whose parent was let go up to that parent, by "..". Nobody but root can have
 * moved a directory that is sealed; if another remover has, this call ends.
 */
static int climb(struct walk *walk)
{
        struct listing *listing = current(walk);
        _cleanup_close_ int fd = seal_open(listing->fd, "..");
        struct stat child, parent, top, st;
        int r;

        if (fd < 0)
                return fd == -ENOENT ? REMOVE_MORE : fd;
        if (fstat(listing->fd, &child) < 0 || fstat(fd, &parent) < 0 ||
            fstat(walk->levels[0].fd, &top) < 0)
                return -errno;
        if (!seal_is_on(&parent) || is_same(&parent, &top))
                return REMOVE_MORE;
        begin(walk, TAKE_FD(fd));
        walk->below--;
        /* what comes before the child could not be taken out */
        do {
                r = listing_next(listing);
                if (r < 0 || !listing->entry)
                        return r < 0 ? r : REMOVE_MORE;
        } while (fstatat(listing->fd, listing->entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                 !is_same(&st, &child));
        return 0;
}

/* All of the directory has been read: back to the one that it is in, and away with it. */
static int leave(struct walk *walk)
{
        const struct listing *listing;
        int r = 0;

        if (walk->below) {
                r = climb(walk);
                if (r < 0)
                        go_to_top(walk);
        } else {
                listing_end(current(walk));
                walk->depth--;
        }
        if (r != 0)
                return r;
        listing = current(walk);
        if (unlinkat(listing->fd, listing->entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
                return -errno;
        return 0;
}

/* ------------------------------------------------------------------ one entry */

/* Would one call to take it away last too long? A directory is read to its end for that. */
static bool is_too_large(int parent, const char *name, const struct remove_budget *budget)
{
        struct stat st;

        if (!budget->file_bytes || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
        return (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1)) &&
               st.st_blocks > budget->file_bytes / BLOCK;
}

/* Unlinks what is not a directory. */
static int unlink_file(int parent, const char *name, const struct remove_budget *budget)
{
        if (is_too_large(parent, name, budget))
                return REMOVE_MORE;
        return unlinkat(parent, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* 0 when it is gone or was hoisted, ENTERED, REMOVE_MORE, or -errno. */
static int take_out(struct walk *walk)
{
        const struct listing *listing = current(walk);
        const char *name = listing->entry->d_name;
        int r;

        if (listing->entry->d_type != DT_DIR) {
                r = unlink_file(listing->fd, name, walk->budget);
                if (r != -EISDIR) /* the type is only a hint */
                        return r;
        }
        if (is_too_large(listing->fd, name, walk->budget))
                return REMOVE_MORE;
        if (unlinkat(listing->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTDIR)
                return unlink_file(listing->fd, name, walk->budget);
        return errno == ENOTEMPTY || errno == EEXIST ? enter(walk) : -errno;
}

static void note(struct walk *walk, int r)
{
        walk->budget->used++;
        if (r == 0)
                walk->budget->done++;
        else if (walk->error == 0)
                walk->error = r;
}

/* ------------------------------------------------------------------ the whole */

/* Once through all that is in the top. 0, or REMOVE_MORE. */
static int walk_once(struct walk *walk)
{
        for (;;) {
                int r;

                if (is_spent(walk->budget, current(walk)))
                        return REMOVE_MORE;
                r = listing_next(current(walk));
                if (r < 0)
                        note(walk, r);
                if (current(walk)->entry)
                        r = take_out(walk);
                else if (walk->depth > 0)
                        r = leave(walk);
                else
                        return 0;
                if (r == REMOVE_MORE)
                        return REMOVE_MORE;
                if (r != ENTERED)
                        note(walk, r);
        }
}

static int walk_tree(struct walk *walk, int parent, const char *name)
{
        for (unsigned empty = 0; empty < TRIES;) {
                uint64_t before = walk->budget->done;

                walk->error = 0;
                if (walk_once(walk) == REMOVE_MORE)
                        return REMOVE_MORE;
                if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                        return 0;
                if (errno != ENOTEMPTY && errno != EEXIST)
                        return -errno;
                /*
                 * What was made before a directory was sealed, or hoisted since it was read, goes
                 * in the next pass. One that took nothing out will not do better the next time,
                 * unless another remover is at work.
                 */
                if (walk->budget->done == before) {
                        if (walk->error < 0 && walk->error != -ENOTEMPTY)
                                return walk->error;
                        empty++;
                }
                begin(walk, TAKE_FD(walk->levels[0].fd));
        }
        return -ENOTEMPTY;
}

static void walk_done(struct walk *walk)
{
        for (unsigned i = 0; i < LEVELS; i++)
                listing_done(&walk->levels[i]);
}

int remove_tree(int parent, const char *name, struct remove_budget *budget)
{
        _cleanup_(walk_done) struct walk walk = {.budget = budget};
        int top, r;

        for (unsigned i = 0; i < LEVELS; i++)
                walk.levels[i].fd = -EBADF;
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTDIR)
                return unlink_file(parent, name, budget);
        top = seal_open(parent, name);
        if (top < 0)
                return top == -ENOENT ? 0 : top;
        begin(&walk, top);
        r = seal_put(top);
        return r < 0 ? r : walk_tree(&walk, parent, name);
}
