/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/control: what the control of a PAM line does with what a module says (pure) */
#pragma once

#include <stdbool.h>

enum control_action {
        CONTROL_UNSAID, /* the control has no word for it */
        CONTROL_IGNORE,
        CONTROL_OK,
        CONTROL_DONE,
        CONTROL_BAD,
        CONTROL_DIE,
        CONTROL_RESET,
        CONTROL_JUMP,
};

/*
 * What is wrong with a control, as libpam reads it (pam.conf(5)): a word such as "required", or
 * pairs such as "success=ok default=bad", without the brackets. NULL: nothing. libpam refuses the
 * service for the sake of one that it can't read, whatever the module says.
 */
const char *control_fault(const char *control);

/*
 * The action for a return value, such as "module_unknown", of a control without a fault: the last
 * that names it, else that of "default".
 */
enum control_action control_on(const char *control, const char *value);

/*
 * How many of the lines behind it may be passed over, when the module says the right thing; -1: all
 * of them, by "done"; 0: none.
 */
long control_jump(const char *control);

/* Does the stack fail then? */
static inline bool control_denies(enum control_action action)
{
        return action == CONTROL_BAD || action == CONTROL_DIE;
}
