/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* session: what an open and a close have to come to, and what they came to */
#include "kit/pam-login.h"
#include "random/look.h"
#include "random/model.h"
#include "random/process.h"
#include "random/session.h"

/* ------------------------------------------------------------------ open */

static bool is_inside(const struct process *process)
{
        for (unsigned d = 0; d < DIRECTORIES; d++)
                if (process->space->shows[d])
                        return true;
        return false;
}

void settle(unsigned user, bool finds)
{
        unsigned n = 0;

        for (each(i, instances))
                n += i->in_place && i->user == user && !is_locked(i);
        if (finds && n < SWEPT)
                return;
        for (each(i, instances)) {
                if (!i->in_place || i->user != user || is_locked(i) || i->fate != STAYS)
                        continue;
                i->fate = judge(i, NULL, true);
                if (n < SWEPT)
                        continue;
                i->clock_unsure = true;
                if (i->fate == GOES)
                        i->fate = MAY_GO;
        }
}

/* Marks those of the directory that an open can use; are there any? */
static bool mark_usable(struct opening *o, unsigned directory, bool locked)
{
        bool any = false;

        for (each(i, instances)) {
                if (!i->in_place || i->user != o->user || i->directory != directory ||
                    i->per_session || i->fate == GOES || is_locked(i) != locked)
                        continue;
                o->may_be[directory][i - instances] = true;
                any = true;
        }
        return any;
}

static void expect_directory(struct opening *o, unsigned directory)
{
        const struct line *line = lines[o->user][directory];
        bool finds;

        o->private[directory] = line->options;
        if (!line->options)
                return;
        o->any = true;
        finds = !line->per_session && mark_usable(o, directory, true);
        settle(o->user, finds);
        if (finds)
                return;
        o->may_be_new[directory] = line->per_session || !mark_usable(o, directory, false);
}

void expect_open(struct opening *o, struct process *process, unsigned user)
{
        struct space *space = process->space;

        *o = (struct opening){.process = process, .user = user, .inside = is_inside(process)};
        process->has_opened = true;
        /* it goes back where a record says that the outer session came from the host's namespace */
        o->home = o->inside && !beside && space->from_host && has_record_but(space, 0);
        o->any = o->inside;
        if (o->home)
                process->space = host; /* while it looks around */
        for (each(t, temporaries))
                if (t->user == user && t->old && t->lock < 0)
                        t->fate = MAY_GO;
        for (unsigned d = 0; d < DIRECTORIES; d++)
                expect_directory(o, d);
        process->space = space;
        tally.opens++;
        tally.nests += space != host;
}

/* The instance with that root, or NULL. */
static struct instance *find_instance(ino_t root)
{
        for (each(i, instances))
                if (i->in_place && i->root == root)
                        return i;
        return NULL;
}

void each_unknown(unsigned user, void (*found)(unsigned, const char *, void *), void *arg)
{
        struct dirent *entry;
        char path[64];
        DIR *dir;

        (void)snprintf(path, sizeof(path), SCENE_BASE "/%u", uids[user]);
        dir = opendir(path);
        while (dir && (entry = readdir(dir))) {
                bool known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;

                for (each(i, instances))
                        known |= i->in_place && i->user == user &&
                                 strcmp(i->name, entry->d_name) == 0;
                for (each(t, temporaries))
                        known |= t->user == user && strcmp(t->name, entry->d_name) == 0;
                if (!known)
                        found(user, entry->d_name, arg);
        }
        if (dir)
                closedir(dir);
}

void add_instance(unsigned user, const char *name, void *arg)
{
        struct instance new = {.there = true, .in_place = true, .user = user};
        const ino_t *root = arg;
        char target[PATH_MAX];
        ssize_t n;

        (void)snprintf(new.name, sizeof(new.name), "%s", name);
        new.root = inode(instance_path(&new, "/root"));
        if (name[0] == '.' || (root && *root != new.root))
                return;
        n = readlink(instance_path(&new, "/directory"), target, sizeof(target) - 1);
        target[n < 0 ? 0 : n] = '\0';
        while (new.directory < DIRECTORIES && strcmp(directories[new.directory], target) != 0)
                new.directory++;
        if (new.directory == DIRECTORIES)
                wrong("%s is for no directory", instance_path(&new, ""));
        if (scene_entries(instance_path(&new, "/root")) > 0)
                wrong("%s is not empty", instance_path(&new, "/root"));
        scene_write(instance_path(&new, "/root/marker"), name);
        new.marker = inode(instance_path(&new, "/root/marker"));
        new.per_session = scene_has(instance_path(&new, "/scope"));
        new.keep = read_keep(&new);
        new.clock = read_clock(&new);
        *take_free(instances) = new;
}

