/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain/document: what "privtmp explain" tells, as JSON */
#pragma once

#include "table/policy.h"
#include "table/subject.h"
#include "table/table.h"

/*
 * Prints the document that privtmp(8) describes: what each directory of the table is for the user,
 * with the lines that name it. 0, or -errno when memory ran out or a lookup of groups failed; then
 * nothing was printed. *denied says whether a login would fail now.
 */
int document_print(const struct table *table, const struct plan *plan, struct subject *subject,
                   bool *denied);
