/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* name: what things below a base are called (pure) */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ground/name.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

void name_instance(char name[NAME_BYTES], const uint8_t random[NAME_RANDOM])
{
        for (size_t i = 0; i < NAME_RANDOM; i++)
                name[i] = letters[random[i] % (sizeof(letters) - 1)];
        name[NAME_RANDOM] = '\0';
}

void name_temporary(char name[NAME_BYTES], const char *instance)
{
        (void)snprintf(name, NAME_BYTES, ".%s", instance);
}

void name_trash(char name[NAME_BYTES], uid_t uid, const char *instance)
{
        (void)snprintf(name, NAME_BYTES, "%ju.%s", (uintmax_t)uid, instance);
}

void name_uid(char name[NAME_BYTES], uid_t uid)
{
        (void)snprintf(name, NAME_BYTES, "%ju", (uintmax_t)uid);
}

bool name_is_instance(const char *name)
{
        return strlen(name) == NAME_RANDOM && strspn(name, letters) == NAME_RANDOM;
}

bool name_is_temporary(const char *name)
{
        return name[0] == '.' && name_is_instance(name + 1);
}

bool name_read_number(const char *text, const char *end, uint64_t max, uint64_t *ret)
{
        uint64_t number = 0;

        if (text >= end)
                return false;
        for (; text < end; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                if (__builtin_mul_overflow(number, 10u, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
                        return false;
        }
        if (number > max)
                return false;
        *ret = number;
        return true;
}

bool name_is_path(const char *path)
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

bool name_is_within(const char *path, const char *top)
{
        size_t length = strlen(top);

        return strncmp(path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}
