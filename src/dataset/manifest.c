#include "dataset/manifest.h"

#include "base/hash.h"

#include <stdlib.h>

static const struct cy_str head = {"schema: 1\n", 10};

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct cy_manifest_file *)a)->name, ((const struct cy_manifest_file *)b)->name);
}

void cy_manifest_print(struct cy_manifest_file *files, size_t file_count, struct cy_buffer *out)
{
    if (file_count > 1)
        qsort(files, file_count, sizeof *files, compare_files);
    cy_buffer_add_str(out, head);
    for (size_t i = 0; i < file_count; i++) {
        CY_ASSERT(strchr(files[i].name, '\n') == NULL && (i == 0 || strcmp(files[i - 1].name, files[i].name) != 0));
        cy_buffer_printf(out, "%s  %llu  %s\n", files[i].sha256, (unsigned long long)files[i].size_bytes, files[i].name);
    }
}

static bool parse_hash(struct cy_str text, char sha256[65])
{
    if (text.size != 64)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!(text.data[i] >= '0' && text.data[i] <= '9') && !(text.data[i] >= 'a' && text.data[i] <= 'f'))
            return false;
    memcpy(sha256, text.data, 64);
    sha256[64] = '\0';
    return true;
}

static bool parse_size(struct cy_str text, uint64_t *size_bytes)
{
    enum { DIGITS_MAX = 19 }; /* any such number fits into 64 bits */
    if (text.size == 0 || text.size > DIGITS_MAX || (text.size > 1 && text.data[0] == '0'))
        return false;
    *size_bytes = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *size_bytes = *size_bytes * 10 + (uint64_t)(text.data[i] - '0');
    }
    return true;
}

/* A name that stays within the folder: relative, without empty, "." and ".." parts, and without bytes that end a line or a string. */
static bool safe_name(struct cy_str name)
{
    if (name.size == 0 || memchr(name.data, '\0', name.size) != NULL)
        return false;
    for (struct cy_str rest = name; rest.data != NULL;) {
        struct cy_str part = cy_str_split(rest, '/', &rest);
        if (part.size == 0 || cy_str_is(part, ".") || cy_str_is(part, ".."))
            return false;
    }
    return true;
}

static bool parse_line(struct cy_str line, struct cy_arena *arena, struct cy_manifest_file *file)
{
    struct cy_str rest, hash = cy_str_split(line, ' ', &rest);
    if (rest.size == 0 || rest.data[0] != ' ')
        return false;
    struct cy_str size = cy_str_split((struct cy_str){rest.data + 1, rest.size - 1}, ' ', &rest);
    if (rest.size == 0 || rest.data[0] != ' ')
        return false;
    struct cy_str name = {rest.data + 1, rest.size - 1};
    if (!parse_hash(hash, file->sha256) || !parse_size(size, &file->size_bytes) || !safe_name(name))
        return false;
    file->name = cy_arena_str(arena, name).data;
    return true;
}

enum cy_status cy_manifest_parse(struct cy_str text, struct cy_arena *arena, struct cy_manifest_file **files, size_t *file_count,
                                 struct cy_error *error)
{
    if (!cy_str_starts(text, head))
        return cy_error_set(error, CY_BAD_INPUT, "expected a MANIFEST that begins with \"schema: 1\"");
    struct cy_str rest = {text.data + head.size, text.size - head.size};
    size_t line_count = 0;
    for (size_t i = 0; i < rest.size; i++)
        line_count += rest.data[i] == '\n';
    *files = cy_arena_zero(arena, line_count * sizeof **files);
    *file_count = 0;
    while (rest.size > 0) {
        size_t line_number = *file_count + 2;
        const char *end = memchr(rest.data, '\n', rest.size);
        struct cy_manifest_file *file = &(*files)[*file_count];
        if (end == NULL || !parse_line((struct cy_str){rest.data, (size_t)(end - rest.data)}, arena, file))
            return cy_error_set(error, CY_BAD_INPUT, "line %zu of the MANIFEST is not \"sha256  size  name\"", line_number);
        if (*file_count > 0 && strcmp(file[-1].name, file->name) >= 0)
            return cy_error_set(error, CY_BAD_INPUT, "line %zu of the MANIFEST is out of order: \"%s\"", line_number, file->name);
        (*file_count)++;
        rest = (struct cy_str){end + 1, rest.size - (size_t)(end + 1 - rest.data)};
    }
    return CY_OK;
}

void cy_manifest_build_id(struct cy_str text, char build_id[65])
{
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, text.data, text.size);
    cy_sha256_final(&hash, build_id);
}
