/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trash: the folders of a base for what is to be deleted
 *
 * MUST NOT rename or delete a tree without its lock (unit/disk/trash.c).
 * MUST NOT touch another user's tree for a user (unit/disk/trash.c).
 */
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "disk/trash.h"
#include "ground/cleanup.h"
#include "ground/names.h"

enum {
        NAMES_LIMIT = 4096, /* looked at in a folder, by trash_delete_own() */
        TREES_LIMIT = 64,   /* deleted there */
};

static int open_folder(int base, const char *folder)
{
        int fd = openat(base, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

int trash_open(int base, const char *folder, int *ret)
{
        _cleanup_close_ int fd = open_folder(base, folder);

        if (fd == -ENOENT) {
                if (mkdirat(base, folder, 0700) < 0 && errno != EEXIST)
                        return -errno;
                fd = open_folder(base, folder);
        }
        if (fd < 0)
                return fd;
        /* the caller's umask took what it liked */
        if (fchown(fd, 0, 0) < 0 || fchmod(fd, 0700) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

/*
 * Makes a folder take what belongs to another quota project: without this rename(2) into it fails
 * with EXDEV. What it is charged to stays. 1 if that was changed, 0 if there was no need, or
 * -errno: in a container nobody may.
 */
static int remove_project_inheritance(int folder)
{
        struct fsxattr attributes;

        if (ioctl(folder, FS_IOC_FSGETXATTR, &attributes) < 0)
                return -errno;
        if (!(attributes.fsx_xflags & FS_XFLAG_PROJINHERIT))
                return 0;
        attributes.fsx_xflags &= ~(uint32_t)FS_XFLAG_PROJINHERIT;
        return ioctl(folder, FS_IOC_FSSETXATTR, &attributes) < 0 ? -errno : 1;
}

/* Into the folder of a base that is open. 0 or -errno. */
static int move_to(int parent, const char *name, int folder, const char *as)
{
        int r = rename_new(parent, name, folder, as) < 0 ? -errno : 0;

        /* the base may have a quota project, and the user's instances another */
        if (r == -EXDEV && remove_project_inheritance(folder) > 0)
                r = rename_new(parent, name, folder, as) < 0 ? -errno : 0;
        return r;
}

int trash_put(const struct shelf *shelf, const char *folder, const char *name)
{
        _cleanup_close_ int fd = -EBADF;
        char as[NAME_BYTES];
        int r = trash_open(shelf->base, folder, &fd);

        name_trash(as, shelf->uid, name[0] == '.' ? name + 1 : name);
        return r < 0 ? r : move_to(shelf->user, name, fd, as);
}

/* 0, -ENOENT when another has its name, or nobody, or another -errno. */
static int check_name(const struct trash_tree *tree)
{
        struct stat held, named;

        if (fstat(tree->top, &held) < 0 ||
            fstatat(tree->folder, tree->name, &named, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        return held.st_dev == named.st_dev && held.st_ino == named.st_ino ? 0 : -ENOENT;
}

static int lock(int parent, const char *name, struct trash_tree *tree)
{
        int r;

        if (strlen(name) >= sizeof(tree->name))
                return -ENAMETOOLONG;
        memcpy(tree->name, name, strlen(name) + 1);
        tree->folder = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (tree->folder < 0)
                return -errno;
        tree->top = open_folder(parent, name);
        if (tree->top == -ENOTDIR || tree->top == -ELOOP)
                return 0; /* whatever root has put there */
        if (tree->top < 0)
                return tree->top;
        r = lock_try(tree->top, LOCK_EX);
        return r < 0 ? r : check_name(tree);
}

int trash_lock(int parent, const char *name, struct trash_tree *ret)
{
        struct trash_tree tree = TRASH_TREE_NONE;
        int r = lock(parent, name, &tree);

        if (r < 0)
                trash_leave(&tree);
        else
                *ret = tree;
        return r;
}

int trash_take(int base, const char *folder, const char *name, struct trash_tree *ret)
{
        _cleanup_close_ int fd = open_folder(base, folder);
        int r = fd < 0 ? fd : trash_lock(fd, name, ret);

        if (r < 0 || ret->top < 0 || strcmp(folder, TRASH_WORK) == 0)
                return r;
        r = trash_move(ret, base, TRASH_WORK);
        if (r == 0 || r == -EXDEV)
                return 0;
        trash_leave(ret);
        return r;
}

int trash_move(struct trash_tree *tree, int base, const char *folder)
{
        _cleanup_close_ int fd = -EBADF;
        int r = trash_open(base, folder, &fd);

        if (r == 0)
                r = move_to(tree->folder, tree->name, fd, tree->name);
        if (r < 0)
                return r;
        fd_close(tree->folder);
        tree->folder = TAKE_FD(fd);
        return 0;
}

void trash_leave(struct trash_tree *tree)
{
        tree->top = fd_close(tree->top);
        tree->folder = fd_close(tree->folder);
}

int trash_delete(int base, const char *folder, const char *name, struct remove_budget *budget)
{
        _cleanup_(trash_leave) struct trash_tree tree = TRASH_TREE_NONE;
        int r = trash_take(base, folder, name, &tree);

        if (r == 0)
                r = remove_tree(tree.folder, tree.name, budget);
        /* there it is seen, and clean goes on with it */
        if (r != 0 && tree.top >= 0)
                (void)trash_move(&tree, base, TRASH_NEW);
        return r;
}

/* Goes through one folder. */
static void delete_in(int base, const char *folder, uid_t uid, struct remove_budget *budget)
{
        _cleanup_close_ int fd = open_folder(base, folder);
        struct names names;
        const char *name;
        unsigned trees = 0;

        if (fd < 0)
                return;
        names_begin(&names, fd);
        for (unsigned i = 0; i < NAMES_LIMIT && trees < TREES_LIMIT && (name = names_next(&names));
             i++)
                if (name_is_trash_of(name, uid) && !remove_is_spent(budget)) {
                        (void)trash_delete(base, folder, name, budget);
                        trees++;
                }
}

void trash_delete_own(int base, uid_t uid, struct remove_budget *budget)
{
        delete_in(base, TRASH_WORK, uid, budget);
        delete_in(base, TRASH_NEW, uid, budget);
}
