/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * login: a benchmark of whole commands: logins, and what makes a private /tmp without PAM
 *
 * usage: login ROUNDS DATA <COMMANDS
 *
 * COMMANDS has a line for each: GROUP, LABEL, SET-UP and COMMAND, with tabs between them. After a
 * round that fills the caches, each is run once a round, and each round begins with another; SET-UP
 * is given to sh first, and not timed. A command is split at its blanks, started, and waited for.
 * Whatever fails ends the program with status 1.
 *
 * Printed, and added to DATA for the plot, are the quartiles of the time, and of its ratio to that
 * of the first command of its group in the same round. Not a test: run it by "sh tests/bench/run".
 */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/stats.h"

enum {
        COMMANDS_MAX = 64,
        WORDS_MAX = 16,
        LINE_BYTES = 1024,
};

struct command {
        char line[LINE_BYTES]; /* what the rest points into */
        char *group, *label, *set_up;
        char *words[WORDS_MAX + 1];
        double *times; /* one a round */
        size_t first;  /* of its group */
};

static char *take(char **rest, const char *separators)
{
        char *word = strsep(rest, separators);

        if (!word)
                errx(1, "a line has too few columns");
        return word;
}

static size_t read_commands(struct command commands[COMMANDS_MAX], size_t rounds)
{
        size_t n = 0;

        while (n < COMMANDS_MAX && fgets(commands[n].line, LINE_BYTES, stdin)) {
                struct command *c = &commands[n];
                char *rest = c->line;

                rest[strcspn(rest, "\n")] = '\0';
                c->group = take(&rest, "\t");
                c->label = take(&rest, "\t");
                c->set_up = take(&rest, "\t");
                for (size_t i = 0; rest && i < WORDS_MAX; i++)
                        c->words[i] = take(&rest, " ");
                c->times = calloc(rounds, sizeof(*c->times));
                if (!c->words[0] || !c->times)
                        errx(1, "a command of %s is empty, or there is no memory", c->group);
                c->first = n;
                if (n > 0 && strcmp(commands[n - 1].group, c->group) == 0)
                        c->first = commands[n - 1].first;
                n++;
        }
        return n;
}

static double run(const struct command *c)
{
        double start;
        int status;
        pid_t pid;

        if (*c->set_up && system(c->set_up) != 0)
                errx(1, "%s: %s", c->label, c->set_up);
        start = now();
        if (posix_spawnp(&pid, c->words[0], NULL, NULL, c->words, environ) != 0 ||
            waitpid(pid, &status, 0) != pid)
                err(1, "%s", c->words[0]);
        if (status != 0)
                errx(1, "%s, %s: %s failed (wait status %#x)", c->group, c->label, c->words[0],
                     (unsigned)status);
        return now() - start;
}

static void print(const struct command *commands, size_t n, size_t rounds, FILE *data)
{
        printf("%-8s %-28s %26s  %s\n", "", "", "microseconds", "times the first: p50 (quartiles)");
        printf("%-8s %-28s %8s %8s %8s\n", "", "", "p25", "p50", "p99");
        for (size_t i = 0; i < n; i++) {
                const struct command *c = &commands[i];
                struct spread s = spread_of(c->times, rounds);
                struct spread r = ratio_of(c->times, commands[c->first].times, rounds);

                if (c->first == i)
                        puts("");
                printf("%-8s %-28s %8.0f %8.0f %8.0f  %5.2f (%.2f to %.2f)\n", c->group, c->label,
                       s.p25, s.p50, s.p99, r.p50, r.p25, r.p75);
                fprintf(data, "\"%s\" \"%s\" %.1f %.1f %.1f %.1f\n", c->group, c->label, s.p25,
                        s.p50, s.p75, s.p99);
        }
}

int main(int argc, char **argv)
{
        static struct command commands[COMMANDS_MAX];
        size_t n, rounds = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
        FILE *data;

        if (rounds == 0)
                errx(2, "usage: login ROUNDS DATA <COMMANDS");
        data = fopen(argv[2], "ae");
        if (!data)
                err(1, "%s", argv[2]);
        n = read_commands(commands, rounds);
        for (size_t i = 0; i < n; i++)
                (void)run(&commands[i]); /* fills the caches */
        for (size_t round = 0; round < rounds; round++)
                for (size_t i = 0; i < n; i++) {
                        struct command *c = &commands[(round + i) % n];

                        c->times[round] = run(c);
                }
        print(commands, n, rounds, data);
        if (fclose(data) != 0 || fflush(stdout) != 0)
                err(1, "%s", argv[2]);
        return 0;
}
