/* Word splitting and the four quality operators on any bytes: words lie in order inside the text, and nothing is read or written elsewhere.
 */
#include "document/words.h"
#include "operators/operator.h"

static void run(const char *name, struct cy_batch *batch)
{
    const struct cy_operator *operator= cy_operator_find(cy_str(name));
    struct cy_step_setup setup = {.arena = batch->arena, .folder = ".", .step_name = name};
    struct cy_error error;
    void *self = cy_arena_zero(batch->arena, operator->self_size);
    cy_params_default(operator->params, self, batch->arena);
    if (operator->prepare != NULL)
        CY_ASSERT(operator->prepare(self, &setup, &error) == CY_OK);
    CY_ASSERT(operator->run(self, batch, &error) == CY_OK);
    batch->verdicts[0].what = CY_KEPT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    enum { SIGNALS = 16 };
    static struct cy_scratch *scratch;
    struct cy_arena arena = {0};
    struct cy_batch batch;
    if (scratch == NULL)
        scratch = cy_scratch_new();
    cy_batch_init(&batch, &arena, scratch, 1, SIGNALS, 0, NULL, 0);
    cy_batch_append(&batch);
    batch.texts[0] = (struct cy_str){(const char *)data, size_bytes};
    const struct cy_words *words = cy_words_of(&batch, 0);
    size_t at = 0;
    for (size_t i = 0; i < words->count; i++) {
        CY_ASSERT(words->starts[i] >= at && words->sizes[i] > 0);
        at = (size_t)words->starts[i] + words->sizes[i];
    }
    CY_ASSERT(at <= size_bytes);
    run("gopher_repetition", &batch);
    run("gopher_quality", &batch);
    run("c4_quality", &batch);
    run("fineweb_quality", &batch);
    cy_arena_release(&arena);
    return 0;
}
