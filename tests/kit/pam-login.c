/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam-login: login programs of a scene that use the module through the real libpam */
#include "kit/pam-login.h"

pam_handle_t *pamh; /* of this login program */

int pam_login_talk(int n, const struct pam_message **messages, struct pam_response **responses,
                   void *arg)
{
        (void)n;
        (void)messages;
        (void)responses;
        (void)arg;
        ck_abort_msg("the module spoke to the user");
        return PAM_CONV_ERR;
}

void pam_login_service(const char *lines)
{
        (void)mkdir("/srv/pam.d", 0755); /* it may be there */
        scene_write("/srv/pam.d/login", lines);
}

int do_pam_start(void *user)
{
        static const struct pam_conv conversation = {.conv = pam_login_talk};

        return pam_start_confdir("login", user, &conversation, "/srv/pam.d", &pamh);
}

int do_open(void *arg)
{
        (void)arg;
        return pam_open_session(pamh, 0);
}

int do_close(void *arg)
{
        (void)arg;
        return pam_close_session(pamh, 0);
}

int do_pam_end(void *arg)
{
        return pam_end(pamh, (int)(intptr_t)arg);
}

int do_ruser(void *name)
{
        return pam_set_item(pamh, PAM_RUSER, name);
}

void pam_login_begin(const char *service)
{
        if (!getenv("PRIVTMP_MODULE"))
                ck_abort_msg("the environment does not name the module (PRIVTMP_MODULE)");
        scene_begin();
        pam_login_service(service);
}

struct login login_as(const char *user)
{
        struct login login = login_start();

        ck_assert_int_eq(login_do(&login, do_pam_start, user), PAM_SUCCESS);
        login.before = *login_state(&login);
        return login;
}

struct login login_open(const char *user)
{
        struct login login = login_as(user);

        ck_assert_int_eq(login_do(&login, do_open, NULL), PAM_SUCCESS);
        return login;
}

void login_finish(struct login *login)
{
        assert_same_state(&login->before, login_state(login));
        ck_assert_int_eq(login_do(login, do_pam_end, number(PAM_SUCCESS)), PAM_SUCCESS);
        assert_same_state(&login->before, login_state(login));
        login_end(login);
}

void login_close(struct login *login)
{
        ck_assert_int_eq(login_do(login, do_close, NULL), PAM_SUCCESS);
        login_finish(login);
}

void login_is_refused(struct login *login, int code)
{
        ck_assert_int_eq(login_do(login, do_open, NULL), code);
        login_finish(login);
        assert_nothing_left();
}

void assert_private(struct scene_view view, gid_t group)
{
        ck_assert_uint_eq(view.st.st_uid, 0);
        ck_assert_uint_eq(view.st.st_gid, group);
        ck_assert_uint_eq(view.st.st_mode, S_IFDIR | 01777);
        ck_assert_uint_eq(view.flags & (ST_NOEXEC | ST_NOSUID | ST_NODEV),
                          ST_NOEXEC | ST_NOSUID | ST_NODEV);
}
