/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam-login: login programs of a scene that use the module through the real libpam */
#pragma once

#include <security/pam_appl.h>

#include "kit/scene.h"

#define SERVICE "session required /srv/module.so conf=/srv/table\n"

static pam_handle_t *pamh; /* of this login program */

/* Nobody may speak to the user: some applications abort then. */
static inline int pam_login_talk(int n, const struct pam_message **messages,
                                 struct pam_response **responses, void *arg)
{
        (void)n;
        (void)messages;
        (void)responses;
        (void)arg;
        ck_abort_msg("the module spoke to the user");
        return PAM_CONV_ERR;
}

/* Writes the one pam.d file that there is. */
static inline void pam_login_service(const char *lines)
{
        (void)mkdir("/srv/pam.d", 0755); /* it may be there */
        scene_write("/srv/pam.d/login", lines);
}

static inline int do_pam_start(void *user)
{
        static const struct pam_conv conversation = {.conv = pam_login_talk};

        return pam_start_confdir("login", user, &conversation, "/srv/pam.d", &pamh);
}

static inline int do_open(void *arg)
{
        (void)arg;
        return pam_open_session(pamh, 0);
}

static inline int do_close(void *arg)
{
        (void)arg;
        return pam_close_session(pamh, 0);
}

static inline int do_pam_end(void *arg)
{
        return pam_end(pamh, (int)(intptr_t)arg);
}

static inline int do_ruser(void *name)
{
        return pam_set_item(pamh, PAM_RUSER, name);
}

/* A scene with a pam.d file. */
static inline void pam_login_begin(const char *service)
{
        if (!getenv("PRIVTMP_MODULE"))
                ck_abort_msg("the environment does not name the module (PRIVTMP_MODULE)");
        scene_begin();
        pam_login_service(service);
}

/* A login program that has come to the point where it opens the session. */
static inline struct login login_as(const char *user)
{
        struct login login = login_start();

        ck_assert_int_eq(login_do(&login, do_pam_start, user), PAM_SUCCESS);
        login.before = *login_state(&login);
        return login;
}

/* One that has opened it. */
static inline struct login login_open(const char *user)
{
        struct login login = login_as(user);

        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        return login;
}

/* Ends a login program that has no session: it must be as it was before. */
static inline void login_finish(struct login *login)
{
        assert_same_state(&login->before, login_state(login));
        ck_assert_int_eq(login_do(login, do_pam_end, number(PAM_SUCCESS)), PAM_SUCCESS);
        assert_same_state(&login->before, login_state(login));
        login_end(login);
}

/* Closes the session first. */
static inline void login_close(struct login *login)
{
        ck_assert_int_eq(login_do(login, do_close, NULL), PAM_SUCCESS);
        login_finish(login);
}
