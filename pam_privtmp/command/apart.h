/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apart: a table whose directories a session has for itself ("privtmp run") */
#pragma once

#include "ground/report.h"
#include "table/subject.h"
#include "table/table.h"

/*
 * Loads the table, or the built-in one where it makes nothing private for that user, and changes
 * its lines: they end with the session, and it shares them with none. For session_request.load. 0
 * and *ret, the caller's to free by table_free(), or -errno with the reason in the report.
 */
int apart_load(const struct table_source *source, struct subject *subject, struct table **ret,
               struct report *report);
