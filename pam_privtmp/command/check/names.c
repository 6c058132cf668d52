/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/names: directories and bases that have two names, by bind mounts */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/first.h"
#include "ground/cleanup.h"
#include "mounts/mountinfo.h"
#include "mounts/mounts.h"
#include "ground/path.h"
#include "command/check/names.h"
#include "ground/safedir.h"

#define MOUNTS "/proc/thread-self/mountinfo"

/* A path of the table, and what it stands for: a path in a file system. */
struct spot {
        const struct line *line;
        const char *path; /* the line's */
        bool base;
        struct statx stx;
        dev_t device; /* as mount tables have it */
        char inner[PATH_MAX];
};

struct names {
        struct findings *findings;
        struct libmnt_table *mounts;
        struct spot *spots;
        size_t n;
};

static bool look(const char *path, struct statx *ret)
{
        _cleanup_close_ int fd = safedir_open_cached(path);

        return fd >= 0 && statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                                STATX_INO | STATX_MNT_ID, ret) == 0;
}

static bool is_same(const struct statx *a, const struct statx *b)
{
        return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
               a->stx_dev_minor == b->stx_dev_minor;
}

/* Notes a path, if it is there and its mount can be found. */
static void note(struct names *names, const struct line *line, const char *path, bool base)
{
        struct spot *spot = &names->spots[names->n];
        struct mounts_entry mount;
        const char *root, *rest = path;

        if (!look(path, &spot->stx) || mounts_find(names->mounts, spot->stx.stx_mnt_id, &mount) < 0)
                return;
        if (strcmp(mount.target, "/") != 0) {
                if (!path_is_within(path, mount.target))
                        return;
                rest += strlen(mount.target);
        }
        root = strcmp(mount.root, "/") == 0 ? "" : mount.root;
        if (snprintf(spot->inner, sizeof(spot->inner), "%s%s", root, rest) >= PATH_MAX)
                return;
        if (spot->inner[0] == '\0')
                (void)strcpy(spot->inner, "/");
        spot->line = line;
        spot->path = path;
        spot->base = base;
        spot->device = mount.device;
        names->n++;
}

/* Is path a directory of the table, of anybody's line? */
static bool is_in_table(const struct names *names, const char *path)
{
        for (size_t i = 0; i < names->n; i++)
                if (strcmp(names->spots[i].path, path) == 0)
                        return true;
        return false;
}

/* A mount that begins where the directory is: another name of it. */
static int check_mount(void *arg, const struct mounts_entry *mount)
{
        const struct names *names = arg;

        for (size_t i = 0; i < names->n; i++) {
                const struct spot *spot = &names->spots[i];
                struct statx other;

                if (spot->base || mount->device != spot->device ||
                    strcmp(mount->root, spot->inner) != 0 || is_in_table(names, mount->target) ||
                    !look(mount->target, &other) || !is_same(&other, &spot->stx))
                        continue;
                findings_add_at(names->findings, SEVERITY_WARNING, spot->line,
                                "umount the other name, or write lines for it, too",
                                "%s is the same directory as %s, which stays the system's",
                                spot->path, mount->target);
        }
        return 0;
}

/* Is a at or below b, by whatever names? */
static bool is_within(const struct spot *a, const struct spot *b)
{
        return a->device == b->device &&
               (strcmp(b->inner, "/") == 0 || path_is_within(a->inner, b->inner));
}

static void check_pair(const struct names *names, const struct spot *a, const struct spot *b)
{
        const char *relation;

        if (path_is_within(a->path, b->path) || path_is_within(b->path, a->path))
                return; /* by these names it is a fault of the table */
        if (a->base == b->base && is_same(&a->stx, &b->stx))
                relation = "the same directory as";
        else if (a->base != b->base && is_within(b, a))
                relation = is_within(a, b) ? "by another name" : "by another name below";
        else if (a->base != b->base && is_within(a, b))
                relation = "by another name above";
        else
                return;
        findings_add_at(names->findings, SEVERITY_WARNING, b->line, "keep one of the two",
                        "%s is %s %s of %s:%u", b->path, relation, a->path, a->line->file,
                        a->line->number);
}

static int read_mounts(struct libmnt_table **ret)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = mountinfo_read(AT_FDCWD, MOUNTS, &text, &size);

        return r < 0 ? r : mounts_parse(text, size, ret);
}

/* How many paths there are to note. */
static size_t count(const struct table *table)
{
        size_t n = 0;

        for (size_t i = 0; i < table->n; i++)
                n += (size_t)first_private(table, i) +
                     (table->lines[i].base && first_of_base(table, i));
        return n;
}

static void note_all(struct names *names, const struct table *table)
{
        for (size_t i = 0; i < table->n; i++) {
                const struct line *line = &table->lines[i];

                if (first_private(table, i))
                        note(names, line, line->directory, false);
                if (line->base && first_of_base(table, i))
                        note(names, line, line->base, true);
        }
}

int check_other_names(struct findings *findings, const struct table *table)
{
        _cleanup_mounts_ struct libmnt_table *mounts = NULL;
        _cleanup_free_ struct spot *spots = calloc(count(table) + 1, sizeof(*spots));
        struct names names = {.findings = findings, .spots = spots};
        int r;

        if (!spots)
                return -ENOMEM;
        r = read_mounts(&mounts);
        if (r < 0) {
                findings_add_unchecked(findings, MOUNTS, 0, "%s", strerror(-r));
                return 0;
        }
        names.mounts = mounts;
        note_all(&names, table);
        for (size_t i = 0; i < names.n; i++)
                for (size_t j = 0; j < i; j++)
                        check_pair(&names, &spots[j], &spots[i]);
        return mounts_each(mounts, check_mount, &names);
}
