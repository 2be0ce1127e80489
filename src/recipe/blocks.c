#include "recipe/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static enum cy_status read_removal(struct cy_removal_stream *stream, const char *path, uint64_t step, struct cy_error *error)
{
    if (fread(&stream->next, sizeof stream->next, 1, stream->file) == 1) {
        stream->next.step = step;
        return CY_OK;
    }
    stream->end = true;
    return ferror(stream->file) ? cy_error_errno(error, "read", path) : CY_OK;
}

enum cy_status cy_blocks_open(struct cy_blocks *blocks, struct cy_engine *engine, size_t phase, size_t part_first, struct cy_error *error)
{
    const struct cy_phase *about = &engine->plan->phases[phase];
    *blocks = (struct cy_blocks){.engine = engine, .phase = phase, .part = part_first, .file = -1};
    for (size_t i = 0; i < part_first; i++)
        blocks->row_next += engine->phases[phase].parts[i].row_count;
    blocks->stream_count = about->step_end - about->barrier_first;
    blocks->streams = cy_alloc_zero(blocks->stream_count, sizeof *blocks->streams);
    for (size_t i = 0; i < blocks->stream_count; i++) {
        struct cy_removal_stream *stream = &blocks->streams[i];
        const char *stem = cy_barrier_stem(engine, about->barrier_first + i, &engine->arena);
        const char *path = cy_arena_printf(&engine->arena, "%s.%s", stem, cy_barrier_suffixes[0]);
        stream->file = fopen(path, "rbe");
        if (stream->file == NULL)
            return cy_error_errno(error, "open", path);
        enum cy_status status =
            cy_map_file(&stream->strings, cy_arena_printf(&engine->arena, "%s.%s", stem, cy_barrier_suffixes[1]), error);
        do {
            if (status == CY_OK)
                status = read_removal(stream, path, about->barrier_first + i, error);
            if (status != CY_OK)
                return status;
        } while (!stream->end && stream->next.row < blocks->row_next);
    }
    return CY_OK;
}

void cy_blocks_close(struct cy_blocks *blocks)
{
    for (size_t i = 0; i < blocks->stream_count; i++) {
        if (blocks->streams[i].file != NULL)
            fclose(blocks->streams[i].file);
        cy_unmap(&blocks->streams[i].strings);
    }
    free(blocks->streams);
    if (blocks->file >= 0)
        close(blocks->file);
    *blocks = (struct cy_blocks){.file = -1};
}

void cy_block_release(struct cy_block *block)
{
    free(block->packed);
    free(block->removals);
    *block = (struct cy_block){0};
}

static enum cy_status read_at(struct cy_blocks *blocks, void *to, size_t size_bytes, struct cy_error *error)
{
    char *at = to;
    while (size_bytes > 0) {
        ssize_t size = pread(blocks->file, at, size_bytes, (off_t)blocks->offset);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return cy_error_errno(error, "read a part in", blocks->engine->work.folder);
        if (size == 0)
            return cy_error_set(error, CY_FAILED, "a part in \"%s\" ends early", blocks->engine->work.folder);
        at += size;
        size_bytes -= (size_t)size;
        blocks->offset += (uint64_t)size;
    }
    return CY_OK;
}

static enum cy_status take_removals(struct cy_blocks *blocks, struct cy_block *block, struct cy_error *error)
{
    uint64_t row_end = block->row_first + block->head.row_count;
    for (size_t i = 0; i < blocks->stream_count; i++) {
        struct cy_removal_stream *stream = &blocks->streams[i];
        while (!stream->end && stream->next.row < row_end) {
            block->removals = cy_realloc(block->removals, (block->removal_count + 1) * sizeof *block->removals);
            block->removals[block->removal_count++] = stream->next;
            enum cy_status status = read_removal(stream, "a barrier's file", stream->next.step, error);
            if (status != CY_OK)
                return status;
        }
    }
    return CY_OK;
}

