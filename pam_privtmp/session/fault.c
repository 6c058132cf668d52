/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault: what kind of fault makes an open fail
 *
 * MUST NOT take what a caller can bring about for a fault of the host (unit/session/fault.c,
 * real/caller.sh).
 */
#include <errno.h>
#include <stddef.h>

#include "session/fault.h"

/*
 * What a path of the table or of ours, its owner, its mode, its file system or the kernel's build
 * answers. Nobody but root has a hand in these. What is missing here on purpose: whatever runs out
 * (memory, descriptors, space, namespaces, time), and what is too long or too large.
 */
static bool is_hosts(int error)
{
        static const int errors[] = {
                EACCES,  EINVAL, EIO,   EISDIR, ELOOP,      ENODEV, ENOENT, ENOSYS,
                ENOTDIR, ENXIO,  EPERM, EROFS,  EOPNOTSUPP, EXDEV,  ESTALE,
        };

        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
                if (error == -errors[i])
                        return true;
        return false;
}

bool fault_is_callers(enum fault_step step, int error)
{
        switch (step) {
        case FAULT_TABLE: /* a file that is too large, or too many of them */
                return !is_hosts(error) && error != -EFBIG && error != -E2BIG;
        case FAULT_DIRECTORY: /* more directories than a session can have */
                return !is_hosts(error) && error != -E2BIG;
        case FAULT_OUTER: /* libmount does not tell too little memory from a line it can't read */
                return !is_hosts(error) || error == -EINVAL;
        case FAULT_NAMESPACE:
                return !is_hosts(error);
        case FAULT_GROUPS: /* the name service does not say why it failed */
        case FAULT_CALLER:
                break;
        }
        return true;
}
