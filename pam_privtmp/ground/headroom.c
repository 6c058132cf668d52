/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * headroom: what libraries may need beyond what is in use already
 *
 * MUST NOT keep anything of what it has tried to get (unit/ground/headroom.c).
 */
#include <sys/mman.h>

#include "ground/cleanup.h"
#include "ground/headroom.h"

enum {
        DESCRIPTORS = 16,
        BYTES = 32 * 1024 * 1024, /* of address space, in which data may be written */
};

static int check_descriptors(void)
{
        int fds[DESCRIPTORS] = {open("/", O_PATH | O_CLOEXEC)};
        int r = fds[0] < 0 ? -errno : 0;
        size_t n = r < 0 ? 0 : 1;

        for (; r == 0 && n < DESCRIPTORS; n++) {
                fds[n] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
                if (fds[n] < 0)
                        r = -errno;
        }
        while (n > 0)
                fd_close(fds[--n]);
        return r;
}

static int check_memory(void)
{
        void *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return -errno;
        (void)munmap(memory, BYTES);
        return 0;
}

int headroom_check(struct report *report)
{
        int r = check_descriptors();

        if (r == 0)
                r = check_memory();
        return r < 0 ? report_errno(report, r,
                                    "the caller's limits leave too little room (ulimit -n, -v, -d)")
                     : 0;
}
