#include "cli/tokens.h"

#include "base/threads.h"
#include "dataset/read.h"
#include "recipe/intake.h"
#include "recipe/pipeline.h"
#include "source/stream.h"
#include "token/store.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WHOLE_BYTES_MAX = 0x7fffffff,     /* of a text file: a tokenizer's largest text */
    DATASET_MEMORY_BYTES = 512 << 20, /* of the database that reads a dataset */
    WINDOW = 4,                       /* batches a thread that may wait for their turn */
};

enum kind { KIND_WHOLE, KIND_RECORDS, KIND_DATASET };

/* One argument: what it is, and where reading it stands. Whatever documents borrow from lives until the run is over. */
struct input {
    enum kind kind;
    bool opened;
    bool ended;
    struct cy_plan plan; /* KIND_RECORDS: a recipe of this one source */
    struct cy_intake intake;
    struct cy_dataset dataset; /* KIND_DATASET */
    struct cy_dataset_tables tables;
    struct cy_duck_result *rows;
};

struct thread {
    struct cy_scratch *scratch;
    struct cy_token_cache *cache;
};

struct running {
    const struct cy_tokens_run *run;
    struct input *inputs;
    size_t current; /* the argument that is being read */
    struct thread *threads;
    uint64_t bad_count;
};

/* Documents of one argument on their way. */
struct job {
    size_t argument;
    struct cy_arena *arena; /* owned; holds the batch */
    struct cy_batch *batch;
    struct cy_str *parties;              /* [row]; NULL: not stated */
    const struct cy_plan_source *source; /* NULL: the batch holds documents already */
    struct cy_buffer whole;              /* KIND_WHOLE: the text */
    size_t *counts;                      /* [row] tokens */
    struct cy_ids ids;                   /* of all rows end to end */
};

/* ---- opening ---- */

static enum kind kind_of(const struct cy_tokens_run *run, const char *path, struct cy_arena *arena)
{
    if (cy_path_is_folder(path))
        return cy_path_exists(cy_path_join(arena, path, "MANIFEST")) ? KIND_DATASET : KIND_RECORDS;
    const struct cy_format *format = run->input->format != NULL ? cy_format_find(cy_str(run->input->format)) : cy_format_of_path(path);
    bool whole = format == NULL ? run->input->format == NULL : strcmp(format->name, "text") == 0;
    return whole ? KIND_WHOLE : KIND_RECORDS;
}

static enum cy_status open_records(const struct cy_tokens_run *run, struct input *input, const char *path, struct cy_error *error)
{
    struct cy_buffer recipe = {0};
    cy_buffer_add_text(&recipe, "name: tokens\nsources:\n  - path: ");
    cy_buffer_add_json(&recipe, cy_str(path));
    if (run->input->format != NULL)
        cy_buffer_printf(&recipe, "\n    format: %s", run->input->format);
    cy_buffer_add_byte(&recipe, '\n');
    enum cy_status status = cy_plan_parse(&input->plan, cy_buffer_str(&recipe), "tokens", ".", "tokens", error);
    cy_buffer_release(&recipe);
    cy_intake_open(&input->intake, &input->plan, (struct cy_cursor){0}, UINT64_MAX);
    return status;
}

static enum cy_status open_dataset(struct input *input, const char *path, struct cy_error *error)
{
    enum cy_status status = cy_dataset_open_tables(&input->dataset, &input->tables, path, DATASET_MEMORY_BYTES, error);
    if (status == CY_OK)
        status = cy_duck_query(input->tables.duck, "SELECT id, text, coalesce(party, '') FROM data", &input->rows, error);
    return status;
}

static enum cy_status open_input(struct running *running, struct input *input, const char *path, struct cy_arena *arena,
                                 struct cy_error *error)
{
    input->opened = true;
    input->kind = kind_of(running->run, path, arena);
    if (input->kind == KIND_RECORDS)
        return open_records(running->run, input, path, error);
    return input->kind == KIND_DATASET ? open_dataset(input, path, error) : CY_OK;
}

static void close_input(struct input *input)
{
    if (!input->opened)
        return;
    if (input->kind == KIND_RECORDS) {
        cy_intake_close(&input->intake);
        cy_plan_release(&input->plan);
    }
    cy_duck_result_free(input->rows);
    cy_dataset_close_tables(&input->tables);
    cy_dataset_release(&input->dataset);
}

/* ---- taking ---- */

