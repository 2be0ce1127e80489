/* One phase: batches from the sources (phase 0) or from the phase before, through the phase's steps, into parts. */
#include "recipe/engine.h"

#include "base/clock.h"
#include "dataset/counts.h"
#include "recipe/pipeline.h"

#include <stdlib.h>

enum {
    UTF8_BYTES_MAX = 4,    /* an excerpt is cut at a character: one more must be there to see where it ends */
    PART_BYTES = 64 << 20, /* raw input between checkpoints, unless the options say otherwise; DESIGN's most is 256 MiB */
    JOBS_A_THREAD = 4,     /* jobs under way: a slow batch does not stop the others at once */
    OUTPUTS_MAX = CY_PART_MARKS + CY_PHASE_BARRIERS_MAX,
};

struct phase_run {
    struct cy_engine *engine;
    size_t phase;
    struct cy_intake intake; /* phase 0 */
    struct cy_blocks blocks; /* later ones */
    const char **suffixes;
    size_t output_count;
    uint64_t part_raw_bytes; /* taken since the last part ended */
    uint64_t part_limit;
    uint64_t disk_bytes; /* of the input files read to their end, as they lie on disk */
    uint32_t disk_file;
    /* Being put: */
    struct cy_part_writer *writer;
    struct cy_part part;
    uint64_t id_bytes; /* in the part's CY_PART_IDS */
    bool ended;        /* the last part was finished */
};

struct phase_job {
    struct cy_batch batch;
    const struct cy_plan_source *source;
    struct cy_block block;
    struct cy_cursor after;
    uint64_t disk_bytes;
    bool part_end;
    uint64_t row_count, total_count;
    struct cy_buffer outputs[OUTPUTS_MAX];
};

static void drop_job(void *job)
{
    struct phase_job *one = job;
    cy_block_release(&one->block);
    for (size_t i = 0; i < OUTPUTS_MAX; i++)
        cy_buffer_release(&one->outputs[i]);
}

/* ---- taking ---- */

static enum cy_status take_records(struct phase_run *run, struct cy_worker *worker, struct phase_job *job, struct cy_error *error)
{
    const struct cy_plan *plan = run->engine->plan;
    uint64_t start = cy_clock_cpu_ns();
    enum cy_status status = cy_intake_fill(&run->intake, &job->batch, &job->source, error);
    if (status != CY_OK)
        return status;
    worker->times[0].cpu_ns += cy_clock_cpu_ns() - start;
    for (; run->disk_file < run->intake.cursor.file; run->disk_file++)
        run->disk_bytes += plan->files[run->disk_file].skipped ? 0 : plan->file_sizes[run->disk_file];
    job->disk_bytes = run->disk_bytes +
                      (run->disk_file < plan->file_count ? CY_MIN(run->intake.cursor.place.offset, plan->file_sizes[run->disk_file]) : 0);
    job->after = run->intake.cursor;
    run->part_raw_bytes += job->batch.text_bytes;
    job->part_end = job->after.end || run->part_raw_bytes >= run->part_limit;
    if (job->part_end)
        run->part_raw_bytes = 0;
    return CY_OK;
}

static enum cy_status take(void *context, size_t thread, void *job, struct cy_error *error)
{
    struct phase_run *run = context;
    struct phase_job *one = job;
    struct cy_worker *worker = &run->engine->workers[thread];
    cy_arena_reset(&worker->arena);
    cy_engine_batch(run->engine, worker, run->phase, &one->batch);
    if (run->phase == 0)
        return take_records(run, worker, one, error);
    enum cy_status status = cy_blocks_next(&run->blocks, &one->block, error);
    one->part_end = one->block.part_end;
    one->after.end = run->blocks.part + 1 == run->engine->phases[run->phase - 1].part_count && one->part_end;
    return status;
}

/* ---- working ---- */

static enum cy_status run_steps(struct phase_run *run, struct cy_worker *worker, struct cy_batch *batch, struct cy_error *error)
{
    const struct cy_plan *plan = run->engine->plan;
    const struct cy_phase *phase = &plan->phases[run->phase];
    for (size_t i = phase->step_first; i < phase->step_end; i++) {
        const struct cy_plan_step *step = &plan->steps[i];
        struct cy_step_time *time = &worker->times[1 + i];
        size_t before = batch->row_count;
        uint64_t start = cy_clock_cpu_ns();
        time->in_count += before;
        for (size_t row = 0; row < before; row++)
            time->text_bytes += batch->texts[row].size;
        batch->step = (uint32_t)i;
        batch->step_signal_first = step->signal_first;
        batch->step_token_first = step->token_first;
        batch->step_mark = step->mark;
        if (before > 0) {
            enum cy_status status = step->operator->run(step->self, batch, error);
            if (status != CY_OK)
                return status;
            cy_batch_compact(batch);
        }
        time->gone_count += before - batch->row_count;
        time->cpu_ns += cy_clock_cpu_ns() - start;
    }
    return CY_OK;
}

