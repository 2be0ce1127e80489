#include "dataset/dataset.h"

#include "base/hash.h"
#include "base/unicode.h"
#include "dataset/counts.h"
#include "dataset/held.h"
#include "dataset/jsonl_rows.h"
#include "dataset/lock.h"
#include "dataset/manifest.h"
#include "dataset/report.h"
#include "dataset/shards.h"
#include "dataset/table.h"

#include <pthread.h>
#include <stdlib.h>

enum { PARQUET_ZSTD_LEVEL = 2 }; /* 4 % larger than level 3 at 1.3 times its speed; level 1: another 5 % for 1.2 times (bench/dataset.md) */

enum split { TRAIN, VALIDATION, VERDICTS, SPLIT_COUNT };

/* Encoders that no thread uses just now. A new one for each chunk would cost some 4 MB of fresh pages, a twentieth of the encoding. */
struct encoders {
    pthread_mutex_t lock;
    struct cy_buffer idle; /* struct cy_parquet_encoder *, a stack */
};

struct cy_dataset_writer {
    struct cy_arena arena;
    struct encoders *encoders;
    const char *folder;
    struct cy_schema schema; /* the caller's, save that the files' names are UTF-8 */
    struct cy_dataset_options options;
    struct cy_table documents, verdicts;
    struct cy_shards shards[SPLIT_COUNT];
    struct held_rows { /* of chunks that had only few of the split */
        struct cy_held *first, *last;
        uint64_t bytes;
    } held[SPLIT_COUNT];
    struct cy_build_counts *counts;
};

/* A chunk's rows of one split: none, or one of the three. */
struct encoded {
    struct cy_parquet_group group;
    struct cy_buffer lines;
    uint64_t line_count;
    struct cy_held *held;
};
struct cy_dataset_chunk {
    struct encoded splits[SPLIT_COUNT];
    struct cy_build_counts *counts;
};

/* ---- encoders ---- */

static struct cy_parquet_encoder *take_encoder(const struct cy_dataset_writer *writer)
{
    struct encoders *encoders = writer->encoders;
    struct cy_parquet_encoder *encoder = NULL;
    pthread_mutex_lock(&encoders->lock);
    if (encoders->idle.size > 0) {
        encoders->idle.size -= sizeof encoder;
        memcpy(&encoder, encoders->idle.data + encoders->idle.size, sizeof encoder);
    }
    pthread_mutex_unlock(&encoders->lock);
    if (encoder != NULL)
        return encoder;
    bool chosen = writer->options.format == CY_DATASET_PARQUET && writer->options.level != 0;
    return cy_parquet_encoder_new(chosen ? writer->options.level : PARQUET_ZSTD_LEVEL);
}

static void give_encoder(const struct cy_dataset_writer *writer, struct cy_parquet_encoder *encoder)
{
    pthread_mutex_lock(&writer->encoders->lock);
    cy_buffer_add(&writer->encoders->idle, &encoder, sizeof encoder);
    pthread_mutex_unlock(&writer->encoders->lock);
}

static void free_encoders(struct encoders *encoders)
{
    for (; encoders->idle.size > 0; encoders->idle.size -= sizeof(void *)) {
        struct cy_parquet_encoder *encoder;
        memcpy(&encoder, encoders->idle.data + encoders->idle.size - sizeof encoder, sizeof encoder);
        cy_parquet_encoder_free(encoder);
    }
    cy_buffer_release(&encoders->idle);
    pthread_mutex_destroy(&encoders->lock);
    free(encoders);
}

/* ---- opening ---- */

static const char *suffix_of(enum cy_dataset_format format)
{
    static const char *const suffixes[] = {[CY_DATASET_PARQUET] = ".parquet",
                                           [CY_DATASET_JSONL] = ".jsonl",
                                           [CY_DATASET_JSONL_GZ] = ".jsonl.gz",
                                           [CY_DATASET_JSONL_ZST] = ".jsonl.zst"};
    return suffixes[format];
}

