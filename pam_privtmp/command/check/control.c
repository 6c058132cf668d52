/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/control: what the control of a PAM line does with what a module says (pure) */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "command/check/control.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BLANKS        " \t\r\n\v\f"
#define DIGITS        "0123456789"

/* The words that stand for brackets. */
static const struct {
        const char *word, *meaning;
} words[] = {
        {"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
        {"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
        {"optional", "success=ok new_authtok_reqd=ok default=ignore"},
        {"sufficient", "success=done new_authtok_reqd=done default=ignore"},
};

static const char *const values[] = {
        "success",
        "open_err",
        "symbol_err",
        "service_err",
        "system_err",
        "buf_err",
        "perm_denied",
        "auth_err",
        "cred_insufficient",
        "authinfo_unavail",
        "user_unknown",
        "maxtries",
        "new_authtok_reqd",
        "acct_expired",
        "session_err",
        "cred_unavail",
        "cred_expired",
        "cred_err",
        "no_module_data",
        "conv_err",
        "authtok_err",
        "authtok_recover_err",
        "authtok_lock_busy",
        "authtok_disable_aging",
        "try_again",
        "ignore",
        "abort",
        "authtok_expired",
        "module_unknown",
        "bad_item",
        "conv_again",
        "incomplete",
        "default",
};

static const char *const actions[] = {
        [CONTROL_IGNORE] = "ignore", [CONTROL_OK] = "ok",   [CONTROL_DONE] = "done",
        [CONTROL_BAD] = "bad",       [CONTROL_DIE] = "die", [CONTROL_RESET] = "reset",
};

static const char *skip_blanks(const char *text)
{
        return text + strspn(text, BLANKS);
}

/* Goes past the word if the text begins with it. */
static bool take(const char **text, const char *word)
{
        size_t length = strlen(word);

        if (strncmp(*text, word, length) != 0)
                return false;
        *text += length;
        return true;
}

static const char *take_value(const char **text)
{
        for (size_t i = 0; i < LENGTH(values); i++)
                if (take(text, values[i]))
                        return values[i];
        return NULL;
}

/* *jump: the number of lines, for CONTROL_JUMP. */
static enum control_action take_action(const char **text, long *jump)
{
        char *end;

        for (size_t i = CONTROL_IGNORE; i < LENGTH(actions); i++)
                if (take(text, actions[i]))
                        return (enum control_action)i;
        *jump = strspn(*text, DIGITS) > 0 ? strtol(*text, &end, 10) : 0;
        if (*jump == 0)
                return CONTROL_UNSAID;
        *text = end;
        return CONTROL_JUMP;
}

/* Takes "VALUE=ACTION" off the text. NULL, or what is wrong with it. */
static const char *take_pair(const char **text, const char **value, enum control_action *action,
                             long *jump)
{
        *value = take_value(text);
        if (!*value)
                return "is none that PAM knows, nor names a return value";
        *text = skip_blanks(*text);
        if (!take(text, "="))
                return "lacks a \"=\"";
        *text = skip_blanks(*text);
        *action = take_action(text, jump);
        return *action == CONTROL_UNSAID ? "names an action that PAM does not know" : NULL;
}

/* A control as pairs. */
static const char *pairs(const char *control)
{
        for (size_t i = 0; i < LENGTH(words); i++)
                if (strcasecmp(control, words[i].word) == 0)
                        return words[i].meaning;
        return control;
}

const char *control_fault(const char *control)
{
        const char *text = skip_blanks(pairs(control)), *value, *fault = NULL;
        enum control_action action;
        long jump;

        for (; !fault && *text; text = skip_blanks(text))
                fault = take_pair(&text, &value, &action, &jump);
        return fault;
}

enum control_action control_on(const char *control, const char *value)
{
        const char *text = skip_blanks(pairs(control)), *named;
        enum control_action action, found = CONTROL_UNSAID, other = CONTROL_UNSAID;
        long jump = 0;

        for (; *text; text = skip_blanks(text)) {
                if (take_pair(&text, &named, &action, &jump))
                        return CONTROL_UNSAID;
                if (strcmp(named, value) == 0)
                        found = action;
                else if (strcmp(named, "default") == 0 && other == CONTROL_UNSAID)
                        other = action;
        }
        return found != CONTROL_UNSAID ? found : other;
}

long control_jump(const char *control)
{
        const char *text = skip_blanks(pairs(control)), *value;
        enum control_action action;
        long jump = 0, most = 0;

        for (; *text && !take_pair(&text, &value, &action, &jump); text = skip_blanks(text)) {
                if (action == CONTROL_DONE)
                        return -1;
                if (action == CONTROL_JUMP && jump > most)
                        most = jump;
        }
        return most;
}
