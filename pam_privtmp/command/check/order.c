/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/order: what stands before and behind our line in a stack */
#include <string.h>
#include <strings.h>

#include "command/check/control.h"
#include "command/check/order.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const ours[] = {"pam_privtmp.so"};

/* Modules that mount, or run programs as root: when a session is opened, and when it is closed. */
static const struct runner {
        const char *module;
        bool at_open, at_close;
        const char *unless; /* an argument with which it does not */
} runners[] = {
        {"pam_exec.so", true, true, NULL},       {"pam_script.so", true, true, NULL},
        {"pam_mount.so", true, true, NULL},      {"pam_ecryptfs.so", true, true, NULL},
        {"pam_zfs_key.so", true, true, NULL},    {"pam_snapper.so", true, true, NULL},
        {"pam_mkhomedir.so", true, false, NULL}, {"pam_motd.so", true, false, "noupdate"},
};

static bool has_argument(const struct stack_line *line, const char *argument)
{
        for (char **own = line->arguments; argument && *own; own++)
                if (strcmp(*own, argument) == 0)
                        return true;
        return false;
}

/* The first line from number `i` on that opens sessions; stack->n: none. */
static size_t find_opening(const struct stack *stack, size_t i)
{
        while ((i = stack_search(stack, i, ours, LENGTH(ours))) < stack->n &&
               has_argument(&stack->lines[i], "close"))
                i++;
        return i;
}

size_t order_find_ours(const struct stack *stack)
{
        return find_opening(stack, 0);
}

size_t order_find_jump(const struct stack *stack, size_t i)
{
        size_t line = 0;

        for (; line < i; line++) {
                long jump = control_jump(stack->lines[line].control);

                if (jump < 0 || line + (size_t)jump >= i)
                        break;
        }
        return line;
}

void order_check_twice(struct findings *findings, const struct stack *stack, size_t i)
{
        const struct stack_line *line = &stack->lines[i], *again;
        size_t second = find_opening(stack, i + 1);

        again = &stack->lines[second];
        if (second < stack->n && stack->n_faults == 0) /* no file includes itself */
                findings_add_at(findings, SEVERITY_WARNING, again, "take it out",
                                "it does nothing: the line in %s:%u comes first, and opens the "
                                "session",
                                line->file, line->number);
}

void order_check_jumps(struct findings *findings, const struct stack *stack, size_t i)
{
        size_t jump = order_find_jump(stack, i);
        const struct stack_line *line = &stack->lines[i], *other = &stack->lines[jump];

        if (jump < i)
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "put it before that line, unless that is what you want",
                                "PAM may not come to it: %s (%s:%u) can end the stack or jump over "
                                "it",
                                other->module, other->file, other->number);
}

/* Is it a line whose failure would hide that of ours, behind it, from sudo? */
static bool hides_ours(const struct stack_line *line)
{
        return control_on(line->control, "session_err") == CONTROL_BAD &&
               strcmp(line->module, "pam_permit.so") != 0 && strcmp(line->module, ours[0]) != 0;
}

/* sudo runs the command even though ours failed, if an earlier line said PAM_SESSION_ERR. */
void order_check_refusal(struct findings *findings, const struct stack *stack, size_t i)
{
        const struct stack_line *first = stack->lines, *line = &stack->lines[i];

        while (first < line && !hides_ours(first))
                first++;
        if (first < line)
                findings_add_at(findings, SEVERITY_WARNING, line, "make it the first session line",
                                "it comes after %s (%s:%u): where that fails, sudo may "
                                "go on without ours",
                                first->module, first->file, first->number);
}

/* pam_exec can be held to one of the two. */
static bool is_held_to(const struct stack_line *line, const char *other)
{
        return strcmp(line->module, "pam_exec.so") == 0 && has_argument(line, other);
}

static bool runs(const struct stack_line *line, bool at_close)
{
        for (size_t i = 0; i < LENGTH(runners); i++)
                if (strcmp(line->module, runners[i].module) == 0)
                        return at_close ? runners[i].at_close &&
                                                  !is_held_to(line, "type=open_session")
                                        : runners[i].at_open &&
                                                  !has_argument(line, runners[i].unless) &&
                                                  !is_held_to(line, "type=close_session");
        return false;
}

/* The first from line number `from` on, before number `to`; `to`: none. */
static size_t find_runner(const struct stack *stack, size_t from, size_t to, bool at_close)
{
        while (from < to && !runs(&stack->lines[from], at_close))
                from++;
        return from;
}

bool order_runs_at_close(const struct stack *stack, size_t i)
{
        return find_runner(stack, 0, i, true) < i;
}

void order_check_sides(struct findings *findings, const struct stack *stack, size_t i)
{
        const struct stack_line *line = &stack->lines[i], *other;
        size_t first = stack_search(stack, 0, ours, LENGTH(ours));
        size_t behind = find_runner(stack, i + 1, stack->n, false);
        size_t before = find_runner(stack, 0, first, true);

        if (behind < stack->n) {
                other = &stack->lines[behind];
                findings_add_at(findings, SEVERITY_WARNING, line, "put it behind that line",
                                "it comes before %s (%s:%u), which at login runs as root in the "
                                "user's /tmp, and mounts for the user's sessions alone",
                                other->module, other->file, other->number);
        }
        if (before < first) {
                other = &stack->lines[before];
                findings_add_at(
                        findings, SEVERITY_WARNING, line,
                        "put a line of ours with the argument \"close\" before that one, as "
                        "\"privtmp unwire\" and \"wire\" do",
                        "it comes after %s (%s:%u), which at logout still runs as root in "
                        "the user's /tmp, and unmounts for the user's sessions alone",
                        other->module, other->file, other->number);
        }
}
