/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* name: what things below a base are called (pure) */
#include <stdio.h>
#include <string.h>

#include "ground/name.h"
#include "ground/number.h"

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

bool name_is_trash_of(const char *name, uid_t uid)
{
        char own[NAME_BYTES];

        name_trash(own, uid, "");
        return strncmp(name, own, strlen(own)) == 0;
}
