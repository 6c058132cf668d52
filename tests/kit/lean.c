/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lean: to be preloaded: the LEAN_NTH call for memory of privtmp fails, whoever makes it
 *
 * Then the file LEAN_HIT is there. What privtmp starts is not meant. What the name service needs it
 * always gets: glibc's own ends the process when it has none. So does libsmartcols when it prints:
 * it leaves out what it can't.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, which has no header for them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned serving;

static bool fails(void)
{
        static long nth, so_far;
        const char *text;

        if (serving > 0 || strcmp(program_invocation_short_name, "privtmp") != 0)
                return false;
        if (so_far++ == 0) {
                text = getenv("LEAN_NTH");
                nth = text ? atol(text) : 0;
        }
        if (so_far != nth)
                return false;
        text = getenv("LEAN_HIT");
        if (text)
                close(open(text, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        errno = ENOMEM;
        return true;
}

void *malloc(size_t size)
{
        return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
        return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
        return fails() ? NULL : __libc_realloc(old, size);
}

/* The same function, with the memory that it needs. */
#define SERVE(type, name, parameters, arguments)                                                   \
        type name parameters                                                                       \
        {                                                                                          \
                type(*real) parameters;                                                            \
                type result;                                                                       \
                                                                                                   \
                serving++;                                                                         \
                *(void **)&real = dlsym(RTLD_NEXT, #name);                                         \
                result = real arguments;                                                           \
                serving--;                                                                         \
                return result;                                                                     \
        }

SERVE(struct passwd *, getpwuid, (uid_t uid), (uid))
SERVE(struct passwd *, getpwnam, (const char *name), (name))
SERVE(struct passwd *, getpwent, (void), ())
SERVE(struct group *, getgrgid, (gid_t gid), (gid))
SERVE(struct group *, getgrnam, (const char *name), (name))
SERVE(int, getpwnam_r,
      (const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **ret),
      (name, entry, buffer, size, ret))
SERVE(int, getgrnam_r,
      (const char *name, struct group *entry, char *buffer, size_t size, struct group **ret),
      (name, entry, buffer, size, ret))
SERVE(int, getgrouplist, (const char *name, gid_t gid, gid_t *groups, int *n),
      (name, gid, groups, n))

struct libscols_table;
int scols_print_table(struct libscols_table *table);
SERVE(int, scols_print_table, (struct libscols_table * table), (table))
