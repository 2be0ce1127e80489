/* Repeated ids: the second bearer of an id gets `#2`, the third `#3`, so that an id names one document of the dataset. A name that another
 * record has of its own is passed over: of `x`, `x`, `x#2` the second becomes `x#3`. Names that are made never meet: what stands before the
 * last `#` is the id they were made of.
 *
 *     names ─▶ sorted by hash ─▶ all bearers but the first ─┐
 *                                                            ├─▶ numbers ─▶ sorted by record ─▶ a file that is looked up by bisection
 *     own ids like `x#2`, sorted by the hash of `x` ────────┘       (only where an id is repeated; all of it on disk where it is long)   */
#include "recipe/engine.h"

#include "base/hash.h"
#include "base/sort.h"

#include <stdlib.h>

static void hash_name(struct cy_str id, uint8_t to[16])
{
    struct cy_hash128 hash = cy_hash128(id);
    memcpy(to, &hash.high, 8);
    memcpy(to + 8, &hash.low, 8);
}

/* `x#12` → `x`, 12. Only numbers that cy_engine_find_repeats could give: from 2, without a leading zero. */
static bool split_number(struct cy_str id, struct cy_str *base, uint64_t *number)
{
    enum { DIGITS_MAX = 18 };
    uint64_t value = 0, place = 1;
    size_t at = id.size;
    for (; at > 0 && id.data[at - 1] >= '0' && id.data[at - 1] <= '9' && id.size - at < DIGITS_MAX; place *= 10)
        value += (uint64_t)(id.data[--at] - '0') * place;
    *base = (struct cy_str){id.data, at > 0 ? at - 1 : 0};
    *number = value;
    return at > 0 && at < id.size && id.data[at - 1] == '#' && id.data[at] != '0' && value >= 2;
}

void cy_name_add(struct cy_str id, uint64_t ordinal, struct cy_buffer *names, struct cy_buffer *numbered)
{
    struct cy_name_record record;
    struct cy_str base;
    uint64_t number;
    hash_name(id, record.hash);
    cy_store_big_u64(record.number, ordinal);
    cy_buffer_add(names, &record, sizeof record);
    if (!split_number(id, &base, &number))
        return;
    hash_name(base, record.hash);
    cy_store_big_u64(record.number, number);
    cy_buffer_add(numbered, &record, sizeof record);
}

/* Adds the records that every part of phase 0 has in the file `suffix`, sorted. */
static enum cy_status sort_parts(struct cy_engine *engine, const char *suffix, struct cy_sort *sort, struct cy_error *error)
{
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < engine->phases[0].part_count; i++) {
        const char *path = cy_arena_printf(&arena, "%s.%s", cy_part_stem(engine, 0, i, &arena), suffix);
        struct cy_map map;
        status = cy_map_file(&map, path, error);
        if (status == CY_OK)
            status = cy_sort_add(sort, map.data, map.size / sizeof(struct cy_name_record), error);
        cy_unmap(&map);
    }
    cy_arena_release(&arena);
    return status == CY_OK ? cy_sort_finish(sort, error) : status;
}

static enum cy_status next_name(struct cy_sort *sort, struct cy_name_record *record, struct cy_error *error)
{
    const uint8_t *bytes;
    enum cy_status status = cy_sort_next(sort, &bytes, error);
    if (status == CY_OK)
        memcpy(record, bytes, sizeof *record);
    return status;
}

/* Writes every bearer of an id but the first to `path`, in the order of names. *count: how many they are. */
static enum cy_status write_bearers(struct cy_engine *engine, const char *path, uint64_t *count, struct cy_error *error)
{
    struct cy_writer writer;
    struct cy_sort *names;
    struct cy_name_record record, last = {0};
    bool first = true;
    enum cy_status status = cy_writer_open(&writer, path, error);
    if (status != CY_OK)
        return status;
    *count = 0;
    cy_sort_open(&names, engine->work.folder, "names", sizeof record, engine->memory_bytes / 2, engine->thread_count);
    cy_sort_set_stop(names, engine->options->stop);
    status = sort_parts(engine, "names", names, error);
    while (status == CY_OK && (status = next_name(names, &record, error)) == CY_OK) {
        if (!first && memcmp(record.hash, last.hash, sizeof last.hash) == 0) {
            cy_writer_add(&writer, &record, sizeof record);
            ++*count;
        }
        last = record;
        first = false;
    }
    cy_sort_close(names);
    if (status == CY_END)
        return cy_writer_close_unsynced(&writer, error);
    cy_writer_abandon(&writer);
    return status;
}

