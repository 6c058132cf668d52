/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * namespaces: all mount namespaces that the kernel has
 *
 * MUST say so when it can't see everything (unit/mounts/namespaces.c).
 */
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "mounts/mounts.h"
#include "mounts/namespaces.h"
#include "mounts/tasks.h"

/* What Debian 12's headers, those of Linux 6.1, do not have; the numbers are the same everywhere.
 */
struct mount_namespace {
        uint32_t size;
        uint32_t mounts;
        uint64_t id;
};

#define GET_INFO _IOR(NSIO, 10, struct mount_namespace)
#define GET_NEXT _IOR(NSIO, 11, struct mount_namespace)
#define GET_PREV _IOR(NSIO, 12, struct mount_namespace)

enum {
        CALL_STATMOUNT = 457,
        CALL_LISTMOUNT = 458,
        STATMOUNT_SUPER = 0x1, /* the device */
        STATMOUNT_BASIC = 0x2, /* the propagation */
        STATMOUNT_ROOT = 0x8,  /* the path in the file system */
        UNIQUE_ID = 0x4000,    /* STATX_MNT_ID_UNIQUE */
        LIST_MOUNTS = 256,     /* asked for at once */
        ANSWER_BYTES = 8 * 1024,
        ANSWER_LIMIT = 4 * 1024 * 1024, /* a path of 100,000 levels */
};

#define EVERYTHING UINT64_MAX /* listmount(2): from the top of the namespace */

/* The request of listmount(2) and statmount(2). */
struct request {
        uint32_t size;
        uint32_t spare;
        uint64_t mount;
        uint64_t param;
        uint64_t ns;
};

/* The answer of statmount(2). */
struct answer {
        uint32_t size, options;
        uint64_t mask;
        uint32_t major, minor;
        uint64_t unused[6];
        uint64_t propagation; /* MS_SHARED and others */
        uint64_t unused_too[3];
        uint32_t root; /* in strings[] */
        uint32_t unused_more;
        uint64_t spare[50];
        char strings[];
};
_Static_assert(offsetof(struct answer, propagation) == 72, "the kernel's layout");
_Static_assert(offsetof(struct answer, root) == 104, "the kernel's layout");
_Static_assert(sizeof(struct answer) == 512, "the kernel's layout");

/* Those errors mean that the kernel has no such call, or that it is not for us. */
static int translate(int error)
{
        switch (error) {
        case ENOTTY:
        case ENOSYS:
        case EINVAL:
        case EPERM:
        case EACCES:
                return -EOPNOTSUPP;
        default:
                return -error;
        }
}

struct list {
        struct namespaces_entry *entries;
        size_t n;
};

static int add(void *arg, const struct namespaces_entry *entry)
{
        struct list *list = arg;
        struct namespaces_entry *larger = grow(list->entries, list->n, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        list->entries = larger;
        list->entries[list->n++] = *entry;
        return 0;
}

static int visit(int fd, const struct mount_namespace *info,
                 int (*each)(void *, const struct namespaces_entry *), void *arg)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        return each(arg, &(struct namespaces_entry){.id = {.number = st.st_ino, .id = info->id}});
}

/* From the namespace of `fd`, which is not added itself, to one end of the kernel's list. */
static int walk(int fd, unsigned long step, const struct deadline *deadline,
                int (*each)(void *, const struct namespaces_entry *), void *arg)
{
        _cleanup_close_ int at = fcntl(fd, F_DUPFD_CLOEXEC, 0);

        if (at < 0)
                return -errno;
        for (;;) {
                struct mount_namespace info = {.size = sizeof(info)};
                int r, next = ioctl(at, step, &info);

                if (next < 0)
                        return errno == ENOENT ? 0 : translate(errno);
                fd_close(at);
                at = next;
                r = visit(at, &info, each, arg);
                if (r != 0)
                        return r;
                if (deadline_is_over(deadline))
                        return -ETIMEDOUT;
        }
}

static int compare(const void *a, const void *b)
{
        uint64_t x = ((const struct namespaces_entry *)a)->id.id;
        uint64_t y = ((const struct namespaces_entry *)b)->id.id;

        return x < y ? -1 : x > y;
}

int namespaces_each(const struct deadline *deadline,
                    int (*each)(void *, const struct namespaces_entry *), void *arg)
{
        struct mount_namespace info = {.size = sizeof(info)};
        _cleanup_close_ int own = -EBADF;
        struct stat st;
        int r;

        own = open(NAMESPACE_OWN, O_RDONLY | O_CLOEXEC);
        if (own < 0 || fstat(own, &st) < 0)
                return -errno;
        if (ioctl(own, GET_INFO, &info) < 0)
                return translate(errno);
        r = each(arg, &(struct namespaces_entry){.id = {.number = st.st_ino, .id = info.id},
                                                 .mounts = info.mounts});
        if (r == 0)
                r = walk(own, GET_PREV, deadline, each, arg);
        if (r == 0)
                r = walk(own, GET_NEXT, deadline, each, arg);
        return r;
}

