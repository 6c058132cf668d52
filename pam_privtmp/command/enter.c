/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privtmp enter: look at what a user sees */
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/cleanup.h"
#include "command/account.h"
#include "mounts/cover.h"
#include "mounts/stance.h"
#include "disk/instance.h"
#include "lifetime/opener.h"
#include "command/program.h"
#include "command/privtmp.h"
#include "command/relay.h"
#include "ground/path.h"
#include "lifetime/records.h"
#include "ground/safedir.h"

static int usage(void)
{
        (void)printf("Usage:\n privtmp enter [options] USER [--] [COMMAND [ARGUMENT...]]\n\n"
                     "Run a shell, or a command, as root, that sees the private directories of a\n"
                     "user: those of a live session, else those that are still there.\n\n"
                     "Options:\n"
                     " -u, --user      run it as the user\n"
                     "     --conf FILE read FILE instead of " TABLE_CONF " and its drop-ins\n"
                     " -h, --help      display this help\n\n"
                     "For more details see privtmp(8).\n");
        return EXIT_SUCCESS;
}

/* The youngest live session. */
struct youngest {
        char boot[RECORD_BOOT];
        uint64_t start;
        int ns;
};

static int consider_session(void *arg, const struct record *record)
{
        struct youngest *youngest = arg;
        const char *why;
        int fd;

        if (strcmp(record->boot, youngest->boot) != 0 || record->start < youngest->start)
                return 0;
        fd = opener_open_namespace(record, &why);
        if (fd < 0)
                return 0;
        fd_close(youngest->ns);
        youngest->ns = fd;
        youngest->start = record->start;
        return 0;
}

/* Enters the namespace of a session. 1, 0 if there is none, or -errno. */
static int enter_session(uid_t uid, struct report *report)
{
        struct youngest youngest = {.ns = -EBADF};
        _cleanup_close_ int folder = -EBADF, ns = -EBADF;
        int r;

        r = safedir_open_own(RECORD_FOLDER, false, &folder, report);
        if (r != 0)
                return r < 0 ? r : 0;
        r = record_read_boot(youngest.boot);
        if (r == 0)
                r = records_each(folder, uid, consider_session, &youngest);
        ns = youngest.ns;
        if (r < 0 || ns < 0)
                return r;
        return setns(ns, CLONE_NEWNS) < 0 ? report_errno(report, -errno, "setns") : 1;
}

/* What is still there, to be covered with: the youngest instance of each directory. */
struct covers {
        uid_t uid;
        const char *name; /* NULL: of a user who is gone, whatever the name was */
        struct instance instances[RECORD_COVERS];
        char directories[RECORD_COVERS][PATH_MAX];
        size_t n;
        struct report *report;
};

static void consider_instance(struct covers *covers, int user, const char *name)
{
        struct instance instance;
        struct patience patience = {0};
        char directory[PATH_MAX], user_name[PATH_MAX];
        size_t i = 0;

        if (!name_is_instance(name) || instance_open(user, name, &instance) < 0)
                return;
        /* somebody else may have had the uid before */
        if (instance_read(instance.dir, "user", user_name) < 0 ||
            (covers->name && strcmp(user_name, covers->name) != 0) ||
            instance_read(instance.dir, "directory", directory) < 0 || !path_is_valid(directory) ||
            instance_join(user, &instance, &patience) < 0) {
                instance_done(&instance);
                return;
        }
        while (i < covers->n && strcmp(covers->directories[i], directory) != 0)
                i++;
        if (i == RECORD_COVERS || (i < covers->n && covers->instances[i].time > instance.time)) {
                instance_done(&instance);
                return;
        }
        if (i < covers->n)
                instance_done(&covers->instances[i]);
        else
                covers->n++;
        covers->instances[i] = instance;
        (void)strcpy(covers->directories[i], directory);
}

static int consider_base(void *arg, const char *path)
{
        struct covers *covers = arg;
        _cleanup_close_ int base = -EBADF;
        _cleanup_closedir_ DIR *dir = NULL;
        char name[NAME_BYTES];
        struct dirent *entry;
        int user, r;

        r = safedir_open_own(path, false, &base, covers->report);
        if (r != 0)
                return r < 0 ? r : 0;
        name_uid(name, covers->uid);
        user = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (user < 0)
                return errno == ENOENT ? 0 : report_errno(covers->report, -errno, "%s", path);
        dir = fdopendir(user);
        if (!dir) {
                fd_close(user);
                return report_errno(covers->report, -ENOMEM, "%s", path);
        }
        while ((entry = readdir(dir)))
                consider_instance(covers, dirfd(dir), entry->d_name);
        return 0;
}

