/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stack: any bytes as a file of pam.d(5) that includes itself, and as the control of a line */
#include "command/check/control.h"
#include "command/check/stack.h"
#include "file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        char *text = text_of(bytes, size);
        struct stack stack;

        file_is("/a", bytes, size, SIZE_MAX);
        must(stack_read("/a", &stack) == 0);
        for (size_t i = 0; i < stack.n; i++)
                must(stack.lines[i].number > 0 && stack.lines[i].module &&
                     stack.lines[i].arguments);
        for (size_t i = 0; i < stack.n_faults; i++)
                must(stack.faults[i].file && stack.faults[i].text);
        stack_done(&stack);
        if (!control_fault(text)) {
                (void)control_on(text, "module_unknown");
                must(control_jump(text) >= -1);
        }
        free(text);
        return 0;
}
