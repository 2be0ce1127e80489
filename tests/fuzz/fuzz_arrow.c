/* Makes a record batch of any bytes, in each of the three layouts of texts: what is refused, and what is taken, must read nothing outside
 * of the buffers. Byte 0: layout and fields; 1: length; 2: offset; 3: NULLs; then validity, offsets or views, and the texts' bytes. */
#include "base/arena.h"
#include "document/arrow.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 16 };

/* What is left of the input. */
struct input {
    const uint8_t *data;
    size_t size;
};

/* A copy of the next bytes, or zeros where they end, allocated to the byte. */
static void *taken(struct input *input, size_t size)
{
    char *copy = calloc(size > 0 ? size : 1, 1);
    size_t count = CY_MIN(size, input->size);
    if (count > 0)
        memcpy(copy, input->data, count);
    input->data += count;
    input->size -= count;
    return copy;
}

static uint8_t byte(struct input *input)
{
    uint8_t value = input->size > 0 ? *input->data : 0;
    input->data += input->size > 0;
    input->size -= input->size > 0;
    return value;
}

static void schema_release(struct ArrowSchema *schema)
{
    (void)schema;
}

static void array_release(struct ArrowArray *array)
{
    (void)array;
}

/* Whether the offsets stay within the bytes: what a consumer must believe, for Arrow does not say how large a buffer is. */
static bool is_believable(const struct ArrowArray *array, size_t bytes, bool is_large)
{
    for (int64_t i = 0; i <= array->length; i++) {
        int64_t offset =
            is_large ? ((const int64_t *)array->buffers[1])[array->offset + i] : ((const int32_t *)array->buffers[1])[array->offset + i];
        if (offset > (int64_t)bytes)
            return false;
    }
    return true;
}

static void run(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    static const char *const steps[] = {"step"};
    const struct cy_arrow_names names = {.step_names = steps};
    struct cy_arrow_input input;
    struct cy_arena arena = {0};
    struct cy_error error;
    if (cy_arrow_open(&input, schema, array, &error) != CY_OK)
        return;
    struct cy_scratch *scratch = cy_scratch_new();
    struct cy_arrow_output *output = cy_arrow_output_new(&names);
    struct ArrowSchema out_schema;
    struct ArrowArray out;
    for (size_t first = 0; first < input.row_count;) {
        struct cy_batch batch;
        cy_batch_init(&batch, &arena, scratch, 4, 0, 0, NULL, 0);
        first += cy_arrow_take(&input, first, 4, 100, &batch);
        cy_batch_compact(&batch);
        cy_arrow_output_add(output, &input, &batch);
        cy_arena_reset(&arena);
    }
    if (cy_arrow_output_finish(output, &out_schema, &out, &error) == CY_OK) {
        CY_ASSERT(out.length == array->length);
        out.release(&out);
        out_schema.release(&out_schema);
    }
    cy_arrow_output_free(output);
    cy_scratch_free(scratch);
    cy_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"u", "U", "vu", "n"};
    static const char *const fields[] = {"text", "id", "url", "metadata"};
    struct input input = {data, size};
    uint8_t head = byte(&input), length = byte(&input) % ROWS_MAX, offset = byte(&input) % 4, nulls = byte(&input);
    const size_t items = length + offset + 1u, item_bytes[] = {4, 8, 16, 0};
    unsigned layout = head % 4;
    void *validity = taken(&input, (items + 7) / 8), *values = taken(&input, items * item_bytes[layout]);
    size_t bytes_size = input.size;
    void *bytes = taken(&input, bytes_size);
    const int64_t sizes[] = {(int64_t)bytes_size};
    const void *buffers[4] = {nulls % 3 != 0 ? validity : NULL, values, bytes, sizes}, *batch_buffers[1] = {NULL};
    struct ArrowSchema column_schema = {.format = formats[layout], .name = fields[head / 4 % 4], .release = schema_release};
    struct ArrowArray column = {.length = length,
                                .offset = offset,
                                .null_count = nulls % 3 == 0 ? 0 : -1,
                                .buffers = buffers,
                                .n_buffers = layout == 3   ? 0
                                             : layout == 2 ? 4
                                                           : 3,
                                .release = array_release};
    /* A second column, so that "text" is there whatever the first is. */
    struct ArrowSchema text_schema = {.format = "n", .name = head / 4 % 4 == 0 ? "other" : "text", .release = schema_release};
    struct ArrowArray text = {.length = length, .null_count = length, .release = array_release};
    struct ArrowSchema *schemas[] = {&column_schema, &text_schema};
    struct ArrowArray *arrays[] = {&column, &text};
    struct ArrowSchema schema = {.format = "+s", .n_children = 2, .children = schemas, .release = schema_release};
    struct ArrowArray batch = {
        .length = length, .n_buffers = 1, .buffers = batch_buffers, .n_children = 2, .children = arrays, .release = array_release};
    if (layout > 1 || is_believable(&column, bytes_size, layout == 1))
        run(&schema, &batch);
    free(validity);
    free(values);
    free(bytes);
    return 0;
}
