/* Repeated ids: the second bearer of an id gets `#2`, the third `#3`, so that an id names one document of the dataset. */
#include "recipe/engine.h"

#include "base/sort.h"

#include <stdlib.h>

/* Adds the names of every part of phase 0. */
static enum cy_status add_names(struct cy_engine *engine, struct cy_sort *sort, struct cy_error *error)
{
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < engine->phases[0].part_count; i++) {
        const char *path = cy_arena_printf(&arena, "%s.names", cy_part_stem(engine, 0, i, &arena));
        struct cy_map map;
        status = cy_map_file(&map, path, error);
        if (status == CY_OK)
            status = cy_sort_add(sort, map.data, map.size / sizeof(struct cy_name_record), error);
        cy_unmap(&map);
    }
    cy_arena_release(&arena);
    return status;
}

static int compare_repeats(const void *a, const void *b)
{
    uint64_t one = ((const struct cy_repeat *)a)->ordinal, other = ((const struct cy_repeat *)b)->ordinal;
    return (one > other) - (one < other);
}

enum cy_status cy_engine_find_repeats(struct cy_engine *engine, struct cy_error *error)
{
    struct cy_sort *sort;
    cy_sort_open(&sort, engine->work.folder, "names", sizeof(struct cy_name_record), engine->memory_bytes / 2, engine->thread_count);
    enum cy_status status = add_names(engine, sort, error);
    if (status == CY_OK)
        status = cy_sort_finish(sort, error);
    struct cy_name_record last = {0};
    uint64_t number = 0;
    size_t capacity = 0;
    while (status == CY_OK) {
        const uint8_t *bytes;
        status = cy_sort_next(sort, &bytes, error);
        if (status != CY_OK)
            break;
        struct cy_name_record record;
        memcpy(&record, bytes, sizeof record);
        number = number > 0 && memcmp(record.hash, last.hash, sizeof record.hash) == 0 ? number + 1 : 1;
        last = record;
        if (number == 1)
            continue;
        if (engine->repeat_count == capacity) {
            capacity = CY_MAX(capacity * 2, 64);
            engine->repeats = cy_realloc(engine->repeats, capacity * sizeof *engine->repeats);
        }
        engine->repeats[engine->repeat_count++] = (struct cy_repeat){cy_load_big_u64(record.ordinal), number};
    }
    cy_sort_close(sort);
    if (engine->repeat_count > 0)
        qsort(engine->repeats, engine->repeat_count, sizeof *engine->repeats, compare_repeats);
    return status == CY_END ? CY_OK : status;
}

uint64_t cy_engine_repeat(const struct cy_engine *engine, uint64_t ordinal)
{
    if (engine->repeat_count == 0)
        return 0;
    const struct cy_repeat *found =
        bsearch(&(struct cy_repeat){ordinal, 0}, engine->repeats, engine->repeat_count, sizeof *engine->repeats, compare_repeats);
    return found != NULL ? found->number : 0;
}
