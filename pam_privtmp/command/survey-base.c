/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* survey-base: what is in one base */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command/account.h"
#include "command/disposal.h"
#include "command/foreign.h"
#include "command/survey-base.h"
#include "disk/instance.h"
#include "ground/cleanup.h"
#include "ground/names.h"
#include "ground/number.h"
#include "ground/safedir.h"
#include "lifetime/look.h"

/* Without a session: is it kept, and until when? */
static void judge_idle(struct survey_item *item, const struct instance *instance)
{
        unsigned keep = instance_keep(instance->dir);
        struct stat st;

        item->state = SURVEY_STALE;
        if (keep == 0 || fstat(instance->lock, &st) < 0)
                return;
        if (st.st_mtime > 0)
                item->until = st.st_mtime + (time_t)keep;
        if (st.st_mtime <= 0 || item->until > time(NULL))
                item->state = SURVEY_KEPT;
}

static int add_half(struct survey *survey, const char *base, uid_t uid, const char *name)
{
        char path[2 * NAME_BYTES];
        struct survey_item *item;

        (void)snprintf(path, sizeof(path), "%ju/%s", (uintmax_t)uid, name);
        item = survey_add(survey, base, uid, path);
        if (!item)
                return -ENOMEM;
        item->user = account_name(uid);
        item->state = SURVEY_HALF;
        return 0;
}

static int each_name(int parent, const char *folder, int (*each)(void *, int, const char *),
                     void *arg)
{
        _cleanup_close_ int fd =
                openat(parent, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct names names;
        const char *name;
        int r = 0;

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        names_begin(&names, fd);
        while (r == 0 && (name = names_next(&names)))
                r = each(arg, fd, name);
        return r ? r : names.error;
}

struct pass {
        struct survey *survey;
        const struct survey_base *base;
        const char *folder;
        uid_t uid;
        int error;
};

/* What a link says; NULL where it can't be read. 0 or -ENOMEM. */
static int read_link(int dir, const char *name, char **ret)
{
        char text[PATH_MAX];

        *ret = NULL;
        if (instance_read(dir, name, text) < 0)
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int add_instance(const struct pass *pass, int user, const char *name)
{
        char path[2 * NAME_BYTES];
        struct instance instance = INSTANCE_NONE;
        struct survey_item *item;
        int r;

        if (!name_is_instance(name))
                return 0;
        r = (pass->base->foreign ? foreign_open_instance : instance_open)(user, name, &instance);
        if (r < 0)
                return r == -ENOENT || r == -ESTALE ? 0 : r;
        (void)snprintf(path, sizeof(path), "%ju/%s", (uintmax_t)pass->uid, name);
        item = survey_add(pass->survey, pass->base->path, pass->uid, path);
        r = item ? 0 : -ENOMEM;
        if (item) {
                struct stat st;

                item->mark = mark_of_instance(pass->uid, name);
                r = read_link(instance.dir, "user", &item->user);
                if (r == 0)
                        r = read_link(instance.dir, "directory", &item->directory);
                if (fstat(instance.root, &st) == 0)
                        item->made = instance.time;
                judge_idle(item, &instance);
        }
        instance_done(&instance);
        return r;
}

static int visit_instance(void *arg, int user, const char *name)
{
        const struct pass *pass = arg;
        const struct survey_base *base = pass->base;

        if (name_is_temporary(name))
                return base->foreign ? 0 : add_half(pass->survey, base->path, pass->uid, name);
        return add_instance(pass, user, name);
}

/* What is in the trash is named UID.XXXXXX. */
static void add_tree(void *arg, const char *name)
{
        struct pass *pass = arg;
        const char *dot = strchr(name, '.');
        char path[sizeof(TRASH_STUCK) + NAME_MAX + 1];
        struct survey_item *item;
        uint64_t uid = 0;

        if (!dot || !number_read(name, dot, UINT32_MAX, &uid))
                return;
        (void)snprintf(path, sizeof(path), "%s/%.*s", pass->folder, NAME_MAX, name);
        item = survey_add(pass->survey, pass->base->path, (uid_t)uid, path);
        if (!item) {
                pass->error = -ENOMEM;
                return;
        }
        item->user = account_name((uid_t)uid);
        item->state = strcmp(pass->folder, TRASH_STUCK) == 0 ? SURVEY_STUCK : SURVEY_TRASH;
}

static int visit_user(void *arg, int base, const char *name)
{
        struct pass pass = *(const struct pass *)arg;
        uint64_t uid;

        if (!number_read(name, name + strlen(name), UINT32_MAX, &uid) ||
            (pass.base->uid != (uid_t)-1 && pass.base->uid != uid))
                return 0;
        pass.uid = (uid_t)uid;
        return each_name(base, name, visit_instance, &pass);
}

static int visit_folder(struct pass *pass, int base, const char *folder)
{
        const struct disposal trees = {
                .base = base, .uid = pass->base->uid, .foreign = pass->base->foreign};
        int r;

        pass->folder = folder;
        r = disposal_list(&trees, folder, add_tree, pass);
        return r < 0 ? r : pass->error;
}

/* Where the items from `first` on are mounted: they are of that base. */
static int look_for_instances(struct survey *survey, size_t first, int base, const char *path)
{
        const size_t n = survey->n - first;
        struct survey_item *items = survey->items + first;
        _cleanup_free_ struct look_query *queries = calloc(n + 1, sizeof(*queries));

        if (!queries)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                queries[i] = (struct look_query){.name = items[i].name, .uid = items[i].uid};
        if (n > 0)
                look_base(base, path, queries, n, LOOK_LIST);
        for (size_t i = 0; i < n; i++) {
                items[i].processes = queries[i].processes;
                items[i].used = queries[i].used;
                items[i].doubt = queries[i].doubt;
        }
        return 0;
}

int survey_base(struct survey *survey, const struct survey_base *what, struct report *report)
{
        static const char *const folders[] = {TRASH_NEW, TRASH_WORK, TRASH_STUCK};
        struct pass pass = {.survey = survey, .base = what};
        _cleanup_close_ int base = -EBADF;
        size_t before = survey->n;
        int r = what->foreign ? foreign_open_base(what->path, &base, report)
                              : safedir_open_own(what->path, false, &base, report);

        if (r != 0)
                return r;
        r = each_name(base, ".", visit_user, &pass);
        for (size_t i = 0; r == 0 && i < sizeof(folders) / sizeof(folders[0]); i++)
                r = visit_folder(&pass, base, folders[i]);
        if (r == 0)
                r = look_for_instances(survey, before, base, what->path);
        return r < 0 ? report_errno(report, r, "%s", what->path) : 0;
}
