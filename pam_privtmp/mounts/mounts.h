/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mounts: reading mount tables, by libmount */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct libmnt_table;

/*
 * Parses the text of a mountinfo file. 0 with *ret, the caller's to release by mounts_free();
 * -ENOMEM, also where there was none for one line of many; -EINVAL for what libmount can't read; or
 * another -errno.
 */
int mounts_parse(const char *text, size_t size, struct libmnt_table **ret);

/* Releases the table; NULL will do. Returns NULL. */
struct libmnt_table *mounts_free(struct libmnt_table *table);

static inline void mounts_cleanup(struct libmnt_table **table)
{
        *table = mounts_free(*table);
}
#define _cleanup_mounts_ __attribute__((__cleanup__(mounts_cleanup)))

/*
 * The same for the line of the mount with that id alone. 0; -ENOENT when there is none; or another
 * -errno.
 */
int mounts_parse_one(const char *text, uint64_t id, struct libmnt_table **ret);

/* Where the mount of an id stands (statx(2), stx_mnt_id). Pointers are the table's. */
struct mounts_entry {
        uint64_t id, parent;
        dev_t device;        /* as mountinfo gives it: not st_dev (btrfs) */
        const char *root;    /* path in the file system that the mount begins at */
        const char *target;  /* path that it is mounted on */
        const char *type;    /* of file system */
        const char *source;  /* what was named as such, NULL if nothing was */
        const char *options; /* of the file system */
        bool shared;         /* with the mounts that are copied from it */
        bool slave;          /* gets what is mounted on such a one */
};

/* Finds a mount by its id. 0; -ENOENT when the table does not have it; or another -errno. */
int mounts_find(struct libmnt_table *table, uint64_t id, struct mounts_entry *ret);

/*
 * Where `path`, which lies on that mount, is in its file system: "" for the top of that. 0;
 * -EXDEV where the path is not below the mount's target; -ENAMETOOLONG.
 */
int mounts_locate(const struct mounts_entry *entry, const char *path, char ret[PATH_MAX]);

/*
 * Calls each() for the mounts in the table until it returns something else than 0, and returns
 * that; 0 when it never did.
 */
int mounts_each(struct libmnt_table *table, int (*each)(void *, const struct mounts_entry *),
                void *arg);

/* Is "/" a shared mount? False also when it can't be told. */
bool mounts_top_is_shared(void);

/* Does the mount that the fd is on begin at the top of its file system? 1, 0 or -errno. */
int mounts_is_whole(int fd);

/* Is it a FUSE file system? */
bool mounts_is_fuse_entry(const struct mounts_entry *entry);

/* Is it one that this user mounted? */
bool mounts_is_fuse_of(const struct mounts_entry *entry, uid_t uid);

/*
 * Is what the O_PATH fd stands for on a FUSE file system? Asked of the mount table, for FUSE itself
 * may never answer. Also true when it can't be told.
 */
bool mounts_is_fuse(int fd);
