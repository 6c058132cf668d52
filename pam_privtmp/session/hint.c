/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hint: what the PAM environment names, but the session will not find (pure) */
#include <stdio.h>
#include <string.h>

#include "session/hint.h"
#include "ground/path.h"

enum {
        KERBEROS,          /* among the names */
        VALUE_BYTES = 257, /* of a value in the log */
};

const char *const hint_names[HINT_VARIABLES] = {
        [KERBEROS] = "KRB5CCNAME",
        "SSH_AUTH_SOCK",
        "XAUTHORITY",
        "TMPDIR",
};

static const char *const advice[HINT_VARIABLES] = {
        "keep tickets in KCM: or KEYRING: (krb5.conf), or share them",
        "start the agent in the session, or in $XDG_RUNTIME_DIR",
        "keep it in the home directory or in $XDG_RUNTIME_DIR",
        "set it in the session, to what is there",
};

/* Behind the type of a Kerberos cache; "DIR::" is one of a directory. */
static const char *skip_type(const char *value)
{
        static const char *const types[] = {"FILE:", "DIR::", "DIR:"};

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strncmp(value, types[i], strlen(types[i])) == 0)
                        return value + strlen(types[i]);
        return value;
}

/* The user may have chosen the value: for the log it is cut, and only what can be printed stays. */
static void make_printable(char text[VALUE_BYTES], const char *value)
{
        (void)snprintf(text, VALUE_BYTES, "%s", value);
        for (; *text; text++)
                if (*text < ' ' || *text > '~')
                        *text = '?';
}

void hint_say(const char *const values[HINT_VARIABLES], const char *directory,
              const struct share_list *shares, struct report *report)
{
        for (size_t i = 0; i < HINT_VARIABLES; i++) {
                const char *path = values[i] ? values[i] : "", *entry;
                char text[VALUE_BYTES];

                if (i == KERBEROS)
                        path = skip_type(path);
                if (!path_is_within(path, directory))
                        continue;
                entry = path + strlen(directory);
                entry += strspn(entry, "/");
                if (*entry == '\0' || share_find(shares, entry, strcspn(entry, "/")))
                        continue;
                make_printable(text, values[i]);
                report_note(report, REPORT_WARNING, "%s=%s is not in the private %s: %s",
                            hint_names[i], text, directory, advice[i]);
        }
}
