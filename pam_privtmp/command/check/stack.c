/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/stack: the session lines of a PAM service, in their order */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/check/pamline.h"
#include "command/check/stack.h"
#include "command/check/text.h"
#include "ground/safefile.h"

enum {
        DEPTH_LIMIT = 16,  /* of files that include each other */
        FILES_LIMIT = 256, /* in one stack */
        ARGUMENTS_LIMIT = 256,
        SERVICES_LIMIT = 4096, /* in one folder */
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
                /* who opens it is told what else there is */
                if (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)) {
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

/* The words that are left; *whole tells whether memory was enough for all of them. */
static char **read_arguments(char *rest, bool *whole)
{
        char **arguments = calloc(ARGUMENTS_LIMIT + 1, sizeof(*arguments)), *word;

        *whole = arguments != NULL;
        for (size_t i = 0; *whole && i < ARGUMENTS_LIMIT && (word = pamline_word(&rest)); i++)
                *whole = (arguments[i] = strdup(word)) != NULL;
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

static int add_line(struct stack *stack, const struct at *at, const struct pamline *line)
{
        const char *slash = strrchr(line->path, '/');
        struct stack_line *larger = reallocarray(stack->lines, stack->n + 1, sizeof(*larger));
        struct stack_line *new;
        bool whole;

        if (!larger)
                return -ENOMEM;
        stack->lines = larger;
        new = &stack->lines[stack->n++];
        *new = (struct stack_line){
                .file = strdup(at->file),
                .number = at->number,
                .control = strdup(line->control),
                .is_silent = line->is_silent,
                .module = strdup(slash ? slash + 1 : line->path),
                .path = strdup(line->path),
                .arguments = read_arguments(line->rest, &whole),
        };
        return new->file &&new->control &&new->module &&new->path &&whole ? 0 : -ENOMEM;
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

static int include(struct stack *stack, const struct at *at, const char *name)
{
        _cleanup_free_ char *file = NULL;
        int r = at->depth == DEPTH_LIMIT || ++stack->files > FILES_LIMIT
                        ? -ELOOP
                        : stack_find_file(name, &file);

        if (r == 0)
                r = add_file(stack, file, at->depth + 1, at->session_only);
        if (r == -ENOENT || r == -ELOOP) {
                bool is_missing = r == -ENOENT;

                r = add_fault(stack, at,
                              "PAM can't read this line, and refuses the service: %s: %s", name,
                              strerror(-r));
                if (r == 0)
                        stack->faults[stack->n_faults - 1].is_missing = is_missing;
                return r;
        }
        return r < 0 && r != -ENOMEM ? note(stack, at->file, at->number, name, r) : r;
}

static int add(struct stack *stack, const struct at *at, const struct pamline *line)
{
        if (line->type == PAMLINE_SESSION && !pamline_includes(line))
                return add_line(stack, at, line);
        if (line->type == PAMLINE_SESSION) {
                struct at inner = *at;

                inner.session_only = true;
                return include(stack, &inner, line->path);
        }
        return line->type == PAMLINE_INCLUDE ? include(stack, at, line->path) : 0;
}

/* All lines of a file. A line of another type is not read whole in one that a session line
 * includes. */
static int add_lines(struct stack *stack, struct pamline_reader *reader, struct at *at)
{
        struct pamline line;
        int r = 1;

        while (r > 0) {
                struct report report = {0};

                r = pamline_next(reader, &line, &report);
                at->number = reader->number;
                if (r == 0 || r == -ENOMEM)
                        return r;
                if (at->session_only && line.type == PAMLINE_OTHER)
                        r = 0;
                else if (r < 0)
                        r = add_fault(stack, at, "%s", report.fault);
                else
                        r = add(stack, at, &line);
                r = r < 0 ? r : 1;
        }
        return r;
}

static int add_file(struct stack *stack, const char *file, unsigned depth, bool session_only)
{
        struct at at = {file, 1, depth, session_only};
        struct pamline_reader reader;
        struct text text;
        int r = text_read(file, &text);

        if (r < 0)
                return r;
        reader = (struct pamline_reader){.bytes = text.bytes, .size = text.size};
        r = add_lines(stack, &reader, &at);
        pamline_done(&reader);
        free(text.bytes);
        return r;
}

int stack_read(const char *file, struct stack *ret)
{
        int r;

        *ret = (struct stack){.file = file};
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

/* Those who are to see each stack. */
struct audience {
        struct findings *findings;
        int (*visit)(void *arg, const char *service, const struct stack *stack);
        void *arg;
};

static int show_service(const struct audience *audience, const char *folder, const char *service)
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
        if (r == 0)
                r = audience->visit(audience->arg, service, &stack);
        stack_done(&stack);
        return r;
}

static int show_folder(const struct audience *audience, const char *folder)
{
        struct report report = {0};
        struct safefile_names names = {0};
        int r = safefile_list(folder, "", SERVICES_LIMIT, &names, &report);

        if (r < 0 && r != -ENOMEM) {
                findings_add_unchecked(audience->findings, folder, 0, "%s", report.fault);
                r = 0;
        }
        for (size_t i = 0; r == 0 && i < names.n; i++)
                if (!strpbrk(names.names[i], ".~")) /* copies that editors and packages leave */
                        r = show_service(audience, folder, names.names[i]);
        safefile_free_list(&names);
        return r;
}

int stack_each(struct findings *findings,
               int (*visit)(void *arg, const char *service, const struct stack *stack), void *arg)
{
        const struct audience audience = {findings, visit, arg};
        int r = 0;

        for (const char *const *folder = stack_folders; r == 0 && *folder; folder++)
                r = show_folder(&audience, *folder);
        return r;
}

size_t stack_search(const struct stack *stack, size_t from, const char *const *modules, size_t n)
{
        for (; from < stack->n; from++)
                for (size_t i = 0; i < n; i++)
                        if (strcmp(stack->lines[from].module, modules[i]) == 0)
                                return from;
        return stack->n;
}
