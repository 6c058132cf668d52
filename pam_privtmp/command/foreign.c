/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* foreign: what is surely ours in a base that no line names */
#include <string.h>

#include "command/foreign.h"
#include "ground/number.h"
#include "ground/path.h"

int foreign_open_instance(int user, const char *name, struct instance *ret)
{
        char directory[PATH_MAX], of[PATH_MAX];
        int r = instance_open(user, name, ret);

        if (r < 0 || (instance_read(ret->dir, "directory", directory) == 0 &&
                      path_is_valid(directory) && instance_read(ret->dir, "user", of) == 0))
                return r;
        instance_done(ret);
        return -ESTALE;
}

bool foreign_is_trash(const char *name)
{
        const char *dot = strchr(name, '.');
        uint64_t uid;

        return dot && number_read(name, dot, UINT32_MAX, &uid) && name_is_instance(dot + 1);
}
