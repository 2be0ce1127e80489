/* A dataset that is there: its MANIFEST, what its build report says of its columns and thresholds, and its tables by SQL.
 *
 *     cy_dataset_read ─▶ cy_dataset_tables ─▶ cy_duck_query("SELECT … FROM data, verdicts") … ─▶ cy_dataset_release
 *
 * Only files that MANIFEST names are read, as they lie; nothing of the folder is changed. */
#ifndef CY_DATASET_READ_H
#define CY_DATASET_READ_H

#include "base/duck.h"
#include "base/files.h"

/* A line of MANIFEST, as it was read. */
struct cy_manifest_file {
    const char *name; /* relative to the dataset's folder, '/' between folders; never absolute, never with ".." */
    uint64_t size_bytes;
    char sha256[65];
};

struct yyjson_doc;

struct cy_dataset {
    struct cy_arena arena;
    const char *folder; /* absolute */
    struct cy_manifest_file *files;
    size_t file_count;
    char build_id[65];        /* sha256 of MANIFEST */
    struct yyjson_doc *build; /* build.json; NULL when the folder lacks it */
};

/* Reads MANIFEST, and nothing else. {0} before. Errors: CY_IO, CY_BAD_INPUT when the folder is no dataset or MANIFEST is damaged. */
enum cy_status cy_dataset_read_manifest(struct cy_dataset *dataset, const char *folder, struct cy_error *error);
/* Reads MANIFEST and build.json. */
enum cy_status cy_dataset_read(struct cy_dataset *dataset, const char *folder, struct cy_error *error);
void cy_dataset_release(struct cy_dataset *dataset);

/* Where the files differ from MANIFEST. */
struct cy_difference {
    const char *name;    /* of a file, relative to the dataset's folder */
    const char *problem; /* "missing", "12 bytes, MANIFEST says 14", "sha256 …, MANIFEST says …", "not in MANIFEST" */
};
/* Checks size and sha256 of every file that MANIFEST names, on `thread_count` threads, the largest first; and that data/ and verdicts/ hold
 * no other. The differences are sorted by name and owned by arena. Errors: CY_IO where a folder cannot be listed; CY_INTERRUPTED once *stop
 * is true (NULL: never). */
enum cy_status cy_dataset_differences(const struct cy_dataset *dataset, size_t thread_count, const atomic_bool *stop,
                                      struct cy_arena *arena, struct cy_difference **items, size_t *count, struct cy_error *error);

/* Opens a database in which the datasets' tables are views: "data" and "verdicts", with `prefixes[i]` before the names. Its SQL can read
 * the files of those tables and nothing else. A third view, "data_files", says where a document lies: id, file, and row (NULL in JSONL).
 * `memory_bytes` 0: as cy_duck_options; what outgrows it is spilled into a folder of its own below $TMPDIR (emptied when the database is
 * closed by cy_dataset_close_tables). */
struct cy_dataset_tables {
    struct cy_duck *duck;
    char *spill_folder; /* owned */
};
enum cy_status cy_dataset_tables(struct cy_dataset_tables *tables, const struct cy_dataset *const *datasets, const char *const *prefixes,
                                 size_t dataset_count, int64_t memory_bytes, struct cy_error *error);
void cy_dataset_close_tables(struct cy_dataset_tables *tables);
/* Reads one dataset and opens its tables, without a prefix. On errors too both are to be closed, the tables first. */
enum cy_status cy_dataset_open_tables(struct cy_dataset *dataset, struct cy_dataset_tables *tables, const char *folder,
                                      int64_t memory_bytes, struct cy_error *error);

/* What the build report says of a signal's thresholds: `rule` keeps what is `keep` ("≥") `low` … `high`. */
struct cy_read_threshold {
    const char *rule;
    const char *keep;
    double low, high;
};
enum { CY_READ_THRESHOLDS_MAX = 8 };
size_t cy_dataset_thresholds(const struct cy_dataset *dataset, const char *step, const char *signal,
                             struct cy_read_threshold thresholds[CY_READ_THRESHOLDS_MAX]);

#endif
