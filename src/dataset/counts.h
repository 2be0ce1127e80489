/* All that the build report counts. The writer fills one a chunk (any thread) and adds them up in input order. Which thread saw a row, and
 * in which chunk, cannot show: counts are integers, sums are fixed point, samples are the smallest hashes. (Only where a table overflows,
 * the names that came first keep their rows: chunks are cut and merged in input order, so that is the same every time, too.)
 *
 *     cy_counts_new ─▶ cy_counts_add_batch … ─▶ cy_counts_merge … ─▶ cy_counts_sort ─▶ the report
 *
 * Memory is bounded: names a table (CY_COUNTS_NAMES_MAX), bins a signal, samples a rule, clusters a step. */
#ifndef CY_DATASET_COUNTS_H
#define CY_DATASET_COUNTS_H

#include "dataset/dataset.h"

enum {
    CY_COUNTS_NAMES_MAX = 4096, /* further names of one table are counted together as "(other)" */
    CY_SAMPLES_MAX = 5,         /* samples a rule */
    CY_CLUSTERS_MAX = 1 << 18,  /* clusters counted one by one; above it a share of them, chosen by hash */
    CY_CLUSTER_SIZES = 24,      /* sizes[i]: clusters of [2^i, 2^(i+1)) documents, the kept one included; the last takes all larger */
    CY_EXCERPT_BYTES = 2048,    /* of a removed text, cut at a code point */
};

/* What became of some of the documents. */
struct cy_tally {
    uint64_t read_count; /* = kept + removed + unreadable + skipped */
    uint64_t kept_count;
    uint64_t removed_count;
    uint64_t unreadable_count;
    uint64_t skipped_count;
    uint64_t read_bytes; /* of the records as they were read */
    uint64_t kept_bytes; /* of the records as they were read, those kept */
    uint64_t text_bytes; /* of the texts kept, UTF-8 */
    uint64_t *step_gone; /* [step]: documents that the step removed, or found unreadable or not a document */
    int64_t *tokens;     /* [vocabulary]: of the documents kept */
};

/* Tallies by name. After cy_counts_sort: most read first, equal ones by name. "" is "not stated" or "not measured". */
struct cy_tally_row {
    struct cy_str name;
    struct cy_tally tally;
};
struct cy_tally_table {
    struct cy_tally_row *rows;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* hash index into rows, +1 */
    size_t slot_count;
};

/* Log-linear bins: CY_BINS_OCTAVE equal bins an octave, for magnitudes from 2^CY_BIN_EXPONENT_MIN to 2^CY_BIN_EXPONENT_MAX of either sign,
 * and one bin for all that is nearer to zero. Integers up to 64 have a bin of their own. Larger magnitudes count in the outermost bins. */
enum {
    CY_BINS_OCTAVE = 32,
    CY_BIN_EXPONENT_MIN = -16,
    CY_BIN_EXPONENT_MAX = 40,
    CY_BINS_SIGN = CY_BINS_OCTAVE * (CY_BIN_EXPONENT_MAX - CY_BIN_EXPONENT_MIN),
    CY_BIN_COUNT = 2 * CY_BINS_SIGN + 1, /* ordered by value; CY_BINS_SIGN is the bin around zero */
};
size_t cy_bin_of(double value); /* not NaN */
double cy_bin_low(size_t bin);  /* a bin is [low(bin), low(bin + 1)) where positive, (low(bin), low(bin + 1)] where negative */
struct cy_histogram {
    uint64_t count;   /* measured */
    uint64_t missing; /* NaN: not measured */
    double low, high; /* least and greatest; NaN when count is 0 */
    __int128 sum;     /* in units of 2^-32, each value rounded to one; exact, so any order gives the same */
    uint64_t *bins;   /* CY_BIN_COUNT */
};
double cy_histogram_mean(const struct cy_histogram *histogram); /* NaN when nothing was measured */
/* The value that `share` (0…1) of those measured do not exceed, to the width of a bin; NaN when nothing was measured. */
double cy_histogram_quantile(const struct cy_histogram *histogram, double share);

/* One signal: column signal_first + i of its step. */
struct cy_signal_counts {
    struct cy_histogram kept;
    struct cy_histogram gone; /* whatever the step that removed them */
};

