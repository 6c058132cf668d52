/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/bases: the bases of a table, and the directories, as they are on disk */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "command/first.h"
#include "command/known.h"
#include "command/privtmp.h"
#include "command/survey-base.h"
#include "ground/cleanup.h"
#include "disk/instance.h"
#include "disk/trash.h"
#include "command/check/bases.h"
#include "command/check/mend.h"
#include "ground/safedir.h"
#include "command/disposal.h"

#define DAY (24 * 60 * 60)

#define ADVICE_PARENT    "make the parent: a login makes no more than the last component"
#define ADVICE_DIRECTORY "mend it, or take its lines out"

/* Can a path not be looked at since who runs this is not root? That is added, and is no fault. */
static bool is_unchecked(struct findings *findings, const char *path, int error)
{
        if (error != -EACCES || geteuid() == 0)
                return false;
        findings_add_unchecked(findings, path, 0, "%s", strerror(-error));
        return true;
}

/* Does a path lie on the file system of that device? */
static bool is_on(const char *path, dev_t device)
{
        struct stat st;

        return stat(path, &st) == 0 && st.st_dev == device;
}

/* The file system that instances are made in: behind fd is the base, or the parent of it. */
static void check_disk(struct findings *findings, const struct line *line, int fd)
{
        struct statvfs fs;
        struct stat st;
        const char *trouble = NULL;
        bool top, logs;

        if (fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
                return;
        if (fs.f_flag & ST_RDONLY)
                trouble = "is read-only";
        else if (fs.f_bfree == 0 || (fs.f_files > 0 && fs.f_ffree == 0))
                trouble = "is full";
        if (trouble)
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "see to it: whoever logs in has 16 MiB in memory instead",
                                "the file system of %s %s", line->base, trouble);
        top = is_on("/", st.st_dev);
        logs = is_on("/var/log", st.st_dev);
        if (top || logs)
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "give the base a file system of its own, or quotas",
                                "users can fill the file system of %s%s%s, which %s is on",
                                top ? "/" : "", top && logs ? " and " : "", logs ? "/var/log" : "",
                                line->base);
}

/* A base that a login will make: can it? */
static void check_missing(struct findings *findings, const struct table *table,
                          const struct line *line)
{
        const char *last = strrchr(line->base, '/');
        struct report report = {0};
        _cleanup_close_ int fd = -EBADF;
        char parent[PATH_MAX];
        int r = 0;

        (void)snprintf(parent, sizeof(parent), "%.*s", (int)(last - line->base), line->base);
        if (*parent == '\0')
                fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        else
                r = safedir_open(parent, &fd, &report);
        if (is_unchecked(findings, line->base, r))
                return;
        if (r < 0)
                findings_add_at(findings, SEVERITY_FAULT, line, ADVICE_PARENT, "%s", report.fault);
        else if (safedir_is_local(fd) <= 0)
                findings_add_at(findings, SEVERITY_FAULT, line,
                                mend_base(table, line->base, -EXDEV),
                                "%s would be on a network or FUSE file system", line->base);
        else
                check_disk(findings, line, fd);
}

struct count {
        const char *folder;
        int base;
        time_t since; /* the trees that were put there before that */
        size_t n;
};

