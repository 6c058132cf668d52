/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* known: the bases that clean has met */
#include <limits.h>
#include <string.h>

#include "command/known.h"
#include "disk/instance.h"
#include "ground/cleanup.h"
#include "ground/names.h"
#include "ground/path.h"
#include "ground/safedir.h"

/* A name has no slash. Of two that get the same one by this, one is noted. */
static void name_of(char name[PATH_MAX], const char *base)
{
        size_t n = strlen(base);

        for (size_t i = 0; i <= n; i++)
                name[i] = base[i] == '/' ? '\\' : base[i];
}

void known_note(const char *base)
{
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};
        char name[PATH_MAX];

        name_of(name, base);
        /* most often it is there */
        if (safedir_open_own(KNOWN_FOLDER, true, &folder, &silent) == 0 &&
            symlinkat(base, folder, name) < 0)
                return;
}

int known_each(int (*each)(void *arg, const char *base), void *arg)
{
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};
        struct names names;
        const char *name;
        int r;

        r = safedir_open_own(KNOWN_FOLDER, false, &folder, &silent);
        if (r != 0)
                return r < 0 ? r : 0;
        names_begin(&names, folder);
        while (r == 0 && (name = names_next(&names))) {
                char base[PATH_MAX];

                if (instance_read(folder, name, base) == 0 && path_is_valid(base))
                        r = each(arg, base);
        }
        return r ? r : names.error;
}
