/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * claim: which user's session made a namespace that is no user's by its user namespace
 *
 * MUST NOT believe a record of a namespace that is gone (unit/lifetime/look-users.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "ground/safedir.h"
#include "ground/sorted.h"
#include "lifetime/claim.h"
#include "lifetime/opener.h"
#include "lifetime/records.h"

static int add(void *arg, int folder, const char *name)
{
        struct claim_list *list = arg;
        struct claim *larger;
        uint64_t number;
        char *copy;

        (void)folder;
        if (!records_read_name(name, &number))
                return 0;
        larger = grow(list->claims, list->n, sizeof(*larger));
        if (larger)
                list->claims = larger;
        copy = larger ? strdup(name) : NULL;
        if (!copy)
                return -ENOMEM;
        larger[list->n++] = (struct claim){.number = number, .name = copy};
        return 0;
}

/* Without any claim nothing is a user's: then it is a doubt about all. */
static void load(struct claim_list *list)
{
        struct report silent = {0};

        list->loaded = true;
        if (record_read_boot(list->boot) < 0 ||
            safedir_open_own(RECORD_FOLDER, false, &list->folder, &silent) != 0 ||
            records_each_name(list->folder, add, list) < 0)
                claim_done(list);
        if (list->n > 0)
                qsort(list->claims, list->n, sizeof(*list->claims), sorted_compare);
}

/* The first one of that number, or where it belongs. */
static size_t find(const struct claim_list *list, uint64_t number)
{
        return sorted_find(list->claims, list->n, sizeof(*list->claims), number);
}

static bool opener_is_there(const struct record *record)
{
        const char *why;
        int fd = opener_open_namespace(record, &why);

        fd_close(fd);
        return fd >= 0;
}

/* Numbers are used again at once, ids never. */
static bool is_of(const struct record *record, const char *boot, const struct namespace_id *id)
{
        return strcmp(record->boot, boot) == 0 && namespace_is_same(&record->ns, id) &&
               (id->id != 0 || opener_is_there(record));
}

struct owner claim_owner(struct claim_list *list, const struct namespace_id *id)
{
        struct owner owner = {.is_user = false};

        if (!list->loaded)
                load(list);
        for (size_t i = find(list, id->number); i < list->n && list->claims[i].number == id->number;
             i++) {
                struct record record;

                if (records_read(list->folder, list->claims[i].name, &record) < 0 ||
                    !is_of(&record, list->boot, id))
                        continue;
                if (record.nested || record.uid == 0 || (owner.is_user && owner.uid != record.uid))
                        return (struct owner){.is_user = false};
                owner = (struct owner){.is_user = true, .uid = record.uid};
        }
        return owner;
}

void claim_done(struct claim_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                free(list->claims[i].name);
        free(list->claims);
        list->folder = fd_close(list->folder);
        list->claims = NULL;
        list->n = 0;
}
