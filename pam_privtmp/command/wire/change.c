/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/change: files of pam.d that get our line, or lose it: all of them, or none
 *
 * MUST leave each file as it was, or as it is to be (real/wire.sh).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command/check/stack.h"
#include "command/wire/change.h"
#include "command/wire/journal.h"
#include "command/wire/judge.h"
#include "command/wire/pamfile.h"
#include "ground/cleanup.h"

static bool is_same(const struct pamd_text *a, const struct pamd_text *b)
{
        if (!a->bytes || !b->bytes)
                return a->bytes == b->bytes;
        return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static void step_done(struct change_step *step)
{
        pamd_text_done(&step->old);
        pamd_text_done(&step->new);
}

void change_done(struct change *change)
{
        for (size_t i = 0; i < change->n; i++)
                step_done(&change->steps[i]);
        change->n = 0;
}

static bool has_step(const struct change *change, const struct service *service)
{
        for (size_t i = 0; i < change->n; i++)
                if (change->steps[i].service == service)
                        return true;
        return false;
}

/*
 * Takes the step if r is 0, and releases it otherwise. There is room for each service once: one
 * that is named twice is not wired twice.
 */
static int keep(struct change *change, struct change_step *step, int r)
{
        if (r == 0 && !has_step(change, step->service))
                change->steps[change->n++] = *step;
        else
                step_done(step);
        return r;
}

/* Makes step->new: `text` with what belongs there of ours. As pamd_add(). */
static int add_lines(struct change_step *step, const struct pamd_text *text, const char *path,
                     struct report *report)
{
        const struct service *service = step->service;
        struct pamd_text open;
        int r = pamd_add(text, path, service, &open, report), closes;

        if (r != 0)
                return r;
        closes = service->place == SERVICE_LAST ? judge_needs_close(path, report) : 0;
        if (closes < 0)
                r = closes;
        else
                r = closes ? pamd_add_close(&open, path, service, &step->new, report) : 1;
        if (r > 0)
                step->new = open;
        else
                pamd_text_done(&open);
        step->closes = r == 0;
        return r < 0 ? r : 0;
}

int change_wire(struct change *change, const struct service *service)
{
        struct change_step step = {.service = service};
        const struct service *included = NULL;
        struct pamd_text vendor = {0};
        const char *path;
        char own[128];
        int r;

        (void)snprintf(own, sizeof(own), PAMFILE_FOLDER "/%s", service->name);
        path = own;
        r = pamfile_read(change->folder, service->name, &step.old, change->report);
        if (r > 0)
                r = pamfile_read_vendor(service->name, &vendor, &path, change->report);
        if (r == 0)
                r = judge_find_included(path, &included, change->report);
        if (included)
                r = 1;
        if (r == 0)
                r = add_lines(&step, vendor.bytes ? &vendor : &step.old, path, change->report);
        pamd_text_done(&vendor);
        return keep(change, &step, r);
}

int change_is_needless(const struct change *change, const struct service *service)
{
        const struct service *included;
        _cleanup_free_ char *path = NULL;
        int r, has = 1;

        if (has_step(change, service))
                return 0;
        r = stack_find_file(service->name, &path);
        if (r == -ENOMEM)
                return report_errno(change->report, r, "%s", service->name);
        if (r < 0)
                return 1;
        r = judge_find_included(path, &included, change->report);
        if (r == 0 && included && !has_step(change, included))
                has = judge_has_ours(path, change->report);
        if (r < 0 || has < 0)
                return r < 0 ? r : has;
        r = 1;
        if (!has)
                r = report_fault(change->report, -EINVAL,
                                 "%s includes %s, which is not wired: name %s instead",
                                 service->name, included->name, included->name);
        return r;
}

int change_unwire(struct change *change, const struct service *service)
{
        struct change_step step = {.service = service};
        struct pamd_text before = {0}, after = {0};
        char path[128];
        int r, entry;

        (void)snprintf(path, sizeof(path), PAMFILE_FOLDER "/%s", service->name);
        entry = journal_read(change->journal, service->name, &before, &after, change->report);
        r = entry < 0 ? entry
                      : pamfile_read(change->folder, service->name, &step.old, change->report);
        if (r == 0 && entry == 0 && is_same(&step.old, &after)) {
                step.new = before;
                before = (struct pamd_text){0};
        } else if (r == 0) {
                r = pamd_remove(&step.old, path, service, &step.new, change->report);
        }
        pamd_text_done(&before);
        pamd_text_done(&after);
        return keep(change, &step, r);
}

/* Writes all that is to be there beside what is there; then it is certain that there is room. */
static int stage_all(struct change *change)
{
        for (size_t i = 0; i < change->n; i++) {
                struct change_step *step = &change->steps[i];
                int r = step->new.bytes ? pamfile_stage(change->folder, step->service->name,
                                                        &step->new, change->report)
                                        : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static void unstage_all(struct change *change)
{
        for (size_t i = 0; i < change->n; i++)
                pamfile_unstage(change->folder, change->steps[i].service->name);
}

static int replace(struct change *change, const struct change_step *step)
{
        const char *name = step->service->name;

        return step->new.bytes ? pamfile_replace(change->folder, name, change->report)
                               : pamfile_remove(change->folder, name, change->report);
}

static int replace_all(struct change *change)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < change->n; i++)
                r = replace(change, &change->steps[i]);
        return r;
}

/* What was noted before anything was replaced. */
static void forget_all(struct change *change)
{
        struct report silent = {0};

        for (size_t i = 0; i < change->n; i++)
                (void)journal_forget(change->journal, change->steps[i].service->name, &silent);
        (void)journal_settle(change->journal, &silent);
}

/* Entries for all steps, and their names as pending; or none of them. */
static int note_all(struct change *change)
{
        char names[JOURNAL_PENDING];
        size_t used = 0;
        int r = 0;

        names[0] = '\0';
        for (size_t i = 0; r == 0 && i < change->n; i++) {
                struct change_step *step = &change->steps[i];

                r = journal_write(change->journal, step->service->name, &step->old, &step->new,
                                  change->report);
                used += (size_t)snprintf(names + used, sizeof(names) - used, "%s ",
                                         step->service->name);
        }
        if (r == 0)
                r = journal_begin(change->journal, names, change->report);
        if (r < 0)
                forget_all(change);
        return r;
}

int change_apply_wire(struct change *change, bool keep_pending)
{
        struct report silent = {0};
        int r = stage_all(change);

        for (size_t i = 0; r == 0 && i < change->n; i++)
                r = judge_staged(change->steps[i].service, change->report);
        if (r == 0)
                r = note_all(change);
        if (r == 0)
                r = replace_all(change);
        if (r == 0 && !keep_pending)
                r = journal_settle(change->journal, change->report);
        if (r < 0) {
                unstage_all(change);
                (void)change_take_back(change->folder, change->journal, &silent);
        }
        return r;
}

int change_apply_unwire(struct change *change)
{
        int r = stage_all(change);

        /* an unwiring that is interrupted is finished by the next one: no file waits for another */
        for (size_t i = 0; r == 0 && i < change->n; i++) {
                const struct change_step *step = &change->steps[i];

                r = replace(change, step);
                if (r == 0)
                        r = journal_forget(change->journal, step->service->name, change->report);
        }
        if (r < 0)
                unstage_all(change);
        return r;
}

int change_take_back(int folder, int journal, struct report *report)
{
        struct change change = {.folder = folder, .journal = journal, .report = report};
        char names[JOURNAL_PENDING], *rest = names, *name;
        int r = journal_pending(journal, names, report), first = 0;

        /* who was killed before anything was pending has left this */
        for (const struct service *service = services; service->name; service++)
                pamfile_unstage(folder, service->name);
        if (r < 0 || !names[0])
                return r < 0 ? r : 1;
        while ((name = strsep(&rest, " "))) {
                const struct service *service = service_find(name);

                r = service ? change_unwire(&change, service) : 0;
                if (r > 0) /* somebody was here before us */
                        r = journal_forget(journal, name, report);
                if (r < 0 && first == 0)
                        first = r; /* nobody is to be locked out of the others for that */
        }
        r = change_apply_unwire(&change);
        if (r == 0 && first == 0)
                r = journal_settle(journal, report);
        change_done(&change);
        return r < 0 ? r : first;
}
