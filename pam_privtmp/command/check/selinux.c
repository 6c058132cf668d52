/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp-check-selinux: what the policy that is loaded lets programs do that log users in */
#include <selinux/selinux.h>
#include <stdio.h>
#include <string.h>

#include "command/check/selinux.h"
#include "command/privtmp.h"
#include "ground/cleanup.h"
#include "lifetime/records.h"

#define ADVICE "load privtmp.cil by semodule -i, then restorecon -R the base and " RECORD_FOLDER

enum {
        CONTEXT_BYTES = 128,
};

/* Programs that log users in; a policy need not know all. */
static const struct {
        const char *who, *context;
} programs[] = {
        {"sshd", "system_u:system_r:sshd_t"},
        {"login", "system_u:system_r:local_login_t"},
        {"cron", "system_u:system_r:crond_t"},
        {"su of a confined user", "staff_u:staff_r:staff_su_t"},
        {"sudo of a confined user", "staff_u:staff_r:staff_sudo_t"},
        {"su of a confined user", "user_u:user_r:user_su_t"},
};

/* What such a program does in a base and in /run/privtmp; what it makes there has their label. */
static const struct {
        const char *class, *permission;
} needs[] = {
        {"dir", "add_name"}, {"dir", "create"},      {"dir", "rename"},
        {"file", "create"},  {"lnk_file", "create"},
};

struct look {
        struct findings *findings;
        enum severity severity;
        const char *who, *program; /* one of the programs, and its context */
};

static inline void freecon_cleanup(char **context)
{
        freecon(*context);
}

/* Adds a level where the policy has levels. Is there such a context? */
static bool make_context(char context[CONTEXT_BYTES], const char *text)
{
        (void)snprintf(context, CONTEXT_BYTES, "%s%s", text,
                       is_selinux_mls_enabled() == 1 ? ":s0" : "");
        return security_check_context_raw(context) == 0;
}

/* May the program do this to what has that context? What can't be asked is not denied. */
static bool is_allowed(const char *program, const char *object, const char *class,
                       const char *permission)
{
        security_class_t number = string_to_security_class(class);
        access_vector_t wanted = number ? string_to_av_perm(number, permission) : 0;
        struct av_decision decision;

        if (!wanted || security_compute_av_raw(program, object, number, wanted, &decision) < 0)
                return true;
        return (decision.allowed & wanted) == wanted ||
               decision.flags & SELINUX_AVD_FLAGS_PERMISSIVE;
}

static void check_directory(const struct look *look, const char *path)
{
        __attribute__((cleanup(freecon_cleanup))) char *label = NULL;

        if (getfilecon_raw(path, &label) < 0)
                return; /* not there yet, or not labelled at all */
        for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
                if (!is_allowed(look->program, label, needs[i].class, needs[i].permission)) {
                        findings_add(look->findings, look->severity, "SELinux", 0, ADVICE,
                                     "%s can't make a session: %s has the label %s", look->who,
                                     path, label);
                        return;
                }
}

static int check_base(void *arg, const char *base)
{
        check_directory(arg, base);
        return 0;
}

static void check_program(struct look *look, const struct table *table)
{
        char namespace[CONTEXT_BYTES];

        if (!is_allowed(look->program, look->program, "capability", "sys_admin") ||
            (make_context(namespace, "system_u:object_r:nsfs_t") &&
             !is_allowed(look->program, namespace, "file", "read"))) {
                findings_add(look->findings, look->severity, "SELinux", 0, ADVICE,
                             "%s may not make a mount namespace, by the policy that is loaded",
                             look->who);
                return; /* the labels come with the policy */
        }
        check_directory(look, RECORD_FOLDER);
        (void)privtmp_each_base(table, check_base, look);
}

void check_selinux(struct findings *findings, const struct table *table)
{
        char context[CONTEXT_BYTES];
        struct look look = {.findings = findings, .program = context};

        if (is_selinux_enabled() <= 0)
                return;
        look.severity = security_getenforce() == 1 ? SEVERITY_FAULT : SEVERITY_WARNING;
        for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
                if (make_context(context, programs[i].context)) {
                        look.who = programs[i].who;
                        check_program(&look, table);
                }
}
