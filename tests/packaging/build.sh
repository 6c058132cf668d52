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
        lintian --fail-on error,warning,info,pedantic --info --display-info --pedantic \
                --suppress-tags package-supports-alternative-init-but-no-init.d-script,spare-manual-page,initial-upload-closes-no-bugs,no-manual-page \
                /pam-privtmp_"$version"_*.changes || failed="$failed lintian"
done
echo "${failed:-clean}" >/built
