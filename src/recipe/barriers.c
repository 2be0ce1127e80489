/* Barriers: a step that sees all documents reads their signatures and says which to remove. What it says is sorted on disk, so that the
 * next reader of the phase's parts meets it in input order, and the id of the kept document is looked up once for each.
 *
 *     remove(row, kept, …) ─▶ sorted by kept ─▶ ids read in order ─▶ sorted by row ─▶ barrier-N.removed + barrier-N.strings   */
#include "recipe/engine.h"

#include "base/clock.h"
#include "base/sort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20 }; /* signatures that one call gives */

/* A removal while it waits for the id of the document kept. Numbers that order are big-endian. */
struct pending {
    uint8_t kept[8]; /* UINT64_MAX: the string is known already */
    uint8_t row[8];
    uint64_t duplicate_offset, rule_offset;
    uint32_t duplicate_bytes, rule_bytes;
    double measured, threshold, similarity;
};
/* And in the order of the file. */
struct placed {
    uint8_t row[8];
    struct cy_removal removal;
};

struct slot {
    char *block;
    int file; /* of part `part`; -1: none */
    size_t part;
};

struct barrier_run {
    struct cy_barrier barrier;
    struct cy_engine *engine;
    size_t phase;
    size_t step;
    struct slot *slots;
    uint64_t *row_firsts; /* [part_count + 1]: first row of each part */
    const char *suffix;   /* "mark-N" */
    uint64_t *rows;       /* barrier's row → phase's row, when an earlier barrier of the phase removed some; NULL: the same */
    struct cy_map rows_map;
    const char *marks_path; /* signatures of just those rows; NULL: the parts' own */
    struct cy_sort *by_kept;
    struct cy_part_writer *output;
    const char *last_rule; /* the rule written last, and where */
    uint64_t last_rule_offset;
    uint64_t removed_count;
};

static uint64_t phase_row(const struct barrier_run *run, uint64_t row)
{
    return run->rows != NULL ? run->rows[row] : row;
}

