/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * survey: what is there
 *
 * MUST NOT take a lock: a closer that finds one taken leaves its instance behind (real/list.sh).
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ground/cleanup.h"
#include "ground/grow.h"
#include "disk/instance.h"
#include "disk/trash.h"
#include "ground/name.h"
#include "ground/number.h"
#include "lifetime/look.h"
#include "lifetime/opener.h"
#include "lifetime/records.h"
#include "ground/safedir.h"
#include "command/account.h"
#include "command/survey.h"

bool survey_is_session_of(const struct record *session, const struct survey_item *item)
{
        for (size_t i = 0; i < session->n_covers; i++)
                if (mark_is_same(session->covers[i].mark, item->mark))
                        return true;
        return false;
}

static struct survey_item *add_item(struct survey *survey, const char *base, uid_t uid,
                                    const char *name)
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

/* What is in memory is known by the records alone. */
static int add_memory(struct survey *survey, const struct record *record)
{
        for (size_t i = 0; i < record->n_covers; i++) {
                struct survey_item *item = NULL;
                char mark[MARK_BYTES];

                if (record->covers[i].mark.kind != MARK_MEMORY)
                        continue;
                mark_format(record->covers[i].mark, mark);
                for (size_t j = 0; !item && j < survey->n; j++)
                        if (mark_is_same(survey->items[j].mark, record->covers[i].mark))
                                item = &survey->items[j];
                if (item)
                        continue;
                item = add_item(survey, NULL, record->uid, mark);
                if (!item || !(item->directory = strdup(record->covers[i].directory)))
                        return -ENOMEM;
                item->mark = record->covers[i].mark;
                item->user = account_name(record->uid);
        }
        return 0;
}

static int add_session(void *arg, const struct record *record)
{
        struct survey *survey = arg;
        char boot[RECORD_BOOT];
        struct record *sessions;
        const char *why;
        int fd;

        if (record_read_boot(boot) < 0 || strcmp(boot, record->boot) != 0)
                return 0;
        fd = opener_open_namespace(record, &why);
        if (fd < 0)
                return 0;
        fd_close(fd);
        sessions = grow(survey->sessions, survey->n_sessions, sizeof(*sessions));
        if (!sessions)
                return -ENOMEM;
        survey->sessions = sessions;
        sessions[survey->n_sessions++] = *record;
        return add_memory(survey, record);
}

int survey_begin(struct survey *survey, uid_t uid, struct report *report)
{
        _cleanup_close_ int folder = -EBADF;
        int r = safedir_open_own(RECORD_FOLDER, false, &folder, report);

        if (r != 0)
                return r < 0 ? r : 0;
        r = records_each(folder, uid, add_session, survey);
        return r < 0 ? report_errno(report, r, RECORD_FOLDER) : 0;
}

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

static int add_instance(struct survey *survey, const char *base, int user, uid_t uid,
                        const char *name)
{
        char path[2 * NAME_BYTES], text[PATH_MAX];
        struct instance instance;
        struct survey_item *item;

        if (!name_is_instance(name) || instance_open(user, name, &instance) < 0)
                return 0;
        (void)snprintf(path, sizeof(path), "%ju/%s", (uintmax_t)uid, name);
        item = add_item(survey, base, uid, path);
        if (item) {
                struct stat st;

                item->mark = mark_of_instance(uid, name);
                if (instance_read(instance.dir, "user", text) == 0)
                        item->user = strdup(text);
                if (instance_read(instance.dir, "directory", text) == 0)
                        item->directory = strdup(text);
                if (fstat(instance.root, &st) == 0)
                        item->made = instance.time;
                judge_idle(item, &instance);
        }
        instance_done(&instance);
        return item ? 0 : -ENOMEM;
}

static int add_half(struct survey *survey, const char *base, uid_t uid, const char *name)
{
        char path[2 * NAME_BYTES];
        struct survey_item *item;

        (void)snprintf(path, sizeof(path), "%ju/%s", (uintmax_t)uid, name);
        item = add_item(survey, base, uid, path);
        if (!item)
                return -ENOMEM;
        item->user = account_name(uid);
        item->state = SURVEY_HALF;
        return 0;
}

static int each_name(int parent, const char *name, int (*each)(void *, int, const char *),
                     void *arg)
{
        int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        _cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!dir) {
                r = errno == ENOENT ? 0 : -errno;
                fd_close(fd);
                return r;
        }
        while (r == 0 && (errno = 0, entry = readdir(dir)))
                r = each(arg, fd, entry->d_name);
        return r ? r : -errno;
}

struct pass {
        struct survey *survey;
        const char *base, *folder;
        uid_t wanted, uid;
};