static enum cy_status take_whole(struct input *input, struct job *job, const char *path, struct cy_error *error)
{
    struct cy_stream *stream;
    enum cy_status status = cy_stream_open(&stream, path, (struct cy_place){0}, error);
    input->ended = true;
    if (status != CY_OK)
        return status;
    for (struct cy_str at_hand; status == CY_OK && (at_hand = cy_stream_peek(stream, 1)).size > 0;) {
        if (job->whole.size + at_hand.size > WHOLE_BYTES_MAX)
            status = cy_error_set(error, CY_BAD_INPUT, "\"%.300s\" has more than %d bytes, which no tokenizer takes as one text", path,
                                  WHOLE_BYTES_MAX);
        else
            cy_buffer_add_str(&job->whole, at_hand);
        cy_stream_skip(stream, at_hand.size);
    }
    if (status == CY_OK && cy_stream_state(stream) == CY_STREAM_FAILED) {
        *error = *cy_stream_error(stream);
        status = error->status;
    } else if (status == CY_OK && cy_stream_state(stream) == CY_STREAM_DAMAGED) {
        status = cy_error_set(error, CY_BAD_INPUT, "\"%.300s\" is damaged: %s", path, cy_stream_damage(stream));
    }
    cy_stream_close(stream);
    size_t row = cy_batch_append(job->batch);
    job->batch->texts[row] = cy_buffer_str(&job->whole);
    job->batch->ids[row] = cy_str(path);
    return status;
}

static enum cy_status take_rows(struct input *input, struct job *job, struct cy_error *error)
{
    size_t count;
    enum cy_status status = cy_duck_next(input->rows, &count, error);
    input->ended = status == CY_END;
    if (status != CY_OK)
        return status;
    job->parties = cy_arena_alloc(job->arena, count * sizeof *job->parties);
    for (size_t i = 0; i < count; i++) {
        size_t row = cy_batch_append(job->batch);
        job->batch->ids[row] = cy_arena_str(job->arena, cy_duck_text(input->rows, 0, i));
        job->batch->texts[row] = cy_arena_str(job->arena, cy_duck_text(input->rows, 1, i));
        job->parties[row] = cy_arena_str(job->arena, cy_duck_text(input->rows, 2, i));
    }
    return CY_OK;
}

static void drop(void *memory)
{
    struct job *job = memory;
    if (job->arena != NULL)
        cy_arena_release(job->arena);
    free(job->arena);
    free(job->counts);
    cy_buffer_release(&job->whole);
    cy_ids_release(&job->ids);
    *job = (struct job){0};
}

static enum cy_status take(void *context, size_t thread, void *memory, struct cy_error *error)
{
    struct running *running = context;
    struct job *job = memory;
    enum cy_status status = CY_END;
    job->arena = cy_alloc_zero(1, sizeof *job->arena);
    while (status == CY_END && running->current < running->run->input->argument_count) {
        struct input *input = &running->inputs[running->current];
        const char *path = running->run->input->arguments[running->current];
        status = input->opened ? CY_OK : open_input(running, input, path, job->arena, error);
        if (status == CY_OK && !input->ended) {
            job->argument = running->current;
            job->source = NULL;
            job->batch = cy_arena_alloc(job->arena, sizeof *job->batch);
            cy_batch_init(job->batch, job->arena, running->threads[thread].scratch, CY_BATCH_ROWS_MAX, 0, 0, NULL, 0);
            if (input->kind == KIND_WHOLE)
                status = take_whole(input, job, path, error);
            else if (input->kind == KIND_RECORDS)
                status = cy_intake_fill(&input->intake, job->batch, &job->source, error);
            else
                status = take_rows(input, job, error);
        } else if (status == CY_OK) {
            status = CY_END;
        }
        if (status == CY_END)
            running->current++;
    }
    if (status != CY_OK)
        drop(job);
    return status;
}

/* ---- work and what comes of it ---- */

static enum cy_status work(void *context, size_t thread, void *memory, struct cy_error *error)
{
    struct running *running = context;
    struct job *job = memory;
    const struct cy_tokens_run *run = running->run;
    struct cy_token_cache *cache = running->threads[thread].cache;
    enum cy_status status = CY_OK;
    if (job->source != NULL)
        status = cy_intake_decode(&running->inputs[job->argument].plan, job->source, job->batch, error);
    job->counts = cy_alloc_zero(CY_MAX(job->batch->row_count, 1), sizeof *job->counts);
    for (size_t row = 0; status == CY_OK && row < job->batch->row_count; row++) {
        if (run->take != NULL) {
            run->take(run->context, thread, job->batch->texts[row]);
            continue;
        }
        size_t before = job->ids.count;
        if (run->with_ids)
            cy_tokenizer_encode(run->tokenizer, cache, job->batch->texts[row], &run->encoding, &job->ids);
        job->counts[row] =
            run->with_ids ? job->ids.count - before : cy_tokenizer_count(run->tokenizer, cache, job->batch->texts[row], &run->encoding);
    }
    return status;
}

