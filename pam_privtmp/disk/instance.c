/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * instance: one private directory's home on disk
 *
 * MUST NOT use an instance again unless its links and root/ say what is wanted
 * (unit/disk/instance-fit.c).
 * MUST NOT trust the caller's umask, egid or default ACLs (unit/disk/instance.c).
 * MUST NOT show an instance before it is complete and locked (unit/disk/instance.c).
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "ground/cleanup.h"
#include "disk/instance.h"
#include "ground/label.h"
#include "disk/remove.h"
#include "disk/seal.h"
#include "ground/number.h"
#include "ground/path.h"

enum {
        TRIES = 8, /* names that may be taken already: 62^6 are there */
};

static int open_dir(int parent, const char *name, int flags)
{
        int fd = openat(parent, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

/* Makes owner and mode what they must be; asks first, since most often they are. */
static int set_owner(int fd, uid_t uid, gid_t gid, mode_t mode)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if ((st.st_uid != uid || st.st_gid != gid) && fchown(fd, uid, gid) < 0)
                return -errno;
        if ((st.st_mode & 07777) != mode && fchmod(fd, mode) < 0)
                return -errno;
        return 0;
}

static int drop_default_acl(int fd)
{
        static const char name[] = "system.posix_acl_default";

        /* asked first: removing what is not there costs a write to the journal */
        if (fgetxattr(fd, name, NULL, 0) < 0)
                return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
        return fremovexattr(fd, name) < 0 ? -errno : 0;
}

int instance_open_user(int base, uid_t uid, int *ret, struct report *report)
{
        _cleanup_close_ int fd = -EBADF;
        char name[NAME_BYTES];
        struct stat st;
        int r;

        name_uid(name, uid);
        fd = open_dir(base, name, O_RDONLY);
        if (fd == -ENOENT) {
                if (mkdirat(base, name, 0700) < 0 && errno != EEXIST)
                        return report_errno(report, -errno, "can't make %s in the base", name);
                fd = open_dir(base, name, O_RDONLY);
        }
        if (fd < 0)
                return report_errno(report, fd, "can't open %s in the base", name);
        if (fstat(fd, &st) < 0)
                return report_errno(report, -errno, "can't look at %s in the base", name);
        if (st.st_uid != 0 || st.st_mode & (S_IRWXG | S_IRWXO))
                return report_fault(report, -EPERM, "%s in the base is not root's 0700", name);
        r = drop_default_acl(fd);
        if (r == 0 && (st.st_gid != 0 || (st.st_mode & 07777) != 0700))
                r = set_owner(fd, 0, 0, 0700);
        if (r < 0)
                return report_errno(report, r, "can't protect %s in the base", name);
        *ret = TAKE_FD(fd);
        return 0;
}

unsigned instance_keep(int dir)
{
        char text[NAME_BYTES];
        uint64_t seconds;
        ssize_t n = readlinkat(dir, "keep", text, sizeof(text));

        if (n < 0)
                return errno == ENOENT ? 0 : UINT_MAX;
        return number_read(text, text + n, UINT_MAX, &seconds) ? (unsigned)seconds : UINT_MAX;
}

static int make_keep(int dir, const char *name, unsigned seconds)
{
        char text[NAME_BYTES];

        (void)snprintf(text, sizeof(text), "%u", seconds);
        return symlinkat(text, dir, name) < 0 ? -errno : 0;
}

int instance_set_keep(int dir, unsigned seconds)
{
        int r;

        if (instance_keep(dir) == seconds)
                return 0;
        if (seconds == 0)
                return unlinkat(dir, "keep", 0) < 0 ? -errno : 0;
        /* in one step: who is killed here leaves the one or the other */
        (void)unlinkat(dir, ".keep", 0);
        r = make_keep(dir, ".keep", seconds);
        return r < 0 || renameat(dir, ".keep", dir, "keep") == 0 ? r : -errno;
}

static int make_links(int dir, const struct instance_want *want)
{
        if (symlinkat(want->directory, dir, "directory") < 0 ||
            symlinkat(want->user, dir, "user") < 0)
                return -errno;
        if (want->per_session && symlinkat("session", dir, "scope") < 0)
                return -errno;
        return want->keep ? make_keep(dir, "keep", want->keep) : 0;
}

static int make_lock(struct instance *instance)
{
        int r;

        instance->lock = openat(instance->dir, "lock",
                                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (instance->lock < 0)
                return -errno;
        instance->lock = fd_move_up(instance->lock);
        if (instance->lock < 0)
                return instance->lock;
        r = set_owner(instance->lock, 0, 0, 0600);
        return r < 0 ? r : lock_try(instance->lock, LOCK_SH);
}

static int make_root(struct instance *instance, const struct instance_want *want,
                     struct report *report)
{
        int r;

        r = label_mkdirat(want->label, instance->dir, "root", 0700, report);
        if (r < 0)
                return r;
        instance->root = open_dir(instance->dir, "root", O_RDONLY);
        if (instance->root < 0)
                return instance->root;
        return set_owner(instance->root, want->mode == 0700 ? want->uid : 0, want->gid, want->mode);
}

/* Fills the fresh directory `temporary` and renames it into place. */
static int fill(int user, const char *temporary, const struct instance_want *want,
                struct instance *instance, struct report *report)
{
        int r;

        instance->dir = open_dir(user, temporary, O_RDONLY);
        if (instance->dir < 0)
                return instance->dir;
        r = set_owner(instance->dir, 0, 0, 0700);
        if (r == 0)
                r = make_lock(instance);
        if (r == 0)
                r = make_root(instance, want, report);
        if (r == 0)
                r = make_links(instance->dir, want);
        if (r == 0 && rename_new(user, temporary, user, instance->name) < 0)
                r = -errno;
        return r;
}

int instance_make(int user, const struct instance_want *want, struct instance *ret,
                  struct report *report)
{
        for (unsigned try = 0;; try++) {
                struct instance instance = INSTANCE_NONE;
                char temporary[NAME_BYTES];
                uint8_t random[NAME_RANDOM];
                int r;

                if (getrandom(random, sizeof(random), 0) != sizeof(random))
                        return report_errno(report, -errno, "getrandom");
                name_instance(instance.name, random);
                name_temporary(temporary, instance.name);
                r = mkdirat(user, temporary, 0700) < 0 ? -errno : 0;
                if (r == 0) {
                        r = fill(user, temporary, want, &instance, report);
                        if (r == 0) {
                                instance.made = true;
                                *ret = instance;
                                return 0;
                        }
                        instance_done(&instance);
                        (void)remove_tree(user, temporary, &(struct remove_budget){0});
                }
                if (r != -EEXIST || try == TRIES)
                        return report_errno(report, r, "can't make an instance");
        }
}

/* What can't be opened is none of ours, unless the machine is to blame. */
static int error_or_stale(int r)
{
        return r == -EIO || r == -EMFILE || r == -ENFILE || r == -ENOMEM ? r : -ESTALE;
}

int instance_open(int user, const char *name, struct instance *ret)
{
        struct instance instance = INSTANCE_NONE;
        struct stat st;
        int r;

        r = seal_is_on_name(user, name) ? -ESTALE : open_dir(user, name, O_RDONLY);
        if (r < 0)
                return r == -ENOENT ? r : error_or_stale(r);
        instance.dir = r;
        r = openat(instance.dir, "lock", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        instance.lock = r < 0 ? -errno : fd_move_up(r);
        instance.root = open_dir(instance.dir, "root", O_RDONLY);
        r = instance.lock < 0 ? instance.lock : instance.root;
        if (r >= 0 && fstat(instance.dir, &st) < 0)
                r = -errno;
        if (r < 0 || st.st_uid != 0) {
                instance_done(&instance);
                return error_or_stale(r);
        }
        instance.time = st.st_mtime;
        (void)snprintf(instance.name, sizeof(instance.name), "%s", name);
        *ret = instance;
        return 0;
}

int instance_read(int dir, const char *name, char ret[PATH_MAX])
{
        ssize_t n = readlinkat(dir, name, ret, PATH_MAX);

        if (n < 0 || n == PATH_MAX)
                return n < 0 ? -errno : -ENAMETOOLONG;
        ret[n] = '\0';
        return 0;
}

static bool link_is(int dir, const char *name, const char *target)
{
        char now[PATH_MAX];
        int r = instance_read(dir, name, now);

        return target ? r == 0 && strcmp(now, target) == 0 : r == -ENOENT;
}

bool instance_fits(const struct instance *instance, const struct instance_want *want)
{
        uid_t owner = want->mode == 0700 ? want->uid : 0;
        struct stat st;

        return link_is(instance->dir, "directory", want->directory) &&
               link_is(instance->dir, "user", want->user) &&
               link_is(instance->dir, "scope", want->per_session ? "session" : NULL) &&
               fstat(instance->root, &st) == 0 && st.st_uid == owner && st.st_gid == want->gid &&
               (st.st_mode & 07777) == want->mode && label_is(want->label, instance->root);
}

int instance_is_in_place(int user, const char *name, int lock)
{
        char path[2 * NAME_BYTES];
        struct stat held, named;

        (void)snprintf(path, sizeof(path), "%s/lock", name);
        if (fstat(lock, &held) < 0 || fstatat(user, path, &named, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        return named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

int instance_hold(int user, struct instance *instance, struct patience *patience)
{
        int r = lock_take(instance->lock, LOCK_SH, patience);

        if (r < 0)
                return r;
        r = instance_is_in_place(user, instance->name, instance->lock);
        return r > 0 ? 0 : r < 0 ? r : -ESTALE;
}

void instance_done(struct instance *instance)
{
        instance->lock = fd_close(instance->lock);
        instance->root = fd_close(instance->root);
        instance->dir = fd_close(instance->dir);
}
