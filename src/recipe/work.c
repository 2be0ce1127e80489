#include "recipe/work.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <xxhash.h>
#include <yyjson.h>

/* ---- parts ---- */

struct part_file {
    struct cy_writer writer;
    XXH3_state_t *checksum;
};

struct cy_part_writer {
    char *stem;
    struct part_file *files;
    size_t file_count;
};

static char *file_path(struct cy_arena *arena, const char *stem, const char *suffix)
{
    return cy_arena_printf(arena, "%s.%s", stem, suffix);
}

static void free_writer(struct cy_part_writer *writer)
{
    for (size_t i = 0; i < writer->file_count; i++)
        XXH3_freeState(writer->files[i].checksum);
    free(writer->files);
    free(writer->stem);
    free(writer);
}

void cy_part_abandon(struct cy_part_writer *writer)
{
    if (writer == NULL)
        return;
    for (size_t i = 0; i < writer->file_count; i++)
        cy_writer_abandon(&writer->files[i].writer);
    free_writer(writer);
}

enum cy_status cy_part_create(struct cy_part_writer **writer, const char *stem, const char *const *suffixes, size_t file_count,
                              struct cy_error *error)
{
    struct cy_part_writer *made = cy_alloc_zero(1, sizeof *made);
    struct cy_arena arena = {0};
    made->stem = strcpy(cy_alloc(strlen(stem) + 1), stem);
    made->files = cy_alloc_zero(file_count, sizeof *made->files);
    enum cy_status status = CY_OK;
    while (status == CY_OK && made->file_count < file_count) {
        struct part_file *file = &made->files[made->file_count];
        status = cy_writer_open(&file->writer, file_path(&arena, stem, suffixes[made->file_count]), error);
        if (status != CY_OK)
            break;
        file->checksum = XXH3_createState();
        CY_ASSERT(file->checksum != NULL && XXH3_64bits_reset(file->checksum) == XXH_OK);
        made->file_count++;
    }
    cy_arena_release(&arena);
    if (status != CY_OK) {
        cy_part_abandon(made);
        made = NULL;
    }
    *writer = made;
    return status;
}

void cy_part_add(struct cy_part_writer *writer, size_t file, const void *data, size_t size_bytes)
{
    if (size_bytes == 0)
        return;
    XXH3_64bits_update(writer->files[file].checksum, data, size_bytes);
    cy_writer_add(&writer->files[file].writer, data, size_bytes);
}

uint64_t cy_part_size(const struct cy_part_writer *writer, size_t file)
{
    return writer->files[file].writer.size_bytes;
}

/* What says that a part is done is not synced either: it holds the sizes and checksums of files that are not, and after a loss of power the
 * part is made again if any of them is not whole. */
static enum cy_status write_unsynced(const char *path, struct cy_str text, struct cy_error *error)
{
    struct cy_writer writer;
    enum cy_status status = cy_writer_open(&writer, path, error);
    if (status != CY_OK)
        return status;
    cy_writer_add(&writer, text.data, text.size);
    return cy_writer_close_unsynced(&writer, error);
}

enum cy_status cy_part_finish(struct cy_part_writer *writer, const struct cy_part *part, struct cy_error *error)
{
    struct cy_buffer json = {0};
    cy_buffer_printf(&json, "{\"batches\":%llu,\"rows\":%llu,\"total\":%llu,\"next\":[%u,%llu,%llu,%llu,%llu,%d],\"files\":[",
                     (unsigned long long)part->batch_count, (unsigned long long)part->row_count, (unsigned long long)part->total_count,
                     part->next.file, (unsigned long long)part->next.place.offset, (unsigned long long)part->next.place.within,
                     (unsigned long long)part->next.place.record, (unsigned long long)part->next.ordinal, part->next.end);
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < writer->file_count; i++) {
        struct part_file *file = &writer->files[i];
        cy_buffer_printf(&json, "%s[%llu,%llu]", i > 0 ? "," : "", (unsigned long long)file->writer.size_bytes,
                         (unsigned long long)XXH3_64bits_digest(file->checksum));
        struct cy_error later;
        enum cy_status closed = cy_writer_close_unsynced(&file->writer, status == CY_OK ? error : &later);
        status = status == CY_OK ? closed : status;
    }
    cy_buffer_add_text(&json, "]}\n");
    struct cy_arena arena = {0};
    if (status == CY_OK)
        status = write_unsynced(file_path(&arena, writer->stem, "done"), cy_buffer_str(&json), error);
    cy_arena_release(&arena);
    cy_buffer_release(&json);
    free_writer(writer);
    return status;
}

static uint64_t number_at(yyjson_val *list, size_t index)
{
    return yyjson_get_uint(yyjson_arr_get(list, index));
}

/* The file's size and XXH3, read in blocks. */
static bool file_is(const char *path, uint64_t size_bytes, uint64_t checksum)
{
    enum { BLOCK_BYTES = 1 << 18 };
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    XXH3_state_t *state = XXH3_createState();
    CY_ASSERT(state != NULL && XXH3_64bits_reset(state) == XXH_OK);
    char *block = cy_alloc(BLOCK_BYTES);
    uint64_t total = 0;
    ssize_t size;
    while ((size = read(file, block, BLOCK_BYTES)) > 0) {
        XXH3_64bits_update(state, block, (size_t)size);
        total += (uint64_t)size;
    }
    bool same = size == 0 && total == size_bytes && XXH3_64bits_digest(state) == checksum;
    free(block);
    XXH3_freeState(state);
    close(file);
    return same;
}

