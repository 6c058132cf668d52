/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* holders: who has which instances mounted (the command's) */
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum {
        HOLDERS_MARK = 24, /* bytes: "UID/XXXXXX" */
};

/* One namespace that shows one instance. */
struct holders_mount {
        ino_t ns;
        char mark[HOLDERS_MARK];
};

struct holders {
        struct holders_mount *mounts;
        size_t n;
        ino_t *processes; /* the namespace of each process, sorted */
        size_t n_processes;
};

/* Adds those that have anything of that base. 0 or -errno. */
int holders_find(struct holders *holders, int base, const char *path);

/* Notes in which namespace each process is. 0 or -errno. */
int holders_count(struct holders *holders);

/* How many processes are in a namespace; in all that show an instance. After holders_count(). */
unsigned holders_in(const struct holders *holders, ino_t ns);
unsigned holders_of(const struct holders *holders, const char *mark);

void holders_done(struct holders *holders);
