#include "dataset/rows.h"

#include "base/hash.h"
#include "base/unicode.h"
#include "kernels/utf8.h"

/* The same text, or a copy in which every byte that is not UTF-8 is U+FFFD. */
static struct cy_str clean(struct cy_arena *arena, struct cy_str text)
{
    enum { REPLACEMENT_BYTES = 3 };
    if (text.size == 0 || cy_utf8_valid_bytes(text) == text.size)
        return text;
    size_t room = text.size * REPLACEMENT_BYTES;
    char *copy = cy_arena_alloc(arena, room), *out = copy;
    for (const char *at = text.data, *end = text.data + text.size; at < end;)
        out += cy_utf8_encode(cy_utf8_decode(&at, end), out);
    cy_arena_shrink(arena, copy, room, (size_t)(out - copy));
    return (struct cy_str){copy, (size_t)(out - copy)};
}

void cy_rows_clean(const struct cy_schema *schema, struct cy_batch *batch)
{
    struct cy_arena *arena = batch->arena;
    for (size_t row = 0; row < batch->total_count; row++) {
        struct cy_verdict *verdict = &batch->verdicts[row];
        if (batch->ids[row].size == 0)
            batch->ids[row] = cy_str(cy_arena_printf(arena, "%s#%llu", schema->files[batch->origins[row].file].name,
                                                     (unsigned long long)batch->origins[row].place.record));
        batch->ids[row] = clean(arena, batch->ids[row]);
        batch->urls[row] = clean(arena, batch->urls[row]);
        batch->languages[row] = clean(arena, batch->languages[row]);
        if (row < batch->row_count) {
            batch->texts[row] = clean(arena, batch->texts[row]);
            batch->metadata[row] = clean(arena, batch->metadata[row]);
        } else {
            verdict->rule = clean(arena, verdict->rule);
            verdict->duplicate_of = clean(arena, verdict->duplicate_of);
            verdict->excerpt = clean(arena, verdict->excerpt);
        }
    }
}

bool cy_row_is_validation(const struct cy_dataset_options *options, const struct cy_batch *batch, size_t row)
{
    if (!(options->validation_share > 0))
        return false;
    return (double)cy_hash64(batch->ids[row], 0) < options->validation_share * 18446744073709551616.0; /* 2^64 */
}

struct cy_str cy_row_excerpt(const struct cy_dataset_options *options, const struct cy_batch *batch, size_t row, size_t size_max)
{
    const struct cy_verdict *verdict = &batch->verdicts[row];
    if (options->removed_text == CY_TEXT_NONE || verdict->what != CY_REMOVED)
        return CY_STR("");
    if (verdict->excerpt.size > 0)
        return verdict->excerpt;
    struct cy_str text = batch->texts[row];
    size_t size = CY_MIN(text.size, size_max);
    while (size > 0 && size < text.size && ((uint8_t)text.data[size] & 0xC0) == 0x80)
        size--;
    return clean(batch->arena, (struct cy_str){text.data, size});
}

const char *cy_fate_name(enum cy_fate fate)
{
    static const char *const names[] = {
        [CY_KEPT] = "kept", [CY_REMOVED] = "removed", [CY_UNREADABLE] = "unreadable", [CY_SKIPPED] = "skipped"};
    return names[fate];
}
