/* What a repository's files are as a dataset: configurations, their splits, and the data files of each. Pure.
 *
 *     card (JSON, `configs:`) + paths ─▶ configuration "zh" ─▶ split "train" ─▶ zh/train-1.jsonl, zh/train-2.jsonl
 *
 * The rules are those of the `datasets` package (docs "Structure your repository"; data_files.py, DEFAULT_PATTERNS_*): `configs` of the
 * card where there is one; else one configuration "default", whose splits come from the names of folders and files:
 * data/train-00000-of-00002.parquet, test.csv, dev/a.jsonl, …; else all is "train". Of several formats the one with the most files counts.
 * Not data: README.md, what begins with a dot or "__", and of a dataset that ciyuan built all but data/. */
#ifndef CY_HUB_DATASET_FILES_H
#define CY_HUB_DATASET_FILES_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CY_CONFIGS_MAX = 1000,
    CY_SPLITS_MAX = 100, /* a configuration */
};

/* A file of the version, as the caller knows it. */
struct cy_data_file {
    struct cy_str path;
    struct cy_str sha256; /* hex */
    uint64_t size_bytes;
    /* Out: what the name says; NULL where it is no data. */
    const char *format;      /* parquet, jsonl, csv, tsv, text */
    const char *compression; /* none, gzip, zstd */
};
struct cy_data_split {
    struct cy_str name;
    const struct cy_data_file **files; /* in the order of their paths */
    size_t file_count;
};
struct cy_data_config {
    struct cy_str name;
    bool is_default;
    struct cy_data_split *splits;
    size_t split_count;
};
struct cy_data_view {
    struct cy_data_config *configs;
    size_t config_count;
};

/* card: JSON of the head, or empty. files[0..count): sorted by path here. All of *view lives in arena. CY_BAD_INPUT when `configs` of the
 * card cannot be used; the message says what of it. */
enum cy_status cy_data_view_make(struct cy_str card, struct cy_data_file *files, size_t file_count, struct cy_arena *arena,
                                 struct cy_data_view *view, struct cy_error *error);
/* The configuration, or with an empty name the default one (the one marked, "default", or the only one); NULL when there is none. */
const struct cy_data_config *cy_data_config_find(const struct cy_data_view *view, struct cy_str name);
const struct cy_data_split *cy_data_split_find(const struct cy_data_config *config, struct cy_str name);

/* A path and a pattern with * (within a name), ** (across), ? and [a-z]; {a,b} chooses. */
bool cy_path_matches(struct cy_str pattern, struct cy_str path);

#endif
