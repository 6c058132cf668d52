/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* records: the folder of records, root's and closed to others */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "ground/report.h"
#include "lifetime/record.h"

#define RECORD_FOLDER "/run/privtmp"

/*
 * Stamps the record and writes it into RECORD_FOLDER, made if need be. `fresh`: the session's
 * namespace was made just now, and records that have its number are of one that is gone. 0 or
 * -errno, maybe with the reason in the report.
 */
int records_note(struct record *record, bool fresh, struct report *report);

/*
 * Writes a record into the folder; an old one of that name is replaced. Where the note is too long,
 * the remote side's words go first. 0 or -errno: -E2BIG where it does not fit without them either.
 * Needs root, as all calls here: only root can enter the folder.
 */
int records_write(int folder, const struct record *record);

/*
 * Reads the record of that name. 0; -EINVAL when it is none, or of another version; or -errno, as
 * -ENOENT when it is gone.
 */
int records_read(int folder, const char *name, struct record *ret);

/*
 * A record of `ns`, this thread's namespace: of this boot, with its number and id, and one that
 * fits() what is mounted there: without ids a stale record's number may be another container's.
 * Returns 1, 0 when there is none, or -errno.
 */
int records_find(int folder, const struct namespace_id *ns,
                 bool (*fits)(const void *arg, const struct record *record), const void *arg,
                 struct record *ret);

/*
 * Calls each() for the user's records, or all with (uid_t)-1, of whatever boot, until it returns
 * something else than 0, and returns that; 0 at the end, or -errno. each() may not read the folder
 * by the same fd.
 */
int records_each(int folder, uid_t uid, int (*each)(void *arg, const struct record *record),
                 void *arg);

/* The same for the user's records of namespaces of that number; others' are not read. */
int records_each_there(int folder, uid_t uid, ino_t number,
                       int (*each)(void *arg, const struct record *record), void *arg);

/* Calls each() for every name in the folder, in the same way, and returns the same. */
int records_each_name(int folder, int (*each)(void *arg, int folder, const char *name), void *arg);

/* The number of the namespace, if the name is like a record's, NSNUMBER.PID.UID. */
bool records_read_name(const char *name, uint64_t *number);

/*
 * Is there another record of the same user and namespace? 1, 0 or -errno. Who removes one for that
 * has the user's lock: of two at once none would stay.
 */
int records_have_other(int folder, const struct record *record);

/* Takes a session's record away: ns.number, pid and uid count. It may be gone. 0 or -errno. */
int records_remove(int folder, const struct record *record);

/* Takes away the user's records that name the cover: it is mounted nowhere any more. */
void records_forget(int folder, uid_t uid, struct mark mark);

/* The same in RECORD_FOLDER, if it is there. */
void records_forget_instance(uid_t uid, struct mark mark);
