/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * statmount: any answers of listmount(2) and statmount(2)
 *
 * The kernel is trusted to end its strings within the room that it has; all else is from the bytes.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "fuzz.h"
#include "mounts/statmount.h"

/* What is left of the bytes. */
static struct {
        const uint8_t *bytes;
        size_t size;
} left;

static unsigned take(void)
{
        if (left.size == 0)
                return 0;
        left.size--;
        return *left.bytes++;
}

static long fail(unsigned how)
{
        static const int errors[] = {ENOENT, EPERM, EOVERFLOW, ENOSYS, EINVAL, EFAULT, ENOMEM};

        errno = errors[how % (sizeof(errors) / sizeof(errors[0]))];
        return -1;
}

static long list_mounts(uint64_t *mounts, size_t n)
{
        unsigned how = take();
        size_t given = how % 8;

        if (how >= 0xf0)
                return fail(how);
        must(n >= given);
        for (size_t i = 0; i < given; i++)
                mounts[i] = take();
        return (long)given;
}

static long stat_mount(uint8_t *answer, size_t size)
{
        const size_t strings = 512, mask = 8, device = 16, root = 104;
        unsigned how = take();
        uint32_t at;

        if (how >= 0xf0)
                return fail(how);
        must(size > strings);
        memset(answer, (int)take(), strings);
        memset(answer + strings, 0, size - strings);
        answer[mask] = (uint8_t)take();
        memcpy(answer + device, &(uint32_t){how % 2}, sizeof(uint32_t));
        memcpy(answer + device + 4, &(uint32_t){how / 2 % 2}, sizeof(uint32_t));
        at = take() % 64;
        memcpy(answer + root, &at, sizeof(at));
        for (size_t i = 0; i < 16; i++)
                answer[strings + at + i] = (uint8_t)take();
        return 0;
}

long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
        va_list args;
        void *to;
        size_t n;

        va_start(args, number);
        (void)va_arg(args, void *);
        to = va_arg(args, void *);
        n = va_arg(args, size_t);
        va_end(args);
        switch (number) {
        case 457:
                return stat_mount(to, n);
        case 458:
                return list_mounts(to, n);
        default:
                must(!"no other call is made");
                return -1;
        }
}

static int find(void *arg, const char *root)
{
        unsigned *n = arg;

        must(strlen(root) <= 16);
        return ++*n == 100 ? 42 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        const struct deadline deadline = deadline_in_ms(60000);
        unsigned n = 0;
        const struct mounts_wanted wanted = {
                .device = makedev(1, 0), .deadline = &deadline, .each = find, .arg = &n};
        struct nsfs_entry entry = {.fd = -1, .id = {.number = 1, .id = 2}};
        int r;

        left.bytes = bytes;
        left.size = size;
        entry.mounts = take() % 16;
        r = statmount_each(&entry, &wanted);
        must(r <= 0 || (r == 42 && n == 100));
        return 0;
}
