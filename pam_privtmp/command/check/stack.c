/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/stack: the session lines of a PAM service, in their order */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/check/control.h"
#include "command/check/stack.h"
#include "command/check/text.h"

enum {
        DEPTH_LIMIT = 16,  /* of files that include each other */
        FILES_LIMIT = 256, /* in one stack */
        ARGUMENTS_LIMIT = 256,
};

const char *const stack_folders[] = {"/etc/pam.d", "/usr/etc/pam.d", "/usr/lib/pam.d", NULL};

int stack_find_file(const char *name, char **ret)
{
        if (*name == '/') {
                *ret = strdup(name);
                return *ret ? 0 : -ENOMEM;
        }
        for (const char *const *folder = stack_folders; *folder; folder++) {
                char *path;

                if (asprintf(&path, "%s/%s", *folder, name) < 0)
                        return -ENOMEM;
                if (access(path, F_OK) == 0) {
                        *ret = path;
                        return 0;
                }
                free(path);
        }
        return -ENOENT;
}

static void free_line(struct stack_line *line)
{
        for (char **argument = line->arguments; argument && *argument; argument++)
                free(*argument);
        free(line->arguments);
        free(line->file);
        free(line->control);
        free(line->module);
        free(line->path);
}

/* The words that are left. */
static char **read_arguments(char *rest)
{
        char **arguments = calloc(ARGUMENTS_LIMIT + 1, sizeof(*arguments)), *word;

        for (size_t i = 0; arguments && i < ARGUMENTS_LIMIT && (word = text_word(&rest, '[', ']'));
             i++)
                arguments[i] = strdup(word);
        return arguments;
}

/* Where a line stands. */
struct at {
        const char *file;
        unsigned number, depth;
        bool session_only; /* included by a session line: lines of other types do not count */
};

/* Notes a line that PAM can't read. 0 or -ENOMEM. */
static int add_fault(struct stack *stack, const struct at *at, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

static int add_fault(struct stack *stack, const struct at *at, const char *format, ...)
{
        struct stack_fault *faults =
                reallocarray(stack->faults, stack->n_faults + 1, sizeof(*faults));
        struct stack_fault *fault;
        va_list args;
        int r;

        if (!faults)
                return -ENOMEM;
        stack->faults = faults;
        fault = &faults[stack->n_faults++];
        *fault = (struct stack_fault){.file = strdup(at->file), .number = at->number};
        va_start(args, format);
        r = vasprintf(&fault->text, format, args);
        va_end(args);
        if (r < 0)
                fault->text = NULL;
        return fault->file && fault->text ? 0 : -ENOMEM;
}

/* The beginning of a line, as words. */
struct head {
        const char *control;
        bool is_silent;
};

static int add_line(struct stack *stack, const struct at *at, const struct head *head,
                    const char *path, char *rest)
{
        const char *slash = strrchr(path, '/');
        struct stack_line *larger = reallocarray(stack->lines, stack->n + 1, sizeof(*larger));
        struct stack_line *line;

        if (!larger)
                return -ENOMEM;
        stack->lines = larger;
        line = &stack->lines[stack->n++];
        *line = (struct stack_line){
                .file = strdup(at->file),
                .number = at->number,
                .control = strdup(head->control),
                .is_silent = head->is_silent,
                .module = strdup(slash ? slash + 1 : path),
                .path = strdup(path),
                .arguments = read_arguments(rest),
        };
        return line->file && line->control && line->module && line->path && line->arguments
                       ? 0
                       : -ENOMEM;
}

/* Notes what can't be read, unless there is something already. 0 or -ENOMEM. */
static int note(struct stack *stack, const char *file, unsigned number, const char *name, int error)
{
        if (stack->trouble)
                return 0;
        if (asprintf(&stack->trouble, "can't read %s: %s", name, strerror(-error)) < 0) {
                stack->trouble = NULL;
                return -ENOMEM;
        }
        stack->trouble_line = number;
        stack->trouble_file = strdup(file);
        return stack->trouble_file ? 0 : -ENOMEM;
}

static int add_file(struct stack *stack, const char *file, unsigned depth, bool session_only);

static int include(struct stack *stack, const struct at *at, char *rest)
{
        const char *name = text_word(&rest, '[', ']');
        _cleanup_free_ char *file = NULL;
        int r;

        if (!name)
                return add_fault(stack, at, "it names no file");
        r = at->depth == DEPTH_LIMIT || ++stack->files > FILES_LIMIT ? -ELOOP
                                                                     : stack_find_file(name, &file);
        if (r == 0)
                r = add_file(stack, file, at->depth + 1, at->session_only);
        if (r == -ENOENT || r == -ELOOP)
                return add_fault(stack, at, "%s: %s", name, strerror(-r));
        return r < 0 && r != -ENOMEM ? note(stack, at->file, at->number, name, r) : r;
}

static bool is_type(const char *word)
{
        static const char *const types[] = {"auth", "account", "password", "session"};

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strcasecmp(word, types[i]) == 0)
                        return true;
        return false;
}

