/* The access log: a JSON line a request, written by a thread of its own, so that a slow terminal or a full pipe never stops a request. */
#ifndef CY_SERVER_HTTP_LOG_H
#define CY_SERVER_HTTP_LOG_H

#include "base/error.h"

struct cy_http_log;
/* file: -1 gives a log that drops everything. It stays the caller's. */
enum cy_status cy_http_log_start(struct cy_http_log **log, int file, struct cy_error *error);
void cy_http_log_stop(struct cy_http_log *log); /* writes what is left; NULL is fine */
/* A line, with its newline. Never blocks: when more than a few MB wait for the file, lines are dropped, and a line tells how many. */
void cy_http_log_add(struct cy_http_log *log, struct cy_str line);
bool cy_http_log_is_on(const struct cy_http_log *log);

#endif