/* Numbers the bearers in [at, end): counts on from 2 for each id, and passes over the numbers of `taken`, which own ids have. */
static enum cy_status number_bearers(const struct cy_name_record *at, const struct cy_name_record *end, struct cy_sort *taken,
                                     struct cy_sort *repeats, struct cy_error *error)
{
    struct cy_name_record own;
    uint64_t number = 1;
    enum cy_status own_status = next_name(taken, &own, error), status = CY_OK;
    for (const struct cy_name_record *before = NULL; status == CY_OK && at < end; before = at++) {
        number = before != NULL && memcmp(before->hash, at->hash, sizeof at->hash) == 0 ? number + 1 : 2;
        int order = -1; /* of the own id and the name `x#number` */
        while (own_status == CY_OK && order <= 0) {
            order = memcmp(own.hash, at->hash, sizeof own.hash);
            if (order == 0 && cy_load_big_u64(own.number) > number)
                break;
            number += order == 0 && cy_load_big_u64(own.number) == number;
            if (order <= 0)
                own_status = next_name(taken, &own, error);
        }
        if (own_status != CY_OK && own_status != CY_END)
            return own_status;
        struct cy_repeat repeat;
        memcpy(repeat.ordinal, at->number, sizeof repeat.ordinal);
        cy_store_big_u64(repeat.number, number);
        status = cy_sort_add(repeats, &repeat, 1, error);
    }
    return status == CY_OK ? cy_sort_finish(repeats, error) : status;
}

/* Writes what is left of the sort to a file, which is mapped. */
static enum cy_status map_sorted(struct cy_sort *sort, const char *path, struct cy_map *map, struct cy_error *error)
{
    struct cy_writer writer;
    const uint8_t *records;
    size_t count;
    enum cy_status status = cy_writer_open(&writer, path, error);
    if (status != CY_OK)
        return status;
    while ((status = cy_sort_next_many(sort, &records, &count, error)) == CY_OK)
        cy_writer_add(&writer, records, count * sizeof(struct cy_repeat));
    if (status != CY_END) {
        cy_writer_abandon(&writer);
        return status;
    }
    status = cy_writer_close_unsynced(&writer, error);
    return status == CY_OK ? cy_map_file(map, path, error) : status;
}

enum cy_status cy_engine_find_repeats(struct cy_engine *engine, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_map bearers = {0};
    struct cy_sort *taken = NULL, *repeats = NULL;
    uint64_t count;
    const char *path = cy_path_join(&arena, engine->work.folder, "repeated-names");
    enum cy_status status = write_bearers(engine, path, &count, error);
    if (status == CY_OK && count > 0) {
        status = cy_map_file(&bearers, path, error);
        cy_sort_open(&taken, engine->work.folder, "numbered", sizeof(struct cy_name_record), engine->memory_bytes / 4,
                     engine->thread_count);
        cy_sort_open(&repeats, engine->work.folder, "repeats", sizeof(struct cy_repeat), engine->memory_bytes / 4, engine->thread_count);
        cy_sort_set_stop(taken, engine->options->stop);
        cy_sort_set_stop(repeats, engine->options->stop);
        if (status == CY_OK)
            status = sort_parts(engine, "numbered", taken, error);
        const struct cy_name_record *records = (const struct cy_name_record *)(const void *)bearers.data;
        if (status == CY_OK)
            status = number_bearers(records, records + count, taken, repeats, error);
        if (status == CY_OK)
            status = map_sorted(repeats, cy_path_join(&arena, engine->work.folder, "repeats"), &engine->repeats, error);
        cy_sort_close(taken);
        cy_sort_close(repeats);
        cy_unmap(&bearers);
    }
    cy_arena_release(&arena);
    return status;
}

static int compare_ordinals(const void *a, const void *b)
{
    return memcmp(((const struct cy_repeat *)a)->ordinal, ((const struct cy_repeat *)b)->ordinal, sizeof(((struct cy_repeat *)0)->ordinal));
}

uint64_t cy_engine_repeat(const struct cy_engine *engine, uint64_t ordinal)
{
    if (engine->repeats.size == 0)
        return 0;
    struct cy_repeat wanted = {0};
    cy_store_big_u64(wanted.ordinal, ordinal);
    const struct cy_repeat *found =
        bsearch(&wanted, engine->repeats.data, engine->repeats.size / sizeof wanted, sizeof wanted, compare_ordinals);
    return found != NULL ? cy_load_big_u64(found->number) : 0;
}
