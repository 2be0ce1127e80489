#include "hub/xet_shard.h"

enum { RECORD = 48 };
#define FLAG_VERIFICATION UINT32_C(0x80000000)
#define FLAG_METADATA UINT32_C(0x40000000)

struct reader {
    struct cy_str content;
    size_t at;
    struct cy_arena *arena;
    struct cy_error *error;
};

static const char *next_record(struct reader *reader)
{
    if (reader->content.size - reader->at < RECORD) {
        cy_error_set(reader->error, CY_BAD_INPUT, "the shard ends within a record, at byte %zu", reader->at);
        return NULL;
    }
    const char *record = reader->content.data + reader->at;
    reader->at += RECORD;
    return record;
}

static bool is_end_mark(const char *record)
{
    for (size_t i = 0; i < 32; i++)
        if ((uint8_t)record[i] != 0xFF)
            return false;
    return true;
}

static enum cy_status read_segments(struct reader *reader, struct cy_shard_file *file)
{
    file->segments = cy_arena_alloc(reader->arena, CY_MAX(file->segment_count, 1) * sizeof *file->segments);
    for (size_t i = 0; i < file->segment_count; i++) {
        const char *record = next_record(reader);
        if (record == NULL)
            return CY_BAD_INPUT;
        struct cy_shard_segment *segment = &file->segments[i];
        cy_xet_name((const uint8_t *)record, segment->xorb);
        segment->plain_size = cy_load_u32(record + 36);
        segment->first_chunk = cy_load_u32(record + 40);
        segment->end_chunk = cy_load_u32(record + 44);
        if (segment->first_chunk >= segment->end_chunk)
            return cy_error_set(reader->error, CY_BAD_INPUT, "the segment at byte %zu of the shard has no chunk: %u to %u",
                                reader->at - RECORD, segment->first_chunk, segment->end_chunk);
        file->size_bytes += segment->plain_size;
    }
    return CY_OK;
}

/* The record of a file was read; the rest of it follows. */
static enum cy_status read_file(struct reader *reader, const char *record, struct cy_shard_file *file)
{
    uint32_t flags = cy_load_u32(record + 32);
    *file = (struct cy_shard_file){.segment_count = cy_load_u32(record + 36)};
    size_t left = (reader->content.size - reader->at) / RECORD;
    if (file->segment_count > left)
        return cy_error_set(reader->error, CY_BAD_INPUT, "a file of the shard says %zu segments, and %zu records are left",
                            file->segment_count, left);
    enum cy_status status = read_segments(reader, file);
    for (size_t i = 0; status == CY_OK && (flags & FLAG_VERIFICATION) != 0 && i < file->segment_count; i++)
        status = next_record(reader) != NULL ? CY_OK : CY_BAD_INPUT;
    if (status != CY_OK)
        return status;
    if ((flags & FLAG_METADATA) == 0)
        return cy_error_set(reader->error, CY_BAD_INPUT, "a file of the shard comes without its sha256");
    const char *metadata = next_record(reader);
    if (metadata == NULL)
        return CY_BAD_INPUT;
    cy_xet_name((const uint8_t *)metadata, file->sha256); /* stored in the same turned order */
    return CY_OK;
}

enum cy_status cy_shard_read(struct cy_str content, struct cy_arena *arena, struct cy_shard *shard, struct cy_error *error)
{
    struct reader reader = {content, 0, arena, error};
    *shard = (struct cy_shard){.files = NULL};
    if (content.size > CY_SHARD_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the shard has %zu bytes; %d are possible", content.size, CY_SHARD_BYTES_MAX);
    size_t capacity = 0;
    const char *record = next_record(&reader); /* the head */
    while (record != NULL && (record = next_record(&reader)) != NULL && !is_end_mark(record)) {
        if (shard->file_count == CY_SHARD_FILES_MAX)
            return cy_error_set(error, CY_BAD_INPUT, "the shard has more than %d files", CY_SHARD_FILES_MAX);
        if (shard->file_count == capacity) {
            capacity = CY_MAX(2 * capacity, 16);
            struct cy_shard_file *grown = cy_arena_alloc(arena, capacity * sizeof *grown);
            for (size_t i = 0; i < shard->file_count; i++)
                grown[i] = shard->files[i];
            shard->files = grown;
        }
        enum cy_status status = read_file(&reader, record, &shard->files[shard->file_count]);
        if (status != CY_OK)
            return status;
        shard->file_count++;
    }
    return record != NULL ? CY_OK : CY_BAD_INPUT;
}
