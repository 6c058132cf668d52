/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scenario: what an open and a close are tried in: tables, sessions beside, outer sessions */
#include "kit/fault.h"
#include "kit/login.h"
#include "kit/scenario.h"

/* ------------------------------------------------------------------ scenarios */

static struct login beside; /* another session's program, which stays for the next session */
static bool begun;
static struct scene_state as_begun; /* what it was then */

static void begin_beside(const char *user)
{
        if (!begun) {
                beside = login_start();
                as_begun = *login_state(&beside);
        }
        begun = true;
        ck_assert_int_eq(login_do(&beside, do_session_open, user), 0);
}

static void begin_alice_beside(void)
{
        begin_beside("alice");
}

void scenario_done(void)
{
        if (begun)
                login_end(&beside);
        begun = false;
}

/* Who has not come back to what it was is no program for the next session. */
static void end_beside(void)
{
        login_do(&beside, do_session_close, NULL);
        if (scene_states_differ(&as_begun, login_state(&beside)))
                scenario_done();
}

/* Nothing is there yet, not even the folders. */
static void remove_folders(void)
{
        static const char *const folders[] = {SCENE_BASE "/1001",   SCENE_BASE "/1002",
                                              SCENE_BASE "/.trash", SCENE_BASE "/.work",
                                              SCENE_BASE,           "/run/privtmp"};

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                ck_assert_msg(rmdir(folders[i]) == 0 || errno == ENOENT, "%s: %s", folders[i],
                              strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

void purge(void)
{
        (void)nftw(SCENE_BASE, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        (void)nftw("/run/privtmp", remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void leave_stale(void)
{
        begin_beside("alice");
        login_kill(&beside);
        begun = false;
}

static pid_t survivor; /* keeps what an earlier session of alice's had in memory */

static void begin_survivor(void)
{
        begin_alice_beside();
        survivor = login_do(&beside, do_inner_start_orphan, NULL);
        login_do(&beside, do_session_close, NULL);
}

static void end_survivor(void)
{
        scenario_done(); /* the other end of the survivor's channel is there */
        ck_assert_int_eq(waitpid(survivor, NULL, 0), survivor);
}

void sweep_rest(void)
{
        static const char *const users[] = {"alice", "bob", "root"};

        scene_write("/srv/table", "/srv/base /tmp *\n");
        scene_age(0);
        scene_age(ALICE);
        scene_age(BOB);
        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
                begin_beside(users[i]);
                end_beside();
        }
        scene_empty_trash();
        /* a record whose removal failed stays until somebody cleans */
        (void)nftw("/run/privtmp", remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define MEMORY_TABLE        "tmpfs /tmp * size=1M,nr_inodes=100\ninherit /tmp root\n"
#define NOFAIL_MEMORY_TABLE "tmpfs /tmp * size=1M,nr_inodes=100,nofail\ninherit /tmp root\n"
#define SHARE_TABLE         "/srv/base /tmp * share=many-*:plain@bob\ninherit /tmp root\n"

/* What the system directory has for all: a folder by a pattern, and a file of another user's. */
static void make_shares(void)
{
        ck_assert_int_eq(mkdir("/tmp/many-1", 0755), 0);
        scene_write("/tmp/plain", "");
        ck_assert_int_eq(chown("/tmp/plain", BOB, BOB), 0);
}

/* Who could not return has the shares mounted while the instance is deleted: the rest is clean's.
 */
static void remove_shares(void)
{
        scene_empty_trash();
        ck_assert_int_eq(rmdir("/tmp/many-1"), 0);
        ck_assert_int_eq(unlink("/tmp/plain"), 0);
}

static void begin_sharing_beside(void)
{
        make_shares();
        begin_alice_beside();
}

static void end_sharing(void)
{
        end_beside();
        remove_shares();
}

/* A file system of the base's own, for this test. */
static void mount_base(void)
{
        struct stat base, parent;

        if (stat(SCENE_BASE, &base) == 0 && stat("/srv", &parent) == 0 &&
            base.st_dev != parent.st_dev)
                return;
        ck_assert(mkdir(SCENE_BASE, 0700) == 0 || errno == EEXIST);
        scene_mount("base", SCENE_BASE, "tmpfs", 0, "mode=0700");
        scene_mounted();
}

/* Which limit was set stays noted, for the next session. */
static void forget_limit(void)
{
        (void)unlink(SCENE_BASE "/1001/limit");
        (void)unlink(SCENE_BASE "/1001/.limit");
}

const struct scenario scenarios[SCENARIOS] = {
        {"first", SCENE_TABLE, "alice", NULL, "/", remove_folders, .flags = ALL_FLAGS},
        {"again", SCENE_TABLE, "alice", NULL, "/srv", .flags = ALL_FLAGS},
        {"joins", SCENE_TABLE, "alice", NULL, "/", begin_alice_beside, end_beside,
         .flags = ALL_FLAGS},
        {"two directories", TWO_DIRECTORIES, "alice", NULL, "/srv/dir", .flags = ALL_FLAGS,
         .cwd_is_covered = true},
        {"nofail", "/srv/base /tmp * nofail\n", "alice", NULL, "/srv", .flags = ALL_FLAGS,
         .nofail = true},
        {"nested", SCENE_TABLE, "bob", "alice", "/srv", .flags = ALL_FLAGS},
        {"nested, first hidden", SCENE_TABLE, "bob", "alice", "/srv", .flags = ALL_FLAGS,
         .first_hidden = true},
        {"nested, partly inherited", TWO_DIRECTORIES, "root", "alice", "/srv/dir",
         .tmp = TMP_INHERITED, .cwd_is_covered = true, .may_be_let_in = true},
        {"tmpfs", MEMORY_TABLE, "alice", NULL, "/srv", .flags = ALL_FLAGS},
        {"tmpfs, joins", MEMORY_TABLE, "alice", NULL, "/", begin_alice_beside, end_beside,
         .flags = ALL_FLAGS},
        {"tmpfs, a survivor", MEMORY_TABLE, "alice", NULL, "/srv", begin_survivor, end_survivor,
         .flags = ALL_FLAGS},
        {"tmpfs, a survivor, nofail", NOFAIL_MEMORY_TABLE, "alice", NULL, "/srv", begin_survivor,
         end_survivor, .flags = ALL_FLAGS, .nofail = true},
        {"shares", SHARE_TABLE, "alice", NULL, "/srv", make_shares, remove_shares,
         .flags = ALL_FLAGS},
        {"shares, joins", SHARE_TABLE, "alice", NULL, "/srv", begin_sharing_beside, end_sharing,
         .flags = ALL_FLAGS},
        /* not in all sweeps */
        {"keeps", "/srv/base /tmp * keep=1h,end=idle\n", "alice", NULL, "/srv", .finish = purge,
         .flags = ALL_FLAGS},
        {"ends at close", "/srv/base /tmp * end=close\n", "alice", NULL, "/srv",
         .flags = ALL_FLAGS},
        {"sweeps", SCENE_TABLE, "alice", NULL, "/", leave_stale, sweep_rest, .flags = ALL_FLAGS},
        {"cwd is covered", SCENE_TABLE, "alice", NULL, "/tmp", .flags = ALL_FLAGS,
         .cwd_is_covered = true},
        {"without ids", SCENE_TABLE, "alice", NULL, "/srv", .flags = ALL_FLAGS, .no_ids = true},
        {"options", "/srv/base /tmp * scope=session,mode=0700,exec\n", "alice", NULL, "/",
         .flags = ST_NOSUID | ST_NODEV},
        {"root", "/srv/base /tmp *\n", "root", NULL, "/", .flags = ALL_FLAGS,
         .may_be_let_in = true},
        {"nested, without ids", SCENE_TABLE, "bob", "alice", "/srv", .flags = ALL_FLAGS,
         .no_ids = true},
        {"nested, none", SCENE_TABLE, "games", "alice", "/srv", .tmp = TMP_SYSTEMS},
        {"nested, none, first hidden", SCENE_TABLE, "games", "alice", "/tmp", .tmp = TMP_SYSTEMS,
         .first_hidden = true},
        {"a limit", "/srv/base /tmp * size=10M,nr_inodes=100\n", "alice", NULL, "/srv", mount_base,
         forget_limit, .flags = ALL_FLAGS, .quotas = true},
};

bool is_same_cwd(const struct scene_state *a, const struct scene_state *b)
{
        return a->cwd.dev == b->cwd.dev && a->cwd.ino == b->cwd.ino;
}
