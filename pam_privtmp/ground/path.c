/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* path: paths as we accept them, and what lies within what (pure) */
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "ground/path.h"

bool path_is_valid(const char *path)
{
        if (path[0] != '/' || strlen(path) >= PATH_MAX)
                return false;
        while (*path == '/') {
                size_t length = strcspn(path + 1, "/");

                if (length == 0 || length > NAME_MAX)
                        return false;
                if (path[1] == '.' && (length == 1 || (length == 2 && path[2] == '.')))
                        return false;
                path += 1 + length;
        }
        return true;
}

bool path_is_within(const char *path, const char *top)
{
        size_t length = strlen(top);

        return strncmp(path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}
