/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pam_privtmp: the PAM session module, a thin face of session.h
 *
 * MUST return PAM_SYSTEM_ERR, never PAM_SESSION_ERR, on failure: sudo carries on after the latter
 * (module/module.c).
 * MUST do nothing but free in a process that did not open the session: applications run the cleanup
 * in forked children too, also as root (module/module.c).
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "ground/label.h"
#include "session/session.h"

#define _public_ __attribute__((__visibility__("default")))

#define DATA_NAME "pam_privtmp"

struct arguments {
        const char *conf;
        int debug;
        int close; /* a line that is there to close only */
};

/* What say() needs to know. */
struct face {
        pam_handle_t *pamh;
        int debug;
};

static void say(void *arg, enum report_level level, const char *text)
{
        static const int priorities[] = {
                [REPORT_DEBUG] = LOG_DEBUG,
                [REPORT_WARNING] = LOG_WARNING,
                [REPORT_CRITICAL] = LOG_CRIT,
        };
        const struct face *face = arg;

        if (level != REPORT_DEBUG || face->debug)
                pam_syslog(face->pamh, priorities[level], "%s", text);
}

static int parse_arguments(int argc, const char **argv, struct arguments *ret,
                           struct report *report)
{
        *ret = (struct arguments){0};
        for (int i = 0; i < argc; i++) {
                if (strcmp(argv[i], "debug") == 0)
                        ret->debug = 1;
                else if (strcmp(argv[i], "close") == 0)
                        ret->close = 1;
                else if (strncmp(argv[i], "conf=", 5) == 0)
                        ret->conf = argv[i] + 5;
                else
                        return report_fault(report, -EINVAL, "unknown module argument \"%s\"",
                                            argv[i]);
        }
        return 0;
}

static const char *get_item(const pam_handle_t *pamh, int item)
{
        const void *value = NULL;

        return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

/* Says who is denied, and why. The name may be what the remote side has typed. */
static void say_denied(const struct face *face, const char *why)
{
        char user[RECORD_WORDS + 1];

        record_set_words(user, get_item(face->pamh, PAM_USER));
        pam_syslog(face->pamh, LOG_ERR, "%s is denied: %s", user, why);
}

/* The one place where a failure becomes a log line and a PAM code. */
static int fail(const struct face *face, const struct report *report, int error)
{
        say_denied(face, report->fault);
        if ((error == -EACCES || error == -EPERM) && label_policy_is_missing())
                pam_syslog(face->pamh, LOG_ERR,
                           "SELinux enforces a policy without the module privtmp");
        return error == -ENOMEM ? PAM_BUF_ERR : PAM_SYSTEM_ERR;
}

static void cleanup(pam_handle_t *pamh, void *data, int status)
{
        struct session *session = data;

        if (session_is_mine(session) &&
            (status & ~(PAM_DATA_SILENT | PAM_DATA_REPLACE)) != PAM_SUCCESS) {
                struct face face = {.pamh = pamh};
                struct report report = {.say = say, .arg = &face};

                /* opened, but not closed, and the application failed */
                session_close(session, &report);
        }
        session_free(session);
}

static int open_session(struct face *face, const struct arguments *arguments, struct report *report,
                        struct session **ret)
{
        struct session_request request = {
                .user = get_item(face->pamh, PAM_USER),
                .service = get_item(face->pamh, PAM_SERVICE),
                .tty = get_item(face->pamh, PAM_TTY),
                .rhost = get_item(face->pamh, PAM_RHOST),
                .table = {TABLE_CONF, TABLE_DROP_INS, arguments->conf},
        };
        int r;

        if (!request.user || !*request.user)
                return PAM_USER_UNKNOWN;
        for (size_t i = 0; i < HINT_VARIABLES; i++)
                request.environment[i] = pam_getenv(face->pamh, hint_names[i]);
        r = session_open(&request, ret, report);
        if (r == SESSION_E_UNKNOWN_USER) {
                say_denied(face, "there is no such user");
                return PAM_USER_UNKNOWN;
        }
        return r < 0 ? fail(face, report, r) : PAM_SUCCESS;
}

_public_ int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct face face = {.pamh = pamh};
        struct report report = {.say = say, .arg = &face};
        struct session *session = NULL;
        struct arguments arguments;
        const void *data;
        int r;

        (void)flags; /* PAM_SILENT: we never speak to the user */
        r = parse_arguments(argc, argv, &arguments, &report);
        if (r < 0)
                return fail(&face, &report, r);
        if (arguments.close)
                return PAM_SUCCESS;
        face.debug = arguments.debug;
        /* listed twice in a stack, or opened twice: the session is there, if it is this user's */
        if (pam_get_data(pamh, DATA_NAME, &data) == PAM_SUCCESS && data) {
                if (session_is_for(data, get_item(pamh, PAM_USER)))
                        return PAM_SUCCESS;
                say_denied(&face, "there is an open session of another user");
                return PAM_SYSTEM_ERR;
        }
        r = open_session(&face, &arguments, &report, &session);
        if (r != PAM_SUCCESS || !session)
                return r;
        r = pam_set_data(pamh, DATA_NAME, session, cleanup);
        if (r != PAM_SUCCESS) {
                say_denied(&face, "PAM can't keep the session");
                session_close(session, &report);
                session_free(session);
        }
        return r;
}

_public_ int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct face face = {.pamh = pamh};
        struct report report = {.say = say, .arg = &face};
        struct arguments arguments;
        const void *data = NULL;
        struct session *session;

        (void)flags;
        if (parse_arguments(argc, argv, &arguments, &report) == 0)
                face.debug = arguments.debug;
        if (pam_get_data(pamh, DATA_NAME, &data) != PAM_SUCCESS || !data)
                return PAM_SUCCESS;
        /* systemd's (sd-pam) closes as the user, while the session's lock must be kept */
        if (geteuid() != 0)
                return PAM_SUCCESS;
        session = (void *)(uintptr_t)data; /* const in name only: we gave it */
        session_close(session, &report);
        (void)pam_set_data(pamh, DATA_NAME, NULL, NULL); /* frees it, by cleanup() */
        return PAM_SUCCESS;
}