/* A file's name as the dataset shows it: what is not UTF-8 in it becomes U+FFFD. */
static const char *clean_name(struct cy_arena *arena, const char *name)
{
    if (cy_utf8_is_valid(name, strlen(name)))
        return name;
    char *copy = cy_arena_alloc(arena, 3 * strlen(name) + 1), *out = copy;
    for (const char *at = name, *end = name + strlen(name); at < end;)
        out += cy_utf8_encode(cy_utf8_decode(&at, end), out);
    *out = '\0';
    return copy;
}

static void copy_schema(struct cy_dataset_writer *writer, const struct cy_schema *schema)
{
    writer->schema = *schema;
    struct cy_schema_file *files = cy_arena_alloc(&writer->arena, schema->file_count * sizeof *files);
    for (size_t i = 0; i < schema->file_count; i++) {
        files[i] = schema->files[i];
        files[i].name = clean_name(&writer->arena, files[i].name);
    }
    writer->schema.files = files;
}

enum cy_status cy_dataset_open(struct cy_dataset_writer **writer, const char *folder, const struct cy_schema *schema,
                               const struct cy_dataset_options *options, struct cy_error *error)
{
    struct cy_dataset_writer *new = cy_alloc_zero(1, sizeof *new);
    new->encoders = cy_alloc_zero(1, sizeof *new->encoders);
    pthread_mutex_init(&new->encoders->lock, NULL);
    new->folder = cy_arena_text(&new->arena, folder);
    new->options = *options;
    copy_schema(new, schema);
    cy_table_init_documents(&new->documents, &new->schema, &new->options, &new->arena);
    cy_table_init_verdicts(&new->verdicts, &new->schema, &new->options, &new->arena);
    new->counts = cy_counts_new(&new->schema, &new->options);
    static const char *const splits[SPLIT_COUNT] = {"train", "validation", "verdicts"};
    for (enum split split = 0; split < SPLIT_COUNT; split++) {
        bool verdicts = split == VERDICTS;
        const struct cy_table *table = verdicts ? &new->verdicts : options->format == CY_DATASET_PARQUET ? &new->documents : NULL;
        new->shards[split] = (struct cy_shards){.folder = new->folder,
                                                .split = splits[split],
                                                .place = verdicts ? "verdicts" : "data",
                                                .suffix = suffix_of(verdicts ? CY_DATASET_PARQUET : options->format),
                                                .table = table,
                                                .shard_bytes = options->shard_bytes,
                                                .arena = &new->arena};
    }
    enum cy_status status = cy_make_folders(cy_path_join(&new->arena, folder, "data"), error);
    if (status == CY_OK)
        status = cy_make_folders(cy_path_join(&new->arena, folder, "verdicts"), error);
    if (status != CY_OK) {
        cy_dataset_abandon(new);
        return status;
    }
    *writer = new;
    return CY_OK;
}

void cy_dataset_abandon(struct cy_dataset_writer *writer)
{
    if (writer == NULL)
        return;
    for (enum split split = 0; split < SPLIT_COUNT; split++) {
        cy_shards_release(&writer->shards[split]);
        cy_held_free(writer->held[split].first);
    }
    free_encoders(writer->encoders);
    cy_counts_free(writer->counts);
    cy_arena_release(&writer->arena);
    free(writer);
}

/* ---- encoding ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct cy_row *one = a, *two = b;
    uint64_t left = one->batch->origins[one->row].ordinal, right = two->batch->origins[two->row].ordinal;
    return (left > right) - (left < right);
}

/* Deals the batch's rows out to the splits. Those alive lie in order already; those gone lie step by step. */
static void deal_rows(const struct cy_dataset_options *options, const struct cy_batch *batch, struct cy_rows rows[SPLIT_COUNT])
{
    for (size_t row = 0; row < batch->row_count; row++) {
        struct cy_rows *split = &rows[cy_row_is_validation(options, batch, row) ? VALIDATION : TRAIN];
        split->items[split->count++] = (struct cy_row){batch, row};
    }
    struct cy_rows *gone = &rows[VERDICTS];
    size_t first = gone->count;
    for (size_t row = batch->row_count; row < batch->total_count; row++)
        gone->items[gone->count++] = (struct cy_row){batch, row};
    if (gone->count - first > 1)
        qsort(gone->items + first, gone->count - first, sizeof *gone->items, compare_rows);
}

