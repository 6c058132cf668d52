/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* users: any text as the users column */
#include <errno.h>

#include "fuzz.h"
#include "table/users.h"

static int answer(void *arg, const char *group)
{
        (void)group;
        return *(const int *)arg;
}

static int match(const struct users *users, const char *name, uid_t uid, int in_groups)
{
        const struct subject subject = {.name = strdup(name), .uid = uid};
        int r = users_match(users, &subject, answer, &in_groups);

        free(subject.name);
        return r;
}

static void check_users(const struct users *users)
{
        bool surely, may = users_may_match_root(users, &surely);
        bool in_all = match(users, "root", 0, 1), in_none = match(users, "root", 0, 0);

        must(users->n > 0);
        for (size_t i = 0; i < users->n; i++) {
                const struct users_item *item = &users->items[i];
                bool named = item->kind == USERS_NAME || item->kind == USERS_GROUP;

                must(named == (item->name != NULL));
                must(!named || *item->name);
                must(item->kind != USERS_UIDS ||
                     (item->min <= item->max && item->max != (uid_t)-1));
        }
        must(may || (!in_all && !in_none));
        must(!(may && surely) || (in_all && in_none));
        /* who can't be asked about is in doubt only where it matters */
        must(match(users, "root", 0, -EIO) != -EIO || may);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        char *text = text_of(bytes, size);
        const char *what = NULL, *item = NULL;
        struct users users = {0};
        size_t length = 0;
        int r = users_parse(text, &users, &what, &item, &length);

        if (r == 0) {
                check_users(&users);
                users_done(&users);
        } else {
                must(r == -EINVAL && what && *what);
                must(item >= text && item + length <= text + strlen(text));
        }
        free(text);
        return 0;
}
