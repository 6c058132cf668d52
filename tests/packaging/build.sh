#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build: in the bare root that run has made, builds the package, and asks lintian; and makes another
# one of it with a later version.
# What it says goes to stderr; the number of cases that hold, and of those that do not, to /built.

set -eu
exec >&2

failed=''
cd /src
sh conf/packaging/deb >/log 2>&1 || { tail -n 40 /log; exit 1; }
! grep -E 'warning:|redefined' /log || failed="$failed warnings"
cd /
# What is expected: there is no init script, since cron.d has an example; the manual of a module is
# in section 8 though there is no such program; this is not for Debian itself.
lintian --display-info --pedantic /pam-privtmp_*.changes |
        grep -vE ': (package-supports-alternative-init-but-no-init.d-script|spare-manual-page|initial-upload-closes-no-bugs)( |$)' |
        grep -E '^[EWIP]:' && failed="$failed lintian"
rm -f /libpam-privtmp-dbgsym_*

dpkg-deb -R /libpam-privtmp_0.1_*.deb /next
sed -i 's/^Version: .*/&+next/' /next/DEBIAN/control
dpkg-deb -b --root-owner-group /next / >/log
echo "${failed:-clean}" >/built
