/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/wiring: which PAM services name the module, and where in their stacks */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/check/control.h"
#include "command/check/loading.h"
#include "command/check/order.h"
#include "command/check/rivals.h"
#include "command/check/stack.h"
#include "command/check/sudoers.h"
#include "command/check/wiring.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Files that many services include: ours would reach those that it must not. */
static const char *const common[] = {"common-session*", "system-auth*",   "password-auth*",
                                     "system-login",    "system-session", "postlogin*"};

/* Services that close no session, or need the system's /tmp. */
static const char *const unfit[] = {"runuser",  "runuser-l", "polkit-1",    "gdm-*",
                                    "lightdm*", "sddm*",     "xrdp-sesman", "vsftpd"};

/* Those that a user starts, with limits of their own, and comes into another's session. */
static const struct door {
        const char *service;
        bool for_users; /* not for root alone */
} doors[] = {
        {"su", true},   {"su-l", true},     {"sudo", true},       {"sudo-i", true},
        {"doas", true}, {"runuser", false}, {"runuser-l", false},
};

/* Those by which root comes in from without, and can mend what is wrong. */
static const char *const entrances[] = {"sshd", "login"};

struct wiring {
        struct findings *findings;
        const struct table *table;
        const char *conf;
        unsigned wired;               /* services that name ours */
        bool sshd;                    /* is one of them */
        bool sudo;                    /* is one of them */
        char *without[LENGTH(doors)]; /* files of doors that do not */
};

static bool is_one_of(const char *name, const char *const *patterns, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (fnmatch(patterns[i], name, 0) == 0)
                        return true;
        return false;
}

static const struct door *find_door(const char *service)
{
        for (size_t i = 0; i < LENGTH(doors); i++)
                if (strcmp(doors[i].service, service) == 0)
                        return &doors[i];
        return NULL;
}

/* The module that our line names. 0 or -ENOMEM. */
/* PAM takes a name without a folder from one that was fixed when it was built. */
static void check_folder_of_modules(struct wiring *wiring, const struct stack_line *line)
{
        if (access(PRIVTMP_PAMDIR "/pam_unix.so", F_OK) < 0 && errno == ENOENT)
                findings_add_at(wiring->findings, SEVERITY_FAULT, line,
                                "build it with -Dpamdir=, the folder that has pam_unix.so",
                                "PAM does not look for modules in %s: pam_unix.so is not there",
                                PRIVTMP_PAMDIR);
}

static int check_module(struct wiring *wiring, const struct stack_line *line)
{
        _cleanup_free_ char *usual = NULL;
        const char *path = line->path;
        char text[512];
        int r;

        if (*path != '/') {
                check_folder_of_modules(wiring, line);
                if (asprintf(&usual, "%s/%s", PRIVTMP_PAMDIR, path) < 0) {
                        usual = NULL;
                        return -ENOMEM;
                }
                path = usual;
        }
        if (access(path, F_OK) < 0) {
                findings_add_at(wiring->findings, SEVERITY_FAULT, line,
                                "install it, or take the line out", "%s is not there", path);
                return 0;
        }
        r = loading_try(path, text, sizeof(text));
        if (r == 0)
                findings_add_at(wiring->findings, SEVERITY_FAULT, line,
                                "install what it needs, or take the line out",
                                "%s can't be loaded: %s", path, text);
        else if (r < 0)
                findings_add_unchecked(wiring->findings, line->file, line->number,
                                       "whether %s can be loaded: %s", path, strerror(-r));
        return 0;
}

/* What becomes of the service when our module fails, and when it can't be loaded. */
static void check_control(struct wiring *wiring, const char *service, const struct stack_line *line)
{
        static const char *const failures[] = {"system_err", "buf_err", "user_unknown"};
        bool fails = true;
        bool refuses =
                control_denies(control_on(line->control, "module_unknown")) && !line->is_silent;

        for (size_t i = 0; i < LENGTH(failures); i++)
                fails &= control_denies(control_on(line->control, failures[i]));
        if (!fails)
                findings_add_at(wiring->findings, SEVERITY_FAULT, line,
                                "write the control that pam_privtmp(8) has",
                                "with this control a session goes on with the system directory "
                                "where ours fails");
        else if (!refuses && find_door(service))
                findings_add_at(wiring->findings, SEVERITY_FAULT, line,
                                "write \"session required\"",
                                "with this control %s goes on where the module can't be loaded, "
                                "and whoever starts it can bring that about by \"ulimit -v\"",
                                service);
        else if (refuses && is_one_of(service, entrances, LENGTH(entrances)))
                findings_add_at(wiring->findings, SEVERITY_WARNING, line,
                                "write the control that pam_privtmp(8) has for it",
                                "with this control nobody comes in by %s, root neither, where the "
                                "module can't be loaded",
                                service);
}

