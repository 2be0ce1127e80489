#include "recipe/engine.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/threads.h"
#include "dataset/carry_over.h"
#include "dataset/lock.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MEMORY_SHARE = 4,        /* of the machine's memory, unless the options say otherwise */
    MEMORY_MIN = 64 << 20,   /* less than this and not even one thread's batches fit */
    THREAD_BYTES = 48 << 20, /* a thread's arena, scratch and jobs under way, measured at their largest on web pages */
};

const char *const cy_barrier_suffixes[2] = {"removed", "strings"};

const char **cy_part_suffixes(const struct cy_plan *plan, size_t phase, struct cy_arena *arena, size_t *count)
{
    const struct cy_phase *about = &plan->phases[phase];
    size_t mark_count = about->step_end - about->barrier_first;
    const char **suffixes = cy_arena_alloc(arena, (CY_PART_MARKS + mark_count) * sizeof *suffixes);
    suffixes[CY_PART_SPILL] = "spill";
    suffixes[CY_PART_NAMES] = "names";
    suffixes[CY_PART_NUMBERED] = "numbered";
    suffixes[CY_PART_ROWS] = "rows";
    suffixes[CY_PART_IDS] = "ids";
    for (size_t i = 0; i < mark_count; i++)
        suffixes[CY_PART_MARKS + i] = cy_arena_printf(arena, "mark-%zu", i);
    *count = mark_count > 0 ? CY_PART_MARKS + mark_count : CY_PART_NUMBERED + 1;
    return suffixes;
}

char *cy_part_stem(const struct cy_engine *engine, size_t phase, size_t part, struct cy_arena *arena)
{
    return cy_arena_printf(arena, "%s/phase-%zu/%06zu", engine->work.folder, phase, part);
}

char *cy_barrier_stem(const struct cy_engine *engine, size_t step, struct cy_arena *arena)
{
    return cy_arena_printf(arena, "%s/barrier-%zu", engine->work.folder, step);
}

void cy_engine_tell(struct cy_engine *engine)
{
    if (engine->options->progress != NULL)
        engine->options->progress(engine->options->progress_context, &engine->progress);
}

static void tell_stage(struct cy_engine *engine, enum cy_run_stage stage)
{
    engine->progress = (struct cy_progress){.stage = stage, .step = ""};
    cy_engine_tell(engine);
}

/* ---- what the run is ---- */

/* Names what must be the same for a work folder to be of use. */
static void make_identity(struct cy_engine *engine, struct cy_buffer *out)
{
    const struct cy_plan *plan = engine->plan;
    char recipe[65], inputs[65], found[65];
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, plan->recipe_text.data, plan->recipe_text.size);
    cy_sha256_final(&hash, recipe);
    cy_sha256_init(&hash);
    for (size_t i = 0; i < plan->file_count; i++) {
        struct stat about = {0};
        stat(plan->files[i].path, &about);
        int64_t facts[3] = {about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
        cy_sha256_add(&hash, plan->files[i].name, strlen(plan->files[i].name) + 1);
        cy_sha256_add(&hash, facts, sizeof facts);
    }
    for (size_t i = 0; i < plan->step_count; i++)
        for (size_t k = 0; k < plan->steps[i].inputs.count; k++)
            cy_sha256_add(&hash, plan->steps[i].inputs.items[k].sha256, sizeof plan->steps[i].inputs.items[k].sha256);
    cy_sha256_final(&hash, inputs);
    struct cy_schema schema;
    struct cy_buffer lines = {0};
    cy_engine_schema(engine, NULL, &schema);
    cy_lock_print_found(&schema, &lines);
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, lines.data, lines.size);
    cy_sha256_final(&hash, found);
    cy_buffer_release(&lines);
    cy_buffer_printf(
        out,
        "{\"recipe\":\"%s\",\"inputs\":\"%s\",\"models or earlier datasets\":\"%s\",\"limit\":\"%llu\",\"program\":\"ciyuan " CIYUAN_VERSION
        "\"}\n",
        recipe, inputs, found, (unsigned long long)engine->options->record_limit);
}

static void choose_resources(struct cy_engine *engine)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    engine->memory_bytes = engine->options->memory_bytes > 0 ? engine->options->memory_bytes : pages * page_bytes / MEMORY_SHARE;
    engine->memory_bytes = CY_MAX(engine->memory_bytes, MEMORY_MIN);
    engine->thread_count = engine->options->thread_count > 0 ? engine->options->thread_count : cy_cpu_count();
    size_t affordable = CY_MAX((size_t)(engine->memory_bytes / 2 / THREAD_BYTES), 1);
    engine->thread_count = CY_MIN(engine->thread_count, affordable);
}

