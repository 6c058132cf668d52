/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * users: the users column of a line (pure)
 *
 * MUST NOT ask for a group unless the answer depends on it (unit/table/users.c).
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ground/number.h"
#include "table/users.h"

/* (uid_t)-1 means "no user" to the kernel */
static const uint64_t uid_max = UINT32_MAX - 1;

/* Types of fstab(5) and options must not pass for users whom nobody is. "dev" may be somebody. */
static bool is_of_other_column(const char *item, size_t length)
{
        static const char *const words[] = {
                "noexec", "exec",  "nosuid",  "suid",  "nodev",    "noatime", "relatime",
                "nofail", "tmpfs", "auto",    "none",  "defaults", "swap",    "proc",
                "sysfs",  "nfs",   "nfs4",    "cifs",  "ext2",     "ext3",    "ext4",
                "xfs",    "vfat",  "overlay", "btrfs", "fuse",     "ramfs",   "inherit",
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strlen(words[i]) == length && memcmp(words[i], item, length) == 0)
                        return true;
        return memchr(item, '=', length) != NULL;
}

static const char *parse_uids(const char *text, const char *end, struct users_item *ret)
{
        const char *colon = memchr(text, ':', (size_t)(end - text));
        uint64_t min, max;

        if (memchr(text, '-', (size_t)(end - text)))
                return "is not a uid, and a range of them has a colon, as 1:999";
        if (!number_read(text, colon ? colon : end, uid_max, &min))
                return "is not a uid";
        max = min;
        if (colon && !number_read(colon + 1, end, uid_max, &max))
                return "is not a range MIN:MAX of uids";
        if (min > max)
                return "is a range whose end lies before its beginning";
        ret->kind = USERS_UIDS;
        ret->min = (uid_t)min;
        ret->max = (uid_t)max;
        return NULL;
}

/* One item, `length` bytes long. NULL, or what is wrong with it; "" when memory ran out. */
static const char *parse_item(const char *text, size_t length, struct users_item *ret)
{
        const char *end = text + length;

        *ret = (struct users_item){.except = length > 0 && text[0] == '!'};
        if (ret->except)
                text++;
        if (text == end)
                return "names nobody";
        if (end - text == 1 && *text == '*') {
                ret->kind = USERS_ALL;
                return NULL;
        }
        if (*text >= '0' && *text <= '9')
                return parse_uids(text, end, ret);
        /* as sudoers(5) and namespace.conf write them; no user is called so */
        if (*text == '%')
                return "is no user, and a group is written @NAME";
        if (*text == '~')
                return "is no user, and whom a line leaves out is written !NAME";
        ret->kind = *text == '@' ? USERS_GROUP : USERS_NAME;
        if (ret->kind == USERS_GROUP && ++text == end)
                return "names no group";
        /* "bob@example.org" is a name that sssd gives */
        if (memchr(text, '!', (size_t)(end - text)) || *text == '@' ||
            memchr(text, '*', (size_t)(end - text)) || memchr(text, ':', (size_t)(end - text)))
                return "is no *, NAME, UID, MIN:MAX or @group";
        if (ret->kind == USERS_NAME && is_of_other_column(text, (size_t)(end - text)))
                return "belongs to another column, the third one names users";
        ret->name = strndup(text, (size_t)(end - text));
        return ret->name ? NULL : "";
}

void users_done(struct users *users)
{
        for (size_t i = 0; i < users->n; i++)
                free(users->items[i].name);
        free(users->items);
        *users = (struct users){0};
}

int users_parse(const char *text, struct users *ret, const char **what, const char **item,
                size_t *length)
{
        struct users users = {0};
        bool includes = false;
        size_t n = 1;

        for (const char *p = text; *p; p++)
                n += *p == ',';
        users.items = calloc(n, sizeof(*users.items));
        if (!users.items)
                return -ENOMEM;
        *item = text;
        for (;; *item += *length + 1) {
                *length = strcspn(*item, ",");
                *what = parse_item(*item, *length, &users.items[users.n]);
                if (*what)
                        break;
                includes |= !users.items[users.n++].except;
                if ((*item)[*length] == '\0') {
                        if (includes) {
                                *ret = users;
                                return 0;
                        }
                        *item = text;
                        *length = strlen(text);
                        *what = "only excludes, it needs an item without \"!\"";
                        break;
                }
        }
        users_done(&users);
        return **what == '\0' ? -ENOMEM : -EINVAL;
}

static bool item_matches(const struct users_item *item, const char *name, uid_t uid)
{
        switch (item->kind) {
        case USERS_ALL:
                return true;
        case USERS_NAME:
                return strcmp(item->name, name) == 0;
        case USERS_UIDS:
                return uid >= item->min && uid <= item->max;
        case USERS_GROUP:
                break;
        }
        return false;
}

/* Is there an item of that sort, groups aside, that matches? */
static bool any_matches(const struct users *users, bool except, const char *name, uid_t uid)
{
        for (size_t i = 0; i < users->n; i++)
                if (users->items[i].except == except && item_matches(&users->items[i], name, uid))
                        return true;
        return false;
}

static bool has_group(const struct users *users, bool except)
{
        for (size_t i = 0; i < users->n; i++)
                if (users->items[i].except == except && users->items[i].kind == USERS_GROUP)
                        return true;
        return false;
}

static int any_group_has(const struct users *users, bool except, users_member member, void *arg)
{
        for (size_t i = 0; i < users->n; i++) {
                int r;

                if (users->items[i].except != except || users->items[i].kind != USERS_GROUP)
                        continue;
                r = member(arg, users->items[i].name);
                if (r != 0)
                        return r;
        }
        return 0;
}

int users_match(const struct users *users, const struct subject *subject, users_member member,
                void *arg)
{
        bool included = any_matches(users, false, subject->name, subject->uid);
        int r;

        if (any_matches(users, true, subject->name, subject->uid))
                return 0;
        if (!included) {
                r = any_group_has(users, false, member, arg);
                if (r <= 0)
                        return r;
        }
        r = any_group_has(users, true, member, arg);
        return r < 0 ? r : !r;
}

bool users_may_match_root(const struct users *users, bool *surely)
{
        bool included = any_matches(users, false, "root", 0);

        *surely = included && !has_group(users, true);
        if (any_matches(users, true, "root", 0))
                return false;
        return included || has_group(users, false);
}
