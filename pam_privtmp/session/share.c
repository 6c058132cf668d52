/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * share: entries of the system directory, bound into the private one
 *
 * MUST NOT follow a symbolic link, or bind what is another user's (unit/session/share.c).
 * MUST NOT ask a user's file system: it may never answer (unit/session/share-place.c).
 * MUST NOT look for a share that is there but in the kernel's cache (real/hold.sh).
 */
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "ground/names.h"
#include "mounts/cover.h"
#include "mounts/mounts.h"
#include "session/bound.h"
#include "session/share.h"
#include "table/subject.h"

enum {
        NAMES_LIMIT = 10000, /* of a directory that is read */
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
        return share_find(list, name, strlen(name)) != NULL;
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
        _cleanup_close_ int fd = openat(take->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct names names;
        const char *name;

        if (fd < 0) {
                leave_out(take->line, take->report, glob, strerror(errno));
                return;
        }
        names_begin(&names, fd);
        for (unsigned i = 0; (name = names_next(&names)); i++) {
                if (i == NAMES_LIMIT) {
                        leave_out(take->line, take->report, glob,
                                  "there are more than 10,000 names to be looked at");
                        return;
                }
                /* ".*" means no folder that is not in the directory itself */
                if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
                    fnmatch(glob, name, FNM_PERIOD) == 0 && !take_name(take, name))
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

/* The uid in decimal digits in place of each %{uid}. What gets too long for a name is cut: none is
 * like that. */
static void expand(const struct take *take, const char *glob, char ret[NAME_MAX + 1])
{
        size_t n = 0;

        for (const char *at = glob; *at && n < NAME_MAX;) {
                bool is_uid = strncmp(at, VALUE_UID, strlen(VALUE_UID)) == 0;
                int length =
                        is_uid ? snprintf(ret + n, NAME_MAX + 1 - n, "%ju", (uintmax_t)take->uid)
                               : snprintf(ret + n, NAME_MAX + 1 - n, "%c", *at);

                at += is_uid ? strlen(VALUE_UID) : 1;
                n += (size_t)length;
        }
        ret[n < NAME_MAX ? n : NAME_MAX] = '\0';
}

static void take_item(struct take *take, const struct value_glob *item, bool plain)
{
        char glob[NAME_MAX + 1];

        expand(take, item->glob, glob);
        if (value_is_plain(glob) != plain || !find_owner(take, item))
                return;
        take->plain = plain;
        if (plain)
                (void)take_name(take, glob);
        else
                take_pattern(take, glob);
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
        place = bound_open_place(top, share->name);
        if (place < 0)
                return place;
        if (read_attributes(place, &stx) < 0)
                return -errno;
        if (S_ISLNK(stx.stx_mode))
                return -ELOOP;
        return share->is_directory && !S_ISDIR(stx.stx_mode) ? -ENOTDIR : TAKE_FD(place);
}

/* Does it stand there already, in a namespace that was joined? */
static bool is_there(int top, const struct share *share)
{
        struct spot spot;
        _cleanup_close_ int fd = bound_open(top, share->name, &spot);

        return fd >= 0 && spot_is_same_file(&spot, &share->spot);
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

const struct share *share_find(const struct share_list *list, const char *name, size_t length)
{
        for (size_t i = 0; i < list->n; i++)
                /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): each has a name */
                if (strlen(list->shares[i].name) == length &&
                    memcmp(list->shares[i].name, name, length) == 0)
                        return &list->shares[i];
        return NULL;
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