static void encode_split(const struct cy_dataset_writer *writer, enum split split, const struct cy_rows *rows,
                         struct cy_parquet_encoder *encoder, struct encoded *out)
{
    const struct cy_table *table = writer->shards[split].table;
    if (table != NULL) {
        cy_table_encode(table, rows, encoder, &out->group);
        return;
    }
    cy_jsonl_print(&writer->documents, rows, &out->lines);
    cy_jsonl_pack(writer->options.format, writer->options.level, &out->lines);
    out->line_count = rows->count;
}

static void release_encoded(struct encoded *encoded)
{
    cy_parquet_group_release(&encoded->group);
    cy_buffer_release(&encoded->lines);
    cy_held_free(encoded->held);
}

/* A chunk's rows of the split are held when they count less. */
static uint64_t held_below(const struct cy_dataset_writer *writer, enum split split)
{
    bool lines = split != VERDICTS && writer->options.format != CY_DATASET_PARQUET;
    return lines ? CY_HELD_LINES_BYTES_MAX : CY_HELD_CHUNK_BYTES_MAX;
}

enum cy_status cy_dataset_encode(const struct cy_dataset_writer *writer, struct cy_batch *const *batches, size_t batch_count,
                                 struct cy_dataset_chunk **chunk, struct cy_error *error)
{
    (void)error; /* nothing here can fail: what cannot be encoded is cleaned */
    size_t row_count = 0;
    for (size_t i = 0; i < batch_count; i++)
        row_count += batches[i]->total_count;
    struct cy_rows rows[SPLIT_COUNT];
    for (enum split split = 0; split < SPLIT_COUNT; split++)
        rows[split] = (struct cy_rows){cy_alloc(row_count * sizeof(struct cy_row)), 0};
    struct cy_dataset_chunk *new = cy_alloc_zero(1, sizeof *new);
    new->counts = cy_counts_new(&writer->schema, &writer->options);
    for (size_t i = 0; i < batch_count; i++) {
        cy_rows_clean(&writer->schema, batches[i]);
        cy_counts_add_batch(new->counts, batches[i]);
        deal_rows(&writer->options, batches[i], rows);
    }
    struct cy_parquet_encoder *encoder = take_encoder(writer);
    for (enum split split = 0; split < SPLIT_COUNT; split++) {
        if (rows[split].count > 0 && cy_held_bytes(&writer->options, &rows[split]) < held_below(writer, split))
            new->splits[split].held = cy_held_new(&writer->options, &rows[split]);
        else if (rows[split].count > 0)
            encode_split(writer, split, &rows[split], encoder, &new->splits[split]);
        free(rows[split].items);
    }
    give_encoder(writer, encoder);
    *chunk = new;
    return CY_OK;
}

void cy_dataset_chunk_free(struct cy_dataset_chunk *chunk)
{
    if (chunk == NULL)
        return;
    for (enum split split = 0; split < SPLIT_COUNT; split++)
        release_encoded(&chunk->splits[split]);
    cy_counts_free(chunk->counts);
    free(chunk);
}

/* ---- appending ---- */

static enum cy_status append_encoded(struct cy_dataset_writer *writer, enum split split, struct encoded *encoded, struct cy_error *error)
{
    enum cy_status status = cy_shards_add_group(&writer->shards[split], &encoded->group, error);
    if (status != CY_OK)
        return status;
    return cy_shards_add_lines(&writer->shards[split], cy_buffer_str(&encoded->lines), encoded->line_count, error);
}

