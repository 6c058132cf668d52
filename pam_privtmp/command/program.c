/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * program: what the command's verbs start, and as whom
 *
 * MUST NOT leave a right of root's to a user's program (real/run.sh).
 */
#include <grp.h>
#include <linux/keyctl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "ground/cleanup.h"
#include "ground/missing.h"
#include "command/privtmp.h"
#include "command/program.h"

#define SAFE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum {
        NOT_RUN = 126,
        NOT_FOUND = 127,
};

/* So that programs can open it by its name, as after a login. It is none of the caller's. */
static int own_terminal(uid_t uid)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (isatty(fd) && fchown(fd, uid, (gid_t)-1) < 0)
                        return -errno;
        return 0;
}

static int set_environment(const struct passwd *user)
{
        const char *const variables[][2] = {
                {"HOME", user->pw_dir},
                {"USER", user->pw_name},
                {"LOGNAME", user->pw_name},
                {"SHELL", *user->pw_shell ? user->pw_shell : "/bin/sh"},
        };

        for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
                if (setenv(variables[i][0], variables[i][1], 1) < 0)
                        return -errno;
        return 0;
}

/*
 * A session keyring of the user's own, who is its owner: whoever has root's could use all the keys
 * in it. A kernel without keys, or a container whose filter refuses this call, has none to be used.
 */
static int leave_keys(void)
{
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS ||
            errno == EPERM)
                return 0;
        return -errno;
}

int program_become(const char *user)
{
        struct passwd *entry;
        int r = 0;

        errno = 0;
        entry = getpwnam(user);
        if (!entry) {
                r = errno ? -errno : -ENOENT;
                privtmp_say("can't become %s: %s", user, strerror(-r));
                return r;
        }
        /* what root's shell or cron job has open besides is not for the user's program */
        if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
                r = -errno;
        if (r == 0)
                r = own_terminal(entry->pw_uid);
        if (r == 0 && (initgroups(entry->pw_name, entry->pw_gid) < 0 || setgid(entry->pw_gid) < 0 ||
                       setuid(entry->pw_uid) < 0))
                r = -errno;
        if (r == 0)
                r = leave_keys();
        if (r == 0)
                r = set_environment(entry);
        if (r < 0)
                privtmp_say("can't become %s: %s", user, strerror(-r));
        return r;
}

int program_scrub(void)
{
        const char *terminal = getenv("TERM");
        _cleanup_free_ char *copy = terminal ? strdup(terminal) : NULL;

        if (clearenv() != 0 || setenv("PATH", SAFE_PATH, 1) < 0 || setenv("HOME", "/root", 1) < 0 ||
            setenv("SHELL", "/bin/sh", 1) < 0 || (copy && setenv("TERM", copy, 1) < 0))
                return -ENOMEM;
        return 0;
}

int program_start(char **command, const char *user)
{
        const char *own = user ? getenv("SHELL") : NULL;
        char *shell[] = {as_mutable(own ? own : "/bin/sh"), NULL};
        int error;

        if (!*command)
                command = shell;
        (void)execvp(*command, command);
        error = errno;
        privtmp_say("%s: %s", *command, strerror(error));
        return error == ENOENT ? NOT_FOUND : NOT_RUN;
}
