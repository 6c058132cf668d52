/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * option: the options column of a line
 *
 * MUST NOT let an option pass that is not understood (unit/table/grammar-wrong.c).
 */
#include <errno.h>
#include <libmount.h>
#include <string.h>

#include "ground/cleanup.h"
#include "table/option.h"
#include "table/value.h"

/* What a set of words does to a line: the words of one group contradict each other. */
static const struct {
        const char *word;
        unsigned clear, set;
} flag_words[] = {
        {"noexec", 0, FLAG_NOEXEC},
        {"exec", FLAG_NOEXEC, 0},
        {"nosuid", 0, FLAG_NOSUID},
        {"suid", FLAG_NOSUID, 0},
        {"nodev", 0, FLAG_NODEV},
        {"dev", FLAG_NODEV, 0},
        {"noatime", FLAG_RELATIME, FLAG_NOATIME},
        {"relatime", FLAG_NOATIME, FLAG_RELATIME},
};

struct option {
        const char *name;
        size_t length;
        const char *value; /* NULL: it has none */
};

static bool option_is(const struct option *option, const char *word)
{
        return strlen(word) == option->length && memcmp(word, option->name, option->length) == 0;
}

/* Applies a flag word. Returns 1, 0 when it is none, or -EINVAL. `seen`: flags named before. */
static int apply_flag(struct line *line, const struct option *option, unsigned *seen,
                      struct report *report)
{
        for (size_t i = 0; i < sizeof(flag_words) / sizeof(flag_words[0]); i++) {
                unsigned touched = flag_words[i].clear | flag_words[i].set;

                if (!option_is(option, flag_words[i].word))
                        continue;
                if (option->value)
                        return report_fault(report, -EINVAL, "option \"%s\" takes no value",
                                            flag_words[i].word);
                if (*seen & touched)
                        return report_fault(report, -EINVAL,
                                            "option \"%s\" contradicts or repeats an earlier one",
                                            flag_words[i].word);
                *seen |= touched;
                line->flags = (line->flags & ~flag_words[i].clear) | flag_words[i].set;
                return 1;
        }
        return 0;
}

static int apply_word(const char *value, const char *no, const char *yes, bool *ret)
{
        *ret = strcmp(value, yes) == 0;
        return *ret || strcmp(value, no) == 0 ? 0 : -EINVAL;
}

enum key {
        KEY_MODE,
        KEY_SCOPE,
        KEY_END,
        KEY_KEEP,
        KEY_SHARE,
        KEY_SIZE,
        KEY_INODES,
        KEY_NOFAIL,
};

static const struct {
        const char *word;
        const char *values; /* NULL: it takes none */
} keys[] = {
        [KEY_MODE] = {"mode", "1777, 1770, 0770 or 0700"},
        [KEY_SCOPE] = {"scope", "user or session"},
        [KEY_END] = {"end", "idle or close"},
        [KEY_KEEP] = {"keep", "a time such as 30m, 12h or 2d, a year at most"},
        [KEY_SHARE] = {"share", "names such as .X11-unix:krb5cc_*, each may have @OWNER"},
        [KEY_SIZE] = {"size", "a size such as 512M, 2G or 10%"},
        [KEY_INODES] = {"nr_inodes", "a number such as 4096 or 100k"},
        [KEY_NOFAIL] = {"nofail", NULL},
};

static int apply_text(const char *value, bool good, char **ret)
{
        if (!good)
                return -EINVAL;
        *ret = strdup(value);
        return *ret ? 0 : -ENOMEM;
}

static int apply_value(struct line *line, enum key key, const char *value)
{
        switch (key) {
        case KEY_MODE:
                return value_mode(value, &line->mode) ? 0 : -EINVAL;
        case KEY_SCOPE:
                return apply_word(value, "user", "session", &line->per_session);
        case KEY_END:
                return apply_word(value, "idle", "close", &line->end_at_close);
        case KEY_KEEP:
                return value_time(value, &line->keep) ? 0 : -EINVAL;
        case KEY_SHARE:
                return value_globs(value, &line->shares, &line->n_shares);
        case KEY_SIZE:
                return apply_text(value, value_is_size(value), &line->size);
        case KEY_INODES:
                return apply_text(value, value_is_count(value), &line->inodes);
        case KEY_NOFAIL:
                line->nofail = true;
                return 0;
        }
        return -EINVAL;
}

/* Applies an option that is no flag; `seen` has a bit for each key. */
static int apply_key(struct line *line, const struct option *option, unsigned *seen,
                     struct report *report)
{
        for (enum key key = 0; key < sizeof(keys) / sizeof(keys[0]); key++) {
                int r = -EINVAL;

                if (!option_is(option, keys[key].word))
                        continue;
                if (*seen & 1U << key)
                        return report_fault(report, -EINVAL, "option \"%s\" stands there twice",
                                            keys[key].word);
                *seen |= 1U << key;
                if ((option->value != NULL) == (keys[key].values != NULL))
                        r = apply_value(line, key, option->value);
                if (r == -ENOMEM)
                        return report_fault(report, r, "out of memory");
                if (r < 0)
                        return keys[key].values
                                       ? report_fault(report, -EINVAL, "option \"%s\" must be %s",
                                                      keys[key].word, keys[key].values)
                                       : report_fault(report, -EINVAL,
                                                      "option \"%s\" takes no value",
                                                      keys[key].word);
                return 0;
        }
        return report_fault(report, -EINVAL, "unknown option \"%.*s\"",
                            (int)(option->length < 64 ? option->length : 64), option->name);
}

/* Options that each are good, but not here. */
static int check_together(const struct line *line, struct report *report)
{
        if (line->keep && (line->per_session || line->end_at_close))
                return report_fault(report, -EINVAL, "option \"keep\" contradicts \"%s\"",
                                    line->per_session ? "scope=session" : "end=close");
        if (line->source == LINE_MEMORY && (line->keep || line->end_at_close))
                return report_fault(
                        report, -EINVAL,
                        "option \"%s\" does not go with tmpfs, which ends with its last "
                        "process",
                        line->keep ? "keep" : "end");
        return 0;
}

static int apply_option(struct line *line, const struct option *option, unsigned *flags_seen,
                        unsigned *keys_seen, struct report *report)
{
        int r = apply_flag(line, option, flags_seen, report);

        return r == 0 ? apply_key(line, option, keys_seen, report) : r;
}

int option_parse(struct line *line, const char *text, struct report *report)
{
        unsigned flags_seen = 0, keys_seen = 0;
        char *name, *value, *next = as_mutable(text);
        size_t length, value_length;
        int r;

        while ((r = mnt_optstr_next_option(&next, &name, &length, &value, &value_length)) == 0) {
                _cleanup_free_ char *copy = value ? strndup(value, value_length) : NULL;
                struct option option = {.name = name, .length = length, .value = copy};

                if (*name == '=') { /* a name for libmount before 2.41 */
                        r = -EINVAL;
                        break;
                }
                if (value && !copy)
                        return report_fault(report, -ENOMEM, "out of memory");
                r = apply_option(line, &option, &flags_seen, &keys_seen, report);
                if (r < 0)
                        return r;
        }
        if (r < 0 || *next != '\0' || strstr(text, ",,") || *text == ',' ||
            text[strlen(text) - 1] == ',')
                return report_fault(report, -EINVAL, "the options can't be read");
        return check_together(line, report);
}
