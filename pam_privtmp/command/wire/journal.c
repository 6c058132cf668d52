/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire/journal: what "privtmp wire" has done, so that it can be taken back
 *
 * MUST have an entry on the disk before the file of its service changes (real/wire.sh).
 */
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "command/wire/journal.h"
#include "command/wire/pamfile.h"
#include "ground/cleanup.h"
#include "ground/lock.h"
#include "ground/safedir.h"
#include "ground/safefile.h"

enum {
        FILE_LIMIT = 1024 * 1024 + 1024, /* bytes: a file of pam.d and our line */
        NAME_BYTES = 64,
        TRIES_A_SECOND = 10,
};

static int open_folder(struct report *report)
{
        int fd, r = safedir_open_own(JOURNAL_FOLDER, true, &fd, report);

        return r < 0 ? r : fd;
}

/*
 * flock(2) does not tell who has it, a lock of fcntl(2) does, and one to read needs no fd that can
 * write. It decides nothing.
 */
static void tell_who_we_are(int fd)
{
        struct flock own = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

        (void)fcntl(fd, F_SETLK, &own);
}

static int report_holder(int fd, struct report *report)
{
        static const char words[] = "is at work, or waits for its confirmation";
        struct flock other = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        if (fcntl(fd, F_GETLK, &other) < 0 || other.l_type == F_UNLCK || other.l_pid <= 0)
                return report_fault(report, -EBUSY, "another \"privtmp wire\" %s", words);
        return report_fault(report, -EBUSY,
                            "another \"privtmp wire\" %s: \"kill %d\" ends it, and takes a trial "
                            "back",
                            words, (int)other.l_pid);
}

int journal_open_patient(unsigned seconds, struct report *report)
{
        static const struct timespec pause = {.tv_nsec = 1000 * 1000 * 1000 / TRIES_A_SECOND};
        _cleanup_close_ int fd = open_folder(report);
        unsigned tries = seconds * TRIES_A_SECOND;
        int r;

        if (fd < 0)
                return fd;
        while ((r = lock_try(fd, LOCK_EX)) < 0) {
                if (r != -EBUSY)
                        return report_errno(report, r, JOURNAL_FOLDER);
                if (tries-- == 0)
                        return report_holder(fd, report);
                (void)nanosleep(&pause, NULL);
        }
        tell_who_we_are(fd);
        return TAKE_FD(fd);
}

int journal_open(struct report *report)
{
        return journal_open_patient(0, report);
}

int journal_look(struct report *report)
{
        int fd, r = safedir_open_own(JOURNAL_FOLDER, false, &fd, report);

        return r > 0 ? -ENOENT : r < 0 ? r : fd;
}

/* Writes a file in one step. */
static int put(int journal, const char *name, const struct pamd_text *text)
{
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(journal, "new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = pamfile_write(fd, text);
        if (r < 0)
                return r;
        if (renameat(journal, "new", journal, name) < 0 || fsync(journal) < 0)
                return -errno;
        return 0;
}

/* 0, 1 when there is no such file, or -errno. */
static int get(int journal, const char *name, struct pamd_text *ret)
{
        _cleanup_close_ int fd = openat(journal, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

        *ret = (struct pamd_text){0};
        if (fd < 0)
                return errno == ENOENT ? 1 : -errno;
        return safefile_read_fd(fd, FILE_LIMIT, &ret->bytes, &ret->size);
}

static const char *name_of(const char *service, const char *what, char ret[NAME_BYTES])
{
        (void)snprintf(ret, NAME_BYTES, "%s.%s", service, what);
        return ret;
}

bool journal_has(int journal, const char *service)
{
        char name[NAME_BYTES];

        return faccessat(journal, name_of(service, "after", name), F_OK, 0) == 0;
}

int journal_write(int journal, const char *service, const struct pamd_text *before,
                  const struct pamd_text *after, struct report *report)
{
        char name[NAME_BYTES];
        int r = journal_forget(journal, service, report);

        if (r < 0)
                return r;
        /* an entry is there when `after` is */
        if (before->bytes)
                r = put(journal, name_of(service, "before", name), before);
        if (r == 0)
                r = put(journal, name_of(service, "after", name), after);
        return r < 0 ? report_errno(report, r, "can't write in " JOURNAL_FOLDER) : 0;
}

int journal_read(int journal, const char *service, struct pamd_text *before,
                 struct pamd_text *after, struct report *report)
{
        char name[NAME_BYTES];
        int r;

        *before = (struct pamd_text){0};
        r = get(journal, name_of(service, "after", name), after);
        if (r == 0) {
                r = get(journal, name_of(service, "before", name), before);
                r = r < 0 ? r : 0; /* there was no file */
        }
        return r < 0 ? report_errno(report, r, "can't read in " JOURNAL_FOLDER) : r;
}

static int take_away(int journal, const char *name, struct report *report)
{
        int r = unlinkat(journal, name, 0) < 0 ? -errno : 0;

        /* where nothing can be written, it need not have been there */
        if (r < 0 && faccessat(journal, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return report_errno(report, r, "can't take away " JOURNAL_FOLDER "/%s", name);
        return 0;
}

int journal_forget(int journal, const char *service, struct report *report)
{
        char name[NAME_BYTES];
        int r = take_away(journal, name_of(service, "after", name), report);

        return r < 0 ? r : take_away(journal, name_of(service, "before", name), report);
}

int journal_begin(int journal, const char *names, struct report *report)
{
        struct pamd_text text = {as_mutable(names), strlen(names)};
        int r = put(journal, "pending", &text);

        return r < 0 ? report_errno(report, r, "can't write in " JOURNAL_FOLDER) : 0;
}

int journal_pending(int journal, char names[JOURNAL_PENDING], struct report *report)
{
        struct pamd_text text;
        int r = get(journal, "pending", &text);

        names[0] = '\0';
        if (r == 0)
                (void)snprintf(names, JOURNAL_PENDING, "%s", text.bytes);
        pamd_text_done(&text);
        return r < 0 ? report_errno(report, r, "can't read in " JOURNAL_FOLDER) : 0;
}

int journal_settle(int journal, struct report *report)
{
        int r = take_away(journal, "pending", report);

        (void)fsync(journal);
        return r;
}
