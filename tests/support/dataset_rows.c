#include "dataset_rows.h"

#include <stdlib.h>

struct quality {
    double share_max;
};
static const struct cy_param quality_params[] = {
    CY_PARAM_NUMBER(quality, share_max, 0.5, "share of lines", "keep at or below this"),
    {0},
};
static const struct cy_signal quality_signals[] = {
    {"words", "words", "how many words"},
    {"share", "share of lines", "lines that come again"},
    {0},
};
static const struct cy_rule quality_rules[] = {
    {"share_max", "share", "share_max", CY_KEEP_AT_MOST, "too many lines come again"},
    {0},
};
static const struct cy_operator quality = {.name = "test_quality",
                                           .params = quality_params,
                                           .signals = quality_signals,
                                           .rules = quality_rules,
                                           .self_size = sizeof(struct quality)};
static const struct cy_signal again_signals[] = {{"score", "", "a score"}, {0}};
static const struct cy_operator again = {.name = "test_score", .signals = again_signals};
static const struct cy_operator dedup = {.name = "test_dedup"};

static const struct cy_schema_source sources[] = {
    {.path = "crawl/*.warc.gz", .license = "CC-BY-4.0", .party = "example-press", .format = "warc"},
    {.path = "notes/*.jsonl", .license = "", .party = "", .format = "jsonl"},
};
static const struct cy_schema_file files[] = {
    {.name = "crawl/a.warc.gz", .source = 0, .sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", .size_bytes = 7},
    {.name = "notes/数据.jsonl",
     .source = 1,
     .sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .size_bytes = 9},
};
static const struct quality quality_self = {.share_max = 0.25};
static const struct cy_schema_step steps[] = {
    {.name = "quality", .operator= & quality, .self = &quality_self, .signal_first = 0},
    {.name = "dedup", .operator= & dedup, .signal_first = 2},
    {.name = "again", .operator= & again, .signal_first = 2},
};
static const char *const vocabularies[] = {"o200k_base", "qwen"};

const struct cy_schema cy_test_schema = {
    .name = "test",
    .recipe_text = {"name: test\nsteps:\n  - quality\n", 30},
    .sources = sources,
    .source_count = CY_COUNT(sources),
    .files = files,
    .file_count = CY_COUNT(files),
    .steps = steps,
    .step_count = CY_COUNT(steps),
    .vocabularies = vocabularies,
    .vocabulary_count = CY_COUNT(vocabularies),
};

struct cy_batch *cy_test_dataset_batch(void)
{
    struct cy_batch *batch = cy_alloc_zero(1, sizeof *batch);
    cy_batch_init(batch, cy_alloc_zero(1, sizeof(struct cy_arena)), NULL, 4, CY_TEST_SIGNALS, CY_TEST_VOCABULARIES, NULL, 0);
    return batch;
}

void cy_test_batch_free(struct cy_batch *batch)
{
    struct cy_arena *arena = batch->arena;
    cy_arena_release(arena);
    free(arena);
    free(batch);
}
