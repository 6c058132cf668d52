/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/wiring: which PAM services name the module, and where in their stacks */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/check/stack.h"
#include "command/check/text.h"
#include "command/check/wiring.h"
#include "ground/safefile.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum {
        SERVICES_LIMIT = 4096,
};

static const char *const ours[] = {"pam_privtmp.so"};

/* Those that mount for the user, or have it done. */
static const char *const mounters[] = {"pam_systemd.so", "pam_elogind.so",  "pam_systemd_home.so",
                                       "pam_mount.so",   "pam_ecryptfs.so", "pam_zfs_key.so"};

/* Those that give the user another /tmp. */
static const char *const rivals[] = {"pam_namespace.so", "pam_tmpdir.so"};

/* Files that many services include: ours would reach those that it must not. */
static const char *const common[] = {"common-session*", "system-auth*",   "password-auth*",
                                     "system-login",    "system-session", "postlogin*"};

/* Services that close no session, or need the system's /tmp. */
static const char *const unfit[] = {"runuser",  "runuser-l", "systemd-user", "polkit-1", "gdm-*",
                                    "lightdm*", "sddm*",     "xrdp-sesman",  "vsftpd"};

/* Those that come from a user's session into another's. */
static const char *const doors[] = {"su", "su-l", "sudo", "sudo-i"};

struct wiring {
        struct findings *findings;
        const struct table *table;
        const char *conf;
        unsigned wired;               /* services that name ours */
        bool sshd;                    /* is one of them */
        char *without[LENGTH(doors)]; /* files of doors that do not */
};

static bool is_one_of(const char *name, const char *const *patterns, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (fnmatch(patterns[i], name, 0) == 0)
                        return true;
        return false;
}

