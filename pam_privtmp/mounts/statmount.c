/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * statmount: what is mounted in a namespace, as the kernel tells it mount by mount
 *
 * MUST say so when it can't see everything (unit/mounts/nsfs.c).
 */
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "ground/cleanup.h"
#include "mounts/mounts.h"
#include "mounts/statmount.h"

/*
 * What Debian 12's headers, those of Linux 6.1, do not have; the numbers are the same everywhere.
 */
enum {
        CALL_STATMOUNT = 457,
        CALL_LISTMOUNT = 458,
        STATMOUNT_SUPER = 0x1, /* the device */
        STATMOUNT_BASIC = 0x2, /* the propagation */
        STATMOUNT_ROOT = 0x8,  /* the path in the file system */
        UNIQUE_ID = 0x4000,    /* STATX_MNT_ID_UNIQUE */
        LIST_MOUNTS = 256,     /* asked for at once */
        LOOK_AT_TIME = 16,     /* mounts between two looks at the clock */
        ANSWER_BYTES = 8 * 1024,
        ANSWER_LIMIT = 128 * 1024, /* a longer path is nothing that anybody needs */
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
                        return errno == ENOENT ? -ENOENT : nsfs_error(errno);
                if (*size >= ANSWER_LIMIT)
                        return -EOVERFLOW;
                *size = *size ? *size * 4 : ANSWER_BYTES;
                larger = realloc(*ret, *size);
                if (!larger)
                        return -ENOMEM;
                *ret = larger;
        }
}

bool statmount_top_is_shared(void)
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

/* What has been read of one namespace. */
struct reading {
        uint64_t ns;
        const struct mounts_wanted *wanted;
        struct answer *answer;
        size_t size; /* of the answer's room */
        uint64_t mounts;
};

static void reading_done(struct reading *reading)
{
        free(reading->answer);
}

static int visit_mount(struct reading *reading, uint64_t mount)
{
        const struct mounts_wanted *wanted = reading->wanted;
        int r = ask(reading->ns, mount, STATMOUNT_SUPER, &reading->answer, &reading->size);

        if (r < 0 || makedev(reading->answer->major, reading->answer->minor) != wanted->device)
                return r == -ENOENT ? 0 : r;
        r = ask(reading->ns, mount, STATMOUNT_ROOT, &reading->answer, &reading->size);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (!(reading->answer->mask & STATMOUNT_ROOT))
                return -EOPNOTSUPP;
        return wanted->each(wanted->arg, reading->answer->strings + reading->answer->root);
}

/* One mount with a long path can take as long as many others. */
static int visit_mounts(struct reading *reading, const uint64_t *mounts, long n)
{
        int r = 0;

        for (long i = 0; r == 0 && i < n; i++) {
                if (i % LOOK_AT_TIME == 0 && deadline_is_over(reading->wanted->deadline))
                        return -ETIMEDOUT;
                r = visit_mount(reading, mounts[i]);
        }
        reading->mounts += (uint64_t)n;
        return r;
}

int statmount_each(const struct nsfs_entry *entry, const struct mounts_wanted *wanted)
{
        _cleanup_(reading_done) struct reading reading = {.ns = entry->id.id, .wanted = wanted};
        struct request request = {.size = sizeof(request), .mount = EVERYTHING, .ns = entry->id.id};
        uint64_t mounts[LIST_MOUNTS];
        long n;

        while ((n = syscall(CALL_LISTMOUNT, &request, mounts, LIST_MOUNTS, 0)) > 0) {
                int r = visit_mounts(&reading, mounts, n);

                if (r != 0)
                        return r;
                request.param = mounts[n - 1];
        }
        if (n < 0 && errno == ENOENT) /* the namespace is gone */
                return 0;
        if (n < 0)
                return nsfs_error(errno);
        /* to the chrooted, their own namespace shows only what is below */
        return reading.mounts < entry->mounts ? -EOPNOTSUPP : 0;
}
