/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syslogd: writes what comes in at a syslog socket to a file, for the throw-away host of the tests.
 *
 * usage: syslogd SOCKET FILE
 *
 * A line is "FACILITY.LEVEL TEXT", both as numbers: 10.3 is authpriv.err.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The longest message that is kept whole: syslog(3) of glibc sends no longer ones by itself. */
#define MESSAGE_MAX 8192

/* The number that stands before each message, as in "<83>sshd[7]: text". */
static unsigned long priority(const char *message, const char **ret_text)
{
        char *end = NULL;
        unsigned long number;

        *ret_text = message;
        if (message[0] != '<')
                return 0;

        number = strtoul(message + 1, &end, 10);
        if (*end != '>')
                return 0;

        *ret_text = end + 1;
        return number;
}

/* A message is one line: else a user could write the second one in somebody else's name. */
static void one_line(char *text)
{
        for (; *text != '\0'; text++)
                if (*text == '\n')
                        *text = ' ';
}

int main(int argc, char **argv)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char message[MESSAGE_MAX + 1];
        int socket_fd, file_fd;

        if (argc != 3)
                errx(2, "usage: syslogd SOCKET FILE");
        if (strlen(argv[1]) >= sizeof(address.sun_path))
                errx(2, "%s: too long for a socket", argv[1]);
        strcpy(address.sun_path, argv[1]);

        file_fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (file_fd < 0)
                err(1, "%s", argv[2]);

        socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (socket_fd < 0)
                err(1, "socket");
        (void)unlink(argv[1]); /* left over from a syslogd that was killed, or not there */
        if (bind(socket_fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                err(1, "%s", argv[1]);
        if (chmod(argv[1], 0666) < 0)
                err(1, "%s", argv[1]);

        for (;;) {
                ssize_t length = recv(socket_fd, message, MESSAGE_MAX, 0);
                const char *text;
                unsigned long number;

                if (length < 0)
                        err(1, "recv");
                message[length] = '\0';
                one_line(message);
                number = priority(message, &text);
                if (dprintf(file_fd, "%lu.%lu %s\n", number >> 3, number & 7, text) < 0)
                        err(1, "%s", argv[2]);
        }
}