/* The table that is read here instead of the usual one: denies it logins? */
static void check_conf(struct findings *findings, const struct stack_line *line, const char *conf)
{
        const struct table_source source = {.only = conf};
        _cleanup_table_ struct table *table = NULL;
        struct report report = {0};
        int r = table_load(&source, &table, &report);

        if (r == -EACCES && geteuid() != 0)
                findings_add_unchecked(findings, conf, 0, "%s", strerror(-r));
        else if (r < 0)
                findings_add_at(findings, SEVERITY_FAULT, line,
                                "name a table that is there and has no faults",
                                "all but root are denied here: %s", report.fault);
        findings_add_at(findings, SEVERITY_WARNING, line,
                        "look at it by \"privtmp check --conf FILE\"",
                        "another table is read here, %s", conf);
}

/* What our line hands to the module. */
static void check_arguments(struct wiring *wiring, const struct stack_line *line)
{
        for (char **argument = line->arguments; *argument; argument++)
                if (strncmp(*argument, "conf=", 5) == 0) {
                        if (!wiring->conf)
                                check_conf(wiring->findings, line, *argument + 5);
                } else if (strcmp(*argument, "debug") != 0 && strcmp(*argument, "close") != 0) {
                        findings_add_at(wiring->findings, SEVERITY_FAULT, line, "take it out",
                                        "unknown argument \"%s\": nobody can log in here",
                                        *argument);
                }
}

/* Notes which of the doors do not have ours. */
static int note_door(struct wiring *wiring, const char *service, const char *file)
{
        const struct door *door = find_door(service);

        if (!door || !door->for_users)
                return 0;
        wiring->without[door - doors] = strdup(file);
        return wiring->without[door - doors] ? 0 : -ENOMEM;
}

/* Each line of ours, be it there to open or to close. 0 or -ENOMEM. */
static int check_lines(struct wiring *wiring, const char *service, const struct stack *stack)
{
        static const char *const ours[] = {"pam_privtmp.so"};
        int r = 0;

        for (size_t i = 0; r == 0 && (i = stack_search(stack, i, ours, 1)) < stack->n; i++) {
                r = check_module(wiring, &stack->lines[i]);
                check_control(wiring, service, &stack->lines[i]);
                check_arguments(wiring, &stack->lines[i]);
        }
        return r;
}

static int check_stack(struct wiring *wiring, const char *service, const struct stack *stack)
{
        size_t i = order_find_ours(stack);
        const struct stack_line *line = &stack->lines[i];
        int r;

        if (i == stack->n)
                return note_door(wiring, service, stack->file);
        wiring->wired++;
        wiring->sshd |= strcmp(service, "sshd") == 0;
        wiring->sudo |= strcmp(service, "sudo") == 0;
        r = check_lines(wiring, service, stack);
        check_rivals(wiring->findings, wiring->table, stack);
        if (is_one_of(basename(line->file), common, LENGTH(common))) {
                findings_add_at(wiring->findings, SEVERITY_WARNING, line,
                                "put it into the files of single services",
                                "services include this file that close no session, or need the "
                                "system's /tmp");
                return r;
        }
        if (is_one_of(service, unfit, LENGTH(unfit)))
                findings_add_at(wiring->findings, SEVERITY_WARNING, line, "take it out",
                                "%s closes no session, or needs the system's /tmp", service);
        order_check_twice(wiring->findings, stack, i);
        order_check_jumps(wiring->findings, stack, i);
        if (strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0)
                order_check_refusal(wiring->findings, stack, i);
        else
                order_check_sides(wiring->findings, stack, i);
        return r;
}

static int check_service(void *arg, const char *service, const struct stack *stack)
{
        struct wiring *wiring = arg;

        for (size_t i = 0; i < stack->n_faults; i++)
                findings_add_at(wiring->findings, SEVERITY_FAULT, &stack->faults[i], "correct it",
                                "%s", stack->faults[i].text);
        if (stack->trouble)
                findings_add_unchecked(wiring->findings, stack->trouble_file, stack->trouble_line,
                                       "%s", stack->trouble);
        return check_stack(wiring, service, stack);
}

int check_wiring(struct findings *findings, const struct table *table, const char *conf)
{
        struct wiring wiring = {.findings = findings, .table = table, .conf = conf};
        int r = stack_each(findings, check_service, &wiring);

        if (r == 0 && wiring.wired == 0)
                findings_add(findings, SEVERITY_WARNING, stack_folders[0], 0,
                             "run \"privtmp wire --try 2m\", see privtmp(8)",
                             "no service names pam_privtmp.so: nothing is private");
        if (r == 0 && wiring.wired > 0)
                r = check_sudoers(findings, wiring.sudo);
        for (size_t i = 0; i < LENGTH(doors); i++) {
                if (wiring.without[i] && wiring.sshd)
                        findings_add(findings, SEVERITY_WARNING, wiring.without[i], 0,
                                     "run \"privtmp wire\", or add the line, see pam_privtmp(8)",
                                     "pam_privtmp.so is missing, though sshd has it: %s takes a "
                                     "user's /tmp into another's session",
                                     doors[i].service);
                free(wiring.without[i]);
        }
        return r;
}

static int find_ours(void *arg, const char *service, const struct stack *stack)
{
        (void)arg;
        (void)service;
        return order_find_ours(stack) < stack->n;
}

bool wiring_is_there(void)
{
        struct findings silent = {0};
        int r = stack_each(&silent, find_ours, NULL);

        findings_done(&silent);
        return r > 0;
}
