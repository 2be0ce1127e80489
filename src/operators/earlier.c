#include "operators/earlier.h"

static void open_stores(struct cy_earlier *earlier, const struct cy_barrier *barrier)
{
    struct cy_arena arena = {0};
    const int64_t eighth = barrier->memory_bytes / 8;
    cy_row_store_open(&earlier->signatures, cy_path_join(&arena, barrier->folder, "earlier-signatures"), barrier->mark_size, eighth);
    cy_row_store_open(&earlier->id_ends, cy_path_join(&arena, barrier->folder, "earlier-id-ends"), sizeof(uint64_t), eighth);
    cy_row_store_open(&earlier->ids, cy_path_join(&arena, barrier->folder, "earlier-ids"), 1, eighth);
    cy_arena_release(&arena);
}

enum cy_status cy_earlier_read(struct cy_earlier *earlier, __attribute__((unused)) const struct cy_near_duplicates *op,
                               const struct cy_barrier *barrier, struct cy_error *error)
{
    open_stores(earlier, barrier);
    enum cy_status status = CY_OK;
    struct cy_row_store *const stores[] = {&earlier->signatures, &earlier->id_ends, &earlier->ids};
    for (size_t i = 0; status == CY_OK && i < CY_COUNT(stores); i++)
        status = cy_row_store_finish(stores[i], error);
    return status;
}

enum cy_status cy_earlier_id(const struct cy_earlier *earlier, uint64_t index, struct cy_buffer *room, struct cy_str *id,
                             struct cy_error *error)
{
    uint64_t ends[2] = {0, 0};
    const size_t count = index > 0 ? 2 : 1; /* where the id before it ends, and where it does */
    uint64_t ends_room[2];
    const void *value;
    enum cy_status status = cy_row_store_get(&earlier->id_ends, index + 1 - count, count, ends_room, &value, error);
    if (status != CY_OK)
        return status;
    memcpy(ends + 2 - count, value, count * sizeof *ends);
    const size_t size = (size_t)(ends[1] - ends[0]);
    cy_buffer_clear(room);
    cy_buffer_reserve(room, size);
    status = size > 0 ? cy_row_store_get(&earlier->ids, ends[0], size, room->data, &value, error) : CY_OK;
    *id = (struct cy_str){size > 0 ? value : NULL, size};
    return status;
}

void cy_earlier_close(struct cy_earlier *earlier)
{
    cy_row_store_close(&earlier->signatures);
    cy_row_store_close(&earlier->id_ends);
    cy_row_store_close(&earlier->ids);
}
