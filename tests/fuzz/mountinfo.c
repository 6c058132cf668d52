/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mountinfo: any bytes as a task's mount table, in pieces of any size */
#include <sys/sysmacros.h>

#include "file.h"
#include "mounts/mountinfo.h"

struct found {
        uint64_t digest;
        unsigned n;
};

static int find(void *arg, const char *root)
{
        struct found *found = arg;

        must(strlen(root) <= 18 * 1024);
        for (found->n++; *root; root++)
                found->digest = (found->digest ^ (unsigned char)*root) * 0x100000001b3;
        return 0;
}

static int search(const uint8_t *bytes, size_t size, size_t step, struct found *found)
{
        const struct deadline deadline = deadline_in_ms(60000);
        const struct mounts_wanted wanted = {
                .device = makedev(8, 1), .deadline = &deadline, .each = find, .arg = found};

        *found = (struct found){0};
        file_is("mountinfo", bytes, size, step);
        return mountinfo_search(AT_FDCWD, "mountinfo", &wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        struct found whole, pieces;
        int r = search(bytes, size, SIZE_MAX, &whole);

        must(r == 0 || r == -EBADMSG || (r == -ENODATA && size == 0));
        /* where the pieces end makes no difference */
        must(search(bytes, size, 1 + size % 61, &pieces) == r);
        must(pieces.n == whole.n && pieces.digest == whole.digest);
        return 0;
}
