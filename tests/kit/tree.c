/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tree: hostile trees, as the end of an instance finds them */
#include <fts.h>

#include "disk/remove.h"
#include "ground/cleanup.h"
#include "kit/ground.h"
#include "kit/tree.h"

struct scratch scratch; /* the tree "top", and "outside" with what must not be touched */
unsigned fds;

int make_tree(void)
{
        _cleanup_close_ int top = make_dir(scratch.fd, "top", 0700);
        int root = make_dir(top, "root", 01770);

        must(fchown(root, 0, ALICE));
        return root;
}

void set_up(void)
{
        int outside, below;

        own_mounts();
        ground_make(&scratch);
        outside = make_dir(scratch.fd, "outside", 0755);
        below = make_dir(outside, "below", 0755);
        write_file(outside, "file", "outside");
        write_file(below, "file", "below");
        close(below);
        close(outside);
        fds = count_fds();
}

char *look_outside(void)
{
        char path[64];
        char *const paths[] = {path, NULL};
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        FTSENT *entry;
        FTS *fts;

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d/outside", scratch.fd);
        fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        while ((entry = fts_read(fts))) {
                const struct stat *st = entry->fts_statp;
                char content[16] = "";

                if (entry->fts_info == FTS_DP)
                        continue;
                if (entry->fts_info == FTS_F) {
                        int fd = must(open(entry->fts_accpath, O_RDONLY | O_CLOEXEC));

                        must((int)read(fd, content, sizeof(content) - 1));
                        close(fd);
                }
                fprintf(stream, "%s %o %u:%u %ju '%s' %jd.%09ld\n", entry->fts_name, st->st_mode,
                        st->st_uid, st->st_gid, (uintmax_t)st->st_nlink, content,
                        (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
        }
        fts_close(fts);
        fclose(stream);
        return text;
}

unsigned remove_all(struct remove_budget limits)
{
        for (unsigned calls = 1;; calls++) {
                struct remove_budget budget = limits;
                int r = remove_tree(scratch.fd, "top", &budget);

                ck_assert_msg(r >= 0, "remove_tree: %s", strerrordesc_np(-r));
                if (r == 0) {
                        ck_assert(!is_there(scratch.fd, "top"));
                        ck_assert_uint_eq(count_fds(), fds);
                        return calls;
                }
                ck_assert_int_eq(r, REMOVE_MORE);
                ck_assert_uint_lt(calls, CALLS);
        }
}

void be_tight(unsigned n)
{
        struct rlimit limit;
        int free[16];

        ck_assert_uint_le(n, 16);
        for (unsigned i = 0; i < n; i++)
                free[i] = must(dup(scratch.fd));
        must(getrlimit(RLIMIT_NOFILE, &limit));
        limit.rlim_cur = (rlim_t)free[n - 1] + 1;
        for (unsigned i = 0; i < n; i++)
                close(free[i]);
        must(setrlimit(RLIMIT_NOFILE, &limit));
        must(getrlimit(RLIMIT_STACK, &limit));
        limit.rlim_cur = 512 << 10;
        must(setrlimit(RLIMIT_STACK, &limit));
}

void be_roomy(void)
{
        struct rlimit limit;

        must(getrlimit(RLIMIT_NOFILE, &limit));
        limit.rlim_cur = limit.rlim_max;
        must(setrlimit(RLIMIT_NOFILE, &limit));
}

void make_files(int dir, unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                char name[16];

                (void)snprintf(name, sizeof(name), "%u", i);
                must(mknodat(dir, name, S_IFREG | 0600, 0));
        }
}

const struct remove_budget without_limit;

/* ------------------------------------------------------------------ what is in a tree */

int make_chain_of(uid_t uid, int dir, unsigned levels)
{
        dir = must(dup(dir));
        for (unsigned i = 0; i < levels; i++) {
                int next;

                if (mkdirat(dir, "d", 0700) < 0) {
                        /* a small disk is full sooner */
                        ck_assert_int_eq(errno, ENOSPC);
                        ck_assert_uint_gt(i, 5000);
                        break;
                }
                next = must(openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
                must(fchown(next, uid, uid));
                close(dir);
                dir = next;
        }
        return dir;
}

int make_chain(int dir, unsigned levels)
{
        return make_chain_of(0, dir, levels);
}

void make_full(int dir, unsigned levels)
{
        write_file(dir, "file", "");
        for (char c = 'a'; levels > 0 && c <= 'c'; c++) {
                char name[2] = {c, '\0'};
                int next = make_dir(dir, name, 0700);

                make_full(next, levels - 1);
                close(next);
        }
}

/* ------------------------------------------------------------------ what can't be renamed */

void go_to_disk(const char *name)
{
        scratch.fd = must(openat(scratch.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        fds = count_fds();
}

void make_lower(unsigned levels)
{
        char options[512];
        int dir;

        close(make_dir(scratch.fd, "layers", 0700));
        must(mount("tmpfs", scratch_path(&scratch, "layers"), "tmpfs", 0, "nr_inodes=0"));
        must(mkdirat(scratch.fd, "layers/lower", 0700));
        must(mkdirat(scratch.fd, "layers/upper", 0700));
        must(mkdirat(scratch.fd, "layers/work", 0700));
        must(mkdirat(scratch.fd, "layers/all", 0700));
        must(mkdirat(scratch.fd, "layers/lower/top", 0700));
        must(mkdirat(scratch.fd, "layers/lower/top/root", 0700));
        dir = must(openat(scratch.fd, "layers/lower/top/root", O_RDONLY | O_CLOEXEC));
        for (unsigned i = 0; i < levels; i++) {
                int next = make_dir(dir, "d", 0700);

                write_file(dir, "file", "");
                close(make_dir(dir, "empty", 0700));
                for (char c = 'a'; i % 50 == 0 && c <= 'c'; c++) {
                        char name[2] = {c, '\0'};
                        int side = make_dir(dir, name, 0700);

                        write_file(side, "file", "");
                        close(side);
                }
                must(fchown(dir, ALICE, ALICE));
                close(dir);
                dir = next;
        }
        close(dir);
        (void)snprintf(options, sizeof(options),
                       "lowerdir=%s,upperdir=%s,workdir=%s,redirect_dir=nofollow",
                       scratch_path(&scratch, "layers/lower"),
                       scratch_path(&scratch, "layers/upper"),
                       scratch_path(&scratch, "layers/work"));
        must(mount("overlay", scratch_path(&scratch, "layers/all"), "overlay", 0, options));
        go_to_disk("layers/all");
        ck_assert_int_eq(renameat(scratch.fd, "top/root/d", scratch.fd, "top/d"), -1);
        ck_assert_int_eq(errno, EXDEV);
}
