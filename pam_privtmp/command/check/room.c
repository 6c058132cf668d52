/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check/room: whether mount namespaces are left for those who log in
 *
 * A user who hands descriptors of namespaces on keeps them, and they count for root.
 */
#include <string.h>

#include "command/check/room.h"
#include "ground/cleanup.h"
#include "ground/number.h"
#include "command/census.h"

enum {
        MILLISECONDS = 5 * 1000,
};

/* How many root may have. 0 or -errno. */
static int read_limit(uint64_t *ret)
{
        _cleanup_close_ int fd = open("/proc/sys/user/max_mnt_namespaces", O_RDONLY | O_CLOEXEC);
        char text[32];
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

        if (n < 0)
                return -errno;
        return number_read(text, text + n - (n > 0), UINT64_MAX, ret) ? 0 : -EINVAL;
}

void check_room(struct findings *findings)
{
        const struct deadline deadline = deadline_in_ms(MILLISECONDS);
        uint64_t limit = 0, used = 0;
        int r = geteuid() == 0 ? read_limit(&limit) : -EPERM;

        if (r == 0)
                r = census_count(&deadline, &used);
        if (r < 0)
                findings_add_unchecked(findings, "kernel", 0,
                                       "how many mount namespaces are left: %s", strerror(-r));
        else if (used >= limit - limit / 4)
                findings_add(findings, SEVERITY_WARNING, "kernel", 0,
                             "see by 'lsns -t mnt' who has them; raise user.max_mnt_namespaces",
                             "%ju mount namespaces of %ju are in use: without one nobody logs in",
                             (uintmax_t)used, (uintmax_t)limit);
}
