#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build: in the bare root that run has made, builds the packages of two versions, and asks lintian.
# What it says goes to stderr; the number of cases that hold, and of those that do not, to /built.

set -eu
exec >&2

failed=''
for version in 0.1 0.1+next; do
        cd /src
        sh conf/packaging/deb --only-place
        sed -i "1s/(.*)/($version)/" debian/changelog
        dpkg-buildpackage -us -uc -b >/log 2>&1 || { tail -n 40 /log; exit 1; }
        ! grep -E 'warning:|redefined' /log || failed="$failed warnings"
        cd /
        # What is expected: there is no init script, since cron.d has an example; the manual of a
        # module is in section 8 though there is no such program; this is not for Debian itself.
        lintian --display-info --pedantic "/pam-privtmp_${version}"_*.changes |
                grep -vE ': (package-supports-alternative-init-but-no-init.d-script|spare-manual-page|initial-upload-closes-no-bugs)( |$)' |
                grep -E '^[EWIP]:' && failed="$failed lintian"
done
echo "${failed:-clean}" >/built
