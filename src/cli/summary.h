/* What a dataset holds and what became of the rest, as a few tables for a terminal. */
#ifndef CY_CLI_SUMMARY_H
#define CY_CLI_SUMMARY_H

#include "base/error.h"

#include <stdio.h>

/* Reads `folder`/build.json and prints: totals, the funnel by step with its rules, languages, parties. row_limit: rows of each table. */
enum cy_status cy_summary_print(FILE *out, const char *folder, size_t row_limit, struct cy_error *error);

/* "1,234,567" and "12.3 MB" into `text`, which it returns. */
char *cy_format_count(uint64_t count, char text[32]);
char *cy_format_bytes(uint64_t bytes, char text[32]);

#endif