enum cy_status cy_part_load(struct cy_part *part, const char *stem, const char *const *suffixes, size_t file_count, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer text = {0};
    const char *path = file_path(&arena, stem, "done");
    enum cy_status status = CY_END;
    if (cy_path_exists(path)) {
        status = cy_read_file(path, &text, error);
        yyjson_doc *json = status == CY_OK ? yyjson_read(text.data, text.size, 0) : NULL;
        yyjson_val *root = yyjson_doc_get_root(json), *next = yyjson_obj_get(root, "next"), *files = yyjson_obj_get(root, "files");
        bool whole = yyjson_arr_size(files) == file_count && yyjson_arr_size(next) == 6;
        for (size_t i = 0; whole && i < file_count; i++) {
            yyjson_val *file = yyjson_arr_get(files, i);
            whole = file_is(file_path(&arena, stem, suffixes[i]), number_at(file, 0), number_at(file, 1));
        }
        if (whole)
            *part = (struct cy_part){
                .batch_count = yyjson_get_uint(yyjson_obj_get(root, "batches")),
                .row_count = yyjson_get_uint(yyjson_obj_get(root, "rows")),
                .total_count = yyjson_get_uint(yyjson_obj_get(root, "total")),
                .next = {.file = (uint32_t)number_at(next, 0),
                         .place = {number_at(next, 1), number_at(next, 2), number_at(next, 3)},
                         .ordinal = number_at(next, 4),
                         .end = number_at(next, 5) != 0},
            };
        else if (status == CY_OK)
            status = CY_END;
        yyjson_doc_free(json);
    }
    cy_buffer_release(&text);
    cy_arena_release(&arena);
    return status;
}

/* ---- the folder ---- */

/* The names of the members of `now` that `then` has otherwise. */
static void list_differences(struct cy_str now, struct cy_str then, struct cy_buffer *out)
{
    yyjson_doc *one = yyjson_read(now.data, now.size, 0), *other = yyjson_read(then.data, then.size, 0);
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(yyjson_doc_get_root(one), index, count, key, value)
    {
        const char *before = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(other), yyjson_get_str(key)));
        if (before == NULL || strcmp(before, yyjson_get_str(value)) != 0)
            cy_buffer_printf(out, "%s%s", out->size > 0 ? ", " : "", yyjson_get_str(key));
    }
    yyjson_doc_free(one);
    yyjson_doc_free(other);
}

static enum cy_status check_identity(struct cy_work *work, struct cy_str identity, struct cy_error *error)
{
    const char *path = cy_path_join(&work->arena, work->folder, "run.json");
    if (!cy_path_exists(path))
        return cy_write_file(path, identity, error);
    struct cy_buffer text = {0}, differences = {0};
    enum cy_status status = cy_read_file(path, &text, error);
    if (status == CY_OK && !cy_str_equal(cy_buffer_str(&text), identity)) {
        list_differences(identity, cy_buffer_str(&text), &differences);
        cy_error_set(error, CY_FAILED, "\"%s\" belongs to another run: changed since then: %.*s", work->folder, (int)differences.size,
                     differences.data);
        status = cy_error_hint(error, "go back to what it was to resume, or add --restart to forget the work done and begin anew");
    }
    cy_buffer_release(&text);
    cy_buffer_release(&differences);
    return status;
}

enum cy_status cy_work_open(struct cy_work *work, const char *folder, struct cy_str identity, bool restart, struct cy_error *error)
{
    *work = (struct cy_work){.lock_file = -1};
    work->folder = cy_arena_text(&work->arena, folder);
    enum cy_status status = CY_OK;
    if (!cy_path_is_folder(folder))
        status = cy_make_folders(folder, error);
    if (status != CY_OK)
        return status;
    /* The lock is on the folder itself, so that restart can remove what is in it. */
    work->lock_file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (work->lock_file < 0)
        return cy_error_errno(error, "open", folder);
    if (flock(work->lock_file, LOCK_EX | LOCK_NB) != 0) {
        cy_error_set(error, CY_FAILED, "another build is at work in \"%s\"", folder);
        return cy_error_hint(error, "wait for it, or give another --output");
    }
    if (restart) {
        char **names;
        size_t name_count;
        status = cy_list_folder(folder, &work->arena, &names, &name_count, error);
        for (size_t i = 0; status == CY_OK && i < name_count; i++)
            status = cy_remove_tree(cy_path_join(&work->arena, folder, names[i]), error);
    }
    return status == CY_OK ? check_identity(work, identity, error) : status;
}

enum cy_status cy_work_remove(struct cy_work *work, struct cy_error *error)
{
    return cy_remove_tree(work->folder, error);
}

void cy_work_close(struct cy_work *work)
{
    if (work->lock_file >= 0)
        close(work->lock_file);
    cy_arena_release(&work->arena);
    *work = (struct cy_work){.lock_file = -1};
}