/* What covers the directory of the process that has opened a session? */
static struct instance *observe_place(const struct opening *o, unsigned directory)
{
        const struct line *line = lines[o->user][directory];
        ino_t root = seen_by(o->process, directory, "");
        struct instance *instance = find_instance(root);
        bool late = (beside || o->slow) && instance && instance->fate != STAYS;

        if (!instance) {
                each_unknown(o->user, add_instance, &root);
                instance = find_instance(root);
                if (!instance)
                        wrong("%s is covered by something else (%ju)", directories[directory],
                              (uintmax_t)root);
                if (instance->user != o->user || instance->directory != directory ||
                    instance->per_session != line->per_session)
                        wrong("%s is for something else", instance_path(instance, ""));
                if (!o->may_be_new[directory] && !o->racing)
                        wrong("%s is new", instance_path(instance, ""));
                tally.alone += !o->may_be_new[directory];
        } else if (!o->may_be[directory][instance - instances] && !late) {
                wrong("%s is not what %s should find at %s", instance_path(instance, ""),
                      users[o->user], directories[directory]);
        } else {
                tally.joins++;
        }
        say(" %s", instance->name);
        instance->fate = STAYS;
        instance->keep = line->keep;
        instance->clock = CLOCK_STOPPED;
        instance->clock_unsure = false;
        return instance;
}

/* Does the session begin in the host's namespace? */
static bool is_from_host(const struct opening *o)
{
        return o->home || o->process->space == host;
}

/* Can such a session join what is in the space: the same for the same user, as the table says now?
 */
static bool can_join(const struct space *space, const struct opening *o,
                     const struct session *session)
{
        bool any_private = false;

        if (!is_from_host(o) || !space->from_host || space->user != o->user)
                return false;
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                const struct line *line = lines[o->user][d];

                if (space->lines[d] != line || space->shows[d] != session->places[d] ||
                    line->per_session)
                        return false;
                any_private |= line->options != NULL;
        }
        return any_private;
}

bool is_open(const struct space *space, const struct process *opener)
{
        for (unsigned i = 0; i < RECORDS; i++)
                if (is_live(space, &space->openers[i]) && space->openers[i].process != opener &&
                    has_record(space, &space->openers[i]))
                        return true;
        return false;
}

/* The space with that number that somebody is in, besides the opener, who is in it now; or NULL. */
static struct space *find_space(ino_t number, const struct process *opener)
{
        for (each(s, spaces)) {
                if (s->number != number)
                        continue;
                for (each(p, processes))
                        if (p != opener && p->space == s)
                                return s;
                if (is_held(s) || opener->space == s)
                        return s;
        }
        return NULL;
}

/* Must it have joined? */
static const struct space *find_open(const struct opening *o, const struct session *session)
{
        for (each(s, spaces))
                if (can_join(s, o, session) && is_open(s, o->process))
                        return s;
        return NULL;
}

/* It has joined that space: could it? */
static void observe_join(const struct opening *o, struct space *space,
                         const struct session *session)
{
        if (!can_join(space, o, session))
                wrong("process %d is in namespace %ju, which is another's or has another plan",
                      o->process->login.pid, (uintmax_t)space->number);
        if (!o->racing && !o->paired && !is_open(space, o->process))
                wrong("process %d has joined namespace %ju, where no session is",
                      o->process->login.pid, (uintmax_t)space->number);
        say(" joined %ju", (uintmax_t)space->number);
        tally.entered++;
        tally.entered_surely += !o->racing && !o->paired;
}

/*
 * One that others have just left may be the same, which the opener has joined meanwhile: the
 * records of those who were killed there are there still.
 */
static void take_openers(struct space *space)
{
        for (each(s, spaces))
                if (s != space && s->number == space->number)
                        memcpy(space->openers, s->openers, sizeof(space->openers));
}

static struct space *add_space(const struct opening *o, ino_t number, const struct session *session)
{
        struct space *space = take_free(spaces);

        space->number = number;
        take_openers(space);
        space->user = o->user;
        space->from_host = is_from_host(o);
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                space->lines[d] = lines[o->user][d];
                if (o->private[d])
                        space->shows[d] = session->places[d];
        }
        return space;
}

/* What the process that has opened a session is in now: the host's, another's, or one of its own.
 */
static struct space *observe_space(const struct opening *o, struct session *session)
{
        bool any_private = o->private[0] || o->private[1];
        ino_t number = namespace_of(o->process);
        const struct space *open = o->racing ? NULL : find_open(o, session);
        struct space *space = find_space(number, o->process);

