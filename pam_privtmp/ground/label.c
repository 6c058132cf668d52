/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * label: the SELinux label of what covers a directory
 *
 * MUST put the thread's creation label back, also on error (unit/ground/label.c).
 */
#include <errno.h>
#include <selinux/selinux.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/cleanup.h"
#include "ground/label.h"
#include "ground/missing.h"

static inline void freecon_cleanup(char **label)
{
        freecon(*label);
}
#define _cleanup_label_ _cleanup_(freecon_cleanup)

/* A failure: fatal where SELinux enforces, else only said. The policy hides some denials. */
static int failed(struct report *report, int error, const char *what)
{
        if (security_getenforce() == 1)
                return report_errno(report, error, "SELinux: %s", what);
        report_note(report, REPORT_WARNING, "SELinux: %s: %s, going on without", what,
                    strerrordesc_np(-error));
        return 0;
}

int label_read(int fd, char **ret, struct report *report)
{
        _cleanup_label_ char *label = NULL;

        *ret = NULL;
        if (is_selinux_enabled() <= 0)
                return 0;
        if (fgetfilecon_raw(fd, &label) < 0)
                return failed(report, -errno, "can't read the label of the directory");
        *ret = strdup(label);
        return *ret ? 0 : -ENOMEM;
}

int label_mkdirat(const char *label, int parent, const char *name, mode_t mode,
                  struct report *report)
{
        _cleanup_label_ char *before = NULL;
        int made, error, r;

        if (!label)
                return mkdirat(parent, name, mode) < 0 ? -errno : 0;
        if (getfscreatecon_raw(&before) < 0 || setfscreatecon_raw(label) < 0) {
                r = failed(report, -errno, "can't set the label for new files");
                if (r < 0)
                        return r;
                return mkdirat(parent, name, mode) < 0 ? -errno : 0;
        }
        made = mkdirat(parent, name, mode);
        error = errno;
        if (setfscreatecon_raw(before) < 0) {
                r = failed(report, -errno, "can't put back the label for new files");
                if (r < 0)
                        return r;
        }
        return made < 0 ? -error : 0;
}

int label_set(const char *label, int fd, struct report *report)
{
        if (label && fsetfilecon_raw(fd, label) < 0)
                return failed(report, -errno, "can't label the file system in memory");
        return 0;
}

bool label_is(const char *label, int fd)
{
        _cleanup_label_ char *now = NULL;

        if (!label)
                return true;
        return fgetfilecon_raw(fd, &now) >= 0 && strcmp(now, label) == 0;
}

bool label_policy_is_missing(void)
{
        if (is_selinux_enabled() <= 0 || security_getenforce() != 1)
                return false;
        /* with a level, or without where the policy knows none */
        return security_check_context_raw("system_u:object_r:" LABEL_TYPE ":s0") < 0 &&
               security_check_context_raw("system_u:object_r:" LABEL_TYPE) < 0;
}
