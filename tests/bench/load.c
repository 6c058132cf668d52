/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* load: loads the modules that are named, as libpam does. For "sh tests/bench/run". */
#include <dlfcn.h>
#include <err.h>
#include <stddef.h>

#include <security/pam_appl.h>

int main(int argc, char **argv)
{
        (void)pam_strerror(NULL, PAM_SUCCESS); /* libpam itself is there in each login program */
        for (int i = 1; i < argc; i++)
                if (!dlopen(argv[i], RTLD_NOW))
                        errx(1, "%s", dlerror());
        return 0;
}
