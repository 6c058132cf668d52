/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * methods: the ways to a private /tmp that benchmarks compare, and what each needs to be set up
 *
 * Each has a PAM service and a folder below DIR of its name. Nothing is written anywhere else:
 * /etc/security/namespace.conf has to be a link to DIR/namespace.conf.
 */
#pragma once

#include <err.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 1024

enum kind {
        BARE,
        PERMIT,
        PRIVTMP,
        END_CLOSE,
        KEEP,
        MEMORY,
        JOINED,
        OLDER,
        NOINIT,
        SHIPPED,
        TMPDIR,
        KINDS
};

enum module {
        NONE,
        PAM_PERMIT,
        PAM_PRIVTMP,
        PAM_PRIVTMP_OLDER,
        PAM_NAMESPACE,
        PAM_TMPDIR,
};

static const struct method {
        const char *name; /* also the PAM service, and the method's folder below DIR */
        enum module module;
        const char *options; /* of pam_privtmp: the last column of the line */
        bool covers;         /* after an open /tmp is another directory, and a mount */
        bool flags;          /* ... with noexec, nosuid and nodev */
        bool removes;        /* after a close nothing is left that was not there before */
} methods[KINDS] = {
        [BARE] = {"bare", NONE, NULL, true, true, true},
        [PERMIT] = {"permit", PAM_PERMIT, NULL, false, false, true},
        [PRIVTMP] = {"privtmp", PAM_PRIVTMP, "share=.X11-unix:.ICE-unix", true, true, true},
        [END_CLOSE] = {"end=close", PAM_PRIVTMP, "end=close", true, true, true},
        [KEEP] = {"keep=", PAM_PRIVTMP, "keep=1d", true, true, true},
        [MEMORY] = {"tmpfs", PAM_PRIVTMP, "nr_inodes=100k", true, true, true},
        [JOINED] = {"joined", PAM_PRIVTMP, "share=.X11-unix:.ICE-unix", true, true, true},
        [OLDER] = {"older", PAM_PRIVTMP_OLDER, "share=.X11-unix:.ICE-unix", true, true, true},
        [NOINIT] = {"noinit", PAM_NAMESPACE, NULL, true, false, true},
        [SHIPPED] = {"shipped", PAM_NAMESPACE, NULL, true, false, false},
        [TMPDIR] = {"tmpdir", PAM_TMPDIR, NULL, false, false, false},
};

struct bench {
        const char *dir;
        const char *user, *other;
        const char *module, *older; /* pam_privtmp.so as in a pam.d line; NULL: without it */
        bool namespace, tmpdir;     /* with these modules */
        const char *only;           /* the methods' names, with commas; NULL: all */
        const char *data;           /* a file that is written for the plot; NULL: none */
        const char *text;           /* what each line there begins with */
        unsigned long rounds;
        unsigned long processes, namespaces, sessions, mounts; /* of others */
        unsigned long entries;                                 /* that a session leaves in /tmp */
        unsigned long lines, groups;                           /* more in the table */
};

/* What a process holds from open to close. */
struct held {
        gid_t gid;
        pam_handle_t *pamh;
        char instance[PATH_MAX]; /* of bare */
};

static inline void __attribute__((format(printf, 2, 3)))
format(char ret_text[PATH_MAX], const char *how, ...)
{
        va_list arguments;
        int n;

        va_start(arguments, how);
        n = vsnprintf(ret_text, PATH_MAX, how, arguments);
        va_end(arguments);
        if (n < 0 || n >= PATH_MAX)
                errx(1, "%s...: too long", ret_text);
}

static inline void write_file(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        if (!f || fputs(text, f) < 0 || fclose(f) < 0)
                err(1, "%s", path);
}

static inline int no_conversation(int n, const struct pam_message **messages,
                                  struct pam_response **ret_responses, void *data)
{
        (void)n;
        (void)messages;
        (void)ret_responses;
        (void)data;
        return PAM_CONV_ERR;
}

static inline void must(const struct held *h, const char *what, int r)
{
        if (r != PAM_SUCCESS)
                errx(1, "%s: %s", what, pam_strerror(h->pamh, r));
}

/* What every login program has done before it opens a session: loads the name service. */
static inline gid_t look_up(const char *user)
{
        gid_t groups[GROUPS_MAX];
        int n = GROUPS_MAX;
        const struct passwd *pw = getpwnam(user);

        if (!pw)
                errx(1, "no user %s", user);
        if (getgrouplist(user, pw->pw_gid, groups, &n) < 0)
                errx(1, "%s: too many groups", user);
        return pw->pw_gid;
}

/* Both methods of pam_namespace read the same file. */
static inline void choose_namespace_conf(const struct bench *b, enum kind kind)
{
        char path[PATH_MAX], text[PATH_MAX];

        format(path, "%s/namespace.conf", b->dir);
        format(text, "/tmp %s/%s/ tmpdir%s root\n", b->dir, methods[kind].name,
               kind == NOINIT ? ":noinit" : "");
        write_file(path, text);
}

/* Up to the point where a login program opens the session. */
static inline void start(const struct bench *b, const char *service, const char *user,
                         struct held *held)
{
        static const struct pam_conv conversation = {no_conversation, NULL};
        char path[PATH_MAX];

