/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pamd: any bytes as a file of pam.d(5) that "privtmp wire" and "privtmp check" read */
#include "command/check/control.h"
#include "command/check/stack.h"
#include "command/wire/pamd.h"
#include "file.h"

/* What check makes of it. Returns how many of its lines are ours. */
static unsigned check(const char *bytes, size_t size, size_t *faults)
{
        unsigned ours = 0;
        struct stack stack;

        file_is("/etc/pam.d/su", (const uint8_t *)bytes, size, SIZE_MAX);
        must(stack_read("/etc/pam.d/su", &stack) == 0);
        for (size_t i = 0; i < stack.n; i++) {
                const struct stack_line *line = &stack.lines[i];

                must(line->file && line->number > 0 && line->module && line->path);
                must(!strchr(line->module, '/'));
                ours += strcmp(line->module, "pam_privtmp.so") == 0;
                if (!line->control || control_fault(line->control))
                        continue;
                (void)control_on(line->control, "success");
                must(control_jump(line->control) >= -1);
        }
        *faults = stack.n_faults;
        stack_done(&stack);
        return ours;
}

/* The line that closes is seen, and goes with the one that opens. */
static void check_closing(const struct pamd_text *new, const struct service *service,
                          const struct pamd_text *wanted)
{
        struct report report = {.say = say_nothing};
        struct pamd_text both = {0}, without = {0};
        size_t faults;

        must(pamd_add_close(new, "file", service, &both, &report) == 0);
        must(check(both.bytes, both.size, &faults) == 2 || faults > 0);
        must(pamd_remove(&both, "file", service, &without, &report) == 0);
        must(without.size == wanted->size);
        must(memcmp(without.bytes, wanted->bytes, wanted->size) == 0);
        pamd_text_done(&both);
        pamd_text_done(&without);
}

/* What is added is seen, is there when it is added again, and goes without a trace. */
static void check_added(const struct pamd_text *old, const struct pamd_text *new,
                        const struct service *service)
{
        struct report report = {.say = say_nothing};
        struct pamd_text again = {0}, without = {0};
        size_t faults, before;

        must(new->size > old->size && !memchr(new->bytes, '\0', new->size));
        if (check(old->bytes, old->size, &before) > 0)
                return; /* one that only closes was there */
        must(check(new->bytes, new->size, &faults) == 1 || faults > 0);
        must(pamd_add(new, "file", service, &again, &report) == 1 && !again.bytes);
        must(pamd_remove(new, "file", service, &without, &report) == 0);
        must(without.size == old->size || without.size == old->size + 1);
        must(old->size == 0 || memcmp(without.bytes, old->bytes, old->size) == 0);
        must(without.size == old->size || without.bytes[old->size] == '\n');
        if (before == 0)
                check_closing(new, service, &without);
        pamd_text_done(&without);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        static const char *const names[] = {"su", "sudo", "sshd"};
        const struct service *service = service_find(names[size % 3]);
        char *text = text_of(bytes, size);
        struct report report = {.say = say_nothing};
        const struct pamd_text old = {text, size};
        struct pamd_text new = {0};
        int r = pamd_add(&old, "file", service, &new, &report);

        if (r == 0) {
                check_added(&old, &new, service);
        } else {
                must(!new.bytes &&r <= 1);
                must(r == 1 || strncmp(report.fault, "file", 4) == 0);
        }
        pamd_text_done(&new);
        free(text);
        return 0;
}
