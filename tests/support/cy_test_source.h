/* Reading files in tests. */
#ifndef CY_TEST_SOURCE_H
#define CY_TEST_SOURCE_H

#include "cy_test.h"

#include "source/source.h"

/* A file read to its end: the batch with all rows (decoded, in the order read), and the place before each row and behind the last. */
struct cy_test_read {
    struct cy_arena arena;
    struct cy_batch batch;
    struct cy_place *places; /* batch.total_count + 1 */
};

/* Reads `path` from `from` with the format; params as cy_test_run takes them. Fails the test on an error. Not compacted: row i is record i.
 */
void cy_test_read(struct cy_test_read *read, const char *format, const char *params, const char *path, struct cy_place from);
void cy_test_read_release(struct cy_test_read *read);
/* Writes a file in the test's folder; returns its path. */
const char *cy_test_file(const char *folder, const char *name, struct cy_str content);
/* content as one gzip member or one zstd frame, in the arena. */
struct cy_str cy_test_gzip(struct cy_arena *arena, struct cy_str content);
struct cy_str cy_test_zstd(struct cy_arena *arena, struct cy_str content);
struct cy_str cy_test_concat(struct cy_arena *arena, struct cy_str a, struct cy_str b);

/* The row's verdict: "kept", or "unreadable: rule", "skipped: rule". */
void cy_expect_fate(const struct cy_batch *batch, size_t row, const char *fate);
/* Both reads have the same rows; `first` is the row of `whole` that `part` begins with. */
void cy_expect_same_rows(const struct cy_test_read *whole, size_t first, const struct cy_test_read *part);

#endif