static void count(void *arg, const char *name)
{
        struct count *count = arg;
        char path[sizeof(TRASH_STUCK) + NAME_MAX + 1];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/%.*s", count->folder, NAME_MAX, name);
        count->n += fstatat(count->base, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                    st.st_ctime <= count->since;
}

static size_t count_trees(int base, const char *folder, time_t since)
{
        struct count counted = {.folder = folder, .base = base, .since = since};

        /* what can't be read, clean complains of */
        (void)disposal_list(&(struct disposal){.base = base, .uid = (uid_t)-1}, folder, count,
                            &counted);
        return counted.n;
}

/* What "privtmp clean" could not delete, or has not been called for. */
static void check_trash(struct findings *findings, const struct line *line, int base)
{
        const time_t now = time(NULL);
        size_t n = count_trees(base, TRASH_STUCK, now);

        if (n > 0)
                findings_add_at(
                        findings, SEVERITY_WARNING, line, "run \"privtmp clean\", which says why",
                        "%s/" TRASH_STUCK " has %zu that could not be deleted", line->base, n);
        n = count_trees(base, TRASH_NEW, now - DAY) + count_trees(base, TRASH_WORK, now - DAY);
        if (n > 0)
                findings_add_at(findings, SEVERITY_WARNING, line,
                                "have \"privtmp clean\" run: enable its units, or see "
                                "examples/cron.d",
                                "%zu in the trash of %s should have been deleted more than a day "
                                "ago",
                                n, line->base);
}

static void check_base(struct findings *findings, const struct table *table,
                       const struct line *line)
{
        struct report report = {0};
        _cleanup_close_ int fd = -EBADF;
        int r = safedir_open_own(line->base, false, &fd, &report);

        if (is_unchecked(findings, line->base, r))
                return;
        if (r < 0) {
                findings_add_at(findings, SEVERITY_FAULT, line, mend_base(table, line->base, r),
                                "%s", report.fault);
        } else if (r > 0) {
                check_missing(findings, table, line);
        } else {
                check_disk(findings, line, fd);
                check_trash(findings, line, fd);
        }
}

void check_bases(struct findings *findings, const struct table *table)
{
        for (size_t i = 0; i < table->n; i++)
                if (table->lines[i].base && first_of_base(table, i))
                        check_base(findings, table, &table->lines[i]);
}

struct old {
        struct findings *findings;
        const struct table *table;
};

/* What is left in a base that no line names. */
static int check_old(void *arg, const char *base)
{
        const struct survey_base what = {.path = base, .uid = (uid_t)-1, .foreign = true};
        const struct old *old = arg;
        struct survey survey = {.n = 0};
        struct report silent = {0};
        int r;

        if (has_base(old->table, base))
                return 0;
        r = survey_base(&survey, &what, &silent);
        if (r == 0 && survey.n > 0)
                findings_add(old->findings, SEVERITY_WARNING, base, 0,
                             "\"privtmp clean BASE\" deletes what is not used and not kept any "
                             "more, \"privtmp list BASE\" tells what is",
                             "private directories are left in this base, which no line names: %zu",
                             survey.n);
        survey_done(&survey);
        return r == -ENOMEM ? r : 0;
}

int check_old_bases(struct findings *findings, const struct table *table)
{
        const struct table_source source = {
                .only = "built-in table", .text = table_built_in, .length = strlen(table_built_in)};
        struct old old = {.findings = findings, .table = table};
        _cleanup_table_ struct table *built_in = NULL;
        struct report silent = {0};

        /* where no unit is enabled, clean has met none */
        if (table_load(&source, &built_in, &silent) < 0)
                return -ENOMEM;
        if (privtmp_each_base(built_in, check_old, &old) < 0 ||
            known_each(check_old, &old) == -ENOMEM)
                return -ENOMEM;
        return 0;
}

void check_directories(struct findings *findings, const struct table *table)
{
        for (size_t i = 0; i < table->n; i++) {
                const struct line *line = &table->lines[i];
                struct report report = {0};
                _cleanup_close_ int fd = -EBADF;
                int r;

                if (!first_private(table, i))
                        continue;
                if (mend_is_needed(line->directory))
                        findings_add_at(findings, SEVERITY_WARNING, line,
                                        "name one for temporary files, such as /tmp or /dev/shm",
                                        "who has a private %s finds nothing in it of what is there",
                                        line->directory);
                r = safedir_open(line->directory, &fd, &report);
                if (r < 0 && !is_unchecked(findings, line->directory, r))
                        findings_add_at(findings, SEVERITY_FAULT, line, ADVICE_DIRECTORY, "%s",
                                        report.fault);
        }
}
