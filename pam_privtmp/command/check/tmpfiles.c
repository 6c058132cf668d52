/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check/tmpfiles: rules of tmpfiles.d(5) that do not go together with a table
 *
 * As systemd-tmpfiles(8) does it: a rule with an age cleans all that is below its path, but what
 * another rule is about, and what is mounted there; one of type D empties its path at boot.
 */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/first.h"
#include "ground/cleanup.h"
#include "command/check/text.h"
#include "command/check/tmpfiles.h"
#include "ground/path.h"
#include "ground/safefile.h"
#include "lifetime/stale.h"

enum {
        FILES_LIMIT = 4096, /* in one folder */
        FIELD_AGE = 5,
};

/* A file stands for those of the same name in the folders behind its own. */
static const char *const folders[] = {"/etc/tmpfiles.d", "/run/tmpfiles.d",
                                      "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d"};

struct rule {
        char *file;
        unsigned number;
        bool glob, aged;
        bool empties; /* at boot */
        bool at_boot; /* it counts only then */
        char *path;
};

struct rules {
        struct rule *list;
        size_t n;
};

static int add_rule(struct rules *rules, const struct rule *new)
{
        struct rule *larger = reallocarray(rules->list, rules->n + 1, sizeof(*larger));

        if (!larger)
                return -ENOMEM;
        rules->list = larger;
        rules->list[rules->n] = *new;
        rules->list[rules->n].file = strdup(new->file);
        rules->list[rules->n].path = strdup(new->path);
        rules->n++;
        return rules->list[rules->n - 1].file && rules->list[rules->n - 1].path ? 0 : -ENOMEM;
}

/* Type, path, mode, user, group, age. */
static int read_line(struct rules *rules, char *file, unsigned number, char *line)
{
        char *fields[FIELD_AGE + 1] = {NULL};
        struct rule rule = {.file = file, .number = number};
        size_t length;

        for (size_t i = 0; i <= FIELD_AGE && (fields[i] = text_word(&line, '"', '"')); i++)
                ;
        if (!fields[1] || *fields[0] == '\0' || *fields[0] == '#' || *fields[1] != '/')
                return 0;
        rule.empties = *fields[0] == 'D';
        rule.at_boot = strchr(fields[0], '!');
        length = strlen(fields[1]);
        while (length > 1 && fields[1][length - 1] == '/')
                fields[1][--length] = '\0';
        rule.path = fields[1];
        rule.glob = strchr("rRexXzZtThHaAmw", *fields[0]);
        /* at boot nothing is cleaned by age */
        rule.aged = !rule.at_boot && strchr("dDevqQC", *fields[0]) && fields[FIELD_AGE] &&
                    strcmp(fields[FIELD_AGE], "-") != 0;
        return add_rule(rules, &rule);
}

static int read_file(struct findings *findings, struct rules *rules, char *file)
{
        struct text text;
        char *line;
        int r = text_read(file, &text);

        if (r < 0) {
                findings_add_unchecked(findings, file, 0, "%s", strerror(-r));
                r = 0;
        } else {
                while (r == 0 && (line = text_line(&text, false)))
                        r = read_line(rules, file, text.number, line);
        }
        free(text.bytes);
        return r;
}

/* Has a folder before this one a file of that name? */
static bool is_replaced(size_t folder, const char *name)
{
        for (size_t i = 0; i < folder; i++) {
                char path[PATH_MAX];

                (void)snprintf(path, sizeof(path), "%s/%s", folders[i], name);
                if (access(path, F_OK) == 0)
                        return true;
        }
        return false;
}

static int read_folder(struct findings *findings, struct rules *rules, size_t folder)
{
        struct report report = {0};
        struct safefile_names names = {0};
        int r = safefile_list(folders[folder], ".conf", FILES_LIMIT, &names, &report);

        if (r < 0 && r != -ENOMEM) {
                findings_add_unchecked(findings, folders[folder], 0, "%s", report.fault);
                r = 0;
        }
        for (size_t i = 0; r == 0 && i < names.n; i++) {
                char path[PATH_MAX];

                (void)snprintf(path, sizeof(path), "%s/%s", folders[folder], names.names[i]);
                if (!is_replaced(folder, names.names[i]))
                        r = read_file(findings, rules, path);
        }
        safefile_free_list(&names);
        return r;
}

