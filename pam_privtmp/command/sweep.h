/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sweep: what is stale in a base goes to the trash (the command's) */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "ground/report.h"

struct sweep {
        int base;         /* fd */
        const char *path; /* of the base */
        uid_t uid;        /* whose instances; (uid_t)-1: all users' */
        bool foreign;     /* it may be no base: nothing but what is an instance for certain */
        bool dry;         /* tell only */
        /* told of all that is stale: "UID/XXXXXX" below the base */
        void (*found)(void *arg, const char *base, const char *name);
        void *arg;
};

/*
 * Renames into the trash what is stale. Beside logins and logouts, and beside itself:
 * an instance is looked at before its lock is taken, and again with it, so a login never waits for
 * one that is in use or kept. What the file system can't rename is deleted where it stands. Needs
 * root. 0, or the first -errno with the reason in the report, after having gone through everything.
 */
int sweep_base(const struct sweep *sweep, struct report *report);