/* What follows the type of a line. */
static int read_rest(struct stack *stack, const struct at *at, bool is_session, bool is_silent,
                     char *rest)
{
        struct head head = {.is_silent = is_silent};
        const char *fault, *path;

        rest += strspn(rest, " \t");
        if (*rest == '[' && !strchr(rest, ']'))
                return add_fault(stack, at, "its \"[\" has no \"]\"");
        head.control = text_word(&rest, '[', ']');
        if (!head.control)
                return add_fault(stack, at, "it has no control");
        if (strcasecmp(head.control, "include") == 0 || strcasecmp(head.control, "substack") == 0) {
                struct at inner = *at;

                inner.session_only = true;
                return is_session ? include(stack, &inner, rest) : 0;
        }
        fault = control_fault(head.control);
        if (fault)
                return add_fault(stack, at, "its control \"%s\" %s", head.control, fault);
        path = text_word(&rest, '[', ']');
        if (!path)
                return add_fault(stack, at, "it names no module");
        return is_session ? add_line(stack, at, &head, path, rest) : 0;
}

static int read_line(struct stack *stack, const struct at *at, char *rest)
{
        char *comment = strchr(rest, '#'), *type;
        bool is_session, is_silent;

        if (comment)
                *comment = '\0';
        type = text_word(&rest, '\0', '\0');
        if (!type)
                return 0;
        if (strcasecmp(type, "@include") == 0) /* Debian's */
                return include(stack, at, rest);
        is_silent = *type == '-';
        type += is_silent;
        if (!is_type(type))
                return add_fault(stack, at,
                                 "its type \"%s\" is none of auth, account, password, session",
                                 type);
        is_session = strcasecmp(type, "session") == 0;
        if (at->session_only && !is_session)
                return 0;
        return read_rest(stack, at, is_session, is_silent, rest);
}

static int add_file(struct stack *stack, const char *file, unsigned depth, bool session_only)
{
        struct text text;
        char *line;
        int r = text_read(file, &text);

        while (r == 0 && (line = text_line(&text, true)))
                r = read_line(stack, &(struct at){file, text.number, depth, session_only}, line);
        free(text.bytes);
        return r;
}

int stack_read(const char *file, struct stack *ret)
{
        int r;

        *ret = (struct stack){0};
        r = add_file(ret, file, 0, false);
        return r < 0 && r != -ENOMEM ? note(ret, file, 0, "it", r) : r;
}

void stack_done(struct stack *stack)
{
        for (size_t i = 0; i < stack->n; i++)
                free_line(&stack->lines[i]);
        free(stack->lines);
        for (size_t i = 0; i < stack->n_faults; i++) {
                free(stack->faults[i].file);
                free(stack->faults[i].text);
        }
        free(stack->faults);
        free(stack->trouble);
        free(stack->trouble_file);
        *stack = (struct stack){0};
}

size_t stack_search(const struct stack *stack, size_t from, const char *const *modules, size_t n)
{
        for (; from < stack->n; from++)
                for (size_t i = 0; i < n; i++)
                        if (strcmp(stack->lines[from].module, modules[i]) == 0)
                                return from;
        return stack->n;
}
