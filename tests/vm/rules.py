#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""rules: is each permission of our SELinux policy needed?

usage: rules.py audit CIL             the policy once more, which logs what it allows
       rules.py before CIL            where our policy is not loaded: what is allowed all the same
       rules.py unneeded CIL BEFORE   <the kernel's log of what was allowed
       rules.py unnamed CIL           each rule whose comment does not name what it answers

The last prints each permission that nobody used, or that all programs that log users in have without us.
PID 1 stands for all processes.
"""
import re
import subprocess
import sys
from pathlib import Path

RULE = re.compile(r'^\(allow (\S+) (\S+) \((\w+) \(([^)]*)\)\)\)', re.MULTILINE)
GRANTED = re.compile(r'avc:  granted  \{ ([^}]*) \}.*scontext=[^:]*:[^:]*:(\w+).*'
                     r'tcontext=[^:]*:[^:]*:(\w+).*tclass=(\w+)')
# As check has them.
LOGINS = ('system_u:system_r:sshd_t', 'system_u:system_r:local_login_t', 'system_u:system_r:crond_t',
          'staff_u:staff_r:staff_su_t', 'staff_u:staff_r:staff_sudo_t', 'user_u:user_r:user_su_t')


def read_rules(path):
    """Returns (source, target, class, permissions) of each rule for programs that log users in."""
    text = Path(path).read_text()
    return [(source, 'init_t' if target == 'domain' else target, kind, permissions.split())
            for source, target, kind, permissions in RULE.findall(text) if source == 'privtmp_login']


def allowed_before(source, target, kind):
    """Returns what the policy that is loaded allows."""
    target = {
        'self': source,
        'init_t': 'system_u:system_r:init_t',
        'tmpfile': 'system_u:object_r:user_tmp_t',
    }.get(target, f'system_u:object_r:{target}')
    said = subprocess.run(['compute_av', f'{source}:s0', f'{target}:s0', kind],
                          capture_output=True, text=True, check=False).stdout
    found = re.search(r'^allowed=\s*\{([^}]*)\}', said, re.MULTILINE)
    return set(found[1].split()) if found else set()


def names(rules):
    """Each permission by its name."""
    for _, target, kind, permissions in rules:
        for permission in permissions:
            yield f'{target} {kind} {permission}'


def unnamed(path):
    """Yields each rule above which no comment has a permission of it with the type it is asked of."""
    comment, old = '', True
    for line in re.sub(r'\n {2,}', ' ', Path(path).read_text()).splitlines():
        if line.startswith(';'):
            comment, old = ('' if old else comment) + line[1:] + ' ', False
            continue
        old = True
        found = RULE.match(line)
        if not line or not found:
            comment = comment if line else ''
            continue
        target = {'self': '', 'tmpfile': r'\w*tmp_t', 'domain': r'\w+_t'}.get(found[2], found[2])
        said = comment.partition(':')[0] if target else comment
        if not any(re.search(rf'\b{permission}\b.*\b{target}', said)
                   for permission in found[4].split()):
            yield line


def main(verb, path, *more):
    rules = read_rules(path)
    if verb == 'unnamed':
        print(*unnamed(path), sep='\n', end='')
    elif verb == 'audit':
        for source, target, kind, permissions in rules:
            print(f'(auditallow {source} {target} ({kind} ({" ".join(permissions)})))')
    elif verb == 'before':
        for _, target, kind, permissions in rules:
            common = set.intersection(*(allowed_before(source, target, kind) for source in LOGINS))
            for permission in sorted(common.intersection(permissions)):
                print(f'{target} {kind} {permission}')
    else:
        before = set(Path(more[0]).read_text().splitlines())
        used = set()
        for permissions, source, target, kind in GRANTED.findall(sys.stdin.read()):
            for permission in permissions.split():
                used.add(f'{target} {kind} {permission}')
                if source == target:
                    used.add(f'self {kind} {permission}')
                if target.endswith('tmp_t'):
                    used.add(f'tmpfile {kind} {permission}')
        for name in names(rules):
            if name in before:
                print(f'{name}: allowed without us')
            elif name not in used:
                print(f'{name}: nobody used it')


main(*sys.argv[1:])
