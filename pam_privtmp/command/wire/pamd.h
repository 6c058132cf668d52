/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/pamd: the text of a file of pam.d(5), with our lines and without them (pure) */
#pragma once

#include <stddef.h>

#include "command/wire/service.h"
#include "ground/report.h"

/* What a file holds. The bytes are the owner's to free; NULL: there is no such file. */
struct pamd_text {
        char *bytes;
        size_t size;
};

/* Releases what it has. */
void pamd_text_done(struct pamd_text *text);

/*
 * Adds the line of the service. Returns 0 and the new text in *ret, which is the caller's to
 * release; 1 when the line is there already; or -errno with FILE:LINE in the report: -EINVAL for
 * what PAM itself can't read, or for a line of pam_privtmp.so that is not ours; -ENOMEM. `file` is
 * only a name.
 */
int pamd_add(const struct pamd_text *text, const char *file, const struct service *service,
             struct pamd_text *ret, struct report *report);

/* The same for the line that only closes the session: it stands before all session lines. */
int pamd_add_close(const struct pamd_text *text, const char *file, const struct service *service,
                   struct pamd_text *ret, struct report *report);

/*
 * Takes out both lines, and leaves all else as it is. Returns 0 and the new text; 1
 * when no line names pam_privtmp.so; or -errno as pamd_add().
 */
int pamd_remove(const struct pamd_text *text, const char *file, const struct service *service,
                struct pamd_text *ret, struct report *report);
