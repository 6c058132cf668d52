/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* account: what the name service knows of users and groups, as the command shows it */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "command/account.h"

char *account_name(uid_t uid)
{
        const struct passwd *entry = getpwuid(uid);

        return entry ? strdup(entry->pw_name) : NULL;
}

int account_group_exists(const char *group)
{
        errno = 0;
        if (getgrnam(group))
                return 1;
        /* as getpwnam_r(3) has it, these mean "not found", depending on the service */
        switch (errno) {
        case 0:
        case ENOENT:
        case ESRCH:
        case EBADF:
        case EPERM:
                return 0;
        default:
                return -errno;
        }
}