/* A removed document, shown as an example of its rule. */
struct cy_sample {
    uint64_t hash; /* XXH3 of the id: the smallest are shown */
    struct cy_str id, url, language, party, license;
    struct cy_str source;                   /* the input file's name */
    struct cy_place place;                  /* of the record in that file */
    struct cy_str excerpt;                  /* as in the ledger: text cut to CY_EXCERPT_BYTES, or the masked match, or empty */
    uint64_t text_bytes;                    /* of the whole text */
    double measured, threshold, similarity; /* NaN: does not apply */
    struct cy_str duplicate_of;
};

/* One rule of a step: why it removed (or the reason of an unreadable, the type of a skipped one). */
struct cy_rule_counts {
    struct cy_str name;
    enum cy_fate what;
    uint64_t count;
    uint64_t read_bytes;
    uint64_t text_bytes;
    double threshold_low, threshold_high;     /* they differ where thresholds go by language; NaN: none */
    double measured_low, measured_high;       /* NaN: nothing measured */
    struct cy_sample samples[CY_SAMPLES_MAX]; /* smallest hash first */
    size_t sample_count;
};
struct cy_rule_table {
    struct cy_rule_counts *rules; /* after cy_counts_sort: most first, equal ones by name */
    size_t count;
    size_t capacity;
};

/* Clusters of duplicates that a step removed all but one of. Counted one by one up to CY_CLUSTERS_MAX, then one in `sampled` of them, by
 * hash of the kept one's id: multiply by `sampled`. */
struct cy_cluster_counts {
    uint64_t removed_count; /* documents removed as duplicates; exact */
    uint64_t sampled;       /* 1: all clusters were counted */
    uint64_t cluster_count; /* set by cy_counts_sort, as are the next two: of those counted */
    uint64_t size_max;
    uint64_t sizes[CY_CLUSTER_SIZES];
    uint64_t *keys;    /* open addressing: hash of the kept one's id, 0 free */
    uint32_t *members; /* duplicates removed of that cluster */
    size_t slot_count;
};

/* One step of the recipe; in_count = what the steps before it left. */
struct cy_step_counts {
    uint64_t in_count; /* set by cy_counts_sort, as are the bytes */
    uint64_t in_bytes; /* of the records as they were read */
    uint64_t removed_count, unreadable_count, skipped_count;
    uint64_t gone_bytes;  /* of the records as they were read */
    int64_t *gone_tokens; /* [vocabulary]: of the documents that were counted before they went */
    int64_t *out_tokens;  /* [vocabulary]: of those that left the step; -1: not counted by then. Set by cy_counts_sort */
    struct cy_rule_table rules;
    struct cy_cluster_counts clusters;
};

/* A file of the dataset that rows were written to. */
struct cy_shard {
    const char *name;  /* "data/train-00000.parquet" */
    const char *split; /* "train", "validation", "verdicts" */
    uint64_t row_count;
    uint64_t size_bytes;
    char sha256[65];
};

struct cy_build_counts {
    struct cy_arena arena; /* names, samples, tables */
    const struct cy_schema *schema;
    const struct cy_dataset_options *options;
    struct cy_tally total;
    struct cy_step_counts *steps;                                /* [schema->step_count] */
    struct cy_rule_table reading;                                /* verdicts before the first step: unreadable and skipped */
    struct cy_tally_table languages, parties, licenses, sources; /* sources: by the recipe's path */
    struct cy_signal_counts *signals;                            /* [signal_count], as the batch's columns */
    size_t signal_count;
    struct cy_histogram text_bytes; /* of the texts kept */
    uint64_t train_count, validation_count;
    struct cy_shard *shards; /* in order of name; set by cy_dataset_finish */
    size_t shard_count;
};

/* schema and options are borrowed for the counts' life. */
struct cy_build_counts *cy_counts_new(const struct cy_schema *schema, const struct cy_dataset_options *options);
/* Adds rows [0, total_count) of a batch; what stays is copied. ids[row] are filled. */
void cy_counts_add_batch(struct cy_build_counts *counts, const struct cy_batch *batch);
/* Adds `from` to `into`; `from` stays as it is. */
void cy_counts_merge(struct cy_build_counts *into, const struct cy_build_counts *from);
/* Sorts the tables and sets what follows from the rest (in_count, clusters). Once, after the last merge. */
void cy_counts_sort(struct cy_build_counts *counts);
void cy_counts_free(struct cy_build_counts *counts);

#endif