/* What the part keeps of the batch. Row records count ids from the batch's first; put adds where that stands in the part. */
static void pack_outputs(struct phase_run *run, struct cy_worker *worker, struct phase_job *job)
{
    const struct cy_batch *batch = &job->batch;
    const struct cy_phase *phase = &run->engine->plan->phases[run->phase];
    size_t gone_text_max = run->engine->plan->options.removed_text == CY_TEXT_FULL ? SIZE_MAX : CY_EXCERPT_BYTES + UTF8_BYTES_MAX;
    cy_spill_pack(worker->packer, batch, gone_text_max, &job->outputs[CY_PART_SPILL]);
    for (size_t row = 0; run->phase == 0 && row < batch->total_count; row++)
        cy_name_add(batch->ids[row], batch->origins[row].ordinal, &job->outputs[CY_PART_NAMES], &job->outputs[CY_PART_NUMBERED]);
    if (phase->barrier_first < phase->step_end) {
        for (size_t row = 0; row < batch->row_count; row++) {
            cy_buffer_add_str(&job->outputs[CY_PART_IDS], batch->ids[row]);
            struct cy_row_record record = {batch->origins[row].ordinal, job->outputs[CY_PART_IDS].size};
            cy_buffer_add(&job->outputs[CY_PART_ROWS], &record, sizeof record);
        }
        for (size_t i = 0; i < batch->mark_count; i++)
            cy_buffer_add(&job->outputs[CY_PART_MARKS + i], batch->marks[i], batch->row_count * batch->mark_sizes[i]);
    }
    job->row_count = batch->row_count;
    job->total_count = batch->total_count;
}

static enum cy_status work(void *context, size_t thread, void *job, struct cy_error *error)
{
    struct phase_run *run = context;
    struct phase_job *one = job;
    struct cy_worker *worker = &run->engine->workers[thread];
    struct cy_batch *batch = &one->batch;
    uint64_t start = cy_clock_cpu_ns();
    size_t before = batch->total_count;
    uint64_t raw_bytes = batch->text_bytes;
    enum cy_status status = run->phase == 0 ? cy_intake_decode(run->engine->plan, one->source, batch, error)
                                            : cy_block_unpack(&run->blocks, &one->block, worker, batch, error);
    struct cy_step_time *time = &worker->times[run->phase == 0 ? 0 : run->engine->plan->step_count + 1];
    time->cpu_ns += cy_clock_cpu_ns() - start;
    if (run->phase == 0) {
        time->in_count += before;
        time->gone_count += before - batch->row_count;
        time->text_bytes += raw_bytes;
    }
    if (status == CY_OK)
        status = run_steps(run, worker, batch, error);
    if (status == CY_OK) {
        start = cy_clock_cpu_ns();
        pack_outputs(run, worker, one);
        worker->times[run->engine->plan->step_count + 1].cpu_ns += cy_clock_cpu_ns() - start;
    }
    return status;
}

/* ---- putting ---- */

static enum cy_status finish_part(struct phase_run *run, struct cy_error *error)
{
    struct cy_phase_parts *parts = &run->engine->phases[run->phase];
    struct cy_part_writer *writer = run->writer;
    run->writer = NULL;
    enum cy_status status = cy_part_finish(writer, &run->part, error);
    if (status != CY_OK)
        return status;
    parts->parts = cy_realloc(parts->parts, (parts->part_count + 1) * sizeof *parts->parts);
    parts->parts[parts->part_count++] = run->part;
    parts->row_count += run->part.row_count;
    parts->total_count += run->part.total_count;
    run->ended = run->part.next.end;
    return CY_OK;
}

static enum cy_status put(void *context, void *job, struct cy_error *error)
{
    struct phase_run *run = context;
    struct phase_job *one = job;
    struct cy_engine *engine = run->engine;
    enum cy_status status = CY_OK;
    if (run->writer == NULL) {
        struct cy_arena arena = {0};
        const char *stem = cy_part_stem(engine, run->phase, engine->phases[run->phase].part_count, &arena);
        status = cy_part_create(&run->writer, stem, run->suffixes, run->output_count, error);
        cy_arena_release(&arena);
        run->part = (struct cy_part){0};
        run->id_bytes = 0;
    }
    if (status == CY_OK) {
        struct cy_row_record *rows = (struct cy_row_record *)(void *)one->outputs[CY_PART_ROWS].data;
        for (size_t i = 0; i < one->outputs[CY_PART_ROWS].size / sizeof *rows; i++)
            rows[i].id_end += run->id_bytes;
        run->id_bytes += one->outputs[CY_PART_IDS].size;
        for (size_t i = 0; i < run->output_count; i++)
            cy_part_add(run->writer, i, one->outputs[i].data, one->outputs[i].size);
        run->part.batch_count++;
        run->part.row_count += one->row_count;
        run->part.total_count += one->total_count;
        run->part.next = one->after;
        engine->progress.document_count += one->total_count;
        engine->progress.kept_count += one->row_count;
        if (run->phase == 0)
            engine->progress.done_bytes = one->disk_bytes;
        else
            engine->progress.done_bytes += one->block.head.packed_bytes;
        if (one->part_end)
            status = finish_part(run, error);
    }
    drop_job(one);
    cy_engine_tell(engine);
    return status;
}

