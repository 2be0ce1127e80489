#include "hub/xet.h"

#include "base/files.h"
#include "hub/commits.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- xorbs ---- */

struct xorb_row {
    struct cy_str user_id, name;
    const char *sha256;
    uint64_t size_bytes;
    struct cy_str chunks;
};

static enum cy_status set_xorb(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct xorb_row *row = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_RUN(database, CY_SQL_xet_xorb_set, &arena, NULL, error, cy_value_text(row->user_id),
                                   cy_value_text(row->name), cy_value_text(cy_str(row->sha256)), cy_value_integer((int64_t)row->size_bytes),
                                   cy_value_bytes(row->chunks), cy_value_integer(cy_now_ms()));
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_xet_put_xorb(struct cy_hub *hub, struct cy_str user_id, struct cy_str name, struct cy_spool *spool,
                               struct cy_outcome *outcome)
{
    struct cy_map map;
    struct cy_buffer chunks = {0};
    char sha256[65];
    if (!cy_xet_name_is_valid(name))
        return cy_refuse(outcome, CY_REFUSAL_INPUT, "\"%.*s\" is no name of a xorb", (int)CY_MIN(name.size, 80), name.data);
    enum cy_status status = cy_map_file(&map, spool->path, &outcome->error);
    if (status != CY_OK)
        return status;
    status = cy_xorb_chunks((struct cy_str){map.data, map.size}, &chunks, &outcome->error);
    cy_unmap(&map);
    if (status != CY_OK)
        outcome->refusal = CY_REFUSAL_INPUT;
    uint64_t size_bytes = spool->size_bytes;
    memcpy(sha256, spool->sha256, sizeof sha256);
    struct cy_put put;
    cy_put_begin(&hub->puts, &put);
    if (status == CY_OK)
        status = cy_objects_put(hub->objects, spool, &outcome->error);
    const struct xorb_row row = {user_id, name, sha256, size_bytes, cy_buffer_str(&chunks)};
    if (status == CY_OK)
        status = cy_store_write(hub->store, 0, set_xorb, (void *)&row, &outcome->error);
    cy_put_end(&hub->puts, &put);
    cy_buffer_release(&chunks);
    return status;
}

/* ---- putting a file together ---- */

enum { OPEN_XORBS = 8, PLAIN_BYTES = 1 << 20 };

/* A xorb that is being read: mapped, with its chunks' places. */
struct open_xorb {
    char name[CY_XORB_NAME];
    char *data;
    size_t size;
    struct cy_xorb_chunk *chunks;
    size_t chunk_count;
    uint64_t used; /* when, by count: the one used longest ago goes first */
};

struct building {
    struct cy_hub *hub;
    struct cy_str user_id;
    struct cy_outcome *outcome;
    struct open_xorb xorbs[OPEN_XORBS];
    uint64_t count;
    struct cy_buffer plain;
};

static void close_xorb(struct open_xorb *xorb)
{
    if (xorb->data != NULL)
        munmap(xorb->data, xorb->size);
    free(xorb->chunks);
    *xorb = (struct open_xorb){.data = NULL};
}

static enum cy_status map_object(struct building *building, const char *sha256, struct open_xorb *xorb)
{
    int file = -1;
    uint64_t size_bytes;
    enum cy_status status = cy_objects_open_file(building->hub->objects, sha256, &file, &size_bytes, &building->outcome->error);
    if (status == CY_END)
        return cy_error_set(&building->outcome->error, CY_FAILED, "the object %s of xorb %s is not in the store", sha256, xorb->name);
    if (status != CY_OK)
        return status;
    xorb->size = (size_t)size_bytes;
    void *data = mmap(NULL, xorb->size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (data == MAP_FAILED)
        return cy_error_errno(&building->outcome->error, "map object", sha256);
    xorb->data = data;
    return CY_OK;
}

/* The row of the xorb, by a reader that is given back at once: putting a file together may take long. */
static enum cy_status load_xorb(struct building *building, const char *name, struct open_xorb *xorb)
{
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_error *error = &building->outcome->error;
    enum cy_status status = cy_store_reader(building->hub->store, &database, error);
    if (status != CY_OK)
        return status;
    status = CY_RUN(database, CY_SQL_xet_xorb_get, &arena, &rows, error, cy_value_text(building->user_id), cy_value_text(cy_str(name)));
    cy_store_reader_back(building->hub->store, database);
    if (status == CY_OK && rows.row_count == 0)
        status = cy_refuse(building->outcome, CY_REFUSAL_NO_ENTRY, "you have not sent the xorb %s here", name);
    if (status == CY_OK) {
        struct cy_str chunks = cy_result_text(&rows, 0, 2);
        memcpy(xorb->name, name, sizeof xorb->name);
        xorb->chunk_count = chunks.size / sizeof *xorb->chunks;
        xorb->chunks = cy_alloc(CY_MAX(chunks.size, 1));
        memcpy(xorb->chunks, chunks.data, chunks.size);
        xorb->used = ++building->count;
        status = map_object(building, cy_arena_printf(&arena, "%.64s", cy_result_text(&rows, 0, 0).data), xorb);
    }
    cy_arena_release(&arena);
    return status;
}

static enum cy_status open_xorb(struct building *building, const char *name, struct open_xorb **found)
{
    struct open_xorb *oldest = &building->xorbs[0];
    for (size_t i = 0; i < OPEN_XORBS; i++) {
        *found = &building->xorbs[i];
        if ((*found)->data != NULL && strcmp((*found)->name, name) == 0) {
            (*found)->used = ++building->count;
            return CY_OK;
        }
        if ((*found)->used < oldest->used)
            oldest = *found;
    }
    close_xorb(oldest);
    *found = oldest;
    return load_xorb(building, name, oldest);
}

static enum cy_status flush_plain(struct building *building, struct cy_spool *spool)
{
    enum cy_status status = cy_spool_add(spool, building->plain.data, building->plain.size, &building->outcome->error);
    cy_buffer_clear(&building->plain);
    return status;
}

static enum cy_status add_segment(struct building *building, const struct cy_shard_segment *segment, struct cy_spool *spool)
{
    struct open_xorb *xorb;
    enum cy_status status = open_xorb(building, segment->xorb, &xorb);
    if (status != CY_OK)
        return status;
    if (segment->end_chunk > xorb->chunk_count)
        return cy_refuse(building->outcome, CY_REFUSAL_INPUT, "the shard names chunk %u of xorb %s, which has %zu", segment->end_chunk - 1,
                         segment->xorb, xorb->chunk_count);
    uint64_t plain_size = 0;
    for (uint32_t i = segment->first_chunk; i < segment->end_chunk; i++)
        plain_size += xorb->chunks[i].plain_size;
    if (plain_size > segment->plain_size) /* before it is decoded: a xorb of 64 MiB may hold 16 GiB of zeros */
        return cy_refuse(building->outcome, CY_REFUSAL_INPUT, "chunks %u to %u of xorb %s have %llu bytes, and their segment says %u",
                         segment->first_chunk, segment->end_chunk - 1, segment->xorb, (unsigned long long)plain_size, segment->plain_size);
    for (uint32_t i = segment->first_chunk; i < segment->end_chunk && status == CY_OK; i++) {
        const struct cy_xorb_chunk *chunk = &xorb->chunks[i];
        CY_ASSERT((size_t)chunk->offset + CY_XORB_CHUNK_HEAD + chunk->stored_size <= xorb->size);
        struct cy_str stored = {xorb->data + chunk->offset, CY_XORB_CHUNK_HEAD + chunk->stored_size};
        status = cy_xorb_decode(stored, &building->plain, &building->outcome->error);
        if (status != CY_OK)
            building->outcome->refusal = CY_REFUSAL_INPUT;
        else if (building->plain.size >= PLAIN_BYTES)
            status = flush_plain(building, spool);
    }
    return status;
}

static enum cy_status build_file(struct building *building, const struct cy_shard_file *file, struct cy_spool *spool)
{
    enum cy_status status = CY_OK;
    cy_buffer_clear(&building->plain);
    for (size_t i = 0; i < file->segment_count && status == CY_OK; i++) {
        status = add_segment(building, &file->segments[i], spool);
        if (status == CY_OK && spool->size_bytes + building->plain.size > file->size_bytes)
            status = cy_refuse(building->outcome, CY_REFUSAL_INPUT, "the chunks of file %s are larger than its segments say", file->sha256);
    }
    if (status == CY_OK)
        status = flush_plain(building, spool);
    if (status == CY_OK)
        status = cy_spool_finish(spool, &building->outcome->error);
    if (status == CY_OK && strcmp(spool->sha256, file->sha256) != 0)
        status = cy_refuse(building->outcome, CY_REFUSAL_INPUT,
                           "the file put together from its chunks has sha256 %s, and the shard says %s", spool->sha256, file->sha256);
    return status;
}

/* ---- shards ---- */

struct used {
    struct cy_str user_id;
    const struct cy_shard_file *file;
};

/* The xorbs of a file were used now: their days begin anew. */
static enum cy_status touch_xorbs(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct used *used = context;
    struct cy_arena arena = {0};
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < used->file->segment_count && status == CY_OK; i++) {
        const char *name = used->file->segments[i].xorb;
        if (i > 0 && strcmp(name, used->file->segments[i - 1].xorb) == 0)
            continue;
        status = CY_RUN(database, CY_SQL_xet_xorb_used, &arena, NULL, error, cy_value_text(used->user_id), cy_value_text(cy_str(name)),
                        cy_value_integer(cy_now_ms()));
    }
    cy_arena_release(&arena);
    return status;
}

static enum cy_status check_room(struct cy_hub *hub, struct cy_str repository_id, const struct cy_shard *shard, struct cy_outcome *outcome)
{
    struct cy_database *database;
    struct cy_arena arena = {0};
    struct cy_result rows;
    uint64_t all_bytes = 0;
    for (size_t i = 0; i < shard->file_count; i++) {
        if (shard->files[i].size_bytes > CY_XET_FILE_BYTES_MAX)
            return cy_refuse(outcome, CY_REFUSAL_TOO_LARGE, "a file of %llu bytes is too large: %llu are possible",
                             (unsigned long long)shard->files[i].size_bytes, (unsigned long long)CY_XET_FILE_BYTES_MAX);
        all_bytes += shard->files[i].size_bytes;
    }
    enum cy_status status = cy_store_reader(hub->store, &database, &outcome->error);
    if (status != CY_OK)
        return status;
    status = CY_RUN(database, CY_SQL_xet_room, &arena, &rows, &outcome->error, cy_value_text(repository_id));
    if (status == CY_OK && rows.row_count > 0 && (int64_t)all_bytes > cy_result_integer(&rows, 0, 0))
        status = cy_refuse(outcome, CY_REFUSAL_TOO_LARGE, "the namespace's quota has room for %lld bytes, and the files have %llu",
                           (long long)cy_result_integer(&rows, 0, 0), (unsigned long long)all_bytes);
    cy_store_reader_back(hub->store, database);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status put_file(struct building *building, struct cy_str repository_id, const struct cy_shard_file *file)
{
    struct cy_spool spool = {.file = -1};
    struct cy_hub *hub = building->hub;
    struct cy_error *error = &building->outcome->error;
    enum cy_status status = cy_spool_open(hub->objects, &spool, error);
    if (status == CY_OK)
        status = build_file(building, file, &spool);
    struct cy_put put;
    cy_put_begin(&hub->puts, &put);
    if (status == CY_OK)
        status = cy_objects_put(hub->objects, &spool, error);
    cy_spool_drop(&spool);
    if (status == CY_OK)
        status = cy_hub_hold_object(hub, repository_id, building->user_id, file->sha256, file->size_bytes, error);
    cy_put_end(&hub->puts, &put);
    struct used used = {building->user_id, file};
    return status == CY_OK ? cy_store_write(hub->store, 0, touch_xorbs, &used, error) : status;
}

enum cy_status cy_xet_put_shard(struct cy_hub *hub, struct cy_str user_id, struct cy_str repository_id, struct cy_str content,
                                struct cy_outcome *outcome)
{
    struct cy_arena arena = {0};
    struct cy_shard shard;
    struct building building = {.hub = hub, .user_id = user_id, .outcome = outcome};
    enum cy_status status = cy_shard_read(content, &arena, &shard, &outcome->error);
    if (status != CY_OK)
        outcome->refusal = CY_REFUSAL_INPUT;
    if (status == CY_OK)
        status = check_room(hub, repository_id, &shard, outcome);
    for (size_t i = 0; status == CY_OK && i < shard.file_count; i++)
        status = put_file(&building, repository_id, &shard.files[i]);
    for (size_t i = 0; i < OPEN_XORBS; i++)
        close_xorb(&building.xorbs[i]);
    cy_buffer_release(&building.plain);
    cy_arena_release(&arena);
    return status;
}
