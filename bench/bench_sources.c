/* Speed of the readers: bench_sources FORMAT PATH [PARAMS] [ROUNDS]; PATH is a file, a folder or a glob. Prints, for the best of the
 * rounds, MB of records a CPU second for framing (what runs under the reading lock) and for decoding (what workers do), and the compressed
 * MB read. */
#include "base/clock.h"
#include "source/expand.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH_ROWS = 256, BATCH_BYTES = 4 * 1024 * 1024 }; /* as the engine cuts batches, about */

struct round {
    uint64_t frame_ns, decode_ns;
    uint64_t read_bytes, text_bytes;
    size_t rows, kept;
};

static void set_params(const struct cy_format *format, void *self, const char *text, struct cy_arena *arena)
{
    struct cy_error error;
    cy_params_default(format->params, self, arena);
    for (struct cy_str rest = cy_str(text); rest.size > 0;) {
        struct cy_str name = cy_str_trim(cy_str_split(rest, ':', &rest)), value = cy_str_trim(cy_str_split(rest, ';', &rest));
        const struct cy_param *param = cy_param_find(format->params, name);
        if (param == NULL || cy_param_set(param, self, value, arena, &error) != CY_OK)
            fprintf(stderr, "no such parameter: %.*s\n", (int)name.size, name.data);
    }
}

/* The files being read, one after the other, as the engine does it. */
struct files {
    const struct cy_format *format;
    const void *self;
    const struct cy_source_file *files;
    size_t file, file_count;
    struct cy_reader *reader;
};

static enum cy_status next_row(struct files *files, struct cy_batch *batch, struct cy_error *error)
{
    for (;;) {
        enum cy_status status = CY_OK;
        if (files->reader == NULL) {
            if (files->file == files->file_count)
                return CY_END;
            const struct cy_source_file *file = &files->files[files->file];
            struct cy_input input = {.path = file->path, .name = file->name, .file = (uint32_t)files->file++};
            status = files->format->open(files->self, &input, (struct cy_place){0}, &files->reader, error);
        }
        if (status == CY_OK)
            status = files->format->next(files->reader, batch, error);
        if (status != CY_END)
            return status;
        files->format->close(files->reader);
        files->reader = NULL;
    }
}

static enum cy_status one_round(struct files files, struct round *round, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_scratch *scratch = cy_scratch_new();
    *round = (struct round){0};
    uint64_t begin = cy_clock_cpu_ns();
    enum cy_status status = CY_OK;
    while (status == CY_OK) {
        struct cy_batch batch;
        cy_batch_init(&batch, &arena, scratch, BATCH_ROWS, 0, 0, NULL, 0);
        while (batch.total_count < BATCH_ROWS && batch.text_bytes < BATCH_BYTES && (status = next_row(&files, &batch, error)) == CY_OK) {
        }
        uint64_t framed = cy_clock_cpu_ns();
        round->frame_ns += framed - begin;
        files.format->decode(files.self, &batch, error);
        begin = cy_clock_cpu_ns();
        round->decode_ns += begin - framed;
        for (size_t row = 0; row < batch.total_count; row++) {
            round->read_bytes += batch.read_bytes[row];
            round->text_bytes += batch.texts[row].size;
            round->kept += batch.verdicts[row].what == CY_KEPT;
        }
        round->rows += batch.total_count;
        cy_arena_reset(&arena);
    }
    cy_scratch_free(scratch);
    cy_arena_release(&arena);
    return status == CY_END ? CY_OK : status;
}

int main(int argc, char **argv)
{
    const struct cy_format *format = argc > 2 ? cy_format_find(cy_str(argv[1])) : NULL;
    if (format == NULL) {
        fprintf(stderr, "usage: bench_sources <format> <path> [<name: value; …>] [<rounds>]\n");
        return 2;
    }
    struct cy_arena arena = {0};
    struct cy_error error;
    void *self = cy_arena_zero(&arena, format->self_size);
    set_params(format, self, argc > 3 ? argv[3] : "", &arena);
    struct round best = {0}, round;
    struct files files = {.format = format, .self = self};
    struct cy_source_file *found;
    uint64_t file_bytes = 0;
    if (cy_source_expand(".", argv[2], &arena, &found, &files.file_count, &error) != CY_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    files.files = found;
    for (size_t i = 0; i < files.file_count; i++)
        file_bytes += found[i].size_bytes;
    for (int i = 0; i < (argc > 4 ? atoi(argv[4]) : 5); i++) {
        if (one_round(files, &round, &error) != CY_OK) {
            fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        uint64_t frame_ns = best.rows == 0 ? round.frame_ns : CY_MIN(best.frame_ns, round.frame_ns);
        uint64_t decode_ns = best.rows == 0 ? round.decode_ns : CY_MIN(best.decode_ns, round.decode_ns);
        best = round;
        best.frame_ns = frame_ns;
        best.decode_ns = decode_ns;
    }
    double frame = (double)best.frame_ns / 1e3, decode = (double)best.decode_ns / 1e3; /* bytes a microsecond are MB/s */
    printf("%-8s %8zu rows %8zu kept %9.1f MB file %9.1f MB records  frame %7.0f MB/s  decode %7.0f MB/s  both %7.0f MB/s\n", format->name,
           best.rows, best.kept, (double)file_bytes / 1e6, (double)best.read_bytes / 1e6, (double)best.read_bytes / frame,
           (double)best.read_bytes / decode, (double)best.read_bytes / (frame + decode));
    cy_arena_release(&arena);
    return 0;
}
