/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/sudoers: does sudo open sessions? */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/check/sudoers.h"
#include "command/check/text.h"

#define FILE_OF_SUDO "/etc/sudoers"

enum {
        DEPTH_LIMIT = 128, /* of files that include each other, as sudo has it */
};

struct sudoers {
        struct findings *findings;
        bool editors_have_none; /* sudoedit opens no session, as it should */
};

static int check_file(struct sudoers *sudoers, const char *path, unsigned depth);

/* A setting of sudoers that is switched on, or off. */
struct setting {
        const char *name;
        bool on;
};

static const struct setting no_sessions = {"pam_session", false};
static const struct setting unknown_users = {"runas_allow_unknown_id", true};

/* Is it that, as NAME or !NAME up to a comma, with blanks where sudo takes them? */
static bool is_setting(const char *text, const struct setting *wanted)
{
        size_t length = strlen(wanted->name);
        bool on = true;

        text += strspn(text, " \t");
        while (*text == '!') {
                on = !on;
                text++;
                text += strspn(text, " \t");
        }
        if (on != wanted->on || strncmp(text, wanted->name, length) != 0)
                return false;
        text += length + strspn(text + length, " \t\r");
        return *text == '\0' || *text == ',';
}

/* Does a Defaults line, which may be for some users, hosts or commands only, say that? */
static bool says(const char *line, const struct setting *wanted)
{
        if (strncmp(line, "Defaults", 8) != 0)
                return false;
        line += 8;
        if (*line && strchr("@:!>", *line))
                line += strcspn(line, " \t");
        while (!is_setting(line, wanted)) {
                line += strcspn(line, ",");
                if (*line++ == '\0')
                        return false;
        }
        return true;
}

/* Is it for sudoedit alone? That runs the caller's editor, as the caller. */
static bool is_for_editors(const char *line)
{
        static const char start[] = "Defaults!sudoedit";

        return strncmp(line, start, sizeof(start) - 1) == 0 &&
               strchr(" \t", line[sizeof(start) - 1]);
}

/* All that sudo reads in a folder. */
static int check_folder(struct sudoers *sudoers, const char *folder, unsigned depth)
{
        struct dirent **entries = NULL;
        int n = scandir(folder, &entries, NULL, alphasort), r = 0;

        if (n < 0 && errno != ENOENT)
                findings_add_unchecked(sudoers->findings, folder, 0, "%s", strerror(errno));
        for (int i = 0; i < n; i++) {
                const char *name = entries[i]->d_name;
                _cleanup_free_ char *path = NULL;

                if (r == 0 && !strchr(name, '.') && name[strlen(name) - 1] != '~') {
                        if (asprintf(&path, "%s/%s", folder, name) < 0) {
                                path = NULL;
                                r = -ENOMEM;
                        } else {
                                r = check_file(sudoers, path, depth);
                        }
                }
                free(entries[i]);
        }
        free(entries);
        return r;
}

/* The word "@NAME" or "#NAME" of a line that includes; what follows it, or NULL. */
static const char *included(const char *line, const char *word)
{
        size_t length = strlen(word);

        if ((*line != '@' && *line != '#') || strncmp(line + 1, word, length) != 0)
                return NULL;
        line += 1 + length;
        return *line == ' ' || *line == '\t' ? line : NULL;
}

/* Reads what a line of the file names, if it includes something. */
static int follow(struct sudoers *sudoers, const char *file, const char *line, unsigned depth)
{
        const char *folder = included(line, "includedir"), *one = included(line, "include");
        const char *name = folder ? folder : one, *slash = strrchr(file, '/');
        _cleanup_free_ char *copy = name ? strdup(name) : NULL, *path = NULL;
        char *rest = copy, *word = copy ? text_word(&rest, '"', '"') : NULL;

        if (name && !copy)
                return -ENOMEM;
        if (!word || depth == DEPTH_LIMIT)
                return 0;
        if (asprintf(&path, "%.*s%s", *word == '/' ? 0 : (int)(slash - file) + 1, file, word) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return folder ? check_folder(sudoers, path, depth + 1)
                      : check_file(sudoers, path, depth + 1);
}

static void check_line(struct sudoers *sudoers, const char *line, const char *path, unsigned number)
{
        if (says(line, &unknown_users))
                findings_add(sudoers->findings, SEVERITY_WARNING, path, number, "take it out",
                             "\"runas_allow_unknown_id\" lets a command run as a uid that is no "
                             "user's: PAM opens no session for it, and it has the caller's /tmp");
        if (!says(line, &no_sessions))
                return;
        if (is_for_editors(line))
                sudoers->editors_have_none = true;
        else
                findings_add(
                        sudoers->findings, SEVERITY_WARNING, path, number, "take it out",
                        "with \"!pam_session\" sudo opens no session: whoever the command runs "
                        "as, it has the caller's /tmp");
}

static int check_file(struct sudoers *sudoers, const char *path, unsigned depth)
{
        struct text text;
        char *line, *comment;
        int r = text_read(path, &text);

        if (r == -ENOMEM)
                return r;
        if (r < 0 && r != -ENOENT) {
                findings_add_unchecked(sudoers->findings, path, 0, "%s", strerror(-r));
                return 0;
        }
        for (r = 0; text.bytes && r == 0 && (line = text_line(&text, true));) {
                line += strspn(line, " \t");
                r = follow(sudoers, path, line, depth);
                comment = strchr(line, '#');
                if (comment)
                        *comment = '\0';
                check_line(sudoers, line, path, text.number);
        }
        free(text.bytes);
        return r;
}

int check_sudoers(struct findings *findings, bool wired)
{
        struct sudoers sudoers = {.findings = findings};
        int r = check_file(&sudoers, FILE_OF_SUDO, 0);

        if (r == 0 && wired && !sudoers.editors_have_none && access(FILE_OF_SUDO, R_OK) == 0)
                findings_add(findings, SEVERITY_FAULT, FILE_OF_SUDO, 0,
                             "add \"Defaults!sudoedit !pam_session\"",
                             "sudoedit runs the caller's editor, as the caller, in the other "
                             "user's private directories");
        return r;
}
