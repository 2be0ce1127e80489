/* The last stage: the parts of the last phase become the dataset. It begins anew after a crash: it only encodes, no step is run again. */
#include "recipe/engine.h"

#include "base/clock.h"
#include "recipe/pipeline.h"

#include <stdlib.h>

enum {
    GROUP_BYTES = 8 << 20,      /* text of a row group: large enough to compress well, small enough to feed every thread */
    LINES_BYTES = 1 << 20,      /* text of a run of lines, a gzip member or zstd frame of its own, which compresses no worse for it */
    GROUP_BATCHES_MAX = 512,    /* a group of batches from which nearly all was removed ends here, */
    GROUP_RAW_BYTES = 24 << 20, /* or here: the removed documents' text is unpacked, too */
    LINES_RAW_BYTES = 4 << 20,  /* the same for a run of lines: then the threads end together, and verdicts grow by 2 % */
};

struct write_run {
    struct cy_engine *engine;
    struct cy_blocks blocks;
    struct cy_dataset_writer *writer;
    uint64_t group_bytes, group_raw_bytes;
};

struct write_job {
    struct cy_block *blocks;
    size_t block_count;
    struct cy_dataset_chunk *chunk;
    uint64_t row_count, total_count, packed_bytes;
};

static void free_blocks(struct write_job *job)
{
    for (size_t i = 0; i < job->block_count; i++)
        cy_block_release(&job->blocks[i]);
    free(job->blocks);
    job->blocks = NULL;
    job->block_count = 0;
}

/* The chunk of a job that is dropped is freed by appending nothing: the writer is abandoned as a whole. */
static void drop(void *job)
{
    struct write_job *one = job;
    free_blocks(one);
    cy_dataset_chunk_free(one->chunk);
    one->chunk = NULL;
}

static enum cy_status take(void *context, size_t thread, void *job, struct cy_error *error)
{
    struct write_run *run = context;
    struct write_job *one = job;
    uint64_t bytes = 0, raw_bytes = 0;
    (void)thread;
    one->blocks = cy_alloc_zero(GROUP_BATCHES_MAX, sizeof *one->blocks);
    enum cy_status status = CY_OK;
    while (bytes < run->group_bytes && raw_bytes < run->group_raw_bytes && one->block_count < GROUP_BATCHES_MAX) {
        status = cy_blocks_next(&run->blocks, &one->blocks[one->block_count], error);
        if (status != CY_OK)
            break;
        bytes += one->blocks[one->block_count].head.text_bytes;
        raw_bytes += one->blocks[one->block_count].head.raw_bytes;
        one->packed_bytes += one->blocks[one->block_count].head.packed_bytes;
        one->block_count++;
    }
    if (status == CY_END && one->block_count > 0)
        return CY_OK;
    if (status != CY_OK)
        free_blocks(one);
    return status;
}

static enum cy_status work(void *context, size_t thread, void *job, struct cy_error *error)
{
    struct write_run *run = context;
    struct write_job *one = job;
    struct cy_worker *worker = &run->engine->workers[thread];
    uint64_t start = cy_clock_cpu_ns();
    size_t last_phase = run->engine->plan->phase_count - 1;
    cy_arena_reset(&worker->arena);
    struct cy_batch *batches = cy_arena_alloc(&worker->arena, one->block_count * sizeof *batches);
    struct cy_batch **pointers = cy_arena_alloc(&worker->arena, one->block_count * sizeof *pointers);
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < one->block_count; i++) {
        pointers[i] = &batches[i];
        cy_engine_batch(run->engine, worker, last_phase, &batches[i]);
        status = cy_block_unpack(&run->blocks, &one->blocks[i], worker, &batches[i], error);
        one->row_count += batches[i].row_count;
        one->total_count += batches[i].total_count;
    }
    if (status == CY_OK)
        status = cy_dataset_encode(run->writer, pointers, one->block_count, &one->chunk, error);
    free_blocks(one);
    worker->times[run->engine->plan->step_count + 1].cpu_ns += cy_clock_cpu_ns() - start;
    return status;
}

