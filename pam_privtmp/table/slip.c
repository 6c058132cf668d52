/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* slip: the usual slips of those who write a table */
#include <stdbool.h>
#include <string.h>

#include "table/slip.h"

enum {
        WORDS = 4,
        USERS = 2, /* the column */
};

struct word {
        const char *text;
        size_t length;
};

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static struct word next_word(const char **next, const char *end)
{
        struct word word;

        while (*next < end && is_blank(**next))
                (*next)++;
        word.text = *next;
        while (*next < end && !is_blank(**next))
                (*next)++;
        word.length = (size_t)(*next - word.text);
        return word;
}

/* Is it one of pam_namespace's methods, alone or with flags behind it, as "user:create"? */
static bool is_method(const struct word *word)
{
        static const char *const methods[] = {"user", "context", "level", "tmpdir"};

        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
                size_t length = strlen(methods[i]);

                if (word->length >= length && memcmp(word->text, methods[i], length) == 0 &&
                    (word->length == length || word->text[length] == ':'))
                        return true;
        }
        return false;
}

static bool begins_path(const struct word *word)
{
        return word->length > 0 && (*word->text == '/' || *word->text == '$');
}

static bool is_of_namespace_conf(const char *text, const char *end)
{
        struct word words[WORDS];

        for (size_t i = 0; i < WORDS; i++)
                words[i] = next_word(&text, end);
        return begins_path(&words[0]) && begins_path(&words[1]) && is_method(&words[2]);
}

/* From the column of the users on: a comment, or a list that a blank has torn apart. */
static const char *find_in_lists(const char *text, const char *end)
{
        bool comma = false;

        for (size_t i = 0;; i++) {
                struct word word = next_word(&text, end);

                if (word.length == 0)
                        return NULL;
                if (i < USERS)
                        continue;
                if (*word.text == '#')
                        return "a comment stands on a line of its own";
                if (comma || (i > USERS && *word.text == ','))
                        return "there is no blank before or after a comma";
                comma = word.text[word.length - 1] == ',';
        }
}

/* The source or the directory. */
static bool ends_with_slash(const char *text, const char *end)
{
        for (size_t i = 0; i < USERS; i++) {
                struct word word = next_word(&text, end);

                if (word.length > 1 && word.text[word.length - 1] == '/')
                        return true;
        }
        return false;
}

const char *slip_find(const char *text, size_t length)
{
        const char *end = text + length, *slip;

        if (length > 0 && end[-1] == '\r')
                return "take the carriage returns out of the file: sed -i 's/\\r$//' FILE";
        if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
                return "it begins with a byte order mark: save the file without one";
        if (is_of_namespace_conf(text, end))
                return "it looks like a line of namespace.conf: here the base stands first, then "
                       "the directory, the users and the options";
        slip = find_in_lists(text, end);
        if (!slip && ends_with_slash(text, end))
                slip = "leave the \"/\" at the end out";
        return slip;
}