enum cy_status cy_blocks_next(struct cy_blocks *blocks, struct cy_block *block, struct cy_error *error)
{
    struct cy_engine *engine = blocks->engine;
    const struct cy_phase_parts *parts = &engine->phases[blocks->phase];
    while (blocks->part < parts->part_count && blocks->batch == parts->parts[blocks->part].batch_count) {
        if (blocks->file >= 0)
            close(blocks->file);
        blocks->file = -1;
        blocks->part++;
        blocks->batch = blocks->offset = 0;
    }
    if (blocks->part == parts->part_count)
        return CY_END;
    if (blocks->file < 0) {
        struct cy_arena arena = {0};
        const char *path = cy_arena_printf(&arena, "%s.spill", cy_part_stem(engine, blocks->phase, blocks->part, &arena));
        blocks->file = open(path, O_RDONLY | O_CLOEXEC);
        enum cy_status status = blocks->file < 0 ? cy_error_errno(error, "open", path) : CY_OK;
        cy_arena_release(&arena);
        if (status != CY_OK)
            return status;
    }
    enum cy_status status = read_at(blocks, &block->head, sizeof block->head, error);
    if (status != CY_OK)
        return status;
    block->packed = cy_alloc(block->head.packed_bytes);
    status = read_at(blocks, block->packed, block->head.packed_bytes, error);
    block->row_first = blocks->row_next;
    blocks->row_next += block->head.row_count;
    block->part_end = ++blocks->batch == parts->parts[blocks->part].batch_count;
    if (status == CY_OK)
        status = take_removals(blocks, block, error);
    if (status != CY_OK)
        cy_block_release(block);
    return status;
}

void cy_engine_batch(const struct cy_engine *engine, struct cy_worker *worker, size_t phase, struct cy_batch *batch)
{
    const struct cy_phase *about = &engine->plan->phases[phase];
    size_t mark_count = about->step_end - about->barrier_first;
    size_t *mark_sizes = cy_arena_alloc(&worker->arena, mark_count * sizeof *mark_sizes);
    for (size_t i = 0; i < mark_count; i++) {
        const struct cy_plan_step *step = &engine->plan->steps[about->barrier_first + i];
        mark_sizes[i] = step->operator->mark_size(step->self);
    }
    cy_batch_init(batch, &worker->arena, worker->scratch, CY_BATCH_ROWS_MAX, engine->plan->signal_count, engine->plan->token_count,
                  mark_sizes, mark_count);
}

enum cy_status cy_block_unpack(const struct cy_blocks *blocks, const struct cy_block *block, struct cy_worker *worker,
                               struct cy_batch *batch, struct cy_error *error)
{
    const struct cy_engine *engine = blocks->engine;
    enum cy_status status = cy_spill_unpack(&block->head, block->packed, batch, error);
    if (status != CY_OK)
        return status;
    for (size_t row = 0; blocks->phase == 0 && engine->repeats.size > 0 && row < batch->total_count; row++) {
        uint64_t number = cy_engine_repeat(engine, batch->origins[row].ordinal);
        if (number > 0)
            batch->ids[row] = cy_str(
                cy_arena_printf(&worker->arena, "%.*s#%llu", (int)batch->ids[row].size, batch->ids[row].data, (unsigned long long)number));
    }
    size_t barrier_first = engine->plan->phases[blocks->phase].barrier_first;
    for (size_t i = 0; i < block->removal_count; i++) {
        const struct cy_removal *removal = &block->removals[i];
        const char *strings = blocks->streams[removal->step - barrier_first].strings.data;
        struct cy_verdict *verdict = &batch->verdicts[removal->row - block->row_first];
        verdict->what = CY_REMOVED;
        verdict->step = (uint32_t)removal->step;
        verdict->rule = (struct cy_str){strings + removal->rule_offset, removal->rule_bytes};
        verdict->duplicate_of = (struct cy_str){strings + removal->duplicate_offset, removal->duplicate_bytes};
        verdict->measured = removal->measured;
        verdict->threshold = removal->threshold;
        verdict->similarity = removal->similarity;
    }
    cy_batch_compact(batch);
    return CY_OK;
}
