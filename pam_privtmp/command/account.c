/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* account: what the name service knows of users and groups, as the command shows it */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "command/account.h"
#include "ground/number.h"

/* As getpwnam_r(3) has it, these mean "not found", depending on the service. */
static bool means_not_found(int error)
{
        return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

char *account_name(uid_t uid)
{
        const struct passwd *entry;

        errno = 0;
        entry = getpwuid(uid);
        if (entry)
                return strdup(entry->pw_name);
        errno = means_not_found(errno) ? ENOENT : errno;
        return NULL;
}

char *account_named(const char *text)
{
        uint64_t uid;

        return number_read(text, text + strlen(text), UINT32_MAX - 1, &uid)
                       ? account_name((uid_t)uid)
                       : strdup(text);
}

int account_uid(const char *text, uid_t *ret)
{
        const struct passwd *entry;
        uint64_t uid;

        if (number_read(text, text + strlen(text), UINT32_MAX - 1, &uid)) {
                *ret = (uid_t)uid;
                return 0;
        }
        errno = 0;
        entry = getpwnam(text);
        if (!entry)
                return means_not_found(errno) ? -ENOENT : -errno;
        *ret = entry->pw_uid;
        return 0;
}

const char *account_error(int error)
{
        return error == -ENOENT ? "there is no such user" : strerror(-error);
}

int account_group_exists(const char *group)
{
        errno = 0;
        if (getgrnam(group))
                return 1;
        return means_not_found(errno) ? 0 : -errno;
}
