/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check/override: lines that take in whom an earlier line is for */
#pragma once

#include "command/check/findings.h"
#include "table/table.h"

/*
 * Warns of lines for many (a "*", a range, a group) that make a directory private for somebody whom
 * an earlier line leaves with the system's or the caller's: root and the system accounts, as a
 * rule. Who is named one by one is meant. Of groups, only root's are asked for. And of lines that
 * decide for nobody, as a later one of the same file is for all of their users. 0 or -ENOMEM.
 */
int check_overrides(struct findings *findings, const struct table *table);
