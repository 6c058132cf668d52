/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* query: what a look is asked, and what it answers */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum look_why {
        LOOK_OPEN,  /* everybody counts, and somebody waits */
        LOOK_CLOSE, /* the closing program does not count, and somebody waits */
        LOOK_CLEAN, /* everybody counts, nobody waits */
        LOOK_LIST,  /* the same, and processes are counted; nothing is ended by what it says */
};

enum {
        LOOK_WHERE = 8,
};

/* Namespaces that show what was asked about, as many as there is room for. */
struct look_where {
        int ns[LOOK_WHERE]; /* fds, to be released by look_where_done() */
        size_t n;
};

/* A question, and its answer. */
struct look_query {
        const char *name;   /* of the instance below the base; borrowed */
        uid_t uid;          /* whose it is */
        bool used;          /* a namespace has it or anything below it mounted; or, in doubt: */
        bool doubt;         /* it can't be told, */
        bool theirs;        /* because of what the user has */
        unsigned processes; /* LOOK_LIST: those in the namespaces that show it */
};
