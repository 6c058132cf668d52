/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names: the names in a folder, one after the other
 *
 * As getdents64(2) gives them, "." and ".." too. readdir(3) would ask for the fd's state and fetch
 * 32 KiB for each folder, and most often a folder of ours has a handful of names.
 */
#pragma once

#include <dirent.h>
#include <stdalign.h>
#include <stddef.h>

enum {
        NAMES_BYTES = 4096, /* some hundred names at once */
};

struct names {
        int fd;
        int error;       /* of the end: 0, or -errno */
        size_t used, at; /* of the buffer */
        alignas(struct dirent64) char buffer[NAMES_BYTES];
};

/*
 * From the beginning of the folder. `fd` (not O_PATH) stays the caller's, and has no other reader
 * meanwhile.
 */
void names_begin(struct names *names, int fd);

/*
 * The next name, which is there until the next call; NULL at the end, and names->error says whether
 * it is that.
 */
const char *names_next(struct names *names);