static const char *last_of(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* Does a failure of the line make the whole stack fail? */
static bool counts(const struct stack_line *line)
{
        if (line->in_brackets)
                return strstr(line->control, "=bad") || strstr(line->control, "=die");
        return strcasecmp(line->control, "required") == 0 ||
               strcasecmp(line->control, "requisite") == 0;
}

/* Our line by itself. */
static void check_line(struct wiring *wiring, const struct stack_line *line)
{
        _cleanup_free_ char *usual = NULL;
        const char *path = line->path;

        if (*path != '/') {
                if (asprintf(&usual, "%s/%s", PRIVTMP_PAMDIR, path) < 0)
                        usual = NULL;
                path = usual;
        }
        if (path && access(path, F_OK) < 0)
                findings_add_at(wiring->findings, SEVERITY_FAULT, line,
                                "install it, or take the line out",
                                "%s is not there: nothing is private", path);
        if (!counts(line))
                findings_add_at(
                        wiring->findings, SEVERITY_WARNING, line,
                        "write the control that pam_privtmp(8) has",
                        "with this control a session goes on with the system directory where ours "
                        "fails");
        for (char **argument = line->arguments; *argument; argument++)
                if (strncmp(*argument, "conf=", 5) == 0) {
                        if (!wiring->conf)
                                findings_add_at(wiring->findings, SEVERITY_WARNING, line,
                                                "look at it by \"privtmp check --conf FILE\"",
                                                "another table is read here, %s", *argument + 5);
                } else if (strcmp(*argument, "debug") != 0) {
                        findings_add_at(wiring->findings, SEVERITY_FAULT, line, "take it out",
                                        "unknown argument \"%s\": nobody can log in here",
                                        *argument);
                }
}

/* Is it a line whose failure would hide that of ours, behind it, from sudo? */
static bool hides_ours(const struct stack_line *line)
{
        return counts(line) && strcasecmp(line->control, "requisite") != 0 &&
               strcmp(line->module, "pam_permit.so") != 0;
}

/* sudo runs the command even though ours failed, if an earlier line said PAM_SESSION_ERR. */
static void check_before(struct wiring *wiring, const struct stack *stack, size_t i)
{
        const struct stack_line *first = stack->lines, *line = &stack->lines[i];

        while (first < line && !hides_ours(first))
                first++;
        if (first < line)
                findings_add_at(wiring->findings, SEVERITY_WARNING, line,
                                "make it the first session line",
                                "it comes after %s (%s:%u): where that fails, sudo may "
                                "go on without ours",
                                first->module, first->file, first->number);
}

/* What is mounted behind ours, only the session sees. */
static void check_behind(struct wiring *wiring, const struct stack *stack, size_t i)
{
        const struct stack_line *line = &stack->lines[i];
        size_t other = stack_search(stack, i, mounters, LENGTH(mounters));

        if (other < stack->n)
                findings_add_at(wiring->findings, SEVERITY_WARNING, line, "put it behind that line",
                                "it comes before %s (%s:%u), whose mounts only the session would "
                                "see",
                                stack->lines[other].module, stack->lines[other].file,
                                stack->lines[other].number);
}

/* Does pam_namespace have a line for one of our directories? Also true if that can't be told. */
static bool has_polyinstance(const struct wiring *wiring, const char *path)
{
        struct text text;
        bool found = false;
        char *line;
        int r = text_read(path, &text);

        while (r == 0 && !found && (line = text_line(&text, false))) {
                const char *directory = text_word(&line, '\0', '\0');

                for (size_t i = 0; directory && i < wiring->table->n; i++)
                        found |= line_is_private(&wiring->table->lines[i]) &&
                                 strcmp(wiring->table->lines[i].directory, directory) == 0;
        }
        free(text.bytes);
        return found || (r < 0 && r != -ENOENT);
}

static bool namespace_is_used(const struct wiring *wiring)
{
        static const char folder[] = "/etc/security/namespace.d";
        struct report silent = {0};
        char **names = NULL;
        size_t n = 0;
        bool used = has_polyinstance(wiring, "/etc/security/namespace.conf") ||
                    safefile_list(folder, ".conf", SERVICES_LIMIT, &names, &n, &silent) < 0;

        for (size_t i = 0; !used && i < n; i++) {
                _cleanup_free_ char *path = NULL;

                used = asprintf(&path, "%s/%s", folder, names[i]) < 0 ||
                       has_polyinstance(wiring, path);
        }
        safefile_free_list(names, n);
        return used;
}

static void check_rivals(struct wiring *wiring, const struct stack *stack)
{
        for (size_t i = 0; (i = stack_search(stack, i, rivals, LENGTH(rivals))) < stack->n; i++)
                if (strcmp(stack->lines[i].module, "pam_namespace.so") != 0 ||
                    namespace_is_used(wiring))
                        findings_add_at(wiring->findings, SEVERITY_WARNING, &stack->lines[i],
                                        "take one of the two out",
                                        "%s does not go together with pam_privtmp.so in one stack",
                                        stack->lines[i].module);
}

/* Notes which of the doors do not have ours. */
static int note_door(struct wiring *wiring, const char *service, const char *file)
{
        for (size_t i = 0; i < LENGTH(doors); i++)
                if (strcmp(doors[i], service) == 0) {
                        wiring->without[i] = strdup(file);
                        return wiring->without[i] ? 0 : -ENOMEM;
                }
        return 0;
}

static int check_stack(struct wiring *wiring, const char *service, const char *file,
                       const struct stack *stack)
{
        size_t i = stack_search(stack, 0, ours, LENGTH(ours));
        const struct stack_line *line = &stack->lines[i];

        if (i == stack->n)
                return note_door(wiring, service, file);
        wiring->wired++;
        wiring->sshd |= strcmp(service, "sshd") == 0;
        check_line(wiring, line);
        check_rivals(wiring, stack);
        if (is_one_of(last_of(line->file), common, LENGTH(common))) {
                findings_add_at(wiring->findings, SEVERITY_WARNING, line,
                                "put it into the files of single services",
                                "services include this file that close no session, or need the "
                                "system's /tmp");
                return 0;
        }
        if (is_one_of(service, unfit, LENGTH(unfit)))
                findings_add_at(wiring->findings, SEVERITY_WARNING, line, "take it out",
                                "%s closes no session, or needs the system's /tmp", service);
        if (strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0)
                check_before(wiring, stack, i);
        else
                check_behind(wiring, stack, i);
        return 0;
}

static int check_service(struct wiring *wiring, const char *folder, const char *service)
{
        _cleanup_free_ char *file = NULL, *wanted = NULL;
        struct stack stack;
        int r = stack_find_file(service, &file);

        if (r < 0)
                return r == -ENOMEM ? r : 0; /* gone since */
        if (asprintf(&wanted, "%s/%s", folder, service) < 0) {
                wanted = NULL;
                return -ENOMEM;
        }
        if (strcmp(file, wanted) != 0)
                return 0; /* one in a folder before this one stands for it */
        r = stack_read(file, &stack);
        if (r == 0 && stack.trouble)
                findings_add_unchecked(wiring->findings, stack.trouble_file, stack.trouble_line,
                                       "%s", stack.trouble);
        if (r == 0)
                r = check_stack(wiring, service, file, &stack);
        stack_done(&stack);
        return r;
}

static int check_folder(struct wiring *wiring, const char *folder)
{
        struct report report = {0};
        char **names = NULL;
        size_t n = 0;
        int r = safefile_list(folder, "", SERVICES_LIMIT, &names, &n, &report);

        if (r < 0 && r != -ENOMEM) {
                findings_add_unchecked(wiring->findings, folder, 0, "%s", report.fault);
                r = 0;
        }
        for (size_t i = 0; r == 0 && i < n; i++)
                if (!strpbrk(names[i], ".~")) /* copies that editors and packages leave */
                        r = check_service(wiring, folder, names[i]);
        safefile_free_list(names, n);
        return r;
}

int check_wiring(struct findings *findings, const struct table *table, const char *conf)
{
        struct wiring wiring = {.findings = findings, .table = table, .conf = conf};
        int r = 0;

        for (const char *const *folder = stack_folders; r == 0 && *folder; folder++)
                r = check_folder(&wiring, *folder);
        if (r == 0 && wiring.wired == 0)
                findings_add(findings, SEVERITY_WARNING, stack_folders[0], 0,
                             "wire services, see pam_privtmp(8)",
                             "no service names pam_privtmp.so: nothing is private");
        for (size_t i = 0; i < LENGTH(doors); i++) {
                if (wiring.without[i] && wiring.sshd)
                        findings_add(findings, SEVERITY_WARNING, wiring.without[i], 0,
                                     "add the line, see pam_privtmp(8)",
                                     "pam_privtmp.so is missing, though sshd has it: %s takes a "
                                     "user's /tmp into another's session",
                                     doors[i]);
                free(wiring.without[i]);
        }
        return r;
}
