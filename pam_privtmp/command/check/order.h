/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/order: what stands before and behind our line in a stack */
#pragma once

#include "command/check/findings.h"
#include "command/check/stack.h"

/*
 * The number of our line in a stack, the one that opens a session (not the one with the argument
 * "close"); stack->n: there is none.
 */
size_t order_find_ours(const struct stack *stack);

/* The first line that may end the stack, or jump over line i, before PAM comes there; i: none. */
size_t order_find_jump(const struct stack *stack, size_t i);

/* Does a module before line i run programs as root, or mount, when the session is closed? */
bool order_runs_at_close(const struct stack *stack, size_t i);

/* Is there another line of ours behind number i that is to open sessions? */
void order_check_twice(struct findings *findings, const struct stack *stack, size_t i);

/* Does PAM come to ours, number i, in any case? */
void order_check_jumps(struct findings *findings, const struct stack *stack, size_t i);

/* In sudo's stack: may ours, number i, refuse in vain? */
void order_check_refusal(struct findings *findings, const struct stack *stack, size_t i);

/* In others': what runs as root where the user's directories are, at login and at logout. */
void order_check_sides(struct findings *findings, const struct stack *stack, size_t i);
