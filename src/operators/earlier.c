#include "operators/earlier.h"

#include "base/duck.h"
#include "base/threads.h"

#include <stdatomic.h>
#include <stdlib.h>

/* What DuckDB may use: it streams chunks of 2,048 rows, but holds a row group of text at a time. */
enum { DUCK_BYTES_MIN = 128 * 1024 * 1024 };
/* A line of JSONL: the longest document, 64 MiB, with every byte escaped as six. DuckDB sets aside twice this, so that little memory means
 * shorter lines: an eighth of it. */
enum { JSON_OBJECT_BYTES_MAX = 384 * 1024 * 1024 };

static int64_t duck_bytes(const struct cy_barrier *barrier)
{
    return CY_MAX(barrier->memory_bytes / 2, (int64_t)DUCK_BYTES_MIN);
}

/* A sixteenth of the barrier's memory each. DuckDB has half of it while it reads, before anything is sorted. */
static void open_stores(struct cy_earlier *earlier, const struct cy_barrier *barrier)
{
    struct cy_arena arena = {0};
    const int64_t share = barrier->memory_bytes / 16;
    cy_row_store_open(&earlier->signatures, cy_path_join(&arena, barrier->folder, "earlier-signatures"), barrier->mark_size, share);
    cy_row_store_open(&earlier->id_ends, cy_path_join(&arena, barrier->folder, "earlier-id-ends"), sizeof(uint64_t), share);
    cy_row_store_open(&earlier->ids, cy_path_join(&arena, barrier->folder, "earlier-ids"), 1, share);
    cy_arena_release(&arena);
}

/* The statement that gives id and text of every document of a dataset, in order; false when the folder holds no shard. */
static bool make_sql(const char *folder, int64_t memory_bytes, struct cy_arena *arena, struct cy_buffer *sql, enum cy_status *status,
                     struct cy_error *error)
{
    const char *data = cy_path_join(arena, folder, "data");
    char **names;
    size_t name_count, used = 0;
    *status = cy_list_folder(data, arena, &names, &name_count, error);
    if (*status != CY_OK)
        return false;
    bool parquet = true;
    for (size_t i = 0; i < name_count; i++) {
        struct cy_str name = cy_str(names[i]);
        bool is_parquet = cy_str_ends(name, CY_STR(".parquet"));
        if (!is_parquet && !cy_str_ends(name, CY_STR(".jsonl")) && !cy_str_ends(name, CY_STR(".jsonl.gz")) &&
            !cy_str_ends(name, CY_STR(".jsonl.zst")))
            continue;
        parquet = used == 0 ? is_parquet : parquet;
        cy_buffer_add_text(sql, used++ > 0 ? ", " : parquet ? "SELECT id, text FROM read_parquet([" : "SELECT id, text FROM read_json([");
        cy_duck_add_literal(sql, cy_str(cy_path_join(arena, data, names[i])));
    }
    if (parquet)
        cy_buffer_add_text(sql, "])");
    else
        cy_buffer_printf(sql, "], format = 'newline_delimited', columns = {id: 'VARCHAR', text: 'VARCHAR'}, maximum_object_size = %lld)",
                         (long long)CY_MIN(memory_bytes / 8, (int64_t)JSON_OBJECT_BYTES_MAX));
    return used > 0;
}

struct signing {
    const struct cy_near_duplicates *op;
    const struct cy_duck_result *result;
    size_t row_count;
    uint8_t *signatures;
    size_t signature_bytes;
    _Atomic size_t next;
};

static void sign_rows(void *context, __attribute__((unused)) size_t thread)
{
    enum { ROWS = 64 };
    struct signing *signing = context;
    size_t first;
    while ((first = atomic_fetch_add(&signing->next, ROWS)) < signing->row_count) {
        const size_t end = CY_MIN(first + ROWS, signing->row_count);
        for (size_t row = first; row < end; row++)
            cy_minhash_signature(signing->op->minhash, cy_duck_text(signing->result, 1, row),
                                 (uint16_t *)(void *)(signing->signatures + row * signing->signature_bytes));
    }
}

/* Signatures on all threads; ids in order. */
static enum cy_status add_chunk(struct cy_earlier *earlier, struct signing *signing, size_t thread_count, struct cy_error *error)
{
    atomic_store(&signing->next, 0);
    cy_run_threads(thread_count, sign_rows, signing);
    enum cy_status status = cy_row_store_add(&earlier->signatures, signing->signatures, signing->row_count, error);
    for (size_t row = 0; status == CY_OK && row < signing->row_count; row++) {
        struct cy_str id = cy_duck_text(signing->result, 0, row);
        status = cy_row_store_add(&earlier->ids, id.data, id.size, error);
        if (status == CY_OK)
            status = cy_row_store_add(&earlier->id_ends, &earlier->ids.count, 1, error);
    }
    return status;
}

static enum cy_status read_dataset(struct cy_earlier *earlier, const struct cy_near_duplicates *op, const char *folder,
                                   struct cy_duck *duck, const struct cy_barrier *barrier, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer sql = {0};
    struct cy_duck_result *result = NULL;
    enum cy_status status;
    size_t room_rows = 0;
    struct signing signing = {.op = op, .signature_bytes = barrier->mark_size};
    if (make_sql(folder, duck_bytes(barrier), &arena, &sql, &status, error)) {
        cy_buffer_add_byte(&sql, '\0');
        status = cy_duck_query(duck, sql.data, &result, error);
    }
    signing.result = result;
    while (result != NULL && status == CY_OK && (status = cy_check_stop(barrier->stop, error)) == CY_OK &&
           (status = cy_duck_next(result, &signing.row_count, error)) == CY_OK) {
        if (signing.row_count > room_rows) {
            room_rows = signing.row_count;
            signing.signatures = cy_realloc(signing.signatures, room_rows * signing.signature_bytes);
        }
        status = add_chunk(earlier, &signing, barrier->thread_count, error);
    }
    cy_duck_result_free(result);
    if (status != CY_OK && status != CY_END && status != CY_INTERRUPTED) {
        const struct cy_error cause = *error;
        status = cy_error_set(error, cause.status, "could not read the earlier dataset \"%s\": %.700s", folder, cause.message);
        if (cause.hint[0] != '\0')
            cy_error_hint(error, "%s", cause.hint);
    }
    free(signing.signatures);
    cy_buffer_release(&sql);
    cy_arena_release(&arena);
    return status == CY_END ? CY_OK : status;
}

enum cy_status cy_earlier_read(struct cy_earlier *earlier, const struct cy_near_duplicates *op, const struct cy_barrier *barrier,
                               struct cy_error *error)
{
    open_stores(earlier, barrier);
    if (op->against.count == 0)
        return CY_OK;
    struct cy_duck *duck;
    const struct cy_duck_options options = {.memory_bytes = duck_bytes(barrier)};
    enum cy_status status = cy_duck_open(&duck, &options, error);
    if (status != CY_OK)
        return status;
    for (size_t i = 0; status == CY_OK && i < op->against.count; i++)
        status = read_dataset(earlier, op, op->folders[i], duck, barrier, error);
    cy_duck_close(duck);
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
