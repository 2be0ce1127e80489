#include "base/sort.h"

#include "base/files.h"
#include "base/radix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MEMORY_BYTES_MIN = 64 * 1024,
    RUN_BUFFER_BYTES_MIN = 64 * 1024, /* a shorter read costs a seek for little */
    FAN_IN_MAX = 256,                 /* runs merged at once: file descriptors are 1024 a process */
    MERGED_RECORDS = 4096,            /* handed out at once */
};

/* A sorted file, and a window of it while it is merged. */
struct run {
    char *path; /* owned */
    uint64_t size_bytes;
    int file;            /* -1 while it is not read */
    uint64_t read_bytes; /* from the file so far */
    uint8_t *window;     /* borrowed from the merge's memory */
    size_t window_bytes; /* its capacity, whole records */
    const uint8_t *at;   /* the record in front */
    const uint8_t *end;
};

struct cy_sort {
    char *folder; /* owned */
    char *name;   /* owned */
    size_t record_size;
    size_t memory_bytes;
    size_t thread_count;
    const atomic_bool *stop; /* NULL: never */
    uint64_t count;
    bool finished;

    uint8_t *records;    /* two halves: the records, and room to sort them */
    size_t capacity;     /* records in one half */
    size_t used;         /* records in the first half */
    const uint8_t *at;   /* handed out next, of those at hand */
    size_t left;         /* records from `at` on */
    const uint8_t *next; /* of those handed out, the next one for cy_sort_next */
    size_t next_count;

    struct run *runs;
    size_t run_count;
    size_t run_number; /* of the next file's name */
    uint8_t *windows;  /* memory of the merge */
    uint8_t *merged;
    struct run **heap; /* runs that have records left, by their record in front */
    size_t heap_count;
};

static char *copy_text(const char *text)
{
    return strcpy(cy_alloc(strlen(text) + 1), text);
}

void cy_sort_open(struct cy_sort **sort, const char *folder, const char *name, size_t record_size, int64_t memory_bytes,
                  size_t thread_count)
{
    CY_ASSERT(record_size > 0 && record_size <= CY_SORT_RECORD_BYTES_MAX && thread_count > 0);
    struct cy_sort *made = cy_alloc_zero(1, sizeof *made);
    made->folder = copy_text(folder);
    made->name = copy_text(name);
    made->record_size = record_size;
    made->memory_bytes = (size_t)CY_MAX(memory_bytes, (int64_t)MEMORY_BYTES_MIN);
    made->thread_count = thread_count;
    made->capacity = made->memory_bytes / 2 / record_size;
    *sort = made;
}

void cy_sort_set_stop(struct cy_sort *sort, const atomic_bool *stop)
{
    sort->stop = stop;
}

/* Sorts what is in memory. */
static enum cy_status sort_records(struct cy_sort *sort, struct cy_error *error)
{
    cy_radix_sort(sort->records, sort->records + sort->capacity * sort->record_size, sort->used, sort->record_size, sort->thread_count,
                  sort->stop);
    return cy_check_stop(sort->stop, error);
}

/* ---- runs ---- */

static void release_run(struct run *run)
{
    if (run->file >= 0)
        cy_files->close(run->file);
    cy_files->remove(run->path);
    free(run->path);
}

/* Opens the next run's file for writing. */
static enum cy_status create_run(struct cy_sort *sort, struct cy_writer *writer, struct cy_error *error)
{
    struct cy_arena arena = {0};
    const char *path = cy_path_join(&arena, sort->folder, cy_arena_printf(&arena, "%s-%zu.run", sort->name, sort->run_number++));
    enum cy_status status = cy_writer_open(writer, path, error);
    cy_arena_release(&arena);
    return status;
}

/* Closes the file and adds it to the runs. */
static enum cy_status keep_run(struct cy_sort *sort, struct cy_writer *writer, struct cy_error *error)
{
    struct run run = {.path = copy_text(writer->path), .size_bytes = writer->size_bytes, .file = -1};
    enum cy_status status = cy_writer_close_unsynced(writer, error);
    sort->runs = cy_realloc(sort->runs, (sort->run_count + 1) * sizeof *sort->runs);
    sort->runs[sort->run_count++] = run;
    return status;
}

