/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* session: from pam_open_session to pam_close_session */
#pragma once

#include <stdbool.h>

#include "session/opening.h"
#include "ground/report.h"

enum {
        SESSION_E_UNKNOWN_USER = 1,
};

/*
 * Opens a session in this process. Returns 0 with *ret being the session (NULL if there was nothing
 * to do), SESSION_E_UNKNOWN_USER, or -errno with the reason in the report; then nothing has
 * changed, unless the way back failed too (the process must end then, and login programs do). Where
 * uid 0 is let in all the same (exemption.h), and all that was changed is undone: 0, no session,
 * and a critical line in the log. Needs CAP_SYS_ADMIN, CAP_CHOWN, CAP_FOWNER, CAP_DAC_OVERRIDE
 * where there is something to do; CAP_SYS_CHROOT to go back at close.
 */
int session_open(const struct session_request *request, struct session **ret,
                 struct report *report);

/*
 * Closes the session: back to the saved namespace if this process still is in the session's, the
 * lock released, the instances ended if this was their last session. May be called in another
 * process than opened it, if it is privileged; without privilege it does nothing. What can't be
 * done is left to the user's next open. Does not free.
 */
void session_close(struct session *session, struct report *report);

/* Is this the process that opened it? A forked child has a copy, and must not close. */
bool session_is_mine(const struct session *session);

/* Is it a session of that user, NULL for nobody? False also if that can't be told. */
bool session_is_for(const struct session *session, const char *user);

/*
 * Closes the fds and frees; NULL will do. The instance's lock goes with it, unless a forked child
 * shares it. Returns NULL.
 */
struct session *session_free(struct session *session);
