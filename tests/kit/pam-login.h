/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam-login: login programs of a scene that use the module through the real libpam */
#pragma once

#include <security/pam_appl.h>

#include "kit/login.h"
#define SERVICE "session required /srv/module.so conf=/srv/table\n"

extern pam_handle_t *pamh; /* of this login program */

/* Nobody may speak to the user: some applications abort then. */
int pam_login_talk(int n, const struct pam_message **messages, struct pam_response **responses,
                   void *arg);

/* Writes the one pam.d file that there is. */
void pam_login_service(const char *lines);

int do_pam_start(void *user);

int do_open(void *arg);

int do_close(void *arg);

int do_pam_end(void *arg);

int do_ruser(void *name);

/* A scene with a pam.d file. */
void pam_login_begin(const char *service);

/* A login program that has come to the point where it opens the session. */
struct login login_as(const char *user);

/* One that has opened it. */
struct login login_open(const char *user);

/* Ends a login program that has no session: it must be as it was before. */
void login_finish(struct login *login);

/* Closes the session first. */
void login_close(struct login *login);

/* It asks for a session, and has this answer; nothing of it is left. */
void login_is_refused(struct login *login, int code);

/* What a login program finds at /tmp is a private directory of that group, as without options. */
void assert_private(struct scene_view view, gid_t group);
