/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: take a hostile tree away by fd
 *
 * MUST NOT follow a symbolic link or enter another mount (unit/disk/remove.c).
 * MUST NOT need more fds, stack or memory for a deeper or larger tree (unit/disk/remove.c).
 * MUST NOT let anybody add to a directory that is being emptied (unit/disk/remove.c).
 * MUST NOT rename a directory of a user's: it would wait for the directory's lock, which the user
 * can hold for ever, with a lock of the whole file system held (real/hold.sh).
 */
#include <stdbool.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "disk/listing.h"
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
 * Where a call is. The directories between the top of the tree and the one that is being read are
 * all sealed; the last few of them are open, in a ring.
 */
struct walk {
        struct remove_budget *budget;
        uint64_t depth; /* of the directory that is being read; the top has 0 */
        unsigned held;  /* so many of the last ones are open */
        struct stat top;
        int error;                     /* the first one */
        struct listing levels[LEVELS]; /* the entry of one is what the next one is entered by */
};

bool remove_is_spent(struct remove_budget *budget)
{
        if (budget->entries && budget->used >= budget->entries)
                return true;
        if (!budget->milliseconds)
                return false;
        if (budget->end.wall.tv_sec == 0)
                budget->end = deadline_in(budget->milliseconds);
        return deadline_is_over(&budget->end);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* ------------------------------------------------------------------ where the walk is */

static struct listing *current(struct walk *walk)
{
        return &walk->levels[walk->depth % LEVELS];
}

/* That directory is to be emptied now. */
static void begin(struct walk *walk, int fd)
{
        struct listing *listing = current(walk);

        listing->size = walk->budget->entries ? READ_BYTES : READ_ALL_BYTES;
        listing_begin(listing, fd);
}

/* Of the directories that are open, lets the one go that is nearest to the top. */
static void let_one_go(struct walk *walk)
{
        listing_end(&walk->levels[(walk->depth - --walk->held) % LEVELS]);
}

/* Goes into the directory that the level has come to. */
static int enter(struct walk *walk)
{
        const struct listing *listing = current(walk);
        const char *name = listing->entry->d_name;
        _cleanup_close_ int fd = seal_open(listing->fd, name);
        int r;

        if (fd == -EMFILE && walk->held > 1) {
                let_one_go(walk); /* the caller has few fds */
                fd = seal_open(listing->fd, name);
        }
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        if (walk->budget->subvolume && walk->budget->subvolume(listing->fd, name, fd) == 0)
                return 0;
        r = seal_put(fd);
        if (r < 0)
                return r;
        if (walk->held == LEVELS)
                let_one_go(walk);
        walk->held++;
        walk->depth++;
        begin(walk, TAKE_FD(fd));
        return ENTERED;
}

/*
 * Goes on in `parent`, read anew, behind the directory `child`: what comes before it could not be
 * taken out. 0 or REMOVE_MORE.
 */
static int find_child(struct walk *walk, int parent, const struct stat *child)
{
        struct listing *listing;
        struct stat st;
        int r;

        listing_end(current(walk));
        walk->depth--;
        begin(walk, parent);
        listing = current(walk);
        do {
                r = listing_next(listing);
                if (r < 0 || !listing->entry)
                        return REMOVE_MORE;
        } while ((listing->entry->d_type != DT_DIR && listing->entry->d_type != DT_UNKNOWN) ||
                 fstatat(listing->fd, listing->entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                 !is_same(&st, child));
        return 0;
}

/*
 * From a directory whose parent was let go up to that parent, by "..". Nobody but root can have
 * moved a directory that is sealed; if somebody has, this call ends. 0 or REMOVE_MORE.
 */
static int climb(struct walk *walk)
{
        int from = current(walk)->fd;
        _cleanup_close_ int fd = seal_open(from, "..");
        struct stat child, parent;

        if (fd < 0 || fstat(from, &child) < 0 || fstat(fd, &parent) < 0)
                return REMOVE_MORE;
        if (is_same(&parent, &walk->top) != (walk->depth == 1) ||
            (walk->depth > 1 && !seal_is_on(&parent)))
                return REMOVE_MORE;
        return find_child(walk, TAKE_FD(fd), &child);
}

/* All of the directory has been read: back to the one that it is in, and away with it. */
static int leave(struct walk *walk)
{
        const struct listing *listing;
        int r = 0;

        if (walk->held > 1) {
                listing_end(current(walk));
                walk->depth--;
                walk->held--;
        } else {
                r = climb(walk);
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

/* 0 when it is gone, ENTERED, REMOVE_MORE, or -errno. */
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
        struct remove_budget *budget = walk->budget;
        const struct listing *listing = current(walk);

        budget->used++;
        if (r == 0) {
                budget->done++;
                return;
        }
        if (walk->error == 0 && budget->failed)
                budget->failed(budget->arg, listing->fd,
                               listing->entry ? listing->entry->d_name : NULL, r);
        walk->error = walk->error ? walk->error : r;
}

/* ------------------------------------------------------------------ the whole */

/* Once through all that is in the top. 0, or REMOVE_MORE. */
static int walk_once(struct walk *walk)
{
        for (;;) {
                int r;

                walk->budget->steps++;
                if (remove_is_spent(walk->budget))
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

/* From the top on. */
static int walk_from(struct walk *walk, int parent, const char *name)
{
        int top = seal_open(parent, name);
        int r;

        if (top < 0)
                return top;
        for (unsigned i = 0; i < LEVELS; i++)
                listing_end(&walk->levels[i]);
        walk->depth = 0;
        walk->held = 1;
        walk->error = 0;
        begin(walk, top);
        r = fstat(top, &walk->top) < 0 ? -errno : seal_put(top);
        return r < 0 ? r : walk_once(walk);
}

static int walk_tree(struct walk *walk, int parent, const char *name)
{
        for (unsigned empty = 0; empty < TRIES;) {
                uint64_t before = walk->budget->done;
                int r = walk_from(walk, parent, name);

                if (r != 0)
                        return r == -ENOENT ? 0 : r;
                if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                        return 0;
                if (errno != ENOTEMPTY && errno != EEXIST)
                        return -errno;
                /*
                 * What was made before a directory was sealed goes in the next pass. One that took
                 * nothing out will not do better the next time, unless another remover is at work.
                 */
                if (walk->budget->done == before) {
                        if (walk->error < 0 && walk->error != -ENOTEMPTY)
                                return walk->error;
                        empty++;
                }
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

        for (unsigned i = 0; i < LEVELS; i++)
                walk.levels[i].fd = -EBADF;
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTDIR)
                return unlink_file(parent, name, budget);
        return walk_tree(&walk, parent, name);
}
