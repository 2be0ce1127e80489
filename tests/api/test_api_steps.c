/* Steps over record batches, with buffers of exactly their size, so that the address sanitizer sees a byte read too far. */
#include "cy_test.h"

#include "ciyuan.h"
#include "operators/operator.h"

/* A record batch of one column "text" whose offsets and bytes are allocated to the byte. */
struct lent {
    struct ArrowSchema schema, text_schema, *schemas[1];
    struct ArrowArray array, text_array, *arrays[1];
    const void *batch_buffers[1], *text_buffers[3];
    int32_t *offsets;
    char *bytes;
};

static void schema_release(struct ArrowSchema *schema)
{
    (void)schema;
}

static void array_release(struct ArrowArray *array)
{
    (void)array;
}

static void lent_init(struct lent *lent, const struct cy_str *texts, size_t count)
{
    size_t size = 0;
    *lent = (struct lent){0};
    for (size_t i = 0; i < count; i++)
        size += texts[i].size;
    lent->offsets = malloc((count + 1) * sizeof *lent->offsets);
    lent->bytes = malloc(size > 0 ? size : 1);
    lent->offsets[0] = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(lent->bytes + lent->offsets[i], texts[i].data, texts[i].size);
        lent->offsets[i + 1] = lent->offsets[i] + (int32_t)texts[i].size;
    }
    lent->text_schema = (struct ArrowSchema){.format = "u", .name = "text", .release = schema_release};
    lent->schemas[0] = &lent->text_schema;
    lent->schema = (struct ArrowSchema){.format = "+s", .n_children = 1, .children = lent->schemas, .release = schema_release};
    lent->text_buffers[1] = lent->offsets;
    lent->text_buffers[2] = lent->bytes;
    lent->text_array =
        (struct ArrowArray){.length = (int64_t)count, .n_buffers = 3, .buffers = lent->text_buffers, .release = array_release};
    lent->arrays[0] = &lent->text_array;
    lent->array = (struct ArrowArray){.length = (int64_t)count,
                                      .n_buffers = 1,
                                      .buffers = lent->batch_buffers,
                                      .n_children = 1,
                                      .children = lent->arrays,
                                      .release = array_release};
}

static void lent_release(struct lent *lent)
{
    free(lent->offsets);
    free(lent->bytes);
}

/* The column of a batch that is called so. */
static const struct ArrowArray *column(const struct ArrowSchema *schema, const struct ArrowArray *array, const char *name)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (strcmp(schema->children[i]->name, name) == 0)
            return array->children[i];
    fail_msg("there is no column \"%s\"", name);
    return NULL;
}

static struct cy_str item(const struct ArrowArray *texts, size_t row)
{
    const int32_t *offsets = texts->buffers[1];
    return (struct cy_str){(const char *)texts->buffers[2] + offsets[row], (size_t)(offsets[row + 1] - offsets[row])};
}

#define expect_api_ok(call, failure)                                                                                                       \
    do {                                                                                                                                   \
        if ((call) != CIYUAN_OK)                                                                                                           \
            fail_msg("status %d: %s", (failure).status, (failure).message);                                                                \
    } while (0)

/* Parameters that an operator cannot do without. */
static const char *parameters_of(const char *name)
{
    static const char *const needed[][2] = {
        {"where", "length(text) > 3"}, {"replace", "{pattern: 'a', with: 'b'}"}, {"url_filter", "{domains: [example.org]}"}};
    for (size_t i = 0; i < CY_COUNT(needed); i++)
        if (strcmp(needed[i][0], name) == 0)
            return needed[i][1];
    return NULL;
}

