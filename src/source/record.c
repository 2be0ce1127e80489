#include "source/record.h"

#include <stdio.h>

size_t cy_record_append(struct cy_batch *batch, uint32_t file, struct cy_place place, struct cy_str raw)
{
    size_t row = cy_batch_append(batch);
    char *text = cy_arena_alloc(batch->arena, raw.size + CY_RECORD_PADDING);
    memcpy(text, raw.data, raw.size);
    memset(text + raw.size, 0, CY_RECORD_PADDING);
    batch->texts[row] = (struct cy_str){text, raw.size};
    batch->origins[row].file = file;
    batch->origins[row].place = place;
    batch->read_bytes[row] = raw.size;
    batch->text_bytes += raw.size;
    return row;
}

void cy_record_refuse(struct cy_batch *batch, size_t row, const char *reason, double byte)
{
    cy_batch_unreadable_at(batch, row, reason, byte);
    batch->texts[row] = (struct cy_str){"", 0};
}

void cy_record_lost(struct cy_batch *batch, uint32_t file, struct cy_place place, uint64_t size_bytes, const char *reason)
{
    size_t row = cy_batch_append(batch);
    batch->origins[row].file = file;
    batch->origins[row].place = place;
    batch->read_bytes[row] = size_bytes;
    cy_batch_unreadable(batch, row, reason);
}

void cy_record_damaged(struct cy_batch *batch, uint32_t file, struct cy_place place, struct cy_stream *stream)
{
    cy_record_lost(batch, file, place, cy_stream_peek(stream, 0).size, cy_stream_damage(stream));
    cy_stream_recover(stream);
}
