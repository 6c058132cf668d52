/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * share: entries of the system directory, bound into the private one
 *
 * MUST NOT follow a symbolic link, or bind what is another user's (unit/session/share.c).
 * MUST NOT ask a user's file system: it may never answer (unit/session/share.c).
 * MUST NOT look for a share that is there but in the kernel's cache (real/hold.sh).
 */
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ground/cleanup.h"
#include "mounts/cover.h"
#include "mounts/mounts.h"
#include "session/share.h"
#include "table/subject.h"

enum {
        NAMES_LIMIT = 10000, /* of a directory that is read */
        CACHED_TRIES = 64,   /* at a microsecond each */
};

struct take {
        const struct line *line;
        int directory;
        uid_t uid;   /* of the user */
        uid_t owner; /* whom the item names, else root */
        bool plain;  /* the item is no pattern: it means just this entry */
        struct share_list *list;
        struct report *report;
};

static void say(const struct line *line, struct report *report, enum report_level level,
                const char *name, const char *why)
{
        report_note(report, level, "%s:%u: %s/%.64s is not shared: %s", line->file, line->number,
                    line->directory, name, why);
}

static void leave_out(const struct line *line, struct report *report, const char *name,
                      const char *why)
{
        say(line, report, REPORT_WARNING, name, why);
}

static int read_attributes(int fd, struct statx *ret)
{
        return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                     STATX_TYPE | STATX_UID | STATX_NLINK, ret);
}

/* Why not? NULL if it can be. */
static const char *why_not(const struct take *take, int fd, const struct statx *stx)
{
        if (stx->stx_attributes & STATX_ATTR_MOUNT_ROOT && !take->plain)
                return "it is a mount of its own";
        /* a user's file system says what it likes, also whose its files are */
        if (stx->stx_attributes & STATX_ATTR_MOUNT_ROOT && mounts_is_fuse(fd))
                return "it is a FUSE file system";
        if (!S_ISDIR(stx->stx_mode) && !S_ISREG(stx->stx_mode) && !S_ISSOCK(stx->stx_mode))
                return "it is no directory, file or socket";
        if (stx->stx_uid != 0 && stx->stx_uid != take->uid && stx->stx_uid != take->owner)
                return "it belongs to another user";
        if (!S_ISDIR(stx->stx_mode) && stx->stx_nlink != 1)
                return "it has another name, too";
        return NULL;
}

static bool is_taken(const struct share_list *list, const char *name)
{
        return share_has(list, name, strlen(name));
}