        if (o->home && !any_private) {
                if (number != host->number)
                        wrong("process %d is not in the host's namespace", o->process->login.pid);
                return host;
        }
        if (space == host)
                wrong("process %d has no namespace of its own", o->process->login.pid);
        if (space)
                observe_join(o, space, session);
        else if (open)
                wrong("process %d has not joined namespace %ju", o->process->login.pid,
                      (uintmax_t)open->number);
        else
                space = add_space(o, number, session);
        space->recorded = any_private;
        if (any_private)
                add_opener(space, o->process, o->user);
        return space;
}

void observe_open(struct opening *o, int answer)
{
        struct session *session;

        if (answer != PAM_SUCCESS)
                wrong("open says %d, in the log: %s", answer, scene_log_text());
        say(" ->");
        o->slow = is_slow();
        if (o->slow) {
                say(" slow");
                blur();
                o->racing = true;
                tally.slow++;
        }
        if (!o->any) {
                if (namespace_of(o->process) != o->process->space->number)
                        wrong("process %d has left for nothing", o->process->login.pid);
                return;
        }
        session = take_free(sessions);
        session->user = o->user;
        session->left = o->process->space;
        session->locked = true;
        for (unsigned d = 0; d < DIRECTORIES; d++) {
                session->end_at_close[d] = lines[o->user][d]->end_at_close;
                if (o->private[d])
                        session->places[d] = observe_place(o, d);
        }
        session->own = observe_space(o, session);
        o->process->space = session->own;
        o->process->session = session;
        o->process->copies |= UINT64_C(1) << (session - sessions);
}

int do_login(void *user)
{
        int r = do_pam_start(user);

        return r == PAM_SUCCESS ? do_open(NULL) : r;
}

void open_session(struct process *process, unsigned user)
{
        struct opening o;

        say(" open by %d for %s", process->login.pid, users[user]);
        expect_open(&o, process, user);
        begin_time();
        observe_open(&o, login_do(&process->login, do_login, users[user]));
}

/* ------------------------------------------------------------------ close */

int do_logout(void *arg)
{
        int how = (int)(intptr_t)arg, r = PAM_SUCCESS;

        if (how == LOGOUT || how == LOGOUT_TWICE)
                r = do_close(NULL);
        if (r == PAM_SUCCESS && how == LOGOUT_TWICE)
                r = do_close(NULL);
        if (r == PAM_SUCCESS)
                r = do_pam_end(number(how == LOGOUT_ERROR ? PAM_ABORT : PAM_SUCCESS));
        pamh = NULL;
        return r;
}

/* What the close does to one place. Is that still used, for all that the close knows? */
static bool expect_end(const struct session *session, unsigned directory,
                       const struct process *closer)
{
        struct instance *instance = session->places[directory];

        if (!instance || !instance->in_place)
                return false;
        if (is_locked(instance))
                return true;
        if (session->end_at_close[directory]) {
                instance->fate = GOES;
                return false;
        }
        instance->fate = judge(instance, closer, true);
        if (instance->fate != GOES && is_used(instance, closer))
                return true;
        forget_records(instance);
        return false;
}

void expect_close(struct process *process)
{
        struct session *session = process->session;
        bool used = false;

        trees_may_go[session->user] = true;
        process->space = session->left;
        process->copies &= ~(UINT64_C(1) << (session - sessions));
        process->session = NULL;
        session->locked = false;
        for (unsigned d = 0; d < DIRECTORIES; d++)
                used |= expect_end(session, d, process);
        if (!used && session->own != host)
                session->own->recorded = false;
        for (each(p, processes))
                p->ending |= p != process && p->space == session->own && !counts(p, process);
        session->there = is_copied(session);
        tally.closes++;
}

void expect_logout(struct process *process, int how)
{
        if (how != LOGOUT_NEVER) {
                expect_close(process);
                return;
        }
        process->copies &= ~(UINT64_C(1) << (process->session - sessions));
        process->session->there = is_copied(process->session);
        process->session = NULL;
}

bool observe_logout(int answer)
{
        if (answer != PAM_SUCCESS)
                wrong("the end of a session says %d", answer);
        if (!is_slow())
                return true;
        say(" slow");
        blur();
        tally.slow++;
        return false;
}

void close_session(struct process *process, int how)
{
        const struct opener self = {.pid = process->login.pid, .user = process->session->user};
        struct space *own = process->session->own;
        bool sure;

        say(" close (%d) by %d of %s", how, process->login.pid, users[process->session->user]);
        expect_logout(process, how);
        begin_time();
        sure = observe_logout(login_do(&process->login, do_logout, number(how))) && !beside;
        if (sure && how != LOGOUT_NEVER && own != host && has_record(own, &self) &&
            (!own->recorded || has_record_but(own, self.pid)))
                wrong("%s is left", record_path(own, &self));
}
