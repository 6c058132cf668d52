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

/* The whole: as it was, since no line of an input is so long that it is shortened. */
static void read_whole(const uint8_t *bytes, size_t size, size_t step)
{
        char *text = NULL;
        size_t length;

        file_is("mountinfo", bytes, size, step);
        must(mountinfo_read(AT_FDCWD, "mountinfo", &text, &length) == 0);
        must(length == size && memcmp(text, bytes, size) == 0 && text[length] == '\0');
        free(text);
}

/* The first line that begins with "37 ", without looking for it in pieces. */
static void read_one(const uint8_t *bytes, size_t size, size_t step)
{
        static const char start[] = "37 ";
        const size_t skip = sizeof(start) - 1;
        const uint8_t *line = bytes, *end = bytes + size, *newline;
        char *text = NULL;
        int r;

        while (line < end && ((size_t)(end - line) < skip || memcmp(line, start, skip) != 0)) {
                newline = memchr(line, '\n', (size_t)(end - line));
                line = newline ? newline + 1 : end;
        }
        newline = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
        end = newline ? newline + 1 : end;
        file_is("mountinfo", bytes, size, step);
        r = mountinfo_read_one(AT_FDCWD, "mountinfo", 37, &text);
        must(r == ((size_t)(end - line) > skip ? 0 : -ENOENT));
        must(r < 0 || memcmp(text, line, (size_t)(end - line)) == 0);
        must(r < 0 || text[end - line] == '\0');
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        struct found whole, pieces;
        int r = search(bytes, size, SIZE_MAX, &whole);

        must(r == 0 || r == -EBADMSG || (r == -ENODATA && size == 0));
        /* where the pieces end makes no difference */
        must(search(bytes, size, 1 + size % 61, &pieces) == r);
        must(pieces.n == whole.n && pieces.digest == whole.digest);
        read_whole(bytes, size, 1 + size % 61);
        read_one(bytes, size, 1 + size % 61);
        return 0;
}