int namespaces_list(struct namespaces_entry **ret, size_t *n, const struct deadline *deadline)
{
        struct list list = {0};
        int r = namespaces_each(deadline, add, &list);

        if (r < 0) {
                free(list.entries);
                return r;
        }
        qsort(list.entries, list.n, sizeof(*list.entries), compare);
        *ret = list.entries;
        *n = list.n;
        return 0;
}

static int alive_by_tasks(struct namespace_id **ret, size_t *n, const struct deadline *deadline)
{
        _cleanup_(idset_done) struct idset ids = {0};
        int r = tasks_namespaces(deadline, &ids);

        if (r < 0)
                return r;
        *n = ids.n;
        *ret = calloc(*n + 1, sizeof(**ret));
        for (size_t i = 0; *ret && i < *n; i++)
                (*ret)[i].number = ids.ids[i];
        return *ret ? 0 : -ENOMEM;
}

int namespaces_alive(struct namespace_id **ret, size_t *n, const struct deadline *deadline)
{
        _cleanup_free_ struct namespaces_entry *list = NULL;
        int r = namespaces_list(&list, n, deadline);

        if (r < 0)
                return r == -EOPNOTSUPP ? alive_by_tasks(ret, n, deadline) : r;
        *ret = calloc(*n + 1, sizeof(**ret));
        for (size_t i = 0; *ret && i < *n; i++)
                (*ret)[i] = list[i].id;
        return *ret ? 0 : -ENOMEM;
}

bool namespaces_have(const struct namespaces_entry *list, size_t n, uint64_t id)
{
        const struct namespaces_entry key = {.id.id = id};

        return bsearch(&key, list, n, sizeof(*list), compare);
}

/* statmount(2), with as much room as the answer needs; *ret is kept from call to call. */
static int ask(uint64_t ns, uint64_t mount, uint64_t what, struct answer **ret, size_t *size)
{
        const struct request request = {
                .size = sizeof(request), .mount = mount, .param = what, .ns = ns};

        for (;;) {
                struct answer *larger;

                if (*ret && syscall(CALL_STATMOUNT, &request, *ret, *size, 0) == 0)
                        return 0;
                if (*ret && errno != EOVERFLOW)
                        return errno == ENOENT ? -ENOENT : translate(errno);
                if (*size >= ANSWER_LIMIT)
                        return -EOVERFLOW;
                *size = *size ? *size * 4 : ANSWER_BYTES;
                larger = realloc(*ret, *size);
                if (!larger)
                        return -ENOMEM;
                *ret = larger;
        }
}

bool namespaces_top_is_shared(void)
{
        _cleanup_free_ struct answer *answer = NULL;
        struct statx stx;
        size_t size = 0;

        if (statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, UNIQUE_ID, &stx) == 0 &&
            stx.stx_mask & UNIQUE_ID &&
            ask(0, stx.stx_mnt_id, STATMOUNT_BASIC, &answer, &size) == 0)
                return answer->propagation & MS_SHARED;
        return mounts_top_is_shared();
}

struct mounts {
        uint64_t ns;
        dev_t device;
        const struct deadline *deadline;
        int (*each)(void *, const char *);
        void *arg;
};

static int visit_mount(const struct mounts *visit, uint64_t mount, struct answer **answer,
                       size_t *size)
{
        int r;

        if (deadline_is_over(visit->deadline))
                return -ETIMEDOUT;
        r = ask(visit->ns, mount, STATMOUNT_SUPER, answer, size);
        if (r < 0 || makedev((*answer)->major, (*answer)->minor) != visit->device)
                return r == -ENOENT ? 0 : r;
        r = ask(visit->ns, mount, STATMOUNT_ROOT, answer, size);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (!((*answer)->mask & STATMOUNT_ROOT))
                return -EOPNOTSUPP;
        return visit->each(visit->arg, (*answer)->strings + (*answer)->root);
}

int namespaces_each_mount(const struct namespaces_entry *entry, dev_t device,
                          const struct deadline *deadline, int (*each)(void *, const char *root),
                          void *arg)
{
        const struct mounts visit = {.ns = entry->id.id,
                                     .device = device,
                                     .deadline = deadline,
                                     .each = each,
                                     .arg = arg};
        struct request request = {.size = sizeof(request), .mount = EVERYTHING, .ns = entry->id.id};
        _cleanup_free_ struct answer *answer = NULL;
        uint64_t mounts[LIST_MOUNTS], seen = 0;
        size_t size = 0;
        long n;

        while ((n = syscall(CALL_LISTMOUNT, &request, mounts, LIST_MOUNTS, 0)) > 0) {
                for (long i = 0; i < n; i++) {
                        int r = visit_mount(&visit, mounts[i], &answer, &size);

                        if (r != 0)
                                return r;
                }
                seen += (uint64_t)n;
                request.param = mounts[n - 1];
        }
        if (n < 0 && errno == ENOENT) /* the namespace is gone */
                return 0;
        if (n < 0)
                return translate(errno);
        /* to the chrooted, their own namespace shows only what is below */
        return seen < entry->mounts ? -EOPNOTSUPP : 0;
}
