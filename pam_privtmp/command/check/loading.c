/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/loading: can a PAM module be loaded? */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "ground/cleanup.h"
#include "command/check/loading.h"

/* In the child. What is loaded runs here, and may end the process as it likes. */
static void load(const char *path, int to)
{
        static const char *const calls[] = {"pam_sm_open_session", "pam_sm_close_session"};
        void *module = dlopen(path, RTLD_NOW);
        const char *fault = module ? "" : dlerror();

        for (size_t i = 0; module && i < sizeof(calls) / sizeof(calls[0]); i++)
                if (!dlsym(module, calls[i]))
                        fault = dlerror();
        (void)!write(to, fault, strlen(fault) + 1);
        _exit(0);
}

/* All that the child says, with a NUL at the end. 0 or -errno. */
static int read_all(int fd, char *text, size_t size)
{
        size_t used = 0;
        ssize_t n = 1;

        while (n > 0 && used < size - 1) {
                n = read(fd, text + used, size - 1 - used);
                if (n < 0)
                        return -errno;
                used += (size_t)n;
        }
        text[used] = '\0';
        return used == 0 ? -ENODATA : 0;
}

int loading_try(const char *path, char *text, size_t size)
{
        _cleanup_close_ int from = -EBADF, to = -EBADF;
        int ends[2], status = 0, r;
        pid_t child;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        from = ends[0];
        to = ends[1];
        child = fork();
        if (child < 0)
                return -errno;
        if (child == 0)
                load(path, to);
        to = fd_close(to);
        r = read_all(from, text, size);
        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        if (WIFSIGNALED(status))
                (void)snprintf(text, size, "loading it ends in a signal: %s",
                               strsignal(WTERMSIG(status)));
        else if (r == -ENODATA)
                (void)snprintf(text, size, "it ends whoever loads it");
        else if (r < 0)
                return r;
        return *text == '\0';
}
