/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hint: what the PAM environment names, but the session will not find (pure) */
#include <string.h>

#include "hint.h"
#include "name.h"

const char *const hint_names[HINT_VARIABLES] = {
        "KRB5CCNAME",
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

/* Behind the type of a Kerberos cache. */
static const char *skip_type(const char *value)
{
        static const char *const types[] = {"FILE:", "DIR:"};

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strncmp(value, types[i], strlen(types[i])) == 0)
                        return value + strlen(types[i]);
        return value;
}

void hint_say(const char *const values[HINT_VARIABLES], const char *directory,
              const struct share_list *shares, struct report *report)
{
        for (size_t i = 0; i < HINT_VARIABLES; i++) {
                const char *path = values[i] ? skip_type(values[i]) : "", *entry;

                if (!name_is_within(path, directory))
                        continue;
                entry = path + strlen(directory);
                entry += strspn(entry, "/");
                if (*entry == '\0' || share_has(shares, entry, strcspn(entry, "/")))
                        continue;
                report_note(report, REPORT_WARNING, "%s=%.256s is not in the private %s: %s",
                            hint_names[i], values[i], directory, advice[i]);
        }
}
