/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * survey: what is there
 *
 * MUST NOT take a lock: a closer that finds one taken leaves its instance behind (real/list.sh).
 */
#include <string.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "lifetime/look.h"
#include "lifetime/memory.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "command/account.h"
#include "command/survey.h"

struct survey_item *survey_add(struct survey *survey, const char *base, uid_t uid, const char *name)
{
        struct survey_item *items = grow(survey->items, survey->n, sizeof(*items));
        char *copy = items ? strdup(name) : NULL;

        if (items)
                survey->items = items;
        if (!copy)
                return NULL;
        items[survey->n] = (struct survey_item){.base = base, .uid = uid, .name = copy};
        return &items[survey->n++];
}

/* What is in memory is known by records and notes alone. */
static int add_memory(struct survey *survey, uid_t uid, const char *directory, struct mark mark)
{
        struct survey_item *item;
        char name[MARK_BYTES];

        for (size_t i = 0; i < survey->n; i++)
                if (mark_is_same(survey->items[i].mark, mark))
                        return 0;
        mark_format(mark, name);
        item = survey_add(survey, NULL, uid, name);
        if (!item || !(item->directory = strdup(directory)))
                return -ENOMEM;
        item->state = SURVEY_STALE;
        item->mark = mark;
        item->user = account_name(uid);
        return 0;
}

static int add_covers(struct survey *survey, const struct record *record)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < record->n_covers; i++)
                if (record->covers[i].mark.kind == MARK_MEMORY)
                        r = add_memory(survey, record->uid, record->covers[i].directory,
                                       record->covers[i].mark);
        return r;
}

static int add_note(void *arg, const struct memory *memory)
{
        return add_memory(arg, memory->uid, memory->directory, memory->mark);
}

int survey_begin(struct survey *survey, uid_t uid, struct report *report)
{
        _cleanup_close_ int folder = -EBADF;
        struct report silent = {0};
        int r = sessions_read(&survey->sessions, uid, report);

        for (size_t i = 0; r == 0 && i < survey->sessions.n; i++)
                r = add_covers(survey, &survey->sessions.records[i]);
        if (r == 0 && safedir_open_own(RECORD_FOLDER, false, &folder, &silent) == 0)
                r = memory_each(folder, uid, add_note, survey);
        return r < 0 ? report_errno(report, r, RECORD_FOLDER) : 0;
}

static int compare(const void *a, const void *b)
{
        const struct survey_item *x = a, *y = b;
        int r = strcmp(x->user ? x->user : "", y->user ? y->user : "");

        if (r == 0)
                r = strcmp(x->directory ? x->directory : "", y->directory ? y->directory : "");
        return r ? r : strcmp(x->name, y->name);
}

/* Where a tmpfs is mounted; what is on disk was looked for with its base. */
static void look_for_memory(struct survey_item *item)
{
        struct look_query query = {.uid = item->uid};

        look_memory(item->mark.device, &query, LOOK_LIST, NULL);
        item->processes = query.processes;
        item->used = query.used;
        item->doubt = query.doubt;
}

static void judge(const struct survey *survey, struct survey_item *item)
{
        if (item->mark.kind == MARK_MEMORY)
                look_for_memory(item);
        for (size_t i = 0; i < survey->sessions.n; i++)
                item->sessions += sessions_has_mark(&survey->sessions.records[i], item->mark);
        if (item->state >= SURVEY_HALF)
                return;
        if (item->sessions > 0)
                item->state = SURVEY_LIVE;
        else if (item->used)
                item->state = SURVEY_USED;
}

static void release(struct survey_item *item)
{
        free(item->user);
        free(item->directory);
        free(item->name);
}

void survey_end(struct survey *survey)
{
        size_t kept = 0;

        for (size_t i = 0; i < survey->n; i++) {
                struct survey_item *item = &survey->items[i];

                judge(survey, item);
                /* of what was in memory nothing is left but a note */
                if (item->mark.kind == MARK_MEMORY && item->state == SURVEY_STALE)
                        release(item);
                else
                        survey->items[kept++] = *item;
        }
        survey->n = kept;
        if (survey->n > 0)
                qsort(survey->items, survey->n, sizeof(*survey->items), compare);
}

void survey_done(struct survey *survey)
{
        for (size_t i = 0; i < survey->n; i++)
                release(&survey->items[i]);
        free(survey->items);
        sessions_done(&survey->sessions);
        *survey = (struct survey){0};
}
