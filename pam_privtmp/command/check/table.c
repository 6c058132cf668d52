/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/table: the lines of the table, each and together */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "command/first.h"
#include "table/policy.h"
#include "command/check/table.h"
#include "command/check/wiring.h"
#include "ground/safefile.h"
#include "lifetime/record.h"
#include "table/subject.h"
#include "command/account.h"

#define ADVICE_FAULT  "mend it, see privtmp.conf(5): until then only root can log in"
#define ADVICE_WOULD  "mend it, see privtmp.conf(5): with this table only root could log in"
#define ADVICE_ABSENT "give the absolute path of a file that is there"
#define ADVICE_NOBODY "it matches nobody, correct it or take it out"
#define ADVICE_ALL    "it matches nobody: \"*\" stands for everybody"
#define ADVICE_GROUP  "it matches nobody: there is a group of this name, which is written @NAME"

enum {
        DROP_INS_LIMIT = 4096,
};

struct listener {
        struct findings *findings;
        const char *conf;   /* read instead of the usual table; or NULL */
        const char *advice; /* what to do about a fault; NULL: there was none yet */
};

static void tell(void *arg, const struct table_fault *fault)
{
        struct listener *listener = arg;
        const char *text = fault->text, *advice;

        /* as long as no service is wired, nobody is denied */
        if (!listener->advice)
                listener->advice =
                        listener->conf || !wiring_is_there() ? ADVICE_WOULD : ADVICE_FAULT;
        advice = listener->advice;
        if (strncmp(text, "conf=", 5) == 0) { /* as the module's argument is called */
                text += 5;
                advice = ADVICE_ABSENT;
        }
        if (fault->error == -EACCES && geteuid() != 0)
                findings_add_unchecked(listener->findings, fault->file, 0, "%s",
                                       strerror(-fault->error));
        else
                findings_add_at(listener->findings, SEVERITY_FAULT, fault, advice, "%s", text);
}

/* Does the table do anything? Where lines have faults, nobody knows. */
static void check_emptiness(struct findings *findings, const struct table *table, const char *conf)
{
        for (size_t i = 0; i < table->n; i++)
                if (line_is_private(&table->lines[i]))
                        return;
        if (!findings_fault(findings))
                findings_add(findings, SEVERITY_WARNING, conf ? conf : TABLE_CONF, 0,
                             "add one, see EXAMPLES in privtmp.conf(5)",
                             "no line makes a directory private: everybody has the system's");
}

/* Who has written the name of a user that is none may have meant another word. */
static const char *advise_user(const char *name)
{
        if (account_group_exists(name) > 0)
                return ADVICE_GROUP;
        return strcasecmp(name, "all") == 0 ? ADVICE_ALL : ADVICE_NOBODY;
}

/* A name that nobody has, r 0, or that can't be looked up, r negative. */
static void add_name(struct findings *findings, const struct line *line, const char *kind,
                     const char *name, int r)
{
        if (r == 0)
                findings_add_at(findings, SEVERITY_WARNING, line,
                                strcmp(kind, "user") == 0 ? advise_user(name) : ADVICE_NOBODY,
                                "there is no %s \"%s\"", kind, name);
        else if (r < 0)
                findings_add_at(findings, SEVERITY_FAULT, line, "see to the name service",
                                "can't look up the %s \"%s\": %s", kind, name, strerror(-r));
}

static int user_exists(const char *name)
{
        _cleanup_subject_ struct subject *subject = NULL;
        int r = subject_load(name, &subject);

        return r < 0 ? r : r == 0;
}

static void check_names(struct findings *findings, const struct line *line)
{
        for (size_t i = 0; i < line->users.n; i++) {
                const struct users_item *item = &line->users.items[i];

                if (item->kind == USERS_NAME)
                        add_name(findings, line, "user", item->name, user_exists(item->name));
                else if (item->kind == USERS_GROUP)
                        add_name(findings, line, "group", item->name,
                                 account_group_exists(item->name));
        }
        for (size_t i = 0; i < line->n_shares; i++)
                if (line->shares[i].owner)
                        add_name(findings, line, "user", line->shares[i].owner,
                                 user_exists(line->shares[i].owner));
}

/* Is the directory private for anybody? */
static bool is_private(const struct table *table, const char *directory)
{
        for (size_t i = 0; i < table->n; i++)
                if (line_is_private(&table->lines[i]) &&
                    strcmp(table->lines[i].directory, directory) == 0)
                        return true;
        return false;
}

