/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * instance: one private directory's home on disk, BASE/UID/XXXXXX/
 *
 *   root/      what covers the directory, of the user's group (or the user's, mode 0700)
 *   lock       flock(2): each session holds it shared, whoever ends the instance exclusively
 *   directory  symbolic links whose targets say what it is for:
 *   user         the directory, the user's name (another user may get the uid one day),
 *   scope        "session" if one session has it for itself; else it is missing,
 *   boot         the boot that it does not outlive; else it is missing,
 *   keep         how long it stays after it became idle, in seconds; else it is missing
 *
 * Everything but root/ is root's and closed to others. An instance is made under a temporary name
 * (".XXXXXX"), locked, and renamed into place: one with a proper name is complete. At its end it is
 * renamed into the trash (trash.h).
 */
#pragma once

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "ground/lock.h"
#include "ground/name.h"
#include "ground/report.h"

struct instance {
        char name[NAME_BYTES];
        int dir; /* readable, as is the next */
        int root;
        int lock;    /* holds LOCK_SH once taken; 3 or above */
        bool made;   /* by this open */
        time_t time; /* when it was made */
};

#define INSTANCE_NONE                                                                              \
        {                                                                                          \
                .dir = -EBADF, .root = -EBADF, .lock = -EBADF                                      \
        }

/* What an instance must be for, to be made or used again. */
struct instance_want {
        const char *directory;
        const char *user; /* the user's name */
        uid_t uid;
        gid_t gid;
        mode_t mode;       /* mode bits of root/; 0700 makes it the user's own */
        const char *label; /* see label.h */
        bool per_session;
        unsigned keep; /* seconds */
};

/* Where a user's instances are. */
struct shelf {
        int base;         /* fd of the base */
        const char *path; /* of the base */
        int user;         /* fd of BASE/UID at its beginning */
        uid_t uid;
        struct report *report; /* who is told what can't be ended; NULL: nobody */
};

/*
 * BASE/UID, made if need be: a readable fd in *ret, the caller's to close. No default ACL is left
 * on it, so that what is made below has the mode it is given. 0, or -errno with the reason in the
 * report. Needs root, as all calls here.
 */
int instance_open_user(int base, uid_t uid, int *ret, struct report *report);

/*
 * Makes an instance below `user` (BASE/UID) and takes its lock shared. 0 with *ret to be released
 * by instance_done(), or -errno with the reason in the report: then nothing is left of it. Needs
 * CAP_CHOWN and CAP_FOWNER.
 */
int instance_make(int user, const struct instance_want *want, struct instance *ret,
                  struct report *report);

/*
 * Opens the instance of that name, without taking its lock. Returns 0, or -errno: -ENOENT when it
 * is gone, -ESTALE when it is not (or no longer) an instance of ours, or -EIO, -EMFILE, -ENFILE or
 * -ENOMEM. Looks at nothing in one that is sealed.
 */
int instance_open(int user, const char *name, struct instance *ret);

/* What one of its links says (see above): 0, -ENOENT where it has none, or -errno. */
int instance_read(int dir, const char *name, char ret[PATH_MAX]);

/* Is an open instance for that directory, user and scope, with the right root/? */
bool instance_fits(const struct instance *instance, const struct instance_want *want);

/*
 * Takes the lock shared and makes sure that the instance is still in its place: it could have been
 * ended between the look and the lock. 0, -EBUSY, -ESTALE, or -errno.
 */
int instance_hold(int user, struct instance *instance, struct patience *patience);

/* Is the lock behind the fd that of the instance of that name, in its place? 1, 0 or -errno. */
int instance_is_in_place(int user, const char *name, int lock);

/*
 * How long an instance, open as `dir`, stays after it became idle: seconds, 0 if its line says
 * none, UINT_MAX if it can't be told.
 */
unsigned instance_keep(int dir);

/* Makes it that long from now on, for an instance that is used again. 0 or -errno. */
int instance_set_keep(int dir, unsigned seconds);

/* Closes what is open. The lock goes with it, unless a forked child shares it. */
void instance_done(struct instance *instance);
