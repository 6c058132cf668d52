/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own: a user's private directories, from the processes that see them */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/account.h"
#include "command/own.h"
#include "ground/grow.h"

static struct survey_item *find(const struct survey *survey, const char *mark)
{
        for (size_t i = 0; i < survey->n; i++)
                if (strcmp(survey->items[i].name, mark) == 0)
                        return &survey->items[i];
        return NULL;
}

static int add(struct survey *survey, const struct view_cover *cover, uid_t uid)
{
        struct survey_item *items = grow(survey->items, survey->n, sizeof(*items));
        struct survey_item *item;

        if (!items)
                return -ENOMEM;
        survey->items = items;
        item = &items[survey->n++];
        *item = (struct survey_item){.state = SURVEY_USED,
                                     .uid = uid,
                                     .user = account_name(uid),
                                     .directory = strdup(cover->directory),
                                     .name = strdup(cover->mark)};
        return item->directory && item->name ? 0 : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
        const struct survey_item *x = a, *y = b;
        int r = strcmp(x->directory, y->directory);

        return r ? r : strcmp(x->name, y->name);
}

int own_survey(struct survey *survey, const struct views *views, uid_t uid)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < views->n_covers; i++)
                if (!find(survey, views->covers[i].mark))
                        r = add(survey, &views->covers[i], uid);
        for (size_t i = 0; r == 0 && i < survey->n; i++)
                for (size_t j = 0; j < views->n_processes; j++)
                        survey->items[i].processes +=
                                views_show(views, views->processes[j].ns, survey->items[i].name);
        if (r == 0 && survey->n > 0)
                qsort(survey->items, survey->n, sizeof(*survey->items), compare);
        return r;
}