/* What a mode takes from root and from set-uid programs. */
static void check_mode(struct findings *findings, const struct line *line, const struct plan *root)
{
        const struct line *roots = plan_find(root, line->directory);

        if (line->mode == 0700 && (!roots || roots->source == LINE_INHERIT))
                findings_add_at(findings, SEVERITY_FAULT, line,
                                "take the mode out, or give root another line than \"inherit\"",
                                "the user owns %s, where root works, too, and can exchange all "
                                "that root makes there",
                                line->directory);
        if (line->mode == 01770 || line->mode == 0770)
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "take it out, unless neither works there, see Modes in "
                                "privtmp.conf(5)",
                                "with mode=%04o Linux does not keep root and set-uid programs from "
                                "links and fifos of the user's in %s",
                                line->mode, line->directory);
}

/* What root finds when it comes into a user's session. */
static int check_root(struct findings *findings, const struct table *table)
{
        _cleanup_subject_ struct subject *root = NULL;
        _cleanup_plan_ struct plan *plan = NULL;
        int r = subject_load("root", &root);

        if (r != 0) {
                findings_add(findings, SEVERITY_FAULT, "root", 0, "see to the name service",
                             "can't be looked up: %s", r > 0 ? "no such user" : strerror(-r));
                return 0;
        }
        r = policy_plan(table, root, subject_is_member, root, &plan);
        for (size_t i = 0; r == 0 && i < plan->n; i++) {
                const struct line *line = plan->lines[i].line;

                if (line->source == LINE_NONE && is_private(table, line->directory))
                        findings_add_at(
                                findings, SEVERITY_WARNING, line,
                                "write \"inherit\", see Root in privtmp.conf(5)",
                                "sudo in a session finds the system's %s, where anybody may "
                                "have put a file of the same name as the user's",
                                line->directory);
        }
        for (size_t i = 0; r == 0 && i < table->n; i++)
                if (line_is_private(&table->lines[i]))
                        check_mode(findings, &table->lines[i], plan);
        return r == -ENOMEM ? r : 0; /* a group that can't be looked up has been told */
}

/* A session's record has no room for more. */
static void check_limits(struct findings *findings, const struct table *table)
{
        size_t n = 0;

        for (size_t i = 0; i < table->n; i++) {
                const struct line *line = &table->lines[i];

                if (!line_is_private(line))
                        continue;
                if (strlen(line->directory) >= sizeof(((struct record_cover *)0)->directory))
                        findings_add_at(findings, SEVERITY_FAULT, line, "name a shorter one",
                                        "the directory's path has more than %zu bytes",
                                        sizeof(((struct record_cover *)0)->directory) - 1);
                if (first_private(table, i) && ++n == RECORD_COVERS + 1)
                        findings_add_at(
                                findings, SEVERITY_WARNING, line,
                                "take one out, unless nobody has lines for all of them",
                                "this is the %zuth private directory; a session has %d at most", n,
                                RECORD_COVERS);
        }
}

/* Files beside the drop-ins that somebody may take for one; "50.conf.bak" is switched off. */
static int check_names_of_files(struct findings *findings)
{
        struct safefile_names names = {0};
        struct report silent = {0};
        char path[PATH_MAX];
        int r = safefile_list(TABLE_DROP_INS, "", DROP_INS_LIMIT, &names, &silent);

        for (size_t i = 0; r == 0 && i < names.n; i++) {
                if (strstr(names.names[i], ".conf") ||
                    strncmp(names.names[i], "README", strlen("README")) == 0)
                        continue;
                (void)snprintf(path, sizeof(path), "%s/%s", TABLE_DROP_INS, names.names[i]);
                findings_add(findings, SEVERITY_WARNING, path, 0, "give it a name that does",
                             "is not read: its name does not end in .conf");
        }
        safefile_free_list(&names);
        return r == -ENOMEM ? r : 0; /* what can't be read has been told */
}

int check_table(struct findings *findings, const char *conf, struct table **ret)
{
        const struct table_source place = {TABLE_CONF, TABLE_DROP_INS, conf};
        struct listener listener = {.findings = findings, .conf = conf};
        struct report report = {0};
        int r = table_load_all(&place, tell, &listener, ret, &report);

        if (r == 0)
                check_emptiness(findings, *ret, conf);
        for (size_t i = 0; r == 0 && i < (*ret)->n; i++)
                check_names(findings, &(*ret)->lines[i]);
        if (r == 0)
                check_limits(findings, *ret);
        if (r == 0 && !conf)
                r = check_names_of_files(findings);
        return r == 0 ? check_root(findings, *ret) : r;
}
