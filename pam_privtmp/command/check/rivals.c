/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/rivals: other modules that give the user another /tmp */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/safefile.h"
#include "command/check/rivals.h"
#include "command/check/text.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum {
        FILES_LIMIT = 4096,
};

/* Those that give the user another /tmp. */
static const char *const rivals[] = {"pam_namespace.so", "pam_tmpdir.so"};

/* Does pam_namespace have a line for one of our directories? Also true if that can't be told. */
static bool has_polyinstance(const struct table *table, const char *path)
{
        struct text text;
        bool found = false;
        char *line;
        int r = text_read(path, &text);

        while (r == 0 && !found && (line = text_line(&text, false))) {
                const char *directory = text_word(&line, '\0', '\0');

                for (size_t i = 0; directory && i < table->n; i++)
                        found |= line_is_private(&table->lines[i]) &&
                                 strcmp(table->lines[i].directory, directory) == 0;
        }
        free(text.bytes);
        return found || (r < 0 && r != -ENOENT);
}

static bool namespace_is_used(const struct table *table)
{
        static const char folder[] = "/etc/security/namespace.d";
        struct report silent = {0};
        struct safefile_names names = {0};
        bool used = has_polyinstance(table, "/etc/security/namespace.conf") ||
                    safefile_list(folder, ".conf", FILES_LIMIT, &names, &silent) < 0;

        for (size_t i = 0; !used && i < names.n; i++) {
                _cleanup_free_ char *path = NULL;

                used = asprintf(&path, "%s/%s", folder, names.names[i]) < 0 ||
                       has_polyinstance(table, path);
        }
        safefile_free_list(&names);
        return used;
}

void check_rivals(struct findings *findings, const struct table *table, const struct stack *stack)
{
        for (size_t i = 0; (i = stack_search(stack, i, rivals, LENGTH(rivals))) < stack->n; i++)
                if (strcmp(stack->lines[i].module, "pam_namespace.so") != 0 ||
                    namespace_is_used(table))
                        findings_add_at(findings, SEVERITY_WARNING, &stack->lines[i],
                                        "take one of the two out",
                                        "%s does not go together with pam_privtmp.so in one stack",
                                        stack->lines[i].module);
}
