/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wreck: what a power loss has left of an instance */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "command/wreck.h"
#include "lifetime/look.h"
#include "lifetime/stale.h"

static bool is_missing(int user, const char *name, const char *what)
{
        char path[2 * NAME_BYTES];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/%s", name, what);
        return fstatat(user, path, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

bool wreck_is(const struct shelf *shelf, const char *name)
{
        char mark[MARK_BYTES];
        struct look_query query = {.name = mark, .uid = shelf->uid};
        struct stat st;

        if (fstatat(shelf->user, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
            time(NULL) - st.st_mtime < STALE_TEMPORARY_SECONDS ||
            (!is_missing(shelf->user, name, "lock") && !is_missing(shelf->user, name, "root")))
                return false;
        mark_format(mark_of_instance(shelf->uid, name), mark);
        look_base(shelf->base, shelf->path, &query, 1, LOOK_CLEAN);
        return !query.used;
}
