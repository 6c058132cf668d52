/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/journal: what "privtmp wire" has done, so that it can be taken back
 *
 * A folder of root's, 0700. For each service that was wired, SERVICE.after holds the file as it was
 * written, and SERVICE.before the one that was there; where that is missing there was none. The
 * file "pending" names the services whose change is not finished, or not confirmed yet.
 */
#pragma once

#include "command/wire/pamd.h"
#include "ground/report.h"

#define JOURNAL_FOLDER "/var/lib/misc/privtmp-wire"

enum {
        JOURNAL_PENDING = 1024, /* bytes that the names of all services fit into */
};

/*
 * Opens the journal, making it if need be, and locks it: one change at a time. An fd, the caller's
 * to close; or -errno with the reason in the report, -EBUSY, and who has it, when another one
 * has it locked.
 */
int journal_open(struct report *report);

/* The same, and waits for the lock, at most `seconds`. */
int journal_open_patient(unsigned seconds, struct report *report);

/* For who only reads: an fd, -ENOENT when nothing has been wired, or another -errno. */
int journal_look(struct report *report);

/* Is there an entry of the service? */
bool journal_has(int journal, const char *service);

/* Writes the entry of a service; before->bytes is NULL where there was no file. 0 or -errno. */
int journal_write(int journal, const char *service, const struct pamd_text *before,
                  const struct pamd_text *after, struct report *report);

/* Reads it. 0, 1 when there is none, or -errno with the reason in the report. */
int journal_read(int journal, const char *service, struct pamd_text *before,
                 struct pamd_text *after, struct report *report);

/* Takes the entry away; it may be gone. 0 or -errno with the reason in the report. */
int journal_forget(int journal, const char *service, struct report *report);

/* The names of the services, with a blank behind each, are noted as pending. 0 or -errno. */
int journal_begin(int journal, const char *names, struct report *report);

/* What is pending, "" if nothing is. 0 or -errno with the reason in the report. */
int journal_pending(int journal, char names[JOURNAL_PENDING], struct report *report);

/* Nothing is pending any more. 0 or -errno with the reason in the report. */
int journal_settle(int journal, struct report *report);