/* Encodes and appends what is held of a split. */
static enum cy_status append_held(struct cy_dataset_writer *writer, enum split split, struct cy_error *error)
{
    struct held_rows *held = &writer->held[split];
    if (held->first == NULL)
        return CY_OK;
    struct encoded encoded = {0};
    struct cy_rows rows = cy_held_rows(held->first);
    struct cy_parquet_encoder *encoder = take_encoder(writer);
    encode_split(writer, split, &rows, encoder, &encoded);
    enum cy_status status = append_encoded(writer, split, &encoded, error);
    give_encoder(writer, encoder);
    release_encoded(&encoded);
    free(rows.items);
    cy_held_free(held->first);
    *held = (struct held_rows){0};
    return status;
}

/* Takes the chunk's few rows, and appends all that are held once they are enough. */
static enum cy_status hold(struct cy_dataset_writer *writer, enum split split, struct encoded *encoded, struct cy_error *error)
{
    struct held_rows *held = &writer->held[split];
    if (held->first == NULL)
        held->first = encoded->held;
    else
        held->last->next = encoded->held;
    held->last = encoded->held;
    held->bytes += encoded->held->bytes;
    encoded->held = NULL;
    return held->bytes >= CY_HELD_BYTES_MAX ? append_held(writer, split, error) : CY_OK;
}

enum cy_status cy_dataset_append(struct cy_dataset_writer *writer, struct cy_dataset_chunk *chunk, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    cy_counts_merge(writer->counts, chunk->counts);
    for (enum split split = 0; status == CY_OK && split < SPLIT_COUNT; split++) {
        struct encoded *encoded = &chunk->splits[split];
        if (encoded->held != NULL) {
            status = hold(writer, split, encoded, error);
        } else if (encoded->group.row_count > 0 || encoded->line_count > 0) {
            status = append_held(writer, split, error); /* rows stay in input order */
            if (status == CY_OK)
                status = append_encoded(writer, split, encoded, error);
        }
    }
    cy_dataset_chunk_free(chunk);
    return status;
}

/* ---- finishing ---- */

static enum cy_status close_shards(struct cy_dataset_writer *writer, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    for (enum split split = 0; status == CY_OK && split < SPLIT_COUNT; split++) {
        status = append_held(writer, split, error);
        if (status != CY_OK)
            break;
        status = cy_shards_close(&writer->shards[split], split != VALIDATION, error);
    }
    if (status != CY_OK)
        return status;
    struct cy_build_counts *counts = writer->counts;
    for (enum split split = 0; split < SPLIT_COUNT; split++)
        counts->shard_count += writer->shards[split].done.size / sizeof(struct cy_shard);
    counts->shards = cy_arena_alloc(&counts->arena, counts->shard_count * sizeof *counts->shards);
    char *at = (char *)counts->shards;
    for (enum split split = 0; split < SPLIT_COUNT; split++) { /* data/train, data/validation, verdicts: in order of name */
        const struct cy_buffer *done = &writer->shards[split].done;
        if (done->size > 0)
            memcpy(at, done->data, done->size);
        at += done->size;
    }
    return CY_OK;
}

/* Nothing is lost silently: every record read has one fate, and every fate has its row. */
static enum cy_status check_balance(const struct cy_dataset_writer *writer, uint64_t read_count, struct cy_error *error)
{
    const struct cy_tally *total = &writer->counts->total;
    uint64_t gone_count = total->removed_count + total->unreadable_count + total->skipped_count, rows[SPLIT_COUNT] = {0};
    for (enum split split = 0; split < SPLIT_COUNT; split++) {
        const struct cy_shard *done = (const struct cy_shard *)(const void *)writer->shards[split].done.data;
        for (size_t i = 0; i < writer->shards[split].done.size / sizeof *done; i++)
            rows[split] += done[i].row_count;
    }
    if (read_count == total->kept_count + gone_count && rows[TRAIN] + rows[VALIDATION] == total->kept_count && rows[VERDICTS] == gone_count)
        return CY_OK;
    cy_error_set(
        error, CY_FAILED,
        "the books do not balance: %llu records were read, but %llu kept, %llu removed, %llu unreadable and %llu skipped make %llu; "
        "written were %llu documents and %llu verdicts",
        (unsigned long long)read_count, (unsigned long long)total->kept_count, (unsigned long long)total->removed_count,
        (unsigned long long)total->unreadable_count, (unsigned long long)total->skipped_count,
        (unsigned long long)(total->kept_count + gone_count), (unsigned long long)(rows[TRAIN] + rows[VALIDATION]),
        (unsigned long long)rows[VERDICTS]);
    return cy_error_hint(error, "this is a bug in ciyuan: please report it with the recipe; --restart builds from the beginning");
}

