/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire/status: which services are wired, where and how, as a table or as JSON */
#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/check/order.h"
#include "command/check/stack.h"
#include "command/wire/service.h"
#include "command/wire/status.h"
#include "ground/cleanup.h"

enum status_column {
        STATUS_SERVICE,
        STATUS_WIRED,
        STATUS_WHERE,
        STATUS_CONTROL,
};

static int set(struct libscols_line *line, enum status_column column, const char *format, ...)
        __attribute__((__format__(__printf__, 3, 4)));

static int set(struct libscols_line *line, enum status_column column, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list args;
        int r;

        va_start(args, format);
        r = vasprintf(&text, format, args);
        va_end(args);
        return r < 0 ? -ENOMEM : scols_line_set_data(line, column, text);
}

/* The line that opens sessions; else one that only closes, which needs the module as well. */
static const struct stack_line *find_ours(const struct stack *stack)
{
        static const char *const ours[] = {"pam_privtmp.so"};
        size_t place = order_find_ours(stack);

        if (place == stack->n)
                place = stack_search(stack, 0, ours, 1);
        return place < stack->n ? &stack->lines[place] : NULL;
}

static int add_stack(struct libscols_table *table, const char *service, const struct stack *stack)
{
        const struct stack_line *found = find_ours(stack);
        struct libscols_line *line = scols_table_new_line(table, NULL);
        int r = line ? set(line, STATUS_SERVICE, "%s", service) : -ENOMEM;

        /* libsmartcols takes for false, in JSON, what begins with '0' or 'n' */
        if (r == 0 && scols_table_is_json(table))
                r = set(line, STATUS_WIRED, "%d", found != NULL);
        else if (r == 0)
                r = set(line, STATUS_WIRED, "%s", found ? "true" : "false");
        if (r == 0 && found)
                r = set(line, STATUS_WHERE, "%s:%u", found->file, found->number);
        if (r == 0 && found)
                r = set(line, STATUS_CONTROL, strchr(found->control, '=') ? "[%s]" : "%s",
                        found->control);
        return r;
}

/* What could not be read may have our line. */
static int check_whole(const struct stack *stack, struct report *report)
{
        if (!stack->trouble || find_ours(stack))
                return 0;
        return report_fault(report, -EIO, "%s:%u: %s", stack->trouble_file, stack->trouble_line,
                            stack->trouble);
}

static int add_service(struct libscols_table *table, const char *service, struct report *report)
{
        _cleanup_free_ char *file = NULL;
        struct stack stack;
        int r = stack_find_file(service, &file);

        if (r < 0)
                return r == -ENOMEM ? r : 0; /* it is not installed */
        r = stack_read(file, &stack);
        if (r == 0)
                r = check_whole(&stack, report);
        if (r == 0)
                r = add_stack(table, service, &stack);
        stack_done(&stack);
        return r;
}

static int add_columns(struct libscols_table *table)
{
        static const struct {
                const char *name;
                int json;
        } columns[] = {
                [STATUS_SERVICE] = {"SERVICE", SCOLS_JSON_STRING},
                [STATUS_WIRED] = {"WIRED", SCOLS_JSON_BOOLEAN},
                [STATUS_WHERE] = {"WHERE", SCOLS_JSON_STRING},
                [STATUS_CONTROL] = {"CONTROL", SCOLS_JSON_STRING},
        };

        for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
                struct libscols_column *column =
                        scols_table_new_column(table, columns[i].name, 0, 0);

                if (!column || scols_column_set_json_type(column, columns[i].json) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int status_print(bool json, struct report *report)
{
        struct libscols_table *table = scols_new_table();
        int r = table ? add_columns(table) : -ENOMEM;

        if (r == 0)
                r = scols_table_set_name(table, "services");
        if (r == 0)
                (void)scols_table_enable_json(table, json);
        for (const struct service *service = services; r == 0 && service->name; service++)
                r = add_service(table, service->name, report);
        if (r == 0)
                r = scols_print_table(table);
        scols_unref_table(table);
        return r < 0 ? report_fault(report, r, "%s", strerror(-r)) : 0;
}
