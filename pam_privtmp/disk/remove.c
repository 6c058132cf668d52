/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remove: take a hostile tree away by fd
 *
 * MUST NOT follow a symbolic link or enter another mount (unit/disk/remove.c).
 * MUST NOT need more fds, stack or memory for a deeper or larger tree (unit/disk/remove.c).
 * MUST NOT let anybody add to a directory that is being emptied (unit/disk/remove-beside.c).
 * MUST NOT rename a directory of a user's: it would wait for the directory's lock, which the user
 * can hold for ever, with a lock of the whole file system held (real/hold.sh).
 */
#include <stdbool.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "disk/remove.h"
#include "disk/walk.h"

enum {
        BLOCK = 512, /* bytes, the unit of st_blocks */
        TRIES = 8,
        READ_BYTES = 32 << 10,    /* of entries at once: what a small budget can spend */
        READ_ALL_BYTES = 4 << 20, /* the more of a large directory are sorted, the better */
        ENTERED = REMOVE_MORE + 1 /* nothing went away, but the walk goes on elsewhere */
};

/* One call. */
struct removal {
        struct remove_budget *budget;
        int error; /* the first one */
        struct walk walk;
};

bool remove_is_spent(struct remove_budget *budget)
{
        if (budget->entries && budget->used >= budget->entries)
                return true;
        if (!budget->milliseconds)
                return false;
        if (budget->end.wall.tv_sec == 0)
                budget->end = deadline_in_ms(budget->milliseconds);
        return deadline_is_over(&budget->end);
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

/* Goes into the directory that the walk has come to. 0 when it is gone, ENTERED, or -errno. */
static int enter(struct removal *removal)
{
        const struct listing *listing = walk_current(&removal->walk);
        const struct remove_budget *budget = removal->budget;
        _cleanup_close_ int fd = walk_open(&removal->walk);
        int r;

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        if (budget->subvolume && budget->subvolume(listing->fd, listing->entry->d_name, fd) == 0)
                return 0;
        r = walk_enter(&removal->walk, TAKE_FD(fd));
        return r < 0 ? r : ENTERED;
}

/* 0 when it is gone, ENTERED, REMOVE_MORE, or -errno. */
static int take_out(struct removal *removal)
{
        const struct listing *listing = walk_current(&removal->walk);
        const char *name = listing->entry->d_name;
        int r;

        if (listing->entry->d_type != DT_DIR) {
                r = unlink_file(listing->fd, name, removal->budget);
                if (r != -EISDIR) /* the type is only a hint */
                        return r;
        }
        if (is_too_large(listing->fd, name, removal->budget))
                return REMOVE_MORE;
        if (unlinkat(listing->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTDIR)
                return unlink_file(listing->fd, name, removal->budget);
        return errno == ENOTEMPTY || errno == EEXIST ? enter(removal) : -errno;
}

static void note(struct removal *removal, int r)
{
        struct remove_budget *budget = removal->budget;
        const struct listing *listing = walk_current(&removal->walk);

        budget->used++;
        if (r == 0) {
                budget->done++;
                return;
        }
        if (removal->error == 0 && budget->failed)
                budget->failed(budget->arg, listing->fd,
                               listing->entry ? listing->entry->d_name : NULL, r);
        removal->error = removal->error ? removal->error : r;
}

/* ------------------------------------------------------------------ the whole */

/* Once through all that is in the top. 0, or REMOVE_MORE. */
static int walk_once(struct removal *removal)
{
        struct walk *walk = &removal->walk;

        for (;;) {
                int r;

                removal->budget->steps++;
                if (remove_is_spent(removal->budget))
                        return REMOVE_MORE;
                r = listing_next(walk_current(walk));
                if (r < 0)
                        note(removal, r);
                if (walk_current(walk)->entry)
                        r = take_out(removal);
                else if (walk->depth == 0)
                        return 0;
                else if ((r = walk_leave(walk)) == WALK_LOST)
                        r = REMOVE_MORE;
                if (r == REMOVE_MORE)
                        return REMOVE_MORE;
                if (r != ENTERED)
                        note(removal, r);
        }
}

static int remove_all(struct removal *removal, int parent, const char *name)
{
        for (unsigned empty = 0; empty < TRIES;) {
                uint64_t before = removal->budget->done;
                int r = walk_begin(&removal->walk, parent, name);

                removal->error = 0;
                if (r == 0)
                        r = walk_once(removal);
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
                if (removal->budget->done == before) {
                        if (removal->error < 0 && removal->error != -ENOTEMPTY)
                                return removal->error;
                        empty++;
                }
        }
        return -ENOTEMPTY;
}

static void removal_done(struct removal *removal)
{
        walk_done(&removal->walk);
}

int remove_tree(int parent, const char *name, struct remove_budget *budget)
{
        _cleanup_(removal_done) struct removal removal = {.budget = budget};

        walk_init(&removal.walk, budget->entries ? READ_BYTES : READ_ALL_BYTES);
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        if (errno == ENOTDIR)
                return unlink_file(parent, name, budget);
        return remove_all(&removal, parent, name);
}
