/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* share: a system directory, and shares that are taken from it and put into what covers it */
#include <sys/socket.h>
#include <sys/un.h>

#include "kit/ground.h"
#include "kit/share.h"
#include "mounts/cover.h"
#include "session/share.h"
#include "table/grammar.h"

struct scratch scratch;
struct heard heard;
int root;
int system_fd;
struct line line;
struct share_list list;

void set_up(void)
{
        own_mounts();
        umask(077); /* as strict as a caller's may be */
        ground_make(&scratch);
        heard_begin(&heard);
        close(make_dir(scratch.fd, "1001", 0700));
        root = make_dir(scratch.fd, "1001/root", 01770);
        must(fchown(root, 0, ALICE));
        must(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"));
        must(mkdir(SYSTEM, 0700));
        must(chmod(SYSTEM, 01777));
        system_fd = must(open(SYSTEM, O_PATH | O_DIRECTORY | O_CLOEXEC));
        list = (struct share_list){0};
}

/* ------------------------------------------------------------------ the system directory */

void give(const char *name, uid_t owner)
{
        must(fchownat(system_fd, name, owner, owner, AT_SYMLINK_NOFOLLOW));
}

void make_file(const char *name, uid_t owner)
{
        write_file(system_fd, name, name);
        give(name, owner);
}

void make_folder(const char *name, uid_t owner)
{
        close(make_dir(system_fd, name, 0755));
        give(name, owner);
}

int make_socket(const char *name, uid_t owner)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

        snprintf(address.sun_path, sizeof(address.sun_path), SYSTEM "/%s", name);
        must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
        must(listen(fd, 1));
        must(chmod(address.sun_path, 0777));
        give(name, owner);
        return fd;
}

/* ------------------------------------------------------------------ take and put */

void parse(const char *options)
{
        char text[4096];
        struct grammar_text from = {.file = "conf", .number = 3, .text = text};

        snprintf(text, sizeof(text), "/b " SYSTEM " * %s", options);
        from.length = strlen(text);
        ck_assert_msg(grammar_parse(&from, &line, &heard.report) == 1, "%s", heard.report.fault);
}

void take(const char *options)
{
        parse(options);
        share_take(&line, system_fd, ALICE, &list, &heard.report);
}

bool has(const char *name)
{
        return share_find(&list, name, strlen(name)) != NULL;
}

int cover(void)
{
        int tree, directory = must(open(SYSTEM, O_PATH | O_DIRECTORY | O_CLOEXEC));

        ck_assert_int_eq(cover_clone(root, line.flags, &tree), 0);
        ck_assert_int_eq(cover_put(tree, directory), 0);
        close(directory);
        share_put(&line, &list, tree, &heard.report);
        return tree;
}

bool is_bound(const char *name)
{
        struct stat outside, inside;
        char path[256];

        snprintf(path, sizeof(path), SYSTEM "/%s", name);
        return fstatat(system_fd, name, &outside, AT_SYMLINK_NOFOLLOW) == 0 &&
               lstat(path, &inside) == 0 && outside.st_dev == inside.st_dev &&
               outside.st_ino == inside.st_ino;
}

bool said(const char *text)
{
        return strstr(heard.text, text) != NULL;
}
