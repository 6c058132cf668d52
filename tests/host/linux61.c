/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux61: runs a command as on Linux 6.1 (linux61.h), for the throw-away host of the tests.
 *
 * usage: linux61 COMMAND [ARG...]
 *
 * Needs root. The exit status is the command's; 127 if there is no such command.
 */
#include <err.h>

#include "host/linux61.h"

int main(int argc, char **argv)
{
        if (argc < 2)
                errx(2, "usage: linux61 COMMAND [ARG...]");
        if (linux61_begin() < 0)
                err(1, "no filter of system calls");
        (void)execvp(argv[1], argv + 1);
        err(127, "%s", argv[1]);
}
