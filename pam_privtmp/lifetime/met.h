/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* met: the namespaces that a walk over all tasks has met */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lifetime/sight.h"
#include "mounts/owner.h"

/* A namespace that was met in this walk. */
struct met {
        ino_t number;
        struct owner owner;
        struct sight_shown shown;
        bool known;   /* its owner is: who was asked is there still */
        bool tried;   /* a task's table was read, or should have been */
        bool whole;   /* so was one of a task whose root shows all of it */
        bool failed;  /* it can't be read */
        bool torn;    /* a task has a root that is not in its namespace */
        bool counts;  /* so does a task that was seen */
        bool doubted; /* whoever could be is suspected already */
        bool stays;   /* one visit to each of its tasks is enough */
        unsigned processes;
};

/* Whose task could have more in that namespace than was seen. */
struct met_suspect {
        const struct met *met;
        struct owner owner;
};

struct met_list {
        struct met_place {
                uint64_t number; /* of the namespace; it stands first: see ground/sorted */
                struct met *met;
        } * places; /* sorted by number; a user can make many */
        size_t n;
        struct met_suspect *suspects;
        size_t n_suspects;
};

/* The namespace of that number, made if need be; the list's. NULL when memory ran out. */
struct met *met_get(struct met_list *list, ino_t number);

/* Adds that owner to those who may hide something in the namespace. 0 or -ENOMEM. */
int met_suspect(struct met_list *list, const struct met *met, const struct owner *owner);

/* Releases what it has. */
void met_done(struct met_list *list);
