/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/stack: the session lines of a PAM service, in their order */
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
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

static int add_line(struct stack *stack, const char *file, unsigned number, const char *control,
                    bool in_brackets, char *rest)
{
        char *path = text_word(&rest, '[', ']');
        const char *slash = path ? strrchr(path, '/') : NULL;
        struct stack_line *larger, *line;

        if (!path)
                return 0; /* PAM does not take such a line, either */
        larger = reallocarray(stack->lines, stack->n + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        stack->lines = larger;
        line = &stack->lines[stack->n++];
        *line = (struct stack_line){
                .file = strdup(file),
                .number = number,
                .control = strdup(control),
                .in_brackets = in_brackets,
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

/* Where a line stands. */
struct at {
        const char *file;
        unsigned number, depth;
};

static int add_file(struct stack *stack, const char *file, unsigned depth);

static int include(struct stack *stack, const struct at *at, char *rest)
{
        const char *name = text_word(&rest, '[', ']');
        _cleanup_free_ char *file = NULL;
        int r;

        if (!name)
                return 0;
        r = at->depth == DEPTH_LIMIT || ++stack->files > FILES_LIMIT ? -ELOOP
                                                                     : stack_find_file(name, &file);
        if (r == 0)
                r = add_file(stack, file, at->depth + 1);
        return r < 0 && r != -ENOMEM ? note(stack, at->file, at->number, name, r) : r;
}

static int read_line(struct stack *stack, const struct at *at, char *rest)
{
        char *comment = strchr(rest, '#'), *type, *control;
        bool in_brackets;

        if (comment)
                *comment = '\0';
        type = text_word(&rest, '\0', '\0');
        if (!type)
                return 0;
        if (strcasecmp(type, "@include") == 0) /* Debian's */
                return include(stack, at, rest);
        if (strcasecmp(*type == '-' ? type + 1 : type, "session") != 0)
                return 0;
        rest += strspn(rest, " \t");
        in_brackets = *rest == '[';
        control = text_word(&rest, '[', ']');
        if (!control)
                return 0;
        if (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0)
                return include(stack, at, rest);
        return add_line(stack, at->file, at->number, control, in_brackets, rest);
}

static int add_file(struct stack *stack, const char *file, unsigned depth)
{
        struct text text;
        char *line;
        int r = text_read(file, &text);

        while (r == 0 && (line = text_line(&text, true)))
                r = read_line(stack, &(struct at){file, text.number, depth}, line);
        free(text.bytes);
        return r;
}

int stack_read(const char *file, struct stack *ret)
{
        int r;

        *ret = (struct stack){0};
        r = add_file(ret, file, 0);
        return r < 0 && r != -ENOMEM ? note(ret, file, 0, "it", r) : r;
}

void stack_done(struct stack *stack)
{
        for (size_t i = 0; i < stack->n; i++)
                free_line(&stack->lines[i]);
        free(stack->lines);
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
