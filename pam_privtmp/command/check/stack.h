/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/stack: the session lines of a PAM service, in their order */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "command/check/findings.h"

struct stack_line {
        char *file;
        unsigned number;
        char *control;  /* a word, or what stands in brackets */
        bool is_silent; /* a "-" before the type: PAM goes on without a module that is not there */
        char *module;   /* without its folder */
        char *path;     /* as the line has it */
        char **arguments; /* ends with NULL */
};

/* A line that libpam can't read: it refuses the service. */
struct stack_fault {
        char *file;
        unsigned number;
        char *text;
        bool is_missing; /* it includes a file that is not there */
};

struct stack {
        const char *file; /* borrowed */
        struct stack_line *lines;
        size_t n;
        struct stack_fault *faults;
        size_t n_faults;
        unsigned files; /* that were included */
        /* what could not be read first, by which line, and why; NULL: nothing */
        char *trouble, *trouble_file;
        unsigned trouble_line;
};

/* Where services are configured; the first folder that has a file wins. Ends with NULL. */
extern const char *const stack_folders[];

/* The file of a service, or of what a line includes; *ret is the caller's to free. 0 or -errno. */
int stack_find_file(const char *name, char **ret);

/* Reads a file with all that it includes; *ret is to be released by stack_done(). 0 or -ENOMEM. */
int stack_read(const char *file, struct stack *ret);
void stack_done(struct stack *stack);

/*
 * Reads the stack of each service that has a file in one of the folders, and calls visit() for it
 * until it returns other than 0, and returns that. A folder that can't be listed is added to the
 * findings. 0 or -ENOMEM.
 */
int stack_each(struct findings *findings,
               int (*visit)(void *arg, const char *service, const struct stack *stack), void *arg);

/* The first line from number `from` on that has one of the modules, n of them; stack->n: none. */
size_t stack_search(const struct stack *stack, size_t from, const char *const *modules, size_t n);
