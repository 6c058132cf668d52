/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cover: put an instance over a directory, and take it off
 *
 * MUST have its flags before it is attached (unit/mounts/cover.c).
 */
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "ground/cleanup.h"
#include "mounts/cover.h"
#include "ground/flag.h"
#include "ground/label.h"
#include "ground/missing.h"
#include "ground/spot.h"
#include "mounts/mountinfo.h"
#include "mounts/mounts.h"

#define SOURCE     COVER_SOURCE
#define OWN_MOUNTS "/proc/thread-self/mountinfo"

enum {
        STACK_LIMIT = 64, /* mounts on one directory */
        HANDLE_BYTES = (COVER_IDENTITY - 16) / 2,
        BENEATH = 0x200, /* MOVE_MOUNT_BENEATH, which Debian 12's headers do not have */
};

static const struct {
        unsigned flag;
        unsigned attr;
        unsigned long in_force;
} flag_table[] = {
        {FLAG_NOEXEC, MOUNT_ATTR_NOEXEC, ST_NOEXEC},
        {FLAG_NOSUID, MOUNT_ATTR_NOSUID, ST_NOSUID},
        {FLAG_NODEV, MOUNT_ATTR_NODEV, ST_NODEV},
};

static unsigned attr_of(unsigned flags)
{
        unsigned attr = flags & FLAG_NOATIME ? MOUNT_ATTR_NOATIME : MOUNT_ATTR_RELATIME;

        for (size_t i = 0; i < sizeof(flag_table) / sizeof(flag_table[0]); i++)
                if (flags & flag_table[i].flag)
                        attr |= flag_table[i].attr;
        return attr;
}