/* ---- the inputs' hashes ---- */

struct hashing {
    struct cy_engine *engine;
    struct cy_schema_file *files;
    atomic_size_t next;
    atomic_bool failed;
    struct cy_error error;
};

static void hash_files(void *context, size_t thread)
{
    struct hashing *hashing = context;
    const struct cy_plan *plan = hashing->engine->plan;
    (void)thread;
    size_t i;
    while ((i = atomic_fetch_add(&hashing->next, 1)) < plan->file_count && !atomic_load(&hashing->failed)) {
        struct cy_error error;
        struct cy_schema_file *file = &hashing->files[i];
        *file = (struct cy_schema_file){.name = plan->files[i].name, .source = plan->file_sources[i]};
        if (cy_sha256_file(plan->files[i].path, hashing->engine->options->stop, file->sha256, &file->size_bytes, &error) != CY_OK &&
            !atomic_exchange(&hashing->failed, true))
            hashing->error = error;
    }
}

static enum cy_status hash_inputs(struct cy_engine *engine, struct cy_schema_file **files, struct cy_error *error)
{
    struct hashing hashing = {.engine = engine};
    tell_stage(engine, CY_RUN_HASH);
    hashing.files = cy_arena_zero(&engine->arena, engine->plan->file_count * sizeof *hashing.files);
    cy_run_threads(engine->thread_count, hash_files, &hashing);
    *files = hashing.files;
    if (atomic_load(&hashing.failed)) {
        *error = hashing.error;
        return error->status;
    }
    return CY_OK;
}

/* ---- the new dataset's place ---- */

/* Says no before any work when the output cannot be written, or is there and shall stay. */
static enum cy_status check_output(const struct cy_engine *engine, struct cy_error *error)
{
    const char *output = engine->plan->output;
    if (!cy_path_exists(output))
        return CY_OK;
    char manifest[PATH_MAX];
    snprintf(manifest, sizeof manifest, "%s/MANIFEST", output);
    bool dataset = cy_path_exists(manifest);
    if (!dataset && !(cy_path_is_folder(output) && rmdir(output) == 0)) { /* an empty folder makes room */
        cy_error_set(error, CY_FAILED, "\"%s\" is there, and is no dataset", output);
        return cy_error_hint(error, "move it away, or give another --output");
    }
    if (dataset && !engine->options->replace) {
        cy_error_set(error, CY_FAILED, "the dataset \"%s\" is there already", output);
        return cy_error_hint(error, "--replace replaces it when the new one is whole; --output names another place");
    }
    return CY_OK;
}

static enum cy_status swap_into_place(struct cy_engine *engine, bool *card_stays, struct cy_error *error)
{
    const char *output = engine->plan->output;
    const char *made = cy_path_join(&engine->arena, engine->work.folder, "dataset");
    char *parent = cy_arena_text(&engine->arena, output), *slash = strrchr(parent, '/');
    if (slash == NULL)
        parent = cy_arena_text(&engine->arena, ".");
    else
        slash[slash == parent] = '\0';
    tell_stage(engine, CY_RUN_SWAP);
    bool exchange = engine->options->replace && cy_path_exists(output); /* without replace, what came meanwhile stays: rename refuses */
    enum cy_status status = exchange ? cy_dataset_carry_over(output, made, card_stays, error) : CY_OK;
    if (status != CY_OK)
        return status;
    int moved = exchange ? cy_files->exchange(made, output) : cy_files->rename(made, output);
    if (moved != 0)
        return cy_error_errno(error, "move the new dataset to", output);
    return cy_sync_folder(parent, error); /* the old one lies in the work folder now, and goes with it */
}

/* ---- the run ---- */

static enum cy_status run_phases(struct cy_engine *engine, struct cy_error *error)
{
    for (size_t phase = 0; phase < engine->plan->phase_count; phase++) {
        enum cy_status status = cy_engine_run_phase(engine, phase, error);
        if (status == CY_OK && phase == 0) {
            tell_stage(engine, CY_RUN_NAMES);
            status = cy_engine_find_repeats(engine, error);
        }
        if (status == CY_OK)
            status = cy_engine_run_barriers(engine, phase, error);
        if (status != CY_OK)
            return status;
    }
    return CY_OK;
}

/* The lock would name inputs that are not those read. */
static enum cy_status check_unchanged(struct cy_engine *engine, struct cy_str identity, struct cy_error *error)
{
    struct cy_buffer now = {0};
    make_identity(engine, &now);
    bool same = cy_str_equal(cy_buffer_str(&now), identity);
    cy_buffer_release(&now);
    if (same)
        return CY_OK;
    cy_error_set(error, CY_FAILED, "an input, a model or an earlier dataset changed while the build was under way");
    return cy_error_hint(error, "run again with --restart when nothing writes to them");
}

