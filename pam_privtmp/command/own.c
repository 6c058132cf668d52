/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own: a user's private directories, from the processes that see them */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/account.h"
#include "command/own.h"
#include "ground/grow.h"

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

static int count(void *arg, const struct view_process *process)
{
        (void)process;
        (*(unsigned *)arg)++;
        return 0;
}

int own_survey(struct survey *survey, const struct views *views, uid_t uid)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < views->n_covers; i++)
                if (i == 0 || strcmp(views->covers[i].mark, views->covers[i - 1].mark) != 0)
                        r = add(survey, &views->covers[i], uid);
        for (size_t i = 0; r == 0 && i < survey->n; i++)
                r = views_each(views, survey->items[i].name, count, &survey->items[i].processes);
        if (r == 0 && survey->n > 0)
                qsort(survey->items, survey->n, sizeof(*survey->items), compare);
        return r;
}
