/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/groups: whom the groups of private directories let in */
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "command/first.h"
#include "ground/cleanup.h"
#include "ground/name.h"
#include "ground/names.h"
#include "ground/number.h"
#include "command/check/groups.h"
#include "ground/safedir.h"
#include "table/subject.h"
#include "command/account.h"

/* A group that can write an instance, and the user it was found at first. */
struct owner {
        const struct line *line; /* of the base */
        gid_t gid;
        uid_t uid;
        mode_t mode;
        bool told;
};

struct groups {
        struct findings *findings;
        struct owner *owners;
        size_t n;
        int error;
};

static void add_owner(struct groups *groups, const struct owner *new)
{
        struct owner *larger;

        for (size_t i = 0; i < groups->n; i++)
                if (groups->owners[i].gid == new->gid && groups->owners[i].uid == new->uid)
                        return;
        larger = reallocarray(groups->owners, groups->n + 1, sizeof(*larger));
        if (!larger) {
                groups->error = -ENOMEM;
                return;
        }
        groups->owners = larger;
        groups->owners[groups->n++] = *new;
}

/* The instances of BASE/UID. */
static void look_at_user(struct groups *groups, const struct line *line, uid_t uid, int user)
{
        struct names names;
        const char *name;

        names_begin(&names, user);
        while ((name = names_next(&names))) {
                char path[NAME_MAX + sizeof("/root")];
                struct stat st;

                if (!name_is_instance(name))
                        continue;
                (void)snprintf(path, sizeof(path), "%s/root", name);
                if (fstatat(user, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                    (st.st_mode & (S_IWGRP | S_IWOTH)) == S_IWGRP)
                        add_owner(groups, &(struct owner){.line = line,
                                                          .gid = st.st_gid,
                                                          .uid = uid,
                                                          .mode = st.st_mode & 07777});
        }
}

static void look_at_base(struct groups *groups, const struct line *line)
{
        struct report silent = {0}; /* what is wrong with a base is told elsewhere */
        _cleanup_close_ int base = -EBADF;
        struct names names;
        const char *name;

        if (safedir_open_own(line->base, false, &base, &silent) != 0)
                return;
        names_begin(&names, base);
        while ((name = names_next(&names))) {
                _cleanup_close_ int user = -EBADF;
                uint64_t uid;

                if (!number_read(name, name + strlen(name), UINT32_MAX - 1, &uid))
                        continue;
                user = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (user >= 0)
                        look_at_user(groups, line, (uid_t)uid, user);
        }
}

/* One line for each owner, whoever else there is. */
static void tell(struct groups *groups, struct owner *owner, const char *group, const char *member)
{
        _cleanup_free_ char *name = account_name(owner->uid);

        owner->told = true;
        if (!name && errno == ENOMEM)
                groups->error = -ENOMEM;
        if (name)
                findings_add_at(
                        groups->findings, SEVERITY_WARNING, owner->line,
                        "give each user a group of their own",
                        "%s is in the group %s, which can write what is private to %s (mode "
                        "%04o)",
                        member, group, name, owner->mode);
}

/* Those whom the group lists. */
static void check_listed(struct groups *groups, struct owner *owner)
{
        const struct group *group = getgrgid(owner->gid);

        for (char **member = group ? group->gr_mem : NULL; member && *member; member++) {
                _cleanup_subject_ struct subject *subject = NULL;
                int r;

                if (owner->told)
                        return;
                r = subject_load(*member, &subject);
                if (r == -ENOMEM)
                        groups->error = r;
                if (r == 0 && subject->uid != owner->uid)
                        tell(groups, owner, group->gr_name, *member);
        }
}

/* Those whose primary group it is. */
static void check_primary(struct groups *groups, const struct passwd *user)
{
        for (size_t i = 0; i < groups->n; i++) {
                struct owner *owner = &groups->owners[i];
                const struct group *group;

                if (owner->told || owner->gid != user->pw_gid || owner->uid == user->pw_uid)
                        continue;
                group = getgrgid(owner->gid);
                tell(groups, owner, group ? group->gr_name : "?", user->pw_name);
        }
}

int check_groups(struct findings *findings, const struct table *table)
{
        struct groups groups = {.findings = findings};
        const struct passwd *user;

        for (size_t i = 0; i < table->n; i++)
                if (table->lines[i].base && first_of_base(table, i))
                        look_at_base(&groups, &table->lines[i]);
        setpwent();
        while (groups.n > 0 && (user = getpwent()))
                if (user->pw_uid != 0)
                        check_primary(&groups, user);
        endpwent();
        for (size_t i = 0; i < groups.n; i++)
                check_listed(&groups, &groups.owners[i]);
        free(groups.owners);
        return groups.error;
}