/* A clone with the flags; others that are to be cleared are named. */
static int clone(int root, unsigned flags, unsigned cleared, int *ret)
{
        _cleanup_close_ int tree =
                open_tree(root, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        struct mount_attr attr = {
                .attr_clr = MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | cleared,
                .propagation = MS_PRIVATE,
        };

        if (tree < 0)
                return -errno;
        attr.attr_set = attr_of(flags);
        /* the base's own atime setting stays, unless the line names one */
        if (flags & (FLAG_NOATIME | FLAG_RELATIME))
                attr.attr_clr |= MOUNT_ATTR__ATIME;
        if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
                return -errno;
        *ret = TAKE_FD(tree);
        return 0;
}

int cover_clone(int root, unsigned flags, int *ret)
{
        return clone(root, flags, 0, ret);
}

int cover_clone_memory(int top, unsigned flags, int *ret)
{
        /* in a user namespace of their own a user can set these, and they are copied */
        return clone(top, flags, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSYMFOLLOW, ret);
}

int cover_identify(int top, char ret[COVER_IDENTITY])
{
        union {
                struct file_handle handle;
                char room[sizeof(struct file_handle) + HANDLE_BYTES];
        } file = {.handle.handle_bytes = HANDLE_BYTES};
        int mount, n;

        if (name_to_handle_at(top, "", &file.handle, &mount, AT_EMPTY_PATH) < 0)
                return -errno;
        n = snprintf(ret, COVER_IDENTITY, "%x.", (unsigned)file.handle.handle_type);
        for (unsigned i = 0; i < file.handle.handle_bytes; i++)
                n += snprintf(ret + n, COVER_IDENTITY - (size_t)n, "%02x", file.handle.f_handle[i]);
        return 0;
}

int cover_resize_memory(int tree, const char *size, const char *inodes)
{
        _cleanup_close_ int fs = fspick(tree, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

        if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "size", size, 0) < 0 ||
            fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", inodes, 0) < 0 ||
            fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
                return -errno;
        return 0;
}

static int set_number(int fs, const char *key, bool octal, unsigned number)
{
        char value[32];

        (void)snprintf(value, sizeof(value), octal ? "%o" : "%u", number);
        return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

int cover_memory(const struct cover_memory *memory, int *ret, struct report *report)
{
        _cleanup_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), tree = -EBADF, top = -EBADF;
        int r;

        if (fs < 0)
                return -errno;
        if (fsconfig(fs, FSCONFIG_SET_STRING, "source", SOURCE, 0) < 0 ||
            fsconfig(fs, FSCONFIG_SET_STRING, "size", memory->size, 0) < 0 ||
            fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", memory->inodes, 0) < 0 ||
            set_number(fs, "mode", true, memory->mode) < 0 ||
            set_number(fs, "uid", false, memory->uid) < 0 ||
            set_number(fs, "gid", false, memory->gid) < 0 ||
            fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                return -errno;
        tree = fsmount(fs, FSMOUNT_CLOEXEC, attr_of(memory->flags));
        if (tree < 0)
                return -errno;
        top = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (top < 0)
                return -errno;
        r = label_set(memory->label, top, report);
        if (r < 0)
                return r;
        *ret = TAKE_FD(tree);
        return 0;
}

int cover_put(int tree, int directory)
{
        return move_mount(tree, "", directory, "",
                          MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0
                       ? -errno
                       : 0;
}

int cover_put_beneath(int tree, int mount)
{
        return move_mount(tree, "", mount, "",
                          MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | BENEATH) < 0
                       ? -errno
                       : 0;
}

static bool has_flags(int directory, unsigned flags)
{
        struct statvfs fs;

        if (fstatvfs(directory, &fs) < 0)
                return false;
        for (size_t i = 0; i < sizeof(flag_table) / sizeof(flag_table[0]); i++)
                if (flags & flag_table[i].flag && !(fs.f_flag & flag_table[i].in_force))
                        return false;
        return true;
}

bool cover_is(int directory, int tree, unsigned flags)
{
        struct spot a, b;

        return spot_of(directory, &a) == 0 && spot_of(tree, &b) == 0 && a.is_top &&
               spot_is_same(&a, &b) && has_flags(directory, flags);
}

bool cover_shows(int directory, int root, unsigned flags)
{
        struct spot a, b;

        return spot_of(directory, &a) == 0 && spot_of(root, &b) == 0 && a.is_top &&
               spot_is_same_file(&a, &b) && has_flags(directory, flags);
}

int cover_mark_memory(int tree, struct mark *ret)
{
        struct spot spot;
        int r = spot_of(tree, &spot);

        if (r == 0)
                *ret = mark_of_memory(spot.dev);
        return r;
}

bool cover_shows_memory(int directory, struct mark mark, unsigned flags)
{
        struct spot spot;

        /* the mark first: statvfs(2) may wait for a file system of the user's */
        return spot_of(directory, &spot) == 0 && mark_is_same(mark_of_memory(spot.dev), mark) &&
               spot.is_top && has_flags(directory, flags);
}

/* What is the mount a cover of? MARK_NONE if it is none of ours. */
static struct mark mark_of(const struct mounts_entry *entry)
{
        /* a user's FUSE may call itself what it likes */
        if (mounts_is_fuse_entry(entry))
                return (struct mark){0};
        if (strcmp(entry->type, "tmpfs") == 0 && strcmp(entry->root, "/") == 0 && entry->source &&
            strcmp(entry->source, SOURCE) == 0)
                return mark_of_memory(entry->device);
        return mark_of_root(entry->root);
}

struct visit {
        int (*each)(void *arg, const struct cover_found *found);
        void *arg;
};

static int visit_one(void *arg, const struct mounts_entry *entry)
{
        const struct visit *visit = arg;
        const struct cover_found found = {
                .directory = entry->target,
                .mark = mark_of(entry),
                .propagates = entry->shared || entry->slave,
        };

        return found.mark.kind == MARK_NONE ? 0 : visit->each(visit->arg, &found);
}

static int each_mount(const char *mountinfo, int (*each)(void *, const struct mounts_entry *),
                      void *arg)
{
        _cleanup_mounts_ struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = mountinfo_read(AT_FDCWD, mountinfo, &text, &size);
        if (r == 0)
                r = mounts_parse(text, size, &table);
        return r < 0 ? r : mounts_each(table, each, arg);
}

int cover_each_in(const char *mountinfo, int (*each)(void *arg, const struct cover_found *found),
                  void *arg)
{
        return each_mount(mountinfo, visit_one, &(struct visit){.each = each, .arg = arg});
}

int cover_each(int (*each)(void *arg, const struct cover_found *found), void *arg)
{
        return cover_each_in(OWN_MOUNTS, each, arg);
}

struct wanted {
        const char *directory;
        struct mark mark;
};

static int is_wanted(void *arg, const struct mounts_entry *entry)
{
        const struct wanted *wanted = arg;

        return strcmp(entry->target, wanted->directory) == 0 &&
               mark_is_of_mount(wanted->mark, entry->device, entry->root);
}

int cover_is_on(const char *directory, struct mark mark)
{
        return each_mount(OWN_MOUNTS, is_wanted,
                          &(struct wanted){.directory = directory, .mark = mark});
}

int cover_take_off(const char *directory, struct mark mark)
{
        for (unsigned i = 0; i < STACK_LIMIT; i++) {
                int r = cover_is_on(directory, mark);

                if (r <= 0)
                        return r;
                if (umount2(directory, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
                        return -errno;
        }
        return -ELOOP;
}

int cover_take_off_top(int mount)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", mount);
        return umount2(path, MNT_DETACH) < 0 ? -errno : 0;
}