static enum cy_status write_recipe(struct cy_dataset_writer *writer, struct cy_error *error)
{
    enum cy_status status = cy_write_file(cy_path_join(&writer->arena, writer->folder, "recipe.yaml"), writer->schema.recipe_text, error);
    if (status != CY_OK)
        return status;
    struct cy_buffer lock = {0};
    cy_lock_print(&writer->schema, &writer->options, &lock);
    status = cy_write_file(cy_path_join(&writer->arena, writer->folder, "recipe.lock"), cy_buffer_str(&lock), error);
    cy_buffer_release(&lock);
    return status;
}

static enum cy_status write_manifest(struct cy_dataset_writer *writer, char build_id[65], struct cy_error *error)
{
    static const char *const others[] = {"build.json", "build.html", "samples.json", "recipe.yaml", "recipe.lock"};
    const struct cy_build_counts *counts = writer->counts;
    struct cy_manifest_entry *files = cy_arena_zero(&writer->arena, (counts->shard_count + CY_COUNT(others)) * sizeof *files);
    size_t file_count = 0;
    for (size_t i = 0; i < counts->shard_count; i++) {
        struct cy_manifest_entry *file = &files[file_count++];
        file->name = counts->shards[i].name;
        file->size_bytes = counts->shards[i].size_bytes;
        memcpy(file->sha256, counts->shards[i].sha256, sizeof file->sha256);
    }
    for (size_t i = 0; i < CY_COUNT(others); i++) {
        const char *path = cy_path_join(&writer->arena, writer->folder, others[i]);
        if (!cy_path_exists(path))
            continue;
        struct cy_manifest_entry *file = &files[file_count++];
        file->name = others[i];
        enum cy_status status = cy_sha256_file(path, NULL, file->sha256, &file->size_bytes, error);
        if (status != CY_OK)
            return status;
    }
    struct cy_buffer text = {0};
    cy_manifest_print(files, file_count, &text);
    cy_manifest_build_id(cy_buffer_str(&text), build_id);
    enum cy_status status = cy_write_file(cy_path_join(&writer->arena, writer->folder, "MANIFEST"), cy_buffer_str(&text), error);
    cy_buffer_release(&text);
    return status;
}

static enum cy_status sync_folders(struct cy_dataset_writer *writer, struct cy_error *error)
{
    static const char *const folders[] = {"data", "verdicts"};
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && i < CY_COUNT(folders); i++)
        status = cy_sync_folder(cy_path_join(&writer->arena, writer->folder, folders[i]), error);
    return status == CY_OK ? cy_sync_folder(writer->folder, error) : status;
}

enum cy_status cy_dataset_finish(struct cy_dataset_writer *writer, uint64_t read_count, char build_id[65], struct cy_error *error)
{
    enum cy_status status = close_shards(writer, error);
    if (status == CY_OK)
        status = check_balance(writer, read_count, error);
    if (status == CY_OK) {
        cy_counts_sort(writer->counts);
        status = cy_report_write(writer->folder, &writer->schema, writer->counts, error);
    }
    if (status == CY_OK)
        status = write_recipe(writer, error);
    if (status == CY_OK)
        status = write_manifest(writer, build_id, error);
    if (status == CY_OK)
        status = sync_folders(writer, error);
    cy_dataset_abandon(writer);
    return status;
}