        for (enum kind kind = NOINIT; kind <= SHIPPED; kind++)
                if (strcmp(service, methods[kind].name) == 0)
                        choose_namespace_conf(b, kind);
        held->gid = look_up(user);
        format(path, "%s/pam.d", b->dir);
        must(held, "pam_start", pam_start_confdir(service, user, &conversation, path, &held->pamh));
}

static inline bool is_named(const char *names, const char *name)
{
        size_t length = strlen(name);

        for (const char *at = names; at; at = strchr(at, ',')) {
                at += *at == ',';
                if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
                        return true;
        }
        return false;
}

static inline bool is_there(const struct bench *b, enum module module)
{
        switch (module) {
        case PAM_PRIVTMP:
                return b->module != NULL;
        case PAM_PRIVTMP_OLDER:
                return b->older != NULL;
        case PAM_NAMESPACE:
                return b->namespace;
        case PAM_TMPDIR:
                return b->tmpdir;
        case NONE:
        case PAM_PERMIT:
                break;
        }
        return true;
}

static inline bool is_wanted(const struct bench *b, enum kind kind)
{
        return is_there(b, methods[kind].module) &&
               (kind <= PERMIT || !b->only || is_named(b->only, methods[kind].name));
}

/* ---- set-up ---- */

static inline void make_dir(const struct bench *b, const char *name, mode_t mode)
{
        char path[PATH_MAX];

        format(path, "%s/%s", b->dir, name);
        if ((mkdir(path, mode) < 0 && errno != EEXIST) || chmod(path, mode) < 0)
                err(1, "mkdir %s", path);
}

static inline void write_service(const struct bench *b, const char *name, const char *line)
{
        char path[PATH_MAX], text[PATH_MAX];

        format(path, "%s/pam.d/%s", b->dir, name);
        format(text, "session required %s\n", line);
        write_file(path, text);
}

/* The lines that are there to be passed over stand last, and are looked at first. */
static inline void write_table(const struct bench *b, const char *path, const char *source,
                               const char *options)
{
        FILE *f = fopen(path, "we");

        if (!f)
                err(1, "%s", path);
        fprintf(f, "%s /tmp * noexec,nosuid,nodev,%s\n", source, options);
        for (unsigned long i = 0; i < b->lines; i++)
                fprintf(f, "none /tmp user%lu\n", i);
        for (unsigned long i = 0; i < b->groups; i++)
                fprintf(f, "none /tmp @g%lu\n", i + 1);
        if (fclose(f) != 0)
                err(1, "%s", path);
}

static inline void set_up_privtmp(const struct bench *b, const char *name, const char *module,
                                  bool in_memory, const char *options)
{
        char path[PATH_MAX], base[PATH_MAX], text[PATH_MAX];

        format(path, "%s/%s.conf", b->dir, name);
        format(base, "%s/%s", b->dir, name);
        write_table(b, path, in_memory ? "tmpfs" : base, options);
        format(text, "%s conf=%s", module, path);
        write_service(b, name, text);
}

/* Only where somebody else has made the link: a host that can be thrown away. */
static inline void check_namespace_conf(const struct bench *b)
{
        const char *path = "/etc/security/namespace.conf";
        char is[PATH_MAX], should[PATH_MAX];
        ssize_t n = readlink(path, is, sizeof(is));

        format(should, "%s/namespace.conf", b->dir);
        if (n < 0 || (size_t)n != strlen(should) || memcmp(is, should, (size_t)n) != 0)
                errx(1, "%s is no link to %s", path, should);
}

static inline void set_up_method(const struct bench *b, enum kind kind)
{
        const struct method *m = &methods[kind];

        /* pam_namespace insists on mode 0000 */
        make_dir(b, m->name, m->module == PAM_NAMESPACE ? 0 : 0700);
        switch (m->module) {
        case NONE:
                break;
        case PAM_PERMIT:
                write_service(b, m->name, "pam_permit.so");
                break;
        case PAM_PRIVTMP:
        case PAM_PRIVTMP_OLDER:
                set_up_privtmp(b, m->name, kind == OLDER ? b->older : b->module, kind == MEMORY,
                               m->options);
                break;
        case PAM_NAMESPACE:
                check_namespace_conf(b);
                write_service(b, m->name,
                              kind == NOINIT ? "pam_namespace.so unmount_on_close"
                                             : "pam_namespace.so");
                break;
        case PAM_TMPDIR:
                write_service(b, m->name, "pam_tmpdir.so");
                break;
        }
}

static inline void set_up(const struct bench *b)
{
        make_dir(b, "pam.d", 0755);
        for (enum kind kind = 0; kind < KINDS; kind++)
                if (is_wanted(b, kind))
                        set_up_method(b, kind);
        if (b->sessions > 0) {
                make_dir(b, "others", 0700);
                set_up_privtmp(b, "others", b->module, false, "scope=session");
        }
}

struct session_of {
        const struct bench *b;
        const char *service, *user;
};

/* For crowd_start(). */
static inline void begin_session(void *arg)
{
        const struct session_of *of = arg;
        struct held held = {0};

        start(of->b, of->service, of->user, &held);
        must(&held, "pam_open_session", pam_open_session(held.pamh, 0));
}