static size_t part_of(const struct barrier_run *run, uint64_t row)
{
    size_t low = 0, high = run->engine->phases[run->phase].part_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (run->row_firsts[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum cy_status open_marks(struct barrier_run *run, struct slot *slot, size_t part, struct cy_error *error)
{
    if (slot->file >= 0 && slot->part == part)
        return CY_OK;
    if (slot->file >= 0)
        close(slot->file);
    struct cy_arena arena = {0};
    const char *path = run->marks_path;
    if (path == NULL)
        path = cy_arena_printf(&arena, "%s.%s", cy_part_stem(run->engine, run->phase, part, &arena), run->suffix);
    slot->file = open(path, O_RDONLY | O_CLOEXEC);
    slot->part = part;
    enum cy_status status = slot->file < 0 ? cy_error_errno(error, "open", path) : CY_OK;
    cy_arena_release(&arena);
    return status;
}

static enum cy_status read_exactly(int file, void *to, size_t size_bytes, uint64_t offset, struct cy_error *error)
{
    char *at = to;
    while (size_bytes > 0) {
        ssize_t size = pread(file, at, size_bytes, (off_t)offset);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return cy_error_errno(error, "read", "a part's signatures");
        if (size == 0)
            return cy_error_set(error, CY_FAILED, "a part's signatures end early");
        at += size;
        size_bytes -= (size_t)size;
        offset += (uint64_t)size;
    }
    return CY_OK;
}

static enum cy_status read_marks(struct cy_barrier *barrier, size_t slot_index, uint64_t first, uint64_t count, const uint8_t **marks,
                                 uint64_t *got, struct cy_error *error)
{
    struct barrier_run *run = barrier->engine;
    struct slot *slot = &run->slots[slot_index];
    CY_ASSERT(slot_index < barrier->thread_count && count > 0 && first + count <= barrier->row_count);
    size_t part = run->marks_path != NULL ? 0 : part_of(run, first);
    uint64_t begin = run->marks_path != NULL ? 0 : run->row_firsts[part];
    uint64_t end = run->marks_path != NULL ? barrier->row_count : run->row_firsts[part + 1];
    uint64_t most = CY_MAX(READ_BYTES / barrier->mark_size, 1);
    *got = CY_MIN(CY_MIN(count, end - first), most);
    if (slot->block == NULL)
        slot->block = cy_alloc(CY_MAX(READ_BYTES, barrier->mark_size));
    *marks = (const uint8_t *)slot->block;
    enum cy_status status = cy_check_stop(barrier->stop, error);
    if (status == CY_OK)
        status = open_marks(run, slot, part, error);
    if (status == CY_OK)
        status = read_exactly(slot->file, slot->block, *got * barrier->mark_size, (first - begin) * barrier->mark_size, error);
    return status;
}

static uint64_t add_string(struct barrier_run *run, struct cy_str text)
{
    uint64_t offset = cy_part_size(run->output, 1);
    cy_part_add(run->output, 1, text.data, text.size);
    return offset;
}

static enum cy_status remove_row(struct cy_barrier *barrier, uint64_t row, uint64_t kept, struct cy_str duplicate_of, const char *rule,
                                 double measured, double threshold, double similarity, struct cy_error *error)
{
    struct barrier_run *run = barrier->engine;
    CY_ASSERT(row < barrier->row_count && (kept == UINT64_MAX || kept < barrier->row_count));
    enum cy_status status = cy_check_stop(barrier->stop, error);
    if (status != CY_OK)
        return status;
    if (run->last_rule == NULL || strcmp(run->last_rule, rule) != 0) {
        run->last_rule = rule;
        run->last_rule_offset = add_string(run, cy_str(rule));
    }
    struct pending pending = {.rule_offset = run->last_rule_offset,
                              .rule_bytes = (uint32_t)strlen(rule),
                              .measured = measured,
                              .threshold = threshold,
                              .similarity = similarity,
                              .duplicate_bytes = (uint32_t)duplicate_of.size};
    if (duplicate_of.size > 0)
        pending.duplicate_offset = add_string(run, duplicate_of);
    cy_store_big_u64(pending.kept, kept == UINT64_MAX ? UINT64_MAX : phase_row(run, kept));
    cy_store_big_u64(pending.row, phase_row(run, row));
    run->removed_count++;
    return cy_sort_add(run->by_kept, &pending, 1, error);
}

/* ---- the ids of the documents kept ---- */

/* Row records and ids of one part, mapped while rows of it are looked up. */
struct id_part {
    size_t part;
    bool open;
    struct cy_map rows, ids;
};

static enum cy_status open_ids(const struct barrier_run *run, struct id_part *ids, size_t part, struct cy_error *error)
{
    if (ids->open && ids->part == part)
        return CY_OK;
    cy_unmap(&ids->rows);
    cy_unmap(&ids->ids);
    struct cy_arena arena = {0};
    const char *stem = cy_part_stem(run->engine, run->phase, part, &arena);
    enum cy_status status = cy_map_file(&ids->rows, cy_arena_printf(&arena, "%s.rows", stem), error);
    if (status == CY_OK)
        status = cy_map_file(&ids->ids, cy_arena_printf(&arena, "%s.ids", stem), error);
    cy_arena_release(&arena);
    ids->open = status == CY_OK;
    ids->part = part;
    return status;
}

/* Writes the id of a row of the phase to the strings. */
static enum cy_status add_id(struct barrier_run *run, struct id_part *ids, uint64_t row, struct pending *pending, struct cy_error *error)
{
    size_t part = part_of(run, row);
    enum cy_status status = open_ids(run, ids, part, error);
    if (status != CY_OK)
        return status;
    const struct cy_row_record *rows = (const struct cy_row_record *)(const void *)ids->rows.data;
    uint64_t index = row - run->row_firsts[part], begin = index > 0 ? rows[index - 1].id_end : 0;
    CY_ASSERT(rows[index].id_end <= ids->ids.size);
    pending->duplicate_offset = add_string(run, (struct cy_str){ids->ids.data + begin, rows[index].id_end - begin});
    uint64_t number = run->phase == 0 ? cy_engine_repeat(run->engine, rows[index].ordinal) : 0;
    if (number > 0) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, "#%llu", (unsigned long long)number);
        add_string(run, cy_str(suffix));
    }
    pending->duplicate_bytes = (uint32_t)(cy_part_size(run->output, 1) - pending->duplicate_offset);
    return CY_OK;
}

/* by_kept ─▶ by row, each with its string. */
static enum cy_status resolve(struct barrier_run *run, struct cy_sort *by_row, struct cy_error *error)
{
    struct id_part ids = {0};
    struct pending last = {0};
    bool have_last = false;
    enum cy_status status = cy_sort_finish(run->by_kept, error);
    while (status == CY_OK) {
        const uint8_t *bytes;
        status = cy_sort_next(run->by_kept, &bytes, error);
        if (status != CY_OK)
            break;
        struct pending pending;
        memcpy(&pending, bytes, sizeof pending);
        uint64_t kept = cy_load_big_u64(pending.kept);
        if (kept != UINT64_MAX && have_last && memcmp(last.kept, pending.kept, sizeof last.kept) == 0) {
            pending.duplicate_offset = last.duplicate_offset;
            pending.duplicate_bytes = last.duplicate_bytes;
        } else if (kept != UINT64_MAX) {
            status = add_id(run, &ids, kept, &pending, error);
            last = pending;
            have_last = true;
        }
        struct placed placed = {.removal = {cy_load_big_u64(pending.row), 0, pending.duplicate_offset, pending.rule_offset,
                                            pending.duplicate_bytes, pending.rule_bytes, pending.measured, pending.threshold,
                                            pending.similarity}};
        memcpy(placed.row, pending.row, sizeof placed.row);
        if (status == CY_OK)
            status = cy_sort_add(by_row, &placed, 1, error);
    }
    cy_unmap(&ids.rows);
    cy_unmap(&ids.ids);
    return status == CY_END ? CY_OK : status;
}

static enum cy_status write_removals(struct barrier_run *run, struct cy_error *error)
{
    struct cy_sort *by_row;
    cy_sort_open(&by_row, run->engine->work.folder, "removed", sizeof(struct placed), run->engine->memory_bytes / 4,
                 run->engine->thread_count);
    cy_sort_set_stop(by_row, run->engine->options->stop);
    enum cy_status status = resolve(run, by_row, error);
    if (status == CY_OK)
        status = cy_sort_finish(by_row, error);
    uint64_t last_row = UINT64_MAX;
    while (status == CY_OK) {
        const uint8_t *bytes;
        status = cy_sort_next(by_row, &bytes, error);
        if (status != CY_OK)
            break;
        struct placed placed;
        memcpy(&placed, bytes, sizeof placed);
        CY_ASSERT(last_row == UINT64_MAX || placed.removal.row > last_row); /* a row is removed at most once */
        last_row = placed.removal.row;
        cy_part_add(run->output, 0, &placed.removal, sizeof placed.removal);
    }
    cy_sort_close(by_row);
    return status == CY_END ? CY_OK : status;
}

/* ---- rows that earlier barriers of the phase left ---- */

/* Writes the signatures of the rows that no barrier of the phase before `step` removed, and the phase's number of each. */
static enum cy_status gather_survivors(struct barrier_run *run, struct cy_error *error)
{
    struct cy_engine *engine = run->engine;
    const struct cy_phase *phase = &engine->plan->phases[run->phase];
    struct cy_writer marks, rows;
    run->marks_path = cy_arena_printf(&engine->arena, "%s/survivors.marks", engine->work.folder);
    const char *rows_path = cy_arena_printf(&engine->arena, "%s/survivors.rows", engine->work.folder);
    FILE *removed[CY_PHASE_BARRIERS_MAX] = {NULL};
    struct cy_removal next[CY_PHASE_BARRIERS_MAX];
    size_t removed_count = run->step - phase->barrier_first;
    CY_ASSERT(removed_count <= CY_COUNT(removed));
    uint64_t all = run->barrier.row_count, alive = 0;
    enum cy_status status = cy_writer_open(&marks, run->marks_path, error);
    if (status != CY_OK)
        return status;
    status = cy_writer_open(&rows, rows_path, error);
    if (status != CY_OK) {
        cy_writer_abandon(&marks);
        return status;
    }
    for (size_t i = 0; i < removed_count && status == CY_OK; i++) {
        const char *path = cy_arena_printf(&engine->arena, "%s.%s", cy_barrier_stem(engine, phase->barrier_first + i, &engine->arena),
                                           cy_barrier_suffixes[0]);
        removed[i] = fopen(path, "rbe");
        if (removed[i] == NULL)
            status = cy_error_errno(error, "open", path);
        else if (fread(&next[i], sizeof next[i], 1, removed[i]) != 1)
            next[i].row = UINT64_MAX;
    }
    const char *compacted = run->marks_path;
    run->marks_path = NULL; /* read the parts' own meanwhile */
    for (uint64_t row = 0; status == CY_OK && row < all;) {
        const uint8_t *block;
        uint64_t got;
        status = read_marks(&run->barrier, 0, row, all - row, &block, &got, error);
        for (uint64_t i = 0; status == CY_OK && i < got; i++) {
            uint64_t number = row + i;
            bool gone = false;
            for (size_t j = 0; j < removed_count; j++) {
                if (next[j].row != number)
                    continue;
                gone = true;
                if (fread(&next[j], sizeof next[j], 1, removed[j]) != 1)
                    next[j].row = UINT64_MAX;
            }
            if (gone)
                continue;
            cy_writer_add(&marks, block + i * run->barrier.mark_size, run->barrier.mark_size);
            cy_writer_add(&rows, &number, sizeof number);
            alive++;
        }
        row += got;
    }
    for (size_t i = 0; i < removed_count; i++)
        if (removed[i] != NULL)
            fclose(removed[i]);
    struct cy_error later;
    enum cy_status closed = cy_writer_close_unsynced(&marks, status == CY_OK ? error : &later);
    status = status == CY_OK ? closed : status;
    closed = cy_writer_close_unsynced(&rows, status == CY_OK ? error : &later);
    status = status == CY_OK ? closed : status;
    if (status == CY_OK)
        status = cy_map_file(&run->rows_map, rows_path, error);
    run->rows = (uint64_t *)(void *)(uintptr_t)run->rows_map.data;
    run->marks_path = compacted;
    run->barrier.row_count = alive;
    for (size_t i = 0; i < run->barrier.thread_count; i++) { /* the files open now are the parts' */
        if (run->slots[i].file >= 0)
            close(run->slots[i].file);
        run->slots[i].file = -1;
    }
    return status;
}

/* ---- one barrier ---- */

static enum cy_status run_step(struct barrier_run *run, struct cy_error *error)
{
    struct cy_engine *engine = run->engine;
    const struct cy_plan_step *step = &engine->plan->steps[run->step];
    struct cy_step_time *time = &engine->workers[0].times[1 + run->step];
    uint64_t start = cy_clock_ns();
    enum cy_status status = CY_OK;
    if (run->step > engine->plan->phases[run->phase].barrier_first)
        status = gather_survivors(run, error);
    if (status == CY_OK)
        status = cy_part_create(&run->output, cy_barrier_stem(engine, run->step, &engine->arena), cy_barrier_suffixes, 2, error);
    if (status != CY_OK)
        return status;
    cy_sort_open(&run->by_kept, engine->work.folder, "kept", sizeof(struct pending), engine->memory_bytes / 4, engine->thread_count);
    cy_sort_set_stop(run->by_kept, engine->options->stop);
    if (run->barrier.row_count > 0)
        status = step->operator->barrier(step->self, &run->barrier, error);
    if (status == CY_OK)
        status = write_removals(run, error);
    cy_sort_close(run->by_kept);
    struct cy_part part = {.row_count = run->removed_count};
    if (status == CY_OK)
        status = cy_part_finish(run->output, &part, error);
    else
        cy_part_abandon(run->output);
    time->gone_count += run->removed_count;
    time->cpu_ns += cy_clock_ns() - start;
    return status;
}

static enum cy_status run_barrier(struct cy_engine *engine, size_t phase, size_t step_index, struct cy_error *error)
{
    const struct cy_phase *about = &engine->plan->phases[phase];
    const struct cy_plan_step *step = &engine->plan->steps[step_index];
    struct cy_part done;
    enum cy_status status = cy_part_load(&done, cy_barrier_stem(engine, step_index, &engine->arena), cy_barrier_suffixes, 2, error);
    if (status != CY_END)
        return status; /* done by an earlier run */
    const struct cy_phase_parts *parts = &engine->phases[phase];
    struct barrier_run run = {.engine = engine, .phase = phase, .step = step_index};
    run.suffix = cy_arena_printf(&engine->arena, "mark-%zu", step_index - about->barrier_first);
    run.row_firsts = cy_alloc_zero(parts->part_count + 1, sizeof *run.row_firsts);
    for (size_t i = 0; i < parts->part_count; i++)
        run.row_firsts[i + 1] = run.row_firsts[i] + parts->parts[i].row_count;
    run.slots = cy_alloc_zero(engine->thread_count, sizeof *run.slots);
    for (size_t i = 0; i < engine->thread_count; i++)
        run.slots[i].file = -1;
    const char *folder = cy_arena_printf(&engine->arena, "%s.tmp", cy_barrier_stem(engine, step_index, &engine->arena));
    run.barrier = (struct cy_barrier){.row_count = parts->row_count,
                                      .folder = folder,
                                      .memory_bytes = engine->memory_bytes / 2,
                                      .thread_count = engine->thread_count,
                                      .mark_size = step->operator->mark_size(step->self),
                                      .stop = engine->options->stop,
                                      .engine = &run,
                                      .read = read_marks,
                                      .remove = remove_row};
    engine->progress = (struct cy_progress){.stage = CY_RUN_BARRIER, .step = step->name, .document_count = parts->row_count};
    cy_engine_tell(engine);
    status = cy_remove_tree(folder, error);
    if (status == CY_OK)
        status = cy_make_folders(folder, error);
    if (status == CY_OK)
        status = run_step(&run, error);
    struct cy_error later;
    cy_remove_tree(folder, &later);
    cy_unmap(&run.rows_map);
    for (size_t i = 0; i < engine->thread_count; i++) {
        free(run.slots[i].block);
        if (run.slots[i].file >= 0)
            close(run.slots[i].file);
    }
    free(run.slots);
    free(run.row_firsts);
    return status;
}

enum cy_status cy_engine_run_barriers(struct cy_engine *engine, size_t phase, struct cy_error *error)
{
    const struct cy_phase *about = &engine->plan->phases[phase];
    for (size_t step = about->barrier_first; step < about->step_end; step++) {
        enum cy_status status = run_barrier(engine, phase, step, error);
        if (status == CY_OK)
            status = cy_check_stop(engine->options->stop, error);
        if (status != CY_OK)
            return status;
    }
    return CY_OK;
}