/* Takes one entry, if it is there. False when there is no room for more. */
static bool take_name(struct take *take, const char *name)
{
        _cleanup_close_ int fd = openat(take->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct share share = {.tree = -EBADF};
        struct statx stx;
        const char *why;
        int r;

        if (is_taken(take->list, name) || (fd < 0 && errno == ENOENT))
                return true;
        if (fd < 0 || read_attributes(fd, &stx) < 0 || spot_of(fd, &share.spot) < 0) {
                leave_out(take->line, take->report, name, strerror(errno));
                return true;
        }
        why = why_not(take, fd, &stx);
        if (why && !take->plain) {
                /* to match others' entries is what a pattern is like */
                say(take->line, take->report, REPORT_DEBUG, name, why);
                return true;
        }
        if (!why && take->list->n == SHARE_MAX) {
                leave_out(take->line, take->report, name, "there are too many");
                return false;
        }
        if (!why) {
                r = cover_clone(fd, take->line->flags, &share.tree);
                share.name = r < 0 ? NULL : strdup(name);
                why = share.name ? NULL : strerror(r < 0 ? -r : ENOMEM);
        }
        if (why) {
                fd_close(share.tree);
                leave_out(take->line, take->report, name, why);
                return true;
        }
        share.is_directory = S_ISDIR(stx.stx_mode);
        take->list->shares[take->list->n++] = share;
        return true;
}

static void take_pattern(struct take *take, const char *glob)
{
        int fd = openat(take->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;

        if (!dir) {
                leave_out(take->line, take->report, glob, strerror(errno));
                fd_close(fd);
                return;
        }
        for (unsigned i = 0; (entry = readdir(dir)); i++) {
                if (i == NAMES_LIMIT) {
                        leave_out(take->line, take->report, glob,
                                  "there are more than 10,000 names to be looked at");
                        return;
                }
                /* ".*" means no folder that is not in the directory itself */
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                    fnmatch(glob, entry->d_name, FNM_PERIOD) == 0 &&
                    !take_name(take, entry->d_name))
                        return;
        }
}

/* The owner that an item names. False where there is none of that name, or it can't be told. */
static bool find_owner(struct take *take, const struct value_glob *glob)
{
        _cleanup_subject_ struct subject *owner = NULL;

        take->owner = 0;
        if (!glob->owner)
                return true;
        if (subject_load(glob->owner, &owner) != 0) {
                leave_out(take->line, take->report, glob->glob, "there is no such owner");
                return false;
        }
        take->owner = owner->uid;
        return true;
}

static void take_item(struct take *take, const struct value_glob *item, bool plain)
{
        if (value_is_plain(item->glob) != plain || !find_owner(take, item))
                return;
        take->plain = plain;
        if (plain)
                (void)take_name(take, item->glob);
        else
                take_pattern(take, item->glob);
}

void share_take(const struct line *line, int directory, uid_t uid, struct share_list *ret,
                struct report *report)
{
        struct take take = {
                .line = line, .directory = directory, .uid = uid, .list = ret, .report = report};

        if (line->n_shares == 0 || ret->shares)
                return;
        ret->shares = calloc(SHARE_MAX, sizeof(*ret->shares));
        /* the plain names first: whatever others have put there, they find room */
        for (size_t i = 0; ret->shares && i < line->n_shares; i++)
                take_item(&take, &line->shares[i], true);
        for (size_t i = 0; ret->shares && i < line->n_shares; i++)
                take_item(&take, &line->shares[i], false);
}

/* The place for a share below top: made, or found as the same kind of thing. An fd or -errno. */
static int open_target(int top, const struct share *share)
{
        _cleanup_close_ int place = -EBADF;
        struct statx stx;
        struct open_how how = {
                .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC | (share->is_directory ? O_DIRECTORY : 0),
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd;

        if (share->is_directory)
                fd = mkdirat(top, share->name, 0755);
        else
                fd = openat(top, share->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                            0600);
        if (fd < 0 && errno != EEXIST)
                return -errno;
        if (!share->is_directory)
                fd_close(fd);
        place = (int)syscall(SYS_openat2, top, share->name, &how, sizeof(how));
        if (place < 0 || read_attributes(place, &stx) < 0)
                return -errno;
        return S_ISLNK(stx.stx_mode) ? -ELOOP : TAKE_FD(place);
}

/*
 * Does it stand there already, in a namespace that was joined? What is mounted is in the kernel's
 * cache, and nothing else is looked for: the user may hold the lock of the directory for ever.
 */
static bool is_there(int top, const struct share *share)
{
        struct open_how how = {
                .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_CACHED,
        };
        _cleanup_close_ int fd = -EBADF;
        struct spot spot;

        /* a rename or a mount anywhere on the host disturbs such a walk: it is worth another try */
        for (unsigned try = 0; fd < 0 && try < CACHED_TRIES; try++) {
                fd = (int)syscall(SYS_openat2, top, share->name, &how, sizeof(how));
                if (fd < 0 && errno != EAGAIN)
                        return false;
        }
        return fd >= 0 && spot_of(fd, &spot) == 0 && spot.is_top &&
               spot_is_same_file(&spot, &share->spot);
}

void share_put(const struct line *line, struct share_list *list, int top, struct report *report)
{
        for (size_t i = 0; i < list->n; i++) {
                const struct share *share = &list->shares[i];
                _cleanup_close_ int place = -EBADF;
                int r;

                if (is_there(top, share))
                        continue;
                place = open_target(top, share);
                r = place < 0 ? place : cover_put(share->tree, place);
                if (r < 0)
                        leave_out(line, report, share->name,
                                  r == -EXDEV ? "something else is mounted in its place"
                                              : strerror(-r));
        }
}

bool share_has(const struct share_list *list, const char *name, size_t length)
{
        for (size_t i = 0; i < list->n; i++)
                if (strlen(list->shares[i].name) == length &&
                    memcmp(list->shares[i].name, name, length) == 0)
                        return true;
        return false;
}

void share_done(struct share_list *list)
{
        for (size_t i = 0; i < list->n; i++) {
                fd_close(list->shares[i].tree);
                free(list->shares[i].name);
        }
        free(list->shares);
        *list = (struct share_list){0};
}
