/* What the targets for readers share: a file's bytes go through a reader and its decoder; every row must be sound, and reading from the
 * place of any row must give the rest. The first byte chooses the format's variant, the file is what follows. */
#ifndef CY_FUZZ_SOURCE_H
#define CY_FUZZ_SOURCE_H

#include "kernels/utf8.h"
#include "source/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_rows {
    struct cy_arena arena;
    struct cy_batch batch;
    struct cy_place *places;
};

static void fuzz_read(const struct cy_format *format, const void *self, const char *path, struct cy_place from, struct fuzz_rows *rows)
{
    struct cy_error error;
    struct cy_input input = {.path = path, .name = "input"};
    struct cy_reader *reader;
    *rows = (struct fuzz_rows){0};
    cy_batch_init(&rows->batch, &rows->arena, cy_scratch_new(), 16, 0, 0, NULL, 0);
    CY_ASSERT(format->open(self, &input, from, &reader, &error) == CY_OK);
    enum cy_status status = CY_OK;
    while (status == CY_OK) {
        size_t row = rows->batch.total_count;
        if ((row & (row + 1)) == 0)
            rows->places = cy_realloc(rows->places, (row + 1) * 2 * sizeof *rows->places);
        rows->places[row] = format->tell(reader);
        status = format->next(reader, &rows->batch, &error);
        CY_ASSERT(status == CY_END || (status == CY_OK && rows->batch.total_count == row + 1 && row < 1000 * 1000));
    }
    format->close(reader);
    CY_ASSERT(format->decode(self, &rows->batch, &error) == CY_OK);
    for (size_t row = 0; row < rows->batch.total_count; row++) {
        const struct cy_str texts[] = {rows->batch.texts[row], rows->batch.ids[row], rows->batch.urls[row], rows->batch.metadata[row],
                                       rows->batch.verdicts[row].rule};
        for (size_t i = 0; i < CY_COUNT(texts); i++)
            CY_ASSERT((i == 0 && rows->batch.verdicts[row].what != CY_KEPT) || cy_utf8_valid_bytes(texts[i]) == texts[i].size);
    }
}

static void fuzz_release(struct fuzz_rows *rows)
{
    cy_scratch_free(rows->batch.scratch);
    cy_arena_release(&rows->arena);
    free(rows->places);
}

/* Reads all, then again from one row's place on. */
static void fuzz_source(const char *format_name, const void *self, const char *suffix, const uint8_t *data, size_t size, size_t chosen)
{
    const struct cy_format *format = cy_format_find(cy_str(format_name));
    char path[64];
    snprintf(path, sizeof path, "/tmp/ciyuan-fuzz.%d%s", (int)getpid(), suffix);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CY_ASSERT(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
    struct fuzz_rows all, rest;
    fuzz_read(format, self, path, (struct cy_place){0}, &all);
    size_t from = chosen % (all.batch.total_count + 1);
    fuzz_read(format, self, path, all.places[from], &rest);
    CY_ASSERT(rest.batch.total_count == all.batch.total_count - from);
    for (size_t row = 0; row < rest.batch.total_count; row++) {
        CY_ASSERT(cy_str_equal(rest.batch.texts[row], all.batch.texts[from + row]));
        CY_ASSERT(rest.batch.verdicts[row].what == all.batch.verdicts[from + row].what);
        CY_ASSERT(rest.batch.read_bytes[row] == all.batch.read_bytes[from + row]);
    }
    fuzz_release(&rest);
    fuzz_release(&all);
    unlink(path);
}

#endif
