/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/judge: would PAM come to our line? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/check/control.h"
#include "command/check/loading.h"
#include "command/check/order.h"
#include "command/wire/judge.h"
#include "command/wire/pamfile.h"

static const char *const ours[] = {"pam_privtmp.so"};

/* What is staged for a service, as its stack. */
struct staged {
        struct stack stack;
        const char *service;
        char path[128]; /* where it is staged */
};

/* Where a line stands, or will stand: FILE:LINE. */
static const char *where(const struct staged *staged, const char *file, unsigned number,
                         char ret[256])
{
        bool own = strcmp(file, staged->path) == 0;

        (void)snprintf(ret, 256, "%s%s:%u", own ? PAMFILE_FOLDER "/" : "",
                       own ? staged->service : file, number);
        return ret;
}

static int judge(const struct staged *staged, struct report *report)
{
        const struct stack *stack = &staged->stack;
        char at[256];
        size_t place = order_find_ours(stack), jump;

        if (stack->n_faults > 0)
                return report_fault(
                        report, -EINVAL, "%s: %s",
                        where(staged, stack->faults[0].file, stack->faults[0].number, at),
                        stack->faults[0].text);
        if (stack->trouble)
                return report_fault(report, -EINVAL, "%s: %s",
                                    where(staged, stack->trouble_file, stack->trouble_line, at),
                                    stack->trouble);
        if (place == stack->n || stack_search(stack, place + 1, ours, 1) < stack->n)
                return report_fault(report, -EINVAL, "%s would have our line %s", staged->service,
                                    place == stack->n ? "nowhere" : "more than once");
        jump = order_find_jump(stack, place);
        if (jump < place) {
                const struct stack_line *line = &stack->lines[jump];

                return report_fault(report, -EINVAL, "%s: %s, so PAM may not come to our line",
                                    where(staged, line->file, line->number, at),
                                    control_jump(line->control) < 0
                                            ? "this line can end the stack"
                                            : "this line can jump over others");
        }
        return 0;
}

int judge_staged(const struct service *service, struct report *report)
{
        struct staged staged = {.service = service->name};
        char name[64];
        int r;

        pamfile_staged_name(service->name, name);
        (void)snprintf(staged.path, sizeof(staged.path), PAMFILE_FOLDER "/%s", name);
        r = stack_read(staged.path, &staged.stack);
        r = r < 0 ? report_errno(report, r, "%s", staged.path) : judge(&staged, report);
        stack_done(&staged.stack);
        return r;
}

/* What can't be read of it may be what is asked for. 0 or -errno, with FILE:LINE in the report. */
static int read_whole(const char *path, struct stack *ret, struct report *report)
{
        int r = stack_read(path, ret);

        if (r < 0)
                return report_errno(report, r, "%s", path);
        if (ret->trouble)
                return report_fault(report, -EINVAL, "%s:%u: %s", ret->trouble_file,
                                    ret->trouble_line, ret->trouble);
        return 0;
}

int judge_needs_close(const char *path, struct report *report)
{
        struct stack stack;
        int r = read_whole(path, &stack, report);

        if (r == 0)
                r = order_runs_at_close(&stack, stack.n);
        stack_done(&stack);
        return r;
}

int judge_find_included(const char *path, const struct service **ret, struct report *report)
{
        struct stack stack;
        int r = read_whole(path, &stack, report);

        *ret = NULL;
        if (r == 0)
                for (size_t i = 0; !*ret && i < stack.n; i++)
                        if (strcmp(stack.lines[i].file, path) != 0)
                                *ret = service_find(basename(stack.lines[i].file));
        stack_done(&stack);
        return r;
}

int judge_has_ours(const char *path, struct report *report)
{
        struct stack stack;
        int r = read_whole(path, &stack, report);

        if (r == 0)
                r = order_find_ours(&stack) < stack.n;
        stack_done(&stack);
        return r;
}

int judge_module(struct report *report)
{
        static const char path[] = PRIVTMP_PAMDIR "/pam_privtmp.so";
        char why[512];
        int r = loading_try(path, why, sizeof(why));

        if (r < 0)
                return report_errno(report, r, "can't try to load the module");
        return r > 0 ? 0 : report_fault(report, -ELIBACC, "%s can't be loaded: %s", path, why);
}