/* Sorts what is in memory and writes it out as a run. */
static enum cy_status spill(struct cy_sort *sort, struct cy_error *error)
{
    struct cy_writer writer;
    enum cy_status status = sort_records(sort, error);
    if (status == CY_OK)
        status = create_run(sort, &writer, error);
    if (status != CY_OK)
        return status;
    cy_writer_add(&writer, sort->records, sort->used * sort->record_size);
    sort->used = 0;
    return keep_run(sort, &writer, error);
}

enum cy_status cy_sort_add(struct cy_sort *sort, const void *records, size_t count, struct cy_error *error)
{
    CY_ASSERT(!sort->finished);
    if (sort->records == NULL) /* pages that no record reaches are never touched */
        sort->records = cy_alloc(2 * sort->capacity * sort->record_size);
    const uint8_t *from = records;
    sort->count += count;
    while (count > 0) {
        if (sort->used == sort->capacity) {
            enum cy_status status = spill(sort, error);
            if (status != CY_OK)
                return status;
        }
        size_t fits = CY_MIN(count, sort->capacity - sort->used);
        memcpy(sort->records + sort->used * sort->record_size, from, fits * sort->record_size);
        sort->used += fits;
        from += fits * sort->record_size;
        count -= fits;
    }
    return CY_OK;
}

/* ---- merging ---- */

/* Fills the run's window with the file's next records; at == end afterwards when there are none. */
static enum cy_status fill_window(struct run *run, struct cy_error *error)
{
    size_t wanted = (size_t)CY_MIN((uint64_t)run->window_bytes, run->size_bytes - run->read_bytes), got = 0;
    while (got < wanted) {
        ssize_t size = pread(run->file, run->window + got, wanted - got, (off_t)(run->read_bytes + got));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return cy_error_errno(error, "read", run->path);
        if (size == 0)
            return cy_error_set(error, CY_IO, "could not read \"%s\": it ends at byte %llu of %llu", run->path,
                                (unsigned long long)(run->read_bytes + got), (unsigned long long)run->size_bytes);
        got += (size_t)size;
    }
    run->read_bytes += got;
    run->at = run->window;
    run->end = run->window + got;
    return CY_OK;
}

/* Moves the run at the heap's `place` down to where it belongs. */
static void sift_down(struct cy_sort *sort, size_t place)
{
    struct run *moving = sort->heap[place];
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= sort->heap_count)
            break;
        if (child + 1 < sort->heap_count && memcmp(sort->heap[child + 1]->at, sort->heap[child]->at, sort->record_size) < 0)
            child++;
        if (memcmp(moving->at, sort->heap[child]->at, sort->record_size) <= 0)
            break;
        sort->heap[place] = sort->heap[child];
        place = child;
    }
    sort->heap[place] = moving;
}

/* Opens runs [0, run_count) and puts them into the heap. */
static enum cy_status start_merge(struct cy_sort *sort, size_t run_count, struct cy_error *error)
{
    size_t window_bytes = sort->memory_bytes / (run_count + 1) / sort->record_size * sort->record_size;
    window_bytes = CY_MAX(window_bytes, sort->record_size);
    if (sort->windows == NULL)
        sort->windows = cy_alloc(sort->memory_bytes + FAN_IN_MAX * sort->record_size);
    if (sort->merged == NULL)
        sort->merged = cy_alloc(MERGED_RECORDS * sort->record_size);
    sort->heap = cy_realloc(sort->heap, run_count * sizeof(struct run *));
    sort->heap_count = 0;
    for (size_t i = 0; i < run_count; i++) {
        struct run *run = &sort->runs[i];
        run->file = cy_files->open(run->path, O_RDONLY, 0);
        if (run->file < 0)
            return cy_error_errno(error, "open", run->path);
        run->window = sort->windows + i * window_bytes;
        run->window_bytes = window_bytes;
        enum cy_status status = cy_check_stop(sort->stop, error);
        if (status == CY_OK)
            status = fill_window(run, error);
        if (status != CY_OK)
            return status;
        if (run->at < run->end)
            sort->heap[sort->heap_count++] = run;
    }
    for (size_t place = sort->heap_count / 2; place-- > 0;)
        sift_down(sort, place);
    return CY_OK;
}