CY_TEST("every operator that judges documents alone runs over texts that end where their memory does")
{
    static const char *const texts[] = {"",
                                        "a",
                                        "Plain text of one line.",
                                        "两个字。数据集 и ещё",
                                        "<html><body><p>One &amp; two</p><div>three",
                                        "1.2.3.4 jo@ciyuan-mail.net 4111 1111 1111 1111",
                                        "- item\n- item\n- item\n\n\nlorem ipsum {",
                                        "the the the the the the the the the the the the the the the of and to that"};
    size_t run_count = 0;
    for (size_t i = 0; ciyuan_operator_name(i) != NULL; i++) {
        const char *name = ciyuan_operator_name(i);
        const struct cy_operator *operator= cy_operator_find(cy_str(name));
        if (operator->barrier != NULL || strcmp(name, "count_tokens") == 0) /* a vocabulary is needed; tests/parity/arrow.py has one */
            continue;
        struct ciyuan_steps *steps;
        struct ciyuan_error error;
        char yaml[256];
        const char *parameters = parameters_of(name);
        snprintf(yaml, sizeof yaml, parameters != NULL ? "- %s: %s" : "- %s%s", name, parameters != NULL ? parameters : "");
        if (ciyuan_steps_open(yaml, NULL, &steps, &error) != CIYUAN_OK) {
            if (error.status == CIYUAN_BAD_REQUEST)
                fail_msg("%s: %s", name, error.message);
            continue; /* a model that ./setup did not bring */
        }
        for (size_t j = 0; j < CY_COUNT(texts); j++) {
            struct ArrowSchema out_schema;
            struct ArrowArray out;
            struct lent lent;
            lent_init(&lent, &(struct cy_str){texts[j], strlen(texts[j])}, 1);
            expect_api_ok(ciyuan_steps_run(steps, &lent.schema, &lent.array, &out_schema, &out, &error), error);
            lent_release(&lent); /* nothing of the answer points into it */
            assert_int_equal(out.length, 1);
            assert_true(item(column(&out_schema, &out, "text"), 0).size < 1000);
            out.release(&out);
            out_schema.release(&out_schema);
            assert_null(out.release);
            run_count++;
        }
        ciyuan_steps_close(steps);
    }
    assert_true(run_count >= 8 * CY_COUNT(texts));
}

CY_TEST("a batch of many rows goes through the steps in slices, and its rows come back in their order")
{
    enum { ROWS = 1000 };
    static char words[ROWS][16];
    struct cy_str texts[ROWS];
    struct ArrowSchema out_schema;
    struct ArrowArray out;
    struct ciyuan_error error;
    struct lent lent;
    for (size_t i = 0; i < ROWS; i++)
        texts[i] = (struct cy_str){words[i], (size_t)snprintf(words[i], sizeof words[i], "row %zu", i)};
    lent_init(&lent, texts, ROWS);
    expect_api_ok(ciyuan_operator_run("where", "text like '%7%'", &lent.schema, &lent.array, &out_schema, &out, &error), error);
    const struct ArrowArray *kept = column(&out_schema, &out, "kept"), *verdict = column(&out_schema, &out, "verdict");
    assert_int_equal(out.length, ROWS);
    int64_t kept_count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        bool is_kept = ((const uint8_t *)kept->buffers[1])[i / 8] >> (i % 8) & 1;
        cy_expect_str(item(column(&out_schema, &out, "text"), i), words[i]);
        assert_int_equal(is_kept, strchr(words[i], '7') != NULL);
        assert_int_equal(((const uint8_t *)verdict->buffers[0])[i / 8] >> (i % 8) & 1, !is_kept);
        kept_count += is_kept;
    }
    assert_int_equal(verdict->null_count, kept_count);
    out.release(&out);
    out_schema.release(&out_schema);
    lent_release(&lent);
}

CY_TEST("a column that was moved out of the answer outlives it")
{
    struct ArrowSchema out_schema;
    struct ArrowArray out;
    struct ciyuan_error error;
    struct lent lent;
    lent_init(&lent, &CY_STR("a text"), 1);
    expect_api_ok(ciyuan_operator_run("normalize", "", &lent.schema, &lent.array, &out_schema, &out, &error), error);
    int64_t at = 0;
    while (strcmp(out_schema.children[at]->name, "text") != 0)
        at++;
    struct ArrowArray moved = *out.children[at];
    out.children[at]->release = NULL; /* as the specification has it */
    out.release(&out);
    out_schema.release(&out_schema);
    cy_expect_str(item(&moved, 0), "a text");
    moved.release(&moved);
    lent_release(&lent);
}

CY_TEST("a batch that was released, and one that is no struct, are refused with the reason")
{
    struct ArrowSchema out_schema;
    struct ArrowArray out;
    struct ciyuan_error error;
    struct lent lent;
    lent_init(&lent, &CY_STR("a"), 1);
    lent.array.release = NULL;
    assert_int_equal(ciyuan_operator_run("normalize", NULL, &lent.schema, &lent.array, &out_schema, &out, &error), CIYUAN_BAD_INPUT);
    assert_string_equal(error.message, "the record batch was released before");
    assert_int_equal(ciyuan_operator_run("normalize", NULL, &lent.text_schema, &lent.text_array, &out_schema, &out, NULL),
                     CIYUAN_BAD_INPUT);
    lent_release(&lent);
}
