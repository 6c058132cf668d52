/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stat: any bytes as /proc/PID/stat */
#include "file.h"
#include "mounts/task.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        const uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
        uint64_t start = 0;
        int r;

        file_is("stat", bytes, size, SIZE_MAX);
        r = task_read_start(AT_FDCWD, &start);
        must(r == 0 || r == -ESRCH || r == -EINVAL);
        must(r == 0 ? start % tick == 0 : start == 0);
        return 0;
}