/* Takes the next MERGED_RECORDS, or what is left, into sort->merged. */
static enum cy_status merge_some(struct cy_sort *sort, size_t *count, struct cy_error *error)
{
    size_t size = sort->record_size, got = 0;
    enum cy_status status = cy_check_stop(sort->stop, error);
    while (status == CY_OK && got < MERGED_RECORDS && sort->heap_count > 0) {
        struct run *run = sort->heap[0];
        memcpy(sort->merged + got++ * size, run->at, size);
        run->at += size;
        if (run->at == run->end) {
            status = fill_window(run, error);
            if (run->at == run->end)
                sort->heap[0] = sort->heap[--sort->heap_count];
        }
        if (status == CY_OK && sort->heap_count > 0)
            sift_down(sort, 0);
    }
    *count = got;
    return status;
}

/* Merges the first run_count runs into one, which goes to the end of the list. */
static enum cy_status merge_runs(struct cy_sort *sort, size_t run_count, struct cy_error *error)
{
    struct cy_writer writer;
    enum cy_status status = create_run(sort, &writer, error);
    if (status != CY_OK)
        return status;
    status = start_merge(sort, run_count, error);
    size_t count = 1;
    while (status == CY_OK && count > 0) {
        status = merge_some(sort, &count, error);
        if (status == CY_OK)
            cy_writer_add(&writer, sort->merged, count * sort->record_size);
    }
    if (status != CY_OK) {
        cy_writer_abandon(&writer);
        return status;
    }
    for (size_t i = 0; i < run_count; i++)
        release_run(&sort->runs[i]);
    sort->run_count -= run_count;
    memmove(sort->runs, sort->runs + run_count, sort->run_count * sizeof *sort->runs);
    return keep_run(sort, &writer, error);
}

enum cy_status cy_sort_finish(struct cy_sort *sort, struct cy_error *error)
{
    CY_ASSERT(!sort->finished);
    sort->finished = true;
    if (sort->run_count == 0) {
        enum cy_status status = sort->used > 0 ? sort_records(sort, error) : CY_OK;
        sort->at = sort->records;
        sort->left = sort->used;
        return status;
    }
    enum cy_status status = sort->used > 0 ? spill(sort, error) : CY_OK;
    free(sort->records);
    sort->records = NULL;
    size_t fan_in = CY_MIN(CY_MAX(sort->memory_bytes / RUN_BUFFER_BYTES_MIN, 2), FAN_IN_MAX);
    while (status == CY_OK && sort->run_count > fan_in)
        status = merge_runs(sort, CY_MIN(fan_in, sort->run_count - fan_in + 1), error);
    return status == CY_OK ? start_merge(sort, sort->run_count, error) : status;
}

enum cy_status cy_sort_next_many(struct cy_sort *sort, const uint8_t **records, size_t *count, struct cy_error *error)
{
    CY_ASSERT(sort->finished);
    if (sort->left == 0 && sort->run_count > 0) {
        enum cy_status status = merge_some(sort, &sort->left, error);
        if (status != CY_OK)
            return status;
        sort->at = sort->merged;
    }
    enum cy_status status = cy_check_stop(sort->stop, error);
    if (status != CY_OK)
        return status;
    *records = sort->at;
    *count = CY_MIN(sort->left, (size_t)MERGED_RECORDS); /* of many in memory a few, so that a stop is seen */
    sort->left -= *count;
    sort->at += *count * sort->record_size;
    return *count > 0 ? CY_OK : CY_END;
}

enum cy_status cy_sort_next(struct cy_sort *sort, const uint8_t **record, struct cy_error *error)
{
    if (sort->next_count == 0) {
        const uint8_t *records;
        size_t count;
        enum cy_status status = cy_sort_next_many(sort, &records, &count, error);
        if (status != CY_OK)
            return status;
        sort->next = records;
        sort->next_count = count;
    }
    *record = sort->next;
    sort->next += sort->record_size;
    sort->next_count--;
    return CY_OK;
}

uint64_t cy_sort_count(const struct cy_sort *sort)
{
    return sort->count;
}

void cy_sort_close(struct cy_sort *sort)
{
    if (sort == NULL)
        return;
    for (size_t i = 0; i < sort->run_count; i++)
        release_run(&sort->runs[i]);
    free(sort->runs);
    free(sort->heap);
    free(sort->windows);
    free(sort->merged);
    free(sort->records);
    free(sort->folder);
    free(sort->name);
    free(sort);
}