static enum cy_status run_stages(struct cy_engine *engine, struct cy_run_result *result, struct cy_error *error)
{
    struct cy_buffer identity = {0};
    make_identity(engine, &identity);
    const char *folder = cy_arena_printf(&engine->arena, "%s.work", engine->plan->output);
    enum cy_status status = check_output(engine, error);
    if (status == CY_OK)
        status = cy_work_open(&engine->work, folder, cy_buffer_str(&identity), engine->options->restart, error);
    if (status == CY_OK)
        status = run_phases(engine, error);
    struct cy_schema_file *files = NULL;
    if (status == CY_OK)
        status = hash_inputs(engine, &files, error);
    if (status == CY_OK)
        status = check_unchanged(engine, cy_buffer_str(&identity), error);
    cy_buffer_release(&identity);
    if (status == CY_OK)
        status = cy_engine_write(engine, files, result->build_id, error);
    if (status == CY_OK) {
        tell_stage(engine, CY_RUN_VERIFY);
        status = cy_dataset_check(cy_path_join(&engine->arena, engine->work.folder, "dataset"), engine->thread_count, engine->options->stop,
                                  result->build_id, error);
    }
    if (status == CY_OK)
        status = swap_into_place(engine, &result->card_stays, error);
    if (status == CY_OK)
        status = cy_work_remove(&engine->work, error);
    cy_work_close(&engine->work);
    if (status == CY_INTERRUPTED)
        cy_error_hint(error, "run the same command again: it goes on where it stopped");
    return status;
}

static void make_workers(struct cy_engine *engine)
{
    engine->workers = cy_alloc_zero(engine->thread_count, sizeof *engine->workers);
    for (size_t i = 0; i < engine->thread_count; i++) {
        engine->workers[i].scratch = cy_scratch_new();
        engine->workers[i].packer = cy_spill_packer_new();
        engine->workers[i].times = cy_alloc_zero(engine->plan->step_count + 2, sizeof *engine->workers[i].times);
    }
}

/* Adds up the threads' times, names them, and frees the workers. */
static void close_workers(struct cy_engine *engine, struct cy_run_result *result)
{
    result->time_count = engine->plan->step_count + 2;
    result->times = cy_alloc_zero(result->time_count, sizeof *result->times);
    for (size_t i = 0; i < result->time_count; i++)
        result->times[i].name = i == 0 ? "(read)" : i == result->time_count - 1 ? "(write)" : engine->plan->steps[i - 1].name;
    for (size_t thread = 0; thread < engine->thread_count; thread++) {
        struct cy_worker *worker = &engine->workers[thread];
        for (size_t i = 0; i < result->time_count; i++) {
            result->times[i].in_count += worker->times[i].in_count;
            result->times[i].gone_count += worker->times[i].gone_count;
            result->times[i].text_bytes += worker->times[i].text_bytes;
            result->times[i].cpu_ns += worker->times[i].cpu_ns;
        }
        cy_arena_release(&worker->arena);
        cy_scratch_free(worker->scratch);
        cy_spill_packer_free(worker->packer);
        free(worker->times);
    }
    free(engine->workers);
}

enum cy_status cy_run(const struct cy_plan *plan, const struct cy_run_options *options, struct cy_run_result *result,
                      struct cy_error *error)
{
    struct cy_engine engine = {.plan = plan, .options = options, .work.lock_file = -1};
    *result = (struct cy_run_result){0};
    choose_resources(&engine);
    engine.phases = cy_alloc_zero(plan->phase_count, sizeof *engine.phases);
    make_workers(&engine);
    enum cy_status status = run_stages(&engine, result, error);
    close_workers(&engine, result);
    result->thread_count = engine.thread_count;
    result->memory_bytes = engine.memory_bytes;
    result->resumed = engine.resumed;
    result->kept_count = engine.kept_count;
    if (engine.phases[0].part_count > 0)
        result->read_count = engine.phases[0].parts[engine.phases[0].part_count - 1].next.ordinal;
    for (size_t i = 0; i < plan->phase_count; i++)
        free(engine.phases[i].parts);
    free(engine.phases);
    cy_unmap(&engine.repeats);
    cy_arena_release(&engine.arena);
    return status;
}

void cy_run_result_release(struct cy_run_result *result)
{
    free(result->times);
    *result = (struct cy_run_result){0};
}
