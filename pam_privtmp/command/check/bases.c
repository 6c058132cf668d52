/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/bases: the bases of a table, and the directories, as they are on disk */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "command/first.h"
#include "ground/cleanup.h"
#include "disk/instance.h"
#include "disk/trash.h"
#include "command/check/bases.h"
#include "ground/safedir.h"
#include "command/disposal.h"

#define ADVICE_BASE      "make it root's, mode 0700, on a local disk, or name another"
#define ADVICE_PARENT    "make the parent: a login makes no more than the last component"
#define ADVICE_DIRECTORY "mend it, or take its lines out"

/* What can't be opened: a fault, or, without root's rights, something that can't be told. */
static void add_unusable(struct findings *findings, const struct line *line, const char *path,
                         int error, const struct report *report, const char *advice)
{
        if (error == -EACCES && geteuid() != 0)
                findings_add_unchecked(findings, path, 0, "%s", strerror(-error));
        else
                findings_add_at(findings, SEVERITY_FAULT, line, advice, "%s", report->fault);
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
static void check_missing(struct findings *findings, const struct line *line)
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
        if (r < 0)
                add_unusable(findings, line, line->base, r, &report, ADVICE_PARENT);
        else if (safedir_is_local(fd) <= 0)
                findings_add_at(findings, SEVERITY_FAULT, line, ADVICE_BASE,
                                "%s would be on a network or FUSE file system", line->base);
        else
                check_disk(findings, line, fd);
}

static void count(void *arg, const char *name)
{
        size_t *n = arg;

        (void)name;
        (*n)++;
}

/* What "privtmp clean" could not delete. */
static void check_stuck(struct findings *findings, const struct line *line, int base)
{
        size_t n = 0;

        (void)disposal_list(base, TRASH_STUCK, (uid_t)-1, count,
                            &n); /* clean says what is wrong with it */
        if (n > 0)
                findings_add_at(
                        findings, SEVERITY_WARNING, line, "run \"privtmp clean\", which says why",
                        "%s/" TRASH_STUCK " has %zu that could not be deleted", line->base, n);
}

static void check_base(struct findings *findings, const struct line *line)
{
        struct report report = {0};
        _cleanup_close_ int fd = -EBADF;
        int r = safedir_open_own(line->base, false, &fd, &report);

        if (r < 0) {
                add_unusable(findings, line, line->base, r, &report, ADVICE_BASE);
        } else if (r > 0) {
                check_missing(findings, line);
        } else {
                check_disk(findings, line, fd);
                check_stuck(findings, line, fd);
        }
}

void check_bases(struct findings *findings, const struct table *table)
{
        for (size_t i = 0; i < table->n; i++)
                if (table->lines[i].base && first_of_base(table, i))
                        check_base(findings, &table->lines[i]);
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
                r = safedir_open(line->directory, &fd, &report);
                if (r < 0)
                        add_unusable(findings, line, line->directory, r, &report, ADVICE_DIRECTORY);
        }
}
