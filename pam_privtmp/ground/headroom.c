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
        FOR_SERVICES = 16,        /* descriptors */
        BYTES = 32 * 1024 * 1024, /* of address space, in which data may be written */
};

int headroom_for_descriptors(size_t wanted)
{
        int fds[HEADROOM_DESCRIPTORS] = {open("/", O_PATH | O_CLOEXEC)};
        int r = fds[0] < 0 ? -errno : 0;
        size_t n = r < 0 ? 0 : 1;

        for (; r == 0 && n < wanted && n < HEADROOM_DESCRIPTORS; n++) {
                fds[n] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
                if (fds[n] < 0)
                        r = -errno;
        }
        while (n > 0)
                fd_close(fds[--n]);
        return r;
}

int headroom_for_services(void)
{
        return headroom_for_descriptors(FOR_SERVICES);
}

int headroom_check_memory(struct report *report)
{
        void *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                return report_errno(report, -errno,
                                    "the caller's limits leave too little room (ulimit -v, -d)");
        (void)munmap(memory, BYTES);
        return 0;
}