static bool is_about(const struct rule *rule, const char *path)
{
        return rule->glob ? fnmatch(rule->path, path, FNM_PATHNAME | FNM_PERIOD) == 0
                          : strcmp(rule->path, path) == 0;
}

/* Is the path left alone when something above it is cleaned? */
static bool is_spared(const struct rules *rules, const char *path)
{
        struct statx stx;

        for (size_t i = 0; i < rules->n; i++)
                if (!rules->list[i].at_boot && is_about(&rules->list[i], path))
                        return true;
        return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &stx) == 0 &&
               stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/*
 * Does the rule come to `path`, by cleaning that or something above it? All that is spared on the
 * way from there stops it.
 */
static bool reaches(const struct rules *rules, const struct rule *rule, const char *path)
{
        char top[PATH_MAX];
        bool begun = false;

        for (const char *end = path; *end;) {
                end += 1 + strcspn(end + 1, "/");
                (void)snprintf(top, sizeof(top), "%.*s", (int)(end - path), path);
                if (begun && is_spared(rules, top))
                        begun = false;
                begun |= is_about(rule, top);
        }
        return begun;
}

/* Some instance of some user, what is in it: does the rule come there? */
static bool reaches_base(const struct rules *rules, const struct rule *rule, const char *base)
{
        char path[PATH_MAX];

        return snprintf(path, sizeof(path), "%s/1000/aaaaaa/root", base) < PATH_MAX &&
               reaches(rules, rule, path);
}

static const char *name_of(const struct rule *rule)
{
        return strrchr(rule->file, '/') + 1;
}

/* Files are read in the order of their names, whatever folder they are in. */
static int compare(const void *a, const void *b)
{
        const struct rule *x = a, *y = b;
        int r = strcmp(name_of(x), name_of(y));

        return r != 0 ? r : x->number < y->number ? -1 : x->number > y->number;
}

/* The first rule for a path counts, alone, unless it is a pattern. */
static bool counts(const struct rules *rules, size_t i)
{
        for (size_t j = 0; j < i; j++)
                if (!rules->list[i].glob && !rules->list[j].glob &&
                    (rules->list[i].empties || !rules->list[j].at_boot) &&
                    strcmp(rules->list[i].path, rules->list[j].path) == 0)
                        return false;
        return true;
}

static int read_all(struct findings *findings, struct rules *rules)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(folders) / sizeof(folders[0]); i++)
                r = read_folder(findings, rules, i);
        if (r == 0 && rules->n > 0)
                qsort(rules->list, rules->n, sizeof(*rules->list), compare);
        return r;
}

static void check_base(struct findings *findings, const struct rules *rules, const char *base)
{
        for (size_t i = 0; i < rules->n; i++)
                if (rules->list[i].aged && counts(rules, i) &&
                    reaches_base(rules, &rules->list[i], base))
                        findings_add_at(findings, SEVERITY_WARNING, &rules->list[i],
                                        "write a line \"x BASE/*\" into a file of /etc/tmpfiles.d",
                                        "it would delete by age what is in the base %s", base);
}

/* Is the system directory emptied at boot, but not the private one? */
static void check_keep(struct findings *findings, const struct rules *rules,
                       const struct line *line)
{
        _cleanup_close_ int fd = open(line->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (line->keep == 0 || stale_boot_ends(line->directory, fd))
                return;
        for (size_t i = 0; i < rules->n; i++)
                if (rules->list[i].empties && counts(rules, i) &&
                    path_is_within(line->directory, rules->list[i].path))
                        findings_add_at(findings, SEVERITY_WARNING, line, "take keep= out",
                                        "%s:%u empties %s at boot, but this line keeps it over a "
                                        "boot",
                                        rules->list[i].file, rules->list[i].number,
                                        line->directory);
}

int check_tmpfiles(struct findings *findings, const struct table *table)
{
        struct rules rules = {0};
        int r = read_all(findings, &rules);

        for (size_t i = 0; r == 0 && i < table->n; i++) {
                const struct line *line = &table->lines[i];

                if (line->base && first_of_base(table, i))
                        check_base(findings, &rules, line->base);
                check_keep(findings, &rules, line);
        }
        for (size_t i = 0; i < rules.n; i++) {
                free(rules.list[i].file);
                free(rules.list[i].path);
        }
        free(rules.list);
        return r;
}
