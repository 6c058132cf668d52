/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/loss: services that "privtmp wire" has wired, and that are not wired any more */
#include <errno.h>

#include "command/check/loss.h"
#include "command/check/order.h"
#include "command/check/stack.h"
#include "command/wire/journal.h"
#include "ground/cleanup.h"

/* There is no line of ours in what could be read. */
static void tell(struct findings *findings, const char *service, const char *file,
                 const struct stack *stack)
{
        if (stack->trouble)
                findings_add_unchecked(findings, stack->trouble_file, stack->trouble_line,
                                       "whether %s still has the line of \"privtmp wire\": %s",
                                       service, stack->trouble);
        else
                findings_add(findings, SEVERITY_FAULT, file, 0,
                             "run \"privtmp wire\" again, or \"privtmp unwire\" if it is to stay "
                             "as it is",
                             "the line that \"privtmp wire\" has written is gone, perhaps by an "
                             "upgrade: sessions of %s are not private any more",
                             service);
}

static int check_service(struct findings *findings, const char *service)
{
        _cleanup_free_ char *file = NULL;
        struct stack stack;
        int r = stack_find_file(service, &file);

        if (r < 0)
                return r == -ENOMEM ? r : 0; /* its package has gone */
        r = stack_read(file, &stack);
        if (r == 0 && order_find_ours(&stack) == stack.n)
                tell(findings, service, file, &stack);
        stack_done(&stack);
        return r;
}

int check_losses(struct findings *findings)
{
        _cleanup_close_ int journal = -EBADF;
        struct report report = {0};
        int r = 0;

        journal = journal_look(&report);
        if (journal < 0) {
                if (journal != -ENOENT)
                        findings_add_unchecked(findings, JOURNAL_FOLDER, 0,
                                               "whether wired services have lost their line");
                return 0;
        }
        for (const struct service *service = services; r == 0 && service->name; service++)
                if (journal_has(journal, service->name))
                        r = check_service(findings, service->name);
        return r;
}
