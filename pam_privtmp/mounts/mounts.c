/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mounts: reading mount tables, by libmount
 *
 * MUST NOT ask a FUSE file system anything (unit/mounts/mounts-system.c).
 */
#include <libmount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/path.h"
#include "mounts/mountinfo.h"
#include "mounts/mounts.h"

/* libmount asks whether it may pass over a line. What it had no memory for may be any mount. */
static int is_fatal(struct libmnt_table *table, const char *name, int line)
{
        (void)table;
        (void)name;
        (void)line;
        return errno == ENOMEM ? -ENOMEM : 1;
}

int mounts_parse(const char *text, size_t size, struct libmnt_table **ret)
{
        _cleanup_mounts_ struct libmnt_table *table = mnt_new_table();
        FILE *stream;
        bool whole;
        int r;

        if (!table || mnt_table_set_parser_errcb(table, is_fatal) < 0)
                return -ENOMEM;
        stream = fmemopen(as_mutable(text), size, "re");
        if (!stream)
                return -errno;
        errno = 0;
        r = mnt_table_parse_stream(table, stream, "/mountinfo");
        whole = feof(stream); /* without memory for one more entry, it just ends */
        (void)fclose(stream);
        if (!whole || r == -ENOMEM)
                return -ENOMEM;
        /* what it can't read, libmount may pass over */
        if (r != 0 || mnt_table_is_empty(table))
                return -EINVAL;
        *ret = TAKE_PTR(table);
        return 0;
}

int mounts_parse_one(const char *text, uint64_t id, struct libmnt_table **ret)
{
        char start[32];
        size_t length;

        length = (size_t)snprintf(start, sizeof(start), "%ju ", (uintmax_t)id);
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): -errno is not 0 */
        for (; *text; text += strcspn(text, "\n") + 1) {
                if (strncmp(text, start, length) == 0)
                        return mounts_parse(text, strcspn(text, "\n") + 1, ret);
                if (!strchr(text, '\n'))
                        break;
        }
        return -ENOENT;
}

struct libmnt_table *mounts_free(struct libmnt_table *table)
{
        mnt_unref_table(table);
        return NULL;
}

static struct mounts_entry entry_of(struct libmnt_fs *fs)
{
        unsigned long propagation = 0;

        (void)mnt_fs_get_propagation(fs, &propagation); /* else it is none that counts */
        return (struct mounts_entry){
                .id = (uint64_t)mnt_fs_get_id(fs),
                .parent = (uint64_t)mnt_fs_get_parent_id(fs),
                .device = mnt_fs_get_devno(fs),
                .root = mnt_fs_get_root(fs),
                .target = mnt_fs_get_target(fs),
                .type = mnt_fs_get_fstype(fs),
                .source = mnt_fs_get_source(fs),
                .options = mnt_fs_get_fs_options(fs),
                .shared = propagation & MS_SHARED,
                .slave = propagation & MS_SLAVE,
        };
}

struct wanted {
        uint64_t id;
        struct mounts_entry *ret;
};

static int each_fs(struct libmnt_table *table, int (*each)(void *, struct libmnt_fs *), void *arg)
{
        struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
        struct libmnt_fs *fs;
        int r = 0;

        if (!iter)
                return -ENOMEM;
        while (r == 0 && mnt_table_next_fs(table, iter, &fs) == 0)
                r = each(arg, fs);
        mnt_free_iter(iter);
        return r;
}

static int is_wanted(void *arg, struct libmnt_fs *fs)
{
        struct wanted *wanted = arg;

        if ((uint64_t)mnt_fs_get_id(fs) != wanted->id)
                return 0;
        *wanted->ret = entry_of(fs);
        return wanted->ret->root && wanted->ret->target && wanted->ret->type ? 1 : -EINVAL;
}

int mounts_find(struct libmnt_table *table, uint64_t id, struct mounts_entry *ret)
{
        int r = each_fs(table, is_wanted, &(struct wanted){.id = id, .ret = ret});

        return r == 0 ? -ENOENT : r < 0 ? r : 0;
}

int mounts_locate(const struct mounts_entry *entry, const char *path, char ret[PATH_MAX])
{
        int n;

        if (strcmp(entry->target, "/") != 0) {
                if (!path_is_within(path, entry->target))
                        return -EXDEV;
                path += strlen(entry->target);
        }
        n = snprintf(ret, PATH_MAX, "%s%s", strcmp(entry->root, "/") == 0 ? "" : entry->root, path);
        return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

struct visit {
        int (*each)(void *, const struct mounts_entry *);
        void *arg;
};

static int visit_one(void *arg, struct libmnt_fs *fs)
{
        struct mounts_entry entry = entry_of(fs);
        struct visit *visit = arg;

        if (!entry.root || !entry.target || !entry.type)
                return -EINVAL;
        return visit->each(visit->arg, &entry);
}

int mounts_each(struct libmnt_table *table, int (*each)(void *, const struct mounts_entry *),
                void *arg)
{
        return each_fs(table, visit_one, &(struct visit){.each = each, .arg = arg});
}

/* Calls judge() for the mount of this process with that id. 1, 0 or -errno. */
static int judge_own(uint64_t id, bool (*judge)(const struct mounts_entry *))
{
        _cleanup_mounts_ struct libmnt_table *table = NULL;
        _cleanup_free_ char *text = NULL;
        struct mounts_entry entry;
        int r = mountinfo_read_one(AT_FDCWD, "/proc/thread-self/mountinfo", id, &text);

        if (r == 0)
                r = mounts_parse_one(text, id, &table);
        if (r == 0)
                r = mounts_find(table, id, &entry);
        return r == 0 ? judge(&entry) : r;
}

bool mounts_is_fuse_entry(const struct mounts_entry *entry)
{
        /* "fuse" or "fuseblk", maybe with a dot and more; "fusectl" is the kernel's own */
        return strncmp(entry->type, "fuse", 4) == 0 && strcmp(entry->type, "fusectl") != 0;
}

bool mounts_is_fuse_of(const struct mounts_entry *entry, uid_t uid)
{
        char *value, text[16];
        size_t length;

        (void)snprintf(text, sizeof(text), "%ju", (uintmax_t)uid);
        return mounts_is_fuse_entry(entry) && entry->options &&
               mnt_optstr_get_option(entry->options, "user_id", &value, &length) == 0 &&
               length == strlen(text) && memcmp(value, text, length) == 0;
}

static bool is_shared(const struct mounts_entry *entry)
{
        return entry->shared;
}

bool mounts_top_is_shared(void)
{
        struct statx top;

        return statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, STATX_MNT_ID, &top) == 0 &&
               judge_own(top.stx_mnt_id, is_shared) > 0;
}

static bool begins_at_top(const struct mounts_entry *entry)
{
        return strcmp(entry->root, "/") == 0;
}

int mounts_is_whole(int fd)
{
        struct statx here;

        if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &here) < 0)
                return -errno;
        return judge_own(here.stx_mnt_id, begins_at_top);
}

bool mounts_is_fuse(int fd)
{
        const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
        struct statx here, top;

        /* of a user's FUSE file system no more is told to others than device and mount */
        if (statx(fd, "", flags, 0, &here) < 0 ||
            statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, 0, &top) < 0)
                return true;
        /* most often it is on a disk, or where "/" is: no need to read the table */
        if (here.stx_dev_major != 0 ||
            (here.stx_dev_major == top.stx_dev_major && here.stx_dev_minor == top.stx_dev_minor))
                return false;
        /* in doubt, too */
        return judge_own(here.stx_mnt_id, mounts_is_fuse_entry) != 0;
}