static enum cy_status put(void *context, void *memory, struct cy_error *error)
{
    struct running *running = context;
    struct job *job = memory;
    enum cy_status status = CY_OK;
    size_t first = 0;
    for (size_t row = 0; status == CY_OK && running->run->put != NULL && row < job->batch->row_count; row++) {
        const struct cy_tokens_document document = {
            .argument = job->argument,
            .id = job->batch->ids[row],
            .party = job->parties != NULL ? job->parties[row] : (struct cy_str){0},
            .text = job->batch->texts[row],
            .ids = job->ids.items != NULL ? job->ids.items + first : NULL,
            .count = job->counts[row],
        };
        status = running->run->put(running->run->context, &document, error);
        first += job->counts[row];
    }
    running->bad_count += job->batch->total_count - job->batch->row_count;
    drop(job);
    return status;
}

/* Says that records were left out. */
static void warn(uint64_t bad_count)
{
    if (bad_count > 0)
        fprintf(stderr, "ciyuan: %llu record%s left out: not readable, or no documents (a build tells why)\n",
                (unsigned long long)bad_count, bad_count == 1 ? " was" : "s were");
}

enum cy_status cy_tokens_run(const struct cy_tokens_run *run, struct cy_error *error)
{
    size_t thread_count = cy_tokens_thread_count(run->input), input_count = run->input->argument_count;
    struct running running = {.run = run,
                              .inputs = cy_alloc_zero(input_count, sizeof *running.inputs),
                              .threads = cy_alloc_zero(thread_count, sizeof *running.threads)};
    for (size_t i = 0; i < thread_count; i++)
        running.threads[i] = (struct thread){cy_scratch_new(), run->tokenizer != NULL ? cy_token_cache_new(run->tokenizer, 0) : NULL};
    enum cy_status status = cy_pipeline_run(
        &(struct cy_pipeline){
            .context = &running,
            .thread_count = thread_count,
            .window = thread_count * WINDOW,
            .job_bytes = sizeof(struct job),
            .take = take,
            .work = work,
            .put = put,
            .drop = drop,
        },
        error);
    for (size_t i = 0; i < thread_count; i++) {
        cy_token_cache_free(running.threads[i].cache);
        cy_scratch_free(running.threads[i].scratch);
    }
    for (size_t i = 0; i < input_count; i++)
        close_input(&running.inputs[i]);
    warn(running.bad_count);
    free(running.inputs);
    free(running.threads);
    return status;
}

/* ---- what the commands share ---- */

int cy_tokens_parse(int argc, char **argv, struct cy_tokens_input *input, const struct cy_usage *usage)
{
    struct cy_usage any_number = *usage;
    any_number.argument_min = 1;
    any_number.argument_max = -1;
    int exit_status = cy_parse_options(&argc, argv, &any_number);
    input->arguments = argv;
    input->argument_count = (size_t)argc;
    return exit_status;
}

size_t cy_tokens_thread_count(const struct cy_tokens_input *input)
{
    return input->thread_count > 0 ? input->thread_count : cy_cpu_count();
}

enum cy_status cy_tokens_vocabulary(const char *text, struct cy_tokenizer **tokenizer, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_vocabulary_place place;
    if (text == NULL) {
        cy_error_set(error, CY_BAD_RECIPE, "--tokenizer is missing: the name of a vocabulary, or the path of its file");
        return cy_error_hint(error, "`ciyuan tokens get` lists the names");
    }
    enum cy_status status = cy_vocabulary_find(cy_str(text), NULL, &arena, &place, error);
    if (status == CY_OK)
        status = cy_vocabulary_load(&place, tokenizer, error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_tokens_id_bytes(const struct cy_tokenizer *tokenizer, const char *format, size_t *id_bytes, struct cy_error *error)
{
    size_t size = cy_tokenizer_vocabulary_size(tokenizer);
    *id_bytes = strcmp(format, "u16") == 0 ? 2 : strcmp(format, "u32") == 0 ? 4 : 0;
    if (*id_bytes == 2 && size > UINT16_MAX + 1) {
        cy_error_set(error, CY_BAD_RECIPE, "%s has %zu ids, more than 16 bits hold", cy_tokenizer_name(tokenizer), size);
        return cy_error_hint(error, "use u32");
    }
    return CY_OK;
}

enum cy_status cy_tokens_find(const struct cy_tokenizer *tokenizer, const char *name, uint32_t *id, struct cy_error *error)
{
    if (cy_tokenizer_find(tokenizer, cy_str(name), id))
        return CY_OK;
    return cy_error_set(error, CY_BAD_RECIPE, "%s has no token \"%.100s\"", cy_tokenizer_name(tokenizer), name);
}
