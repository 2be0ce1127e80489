#include "cy_test_source.h"

#include "base/files.h"

#include <libdeflate.h>
#include <unistd.h>
#include <zstd.h>

static void set_params(const struct cy_format *format, void *self, const char *params, struct cy_arena *arena)
{
    struct cy_error error;
    struct cy_str rest = cy_str(params);
    while (rest.size > 0) {
        struct cy_str name = cy_str_trim(cy_str_split(rest, ':', &rest)), value = cy_str_trim(cy_str_split(rest, ';', &rest));
        const struct cy_param *param = cy_param_find(format->params, name);
        if (param == NULL)
            fail_msg("%s has no parameter \"%.*s\"", format->name, (int)name.size, name.data);
        cy_expect_ok(cy_param_set(param, self, value, arena, &error), error);
    }
}

void cy_test_read(struct cy_test_read *read, const char *format_name, const char *params, const char *path, struct cy_place from)
{
    *read = (struct cy_test_read){0};
    const struct cy_format *format = cy_format_find(cy_str(format_name));
    assert_non_null(format);
    struct cy_error error;
    void *self = cy_arena_zero(&read->arena, format->self_size);
    cy_params_default(format->params, self, &read->arena);
    set_params(format, self, params, &read->arena);
    cy_batch_init(&read->batch, &read->arena, cy_scratch_new(), 16, 0, 0, NULL, 0);
    struct cy_input input = {.path = path, .name = "file", .file = 3};
    struct cy_reader *reader;
    cy_expect_ok(format->open(self, &input, from, &reader, &error), error);
    size_t capacity = 16;
    read->places = cy_alloc(capacity * sizeof *read->places);
    for (;;) {
        size_t row = read->batch.total_count;
        if (row + 1 >= capacity)
            read->places = cy_realloc(read->places, (capacity *= 2) * sizeof *read->places);
        read->places[row] = format->tell(reader);
        enum cy_status status = format->next(reader, &read->batch, &error);
        if (status == CY_END)
            break;
        cy_expect_ok(status, error);
        assert_int_equal(read->batch.total_count, row + 1);
        if (row > 100 * 1000) /* more rows than any test's file has: a reader that does not move on */
            fail_msg("%s: row %zu at byte %llu", path, row, (unsigned long long)read->places[row].offset);
        assert_int_equal(read->batch.origins[row].file, 3);
        assert_int_equal(read->batch.origins[row].place.record, from.record + row);
    }
    assert_int_equal(read->batch.row_count, read->batch.total_count);
    format->close(reader);
    cy_expect_ok(format->decode(self, &read->batch, &error), error);
    for (size_t row = 0; row < read->batch.total_count; row++) { /* the definition of UTF-8 is the test's own: RFC 3629 by decoding */
        struct cy_str text = read->batch.texts[row];
        if (read->batch.verdicts[row].what == CY_KEPT)
            for (size_t i = 0; i < text.size;) {
                uint8_t lead = (uint8_t)text.data[i];
                size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
                assert_true(i + size <= text.size && (lead < 0x80 || lead >= 0xC2));
                for (size_t k = 1; k < size; k++)
                    assert_int_equal(text.data[i + k] & 0xC0, 0x80);
                i += size;
            }
    }
}

void cy_test_read_release(struct cy_test_read *read)
{
    cy_scratch_free(read->batch.scratch);
    cy_arena_release(&read->arena);
    free(read->places);
}

const char *cy_test_file(const char *folder, const char *name, struct cy_str content)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.size > 0 ? content.data : "", 1, content.size, file), content.size);
    fclose(file);
    return path;
}

struct cy_str cy_test_gzip(struct cy_arena *arena, struct cy_str content)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
    size_t bound = libdeflate_gzip_compress_bound(compressor, content.size);
    char *out = cy_arena_alloc(arena, bound);
    size_t size = libdeflate_gzip_compress(compressor, content.data, content.size, out, bound);
    libdeflate_free_compressor(compressor);
    assert_true(size > 0);
    return (struct cy_str){out, size};
}

struct cy_str cy_test_zstd(struct cy_arena *arena, struct cy_str content)
{
    size_t bound = ZSTD_compressBound(content.size);
    char *out = cy_arena_alloc(arena, bound);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(context, out, bound, content.data, content.size);
    ZSTD_freeCCtx(context);
    assert_false(ZSTD_isError(size));
    return (struct cy_str){out, size};
}

struct cy_str cy_test_concat(struct cy_arena *arena, struct cy_str a, struct cy_str b)
{
    char *out = cy_arena_alloc(arena, a.size + b.size + 1);
    memcpy(out, a.data, a.size);
    memcpy(out + a.size, b.data, b.size);
    return (struct cy_str){out, a.size + b.size};
}

void cy_expect_fate(const struct cy_batch *batch, size_t row, const char *fate)
{
    static const char *const names[] = {"kept", "removed", "unreadable", "skipped"};
    const struct cy_verdict *verdict = &batch->verdicts[row];
    char found[512];
    if (verdict->what == CY_KEPT)
        snprintf(found, sizeof found, "kept");
    else
        snprintf(found, sizeof found, "%s: %.*s", names[verdict->what], (int)verdict->rule.size, verdict->rule.data);
    if (strcmp(found, fate) != 0)
        fail_msg("row %zu is \"%s\", expected \"%s\"", row, found, fate);
}

void cy_expect_same_rows(const struct cy_test_read *whole, size_t first, const struct cy_test_read *part)
{
    const struct cy_batch *a = &whole->batch, *b = &part->batch;
    assert_int_equal(a->total_count - first, b->total_count);
    for (size_t row = 0; row < b->total_count; row++) {
        size_t other = first + row;
        assert_true(cy_str_equal(a->texts[other], b->texts[row]));
        assert_true(cy_str_equal(a->ids[other], b->ids[row]));
        assert_true(cy_str_equal(a->urls[other], b->urls[row]));
        assert_true(cy_str_equal(a->metadata[other], b->metadata[row]));
        assert_int_equal(a->verdicts[other].what, b->verdicts[row].what);
        assert_true(cy_str_equal(a->verdicts[other].rule, b->verdicts[row].rule));
        assert_int_equal(a->read_bytes[other], b->read_bytes[row]);
        assert_memory_equal(&a->origins[other].place, &b->origins[row].place, sizeof(struct cy_place));
    }
}
