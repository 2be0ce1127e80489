/* Questions about the rows of files: a page of them, their columns, statistics. A question is a JSON object and so is its answer, since
 * both cross a pipe: `ciyuan worker` answers, in a sandbox (hub/rows_sandbox.h), and the server asks (hub/rows_worker.h).
 *
 *     {"op": "rows" | "columns" | "statistics" | "histogram",
 *      "files": [{"path": "/…", "format": "parquet", "compression": "none", "rows": 1000}],
 *      "where": "id > 3", "search": "word word", "order": "id DESC",            which rows, in which order; all optional
 *      "offset": 0, "length": 100, "select": ["id"], "cell_bytes": 65536,       rows: the page, and these columns alone
 *      "column": "id", "bins": 20}                                              statistics: of one column (else of all); histogram
 *
 * A format is parquet, jsonl, csv, tsv or text; a compression none, gzip or zstd. Answers:
 *
 *     rows        {"columns": [{"name", "type", "feature"}],
 *                  "rows": [{"row_idx", "row": {…}, "truncated_cells": [name]}], "row_count": how many match}
 *     columns     {"columns": […], "row_count": 1000, "file_rows": [1000]}
 *     statistics  {"num_examples": 1000, "statistics": [{"column_name", "column_type", "column_statistics"}]}: the datasets-server's
 *     histogram   {"edges": […], "counts": […], "null_count": 3}
 *
 * row_idx counts from 0 over all files as listed. "rows" of a file, where it is known (a "columns" answer tells), lets a page of Parquet
 * open only the files it lies in. A member of a struct is a column of its own in statistics: signals.gopher_quality.words. */
#ifndef CY_HUB_ROWS_QUERY_H
#define CY_HUB_ROWS_QUERY_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CY_ROWS_LENGTH_MAX = 1000,            /* rows a page */
    CY_ROWS_FILES_MAX = 10000,            /* files a question */
    CY_ROWS_TERMS_MAX = 16,               /* words searched for */
    CY_ROWS_COLUMNS_MAX = 2000,           /* of the files */
    CY_ROWS_BINS_MAX = 200,               /* of a histogram */
    CY_ROWS_CELL_BYTES = 64 * 1024,       /* a cell is cut there when nothing is said */
    CY_ROWS_PAGE_BYTES = 8 * 1024 * 1024, /* once a page holds as much, further cells are cut at CY_ROWS_CELL_BYTES_LATE */
    CY_ROWS_CELL_BYTES_LATE = 256,
};

/* Appends the answer. memory_bytes: DuckDB's limit. Errors: CY_BAD_INPUT when the question is wrong (a column that is not there, a
 * condition that is no SQL, a file that is no Parquet); CY_FAILED otherwise. `out` is as it was then. */
enum cy_status cy_rows_answer(struct cy_str question, int64_t memory_bytes, struct cy_buffer *out, struct cy_error *error);

#endif
