/* A dataset is read back and held against its MANIFEST. */
#include "dataset/dataset.h"

#include "base/hash.h"
#include "base/threads.h"

#include <stdatomic.h>
#include <stdlib.h>

struct checking {
    const char *folder;
    struct line {
        char sha256[65];
        uint64_t size_bytes;
        const char *name;
    } *lines;
    size_t line_count;
    atomic_size_t next;
    atomic_size_t wrong; /* index + 1 of a line that differs, 0: none */
    struct cy_error error;
};

static void check_lines(void *context, size_t thread)
{
    struct checking *checking = context;
    size_t i;
    (void)thread;
    while ((i = atomic_fetch_add(&checking->next, 1)) < checking->line_count && atomic_load(&checking->wrong) == 0) {
        const struct line *line = &checking->lines[i];
        struct cy_arena arena = {0};
        struct cy_error error;
        char sha256[65];
        uint64_t size_bytes = 0;
        const char *path = cy_path_join(&arena, checking->folder, line->name);
        enum cy_status status = cy_sha256_file(path, sha256, &size_bytes, &error);
        if (status == CY_OK && size_bytes != line->size_bytes)
            status = cy_error_set(&error, CY_FAILED, "\"%s\" has %llu bytes, MANIFEST says %llu", path, (unsigned long long)size_bytes,
                                  (unsigned long long)line->size_bytes);
        else if (status == CY_OK && strcmp(sha256, line->sha256) != 0)
            status = cy_error_set(&error, CY_FAILED, "\"%s\" has the sha256 %s, MANIFEST says %s", path, sha256, line->sha256);
        size_t none = 0;
        if (status != CY_OK && atomic_compare_exchange_strong(&checking->wrong, &none, i + 1))
            checking->error = error;
        cy_arena_release(&arena);
    }
}

/* "sha256  size  name" */
static bool read_line(struct cy_str text, struct cy_arena *arena, struct line *line)
{
    struct cy_str sha256 = cy_str_split(text, ' ', &text), size = cy_str_split(cy_str_trim(text), ' ', &text);
    if (sha256.size != 64 || size.size == 0 || size.size > 19)
        return false;
    memcpy(line->sha256, sha256.data, 64);
    line->sha256[64] = '\0';
    char *end;
    line->size_bytes = strtoull(cy_arena_str(arena, size).data, &end, 10);
    line->name = cy_arena_str(arena, cy_str_trim(text)).data;
    return *end == '\0' && line->name[0] != '\0';
}

enum cy_status cy_dataset_check(const char *folder, size_t thread_count, char build_id[65], struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer text = {0};
    struct checking checking = {.folder = folder};
    const char *path = cy_path_join(&arena, folder, "MANIFEST");
    enum cy_status status = cy_read_file(path, &text, error);
    struct cy_str rest = cy_buffer_str(&text);
    if (status == CY_OK && !cy_str_is(cy_str_split(rest, '\n', &rest), "schema: 1"))
        status = cy_error_set(error, CY_BAD_INPUT, "\"%s\" does not begin with \"schema: 1\"", path);
    checking.lines = cy_arena_alloc(&arena, (text.size / 66 + 1) * sizeof *checking.lines); /* a line is longer than 66 bytes */
    while (status == CY_OK && rest.size > 0)
        if (!read_line(cy_str_split(rest, '\n', &rest), &arena, &checking.lines[checking.line_count++]))
            status = cy_error_set(error, CY_BAD_INPUT, "\"%s\": line %zu is not \"sha256  size  name\"", path, checking.line_count + 1);
    if (status == CY_OK) {
        cy_run_threads(thread_count, check_lines, &checking);
        uint64_t size_bytes;
        status = atomic_load(&checking.wrong) != 0 ? checking.error.status : cy_sha256_file(path, build_id, &size_bytes, error);
        if (atomic_load(&checking.wrong) != 0)
            *error = checking.error;
    }
    cy_buffer_release(&text);
    cy_arena_release(&arena);
    return status;
}