/* The detached mounts are built first: a file system can be cloned only where it is mounted. */
static int build(struct covers *covers, int trees[RECORD_COVERS])
{
        const unsigned flags = FLAG_NOEXEC | FLAG_NOSUID | FLAG_NODEV;
        int r = 0;

        for (size_t i = 0; r == 0 && i < covers->n; i++) {
                r = cover_clone(covers->instances[i].root, flags, &trees[i]);
                if (r < 0)
                        r = report_errno(covers->report, r, "can't clone what covers %s",
                                         covers->directories[i]);
        }
        return r;
}

/* Their fds go with the command that is started, or with this process. */
static int cover_all(struct covers *covers)
{
        int trees[RECORD_COVERS], r = build(covers, trees);
        struct stance stance = STANCE_NONE;

        if (r == 0)
                r = stance_make_own(&stance, covers->report);
        for (size_t i = 0; r == 0 && i < covers->n; i++) {
                _cleanup_close_ int directory = -EBADF;

                r = safedir_open(covers->directories[i], &directory, covers->report);
                if (r == 0)
                        r = cover_put(trees[i], directory);
                if (r < 0)
                        r = report_errno(covers->report, r, "can't cover %s",
                                         covers->directories[i]);
        }
        return r;
}

/* Without a live session: what is kept, or used by processes alone. 1, 0 or -errno. */
static int enter_instances(uid_t uid, const char *name, const char *conf, struct report *report)
{
        const struct table_place place = {TABLE_CONF, TABLE_DROP_INS, conf};
        struct covers covers = {.uid = uid, .name = name, .report = report};
        _cleanup_table_ struct table *table = NULL;
        int r = table_load(&place, &table, report);

        if (r == 0)
                r = privtmp_each_base(table, consider_base, &covers);
        if (r == 0 && covers.n > 0) {
                r = cover_all(&covers);
                r = r < 0 ? r : 1;
        }
        for (size_t i = 0; i < covers.n; i++)
                instance_done(&covers.instances[i]);
        return r;
}

struct enter {
        const char *user, *conf;
        bool as_user;
        char **command; /* NULL at its end; empty: a shell */
};

/* In the process that becomes the command. */
static int start(void *arg)
{
        const struct enter *enter = arg;

        if (enter->as_user && program_become(enter->user) < 0)
                return EXIT_FAULT;
        return program_start(enter->command, enter->as_user ? enter->user : NULL);
}

static int enter(struct enter *enter)
{
        struct report report = PRIVTMP_REPORT;
        _cleanup_(terminal_done) struct terminal terminal;
        _cleanup_free_ char *name = NULL;
        uid_t uid;
        int r;

        if (terminal_open(&terminal) < 0)
                return EXIT_FAULT;
        r = account_uid(enter->user, &uid);
        name = r == 0 ? account_name(uid) : NULL;
        if (r < 0 || (enter->as_user && !name)) {
                privtmp_say("enter: %s: %s", enter->user,
                            r < 0 && r != -ENOENT ? strerror(-r) : "there is no such user");
                return EXIT_FAULT;
        }
        if (enter->as_user)
                enter->user = name;
        r = enter_session(uid, &report);
        if (r == 0)
                r = enter_instances(uid, name, enter->conf, &report);
        if (r == 0)
                privtmp_say("enter: %s: no session is open, and no private directory is there",
                            enter->user);
        privtmp_say_fault(&report);
        if (r <= 0 || program_scrub() < 0 || chdir("/") < 0)
                return EXIT_FAULT;
        return relay_run(&terminal, start, enter);
}

int privtmp_enter(int argc, char *argv[])
{
        static const struct option options[] = {
                {"user", no_argument, NULL, 'u'},
                {"conf", required_argument, NULL, 'c'},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        struct enter request = {0};
        int option;

        while ((option = getopt_long(argc, argv, "+uh", options, NULL)) >= 0)
                switch (option) {
                case 'u':
                        request.as_user = true;
                        break;
                case 'c':
                        request.conf = optarg;
                        break;
                case 'h':
                        return usage();
                default:
                        return EXIT_USAGE;
                }
        if (optind == argc) {
                privtmp_say("enter: whose directories? A user's name is missing");
                return EXIT_USAGE;
        }
        if (geteuid() != 0) {
                privtmp_say("enter: needs root");
                return EXIT_FAULT;
        }
        request.user = argv[optind++];
        if (optind < argc && strcmp(argv[optind], "--user") == 0) {
                request.as_user = true;
                optind++;
        }
        if (optind < argc && strcmp(argv[optind], "--") == 0)
                optind++;
        request.command = argv + optind;
        return enter(&request);
}