/* ---- the phase ---- */

/* Whether the part begins where the one before ends. A part that was made again, because it was damaged, may end elsewhere than before:
 * those behind it are then made again, too. */
static bool follows(const struct phase_run *run, const struct cy_part *part)
{
    const struct cy_phase_parts *parts = &run->engine->phases[run->phase];
    if (run->phase == 0)
        return part->next.ordinal == parts->total_count + part->total_count;
    const struct cy_phase_parts *before = &run->engine->phases[run->phase - 1];
    return parts->part_count < before->part_count && part->total_count == before->parts[parts->part_count].total_count;
}

/* Parts that an earlier run finished. */
static enum cy_status load_parts(struct phase_run *run, struct cy_error *error)
{
    struct cy_engine *engine = run->engine;
    struct cy_phase_parts *parts = &engine->phases[run->phase];
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    while (status == CY_OK && !run->ended) {
        struct cy_part part;
        status = cy_check_stop(engine->options->stop, error);
        if (status != CY_OK)
            break;
        status = cy_part_load(&part, cy_part_stem(engine, run->phase, parts->part_count, &arena), run->suffixes, run->output_count, error);
        if (status != CY_OK || !follows(run, &part))
            break;
        parts->parts = cy_realloc(parts->parts, (parts->part_count + 1) * sizeof *parts->parts);
        parts->parts[parts->part_count++] = part;
        parts->row_count += part.row_count;
        parts->total_count += part.total_count;
        engine->progress.document_count += part.total_count;
        engine->progress.kept_count += part.row_count;
        engine->progress.resumed_count += part.total_count;
        engine->resumed = true;
        run->ended = part.next.end;
    }
    cy_arena_release(&arena);
    return status == CY_END ? CY_OK : status;
}

static enum cy_status open_input(struct phase_run *run, struct cy_error *error)
{
    struct cy_engine *engine = run->engine;
    const struct cy_phase_parts *parts = &engine->phases[run->phase];
    if (run->phase > 0)
        return cy_blocks_open(&run->blocks, engine, run->phase - 1, parts->part_count, error);
    struct cy_cursor from = parts->part_count > 0 ? parts->parts[parts->part_count - 1].next : (struct cy_cursor){0};
    cy_intake_open(&run->intake, engine->plan, from, engine->options->record_limit > 0 ? engine->options->record_limit : UINT64_MAX);
    return CY_OK;
}

enum cy_status cy_engine_run_phase(struct cy_engine *engine, size_t phase, struct cy_error *error)
{
    struct phase_run run = {.engine = engine, .phase = phase};
    struct cy_arena arena = {0};
    run.suffixes = cy_part_suffixes(engine->plan, phase, &arena, &run.output_count);
    run.part_limit = (uint64_t)(engine->options->part_bytes > 0 ? engine->options->part_bytes : PART_BYTES);
    CY_ASSERT(run.output_count <= OUTPUTS_MAX);
    engine->progress = (struct cy_progress){
        .stage = phase == 0 ? CY_RUN_READ : CY_RUN_STEPS, .step = "", .total_bytes = phase == 0 ? engine->plan->input_bytes : 0};
    enum cy_status status = cy_make_folders(cy_arena_printf(&arena, "%s/phase-%zu", engine->work.folder, phase), error);
    if (status == CY_OK)
        status = load_parts(&run, error);
    if (status == CY_OK && run.ended) { /* all by an earlier run: say so */
        engine->progress.done_bytes = engine->progress.total_bytes;
        cy_engine_tell(engine);
    }
    if (status == CY_OK && !run.ended) {
        run.blocks.file = -1;
        status = open_input(&run, error);
        if (status == CY_OK)
            status = cy_pipeline_run(
                &(struct cy_pipeline){
                    .context = &run,
                    .thread_count = engine->thread_count,
                    .window = engine->thread_count * JOBS_A_THREAD,
                    .job_bytes = sizeof(struct phase_job),
                    .take = take,
                    .work = work,
                    .put = put,
                    .drop = drop_job,
                    .stop = engine->options->stop,
                },
                error);
        /* The last record was read before its file was known to be over. */
        if (status == CY_OK && run.writer != NULL) {
            run.part.next.end = true;
            status = finish_part(&run, error);
        }
        /* Ctrl-C: what was put becomes a part of its own, and nothing of it is done again. Later phases keep the parts of the phase before.
         */
        if (status == CY_INTERRUPTED && run.writer != NULL && phase == 0) {
            struct cy_error later;
            finish_part(&run, &later);
        }
        cy_part_abandon(run.writer);
        if (phase == 0)
            cy_intake_close(&run.intake);
        else
            cy_blocks_close(&run.blocks);
    }
    cy_arena_release(&arena);
    return status;
}