static enum cy_status put(void *context, void *job, struct cy_error *error)
{
    struct write_run *run = context;
    struct write_job *one = job;
    enum cy_status status = cy_dataset_append(run->writer, one->chunk, error);
    run->engine->progress.document_count += one->total_count;
    run->engine->progress.kept_count += one->row_count;
    run->engine->progress.done_bytes += one->packed_bytes;
    cy_engine_tell(run->engine);
    return status;
}

static uint64_t read_count(const struct cy_engine *engine)
{
    const struct cy_phase_parts *parts = &engine->phases[0];
    return parts->part_count > 0 ? parts->parts[parts->part_count - 1].next.ordinal : 0;
}

/* The schema, over the plan's own strings. */
void cy_engine_schema(struct cy_engine *engine, const struct cy_schema_file *files, struct cy_schema *schema)
{
    const struct cy_plan *plan = engine->plan;
    struct cy_schema_source *sources = cy_arena_zero(&engine->arena, plan->source_count * sizeof *sources);
    for (size_t i = 0; i < plan->source_count; i++)
        sources[i] = (struct cy_schema_source){plan->sources[i].path,         plan->sources[i].license,        plan->sources[i].party,
                                               plan->sources[i].format->name, plan->sources[i].format->params, plan->sources[i].self};
    struct cy_schema_step *steps = cy_arena_zero(&engine->arena, plan->step_count * sizeof *steps);
    for (size_t i = 0; i < plan->step_count; i++)
        steps[i] = (struct cy_schema_step){plan->steps[i].name, plan->steps[i].operator, plan->steps[i].self, plan->steps[i].signal_first,
                                           plan->steps[i].inputs};
    *schema = (struct cy_schema){.name = plan->name,
                                 .recipe_text = plan->recipe_text,
                                 .folder = plan->folder,
                                 .sources = sources,
                                 .source_count = plan->source_count,
                                 .files = files,
                                 .file_count = plan->file_count,
                                 .steps = steps,
                                 .step_count = plan->step_count,
                                 .vocabularies = plan->vocabularies,
                                 .vocabulary_steps = plan->vocabulary_steps,
                                 .vocabulary_count = plan->token_count};
}

enum cy_status cy_engine_write(struct cy_engine *engine, const struct cy_schema_file *files, char build_id[65], struct cy_error *error)
{
    const struct cy_plan *plan = engine->plan;
    bool parquet = plan->options.format == CY_DATASET_PARQUET;
    struct write_run run = {.engine = engine,
                            .group_bytes = parquet ? GROUP_BYTES : LINES_BYTES,
                            .group_raw_bytes = parquet ? GROUP_RAW_BYTES : LINES_RAW_BYTES};
    const char *folder = cy_path_join(&engine->arena, engine->work.folder, "dataset");
    struct cy_schema schema;
    cy_engine_schema(engine, files, &schema);
    engine->progress = (struct cy_progress){.stage = CY_RUN_WRITE, .step = ""};
    cy_engine_tell(engine);
    enum cy_status status = cy_remove_tree(folder, error);
    if (status == CY_OK)
        status = cy_make_folders(folder, error);
    if (status == CY_OK)
        status = cy_dataset_open(&run.writer, folder, &schema, &plan->options, error);
    if (status != CY_OK)
        return status;
    status = cy_blocks_open(&run.blocks, engine, plan->phase_count - 1, 0, error);
    if (status == CY_OK)
        status = cy_pipeline_run(
            &(struct cy_pipeline){
                .context = &run,
                .thread_count = engine->thread_count,
                .window = engine->thread_count * 2,
                .job_bytes = sizeof(struct write_job),
                .take = take,
                .work = work,
                .put = put,
                .drop = drop,
                .stop = engine->options->stop,
            },
            error);
    cy_blocks_close(&run.blocks);
    engine->kept_count = engine->progress.kept_count;
    if (status == CY_OK)
        return cy_dataset_finish(run.writer, read_count(engine), build_id, error);
    cy_dataset_abandon(run.writer);
    return status;
}