static int visit_instance(void *arg, int user, const char *name)
{
        const struct pass *pass = arg;

        return name_is_temporary(name)
                       ? add_half(pass->survey, pass->base, pass->uid, name)
                       : add_instance(pass->survey, pass->base, user, pass->uid, name);
}

/* What is in the trash is named UID.XXXXXX. */
static int visit_trash(void *arg, int folder, const char *name)
{
        const struct pass *pass = arg;
        const char *dot = strchr(name, '.');
        char path[sizeof(TRASH_STUCK) + NAME_MAX + 1];
        struct survey_item *item;
        uint64_t uid = 0;

        (void)folder;
        if (!dot || !number_read(name, dot, UINT32_MAX, &uid))
                return 0;
        if (pass->wanted != (uid_t)-1 && pass->wanted != uid)
                return 0;
        (void)snprintf(path, sizeof(path), "%s/%.*s", pass->folder, NAME_MAX, name);
        item = add_item(pass->survey, pass->base, (uid_t)uid, path);
        if (!item)
                return -ENOMEM;
        item->user = account_name((uid_t)uid);
        item->state = strcmp(pass->folder, TRASH_STUCK) == 0 ? SURVEY_STUCK : SURVEY_TRASH;
        return 0;
}

static int visit_user(void *arg, int base, const char *name)
{
        struct pass pass = *(const struct pass *)arg;
        uint64_t uid;

        if (!number_read(name, name + strlen(name), UINT32_MAX, &uid) ||
            (pass.wanted != (uid_t)-1 && pass.wanted != uid))
                return 0;
        pass.uid = (uid_t)uid;
        return each_name(base, name, visit_instance, &pass);
}

static int visit_folder(struct pass *pass, int base, const char *folder)
{
        pass->folder = folder;
        return each_name(base, folder, visit_trash, pass);
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

int survey_base(struct survey *survey, const char *path, uid_t uid, struct report *report)
{
        struct pass pass = {.survey = survey, .base = path, .wanted = uid};
        _cleanup_close_ int base = -EBADF;
        size_t before = survey->n;
        int r = safedir_open_own(path, false, &base, report);

        if (r != 0)
                return r < 0 ? r : 0;
        r = each_name(base, ".", visit_user, &pass);
        if (r == 0)
                r = visit_folder(&pass, base, TRASH_NEW);
        if (r == 0)
                r = visit_folder(&pass, base, TRASH_WORK);
        if (r == 0)
                r = visit_folder(&pass, base, TRASH_STUCK);
        if (r == 0)
                r = look_for_instances(survey, before, base, path);
        return r < 0 ? report_errno(report, r, "%s", path) : 0;
}

static int compare(const void *a, const void *b)
{
        const struct survey_item *x = a, *y = b;
        int r = strcmp(x->user ? x->user : "", y->user ? y->user : "");

        if (r == 0)
                r = strcmp(x->directory ? x->directory : "", y->directory ? y->directory : "");
        return r ? r : strcmp(x->name, y->name);
}

/* Those in one namespace together, the oldest first. */
static int compare_sessions(const void *a, const void *b)
{
        const struct record *x = a, *y = b;

        if (x->ns.number != y->ns.number)
                return x->ns.number < y->ns.number ? -1 : 1;
        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Where a tmpfs is mounted; what is on disk was looked for with its base. */
static void look_for_memory(struct survey_item *item)
{
        struct look_query query = {.uid = item->uid};

        look_memory(item->mark.device, &query, LOOK_LIST);
        item->processes = query.processes;
        item->used = query.used;
        item->doubt = query.doubt;
}

static void judge(const struct survey *survey, struct survey_item *item)
{
        if (item->mark.kind == MARK_MEMORY)
                look_for_memory(item);
        for (size_t i = 0; i < survey->n_sessions; i++)
                item->sessions += survey_is_session_of(&survey->sessions[i], item);
        if (item->state >= SURVEY_HALF)
                return;
        if (item->sessions > 0)
                item->state = SURVEY_LIVE;
        else if (item->used)
                item->state = SURVEY_USED;
}

void survey_end(struct survey *survey)
{
        if (survey->n_sessions > 0)
                qsort(survey->sessions, survey->n_sessions, sizeof(*survey->sessions),
                      compare_sessions);
        for (size_t i = 0; i < survey->n; i++)
                judge(survey, &survey->items[i]);
        if (survey->n > 0)
                qsort(survey->items, survey->n, sizeof(*survey->items), compare);
}

void survey_done(struct survey *survey)
{
        for (size_t i = 0; i < survey->n; i++) {
                free(survey->items[i].user);
                free(survey->items[i].directory);
                free(survey->items[i].name);
        }
        free(survey->items);
        free(survey->sessions);
        *survey = (struct survey){0};
}
