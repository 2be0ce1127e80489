/* A tokenizer.json in the compiled form: its small sections stay JSON, and are read as those of the file. */
#include "token/hf.h"

#include <stdlib.h>

/* ---- into it ---- */

/* The model with no tokens and no merges. */
static yyjson_mut_val *model_without(yyjson_mut_doc *out, yyjson_val *model)
{
    yyjson_mut_val *made = yyjson_mut_obj(out);
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(model, index, count, key, value)
    {
        bool vocabulary = yyjson_equals_str(key, "vocab"), merges = yyjson_equals_str(key, "merges");
        yyjson_mut_obj_add(made, yyjson_val_mut_copy(out, key),
                           vocabulary ? yyjson_mut_obj(out)
                           : merges   ? yyjson_mut_arr(out)
                                      : yyjson_val_mut_copy(out, value));
    }
    return made;
}

void cy_hf_compile(const struct cy_hf *hf, yyjson_val *root, struct cy_compiled *compiled)
{
    const bool has_merges = compiled->parts[CY_COMPILED_MERGES].size > 0;
    if (compiled->reads || (!compiled->complete && !has_merges))
        return; /* another model than BPE */
    yyjson_mut_doc *out = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *made = yyjson_mut_obj(out);
    size_t index, count, size;
    yyjson_val *key, *value;
    yyjson_mut_doc_set_root(out, made);
    yyjson_obj_foreach(root, index, count, key, value)
    {
        bool model = yyjson_equals_str(key, "model");
        yyjson_mut_obj_add(made, yyjson_val_mut_copy(out, key), model ? model_without(out, value) : yyjson_val_mut_copy(out, value));
    }
    char *text = yyjson_mut_write(out, 0, &size);
    if (text != NULL) {
        cy_compiled_add(compiled, CY_COMPILED_JSON, text, size);
        cy_compiled_add_vocabulary(compiled, &hf->written);
        cy_compiled_add(compiled, CY_COMPILED_NAMES, hf->names.slots, (hf->names.mask + 1) * sizeof *hf->names.slots);
    }
    compiled->complete = text != NULL;
    free(text);
    yyjson_mut_doc_free(out);
}

/* ---- out of it ---- */

enum cy_status cy_hf_vocabulary_from_compiled(struct cy_hf *hf, struct cy_error *error)
{
    const struct cy_compiled *compiled = hf->tokenizer->compiled;
    const void *slots;
    size_t count;
    enum cy_status status = cy_compiled_get_vocabulary(compiled, &hf->tokenizer->arena, &hf->written, error);
    if (status == CY_OK)
        status = cy_compiled_get(compiled, CY_COMPILED_NAMES, sizeof *hf->names.slots, &slots, &count, error);
    if (status != CY_OK)
        return status;
    if (!cy_token_table_restore(&hf->names, &hf->written, slots, count, &hf->tokenizer->arena))
        return cy_compiled_damaged("a table of names", error);
    return CY_OK;
}

enum cy_status cy_hf_merges_from_compiled(const struct cy_hf *hf, struct cy_bpe_merge **merges, size_t *count, struct cy_error *error)
{
    const void *data = NULL;
    *count = 0;
    enum cy_status status =
        hf->byte_level ? CY_OK : cy_compiled_get(hf->tokenizer->compiled, CY_COMPILED_MERGES, sizeof **merges, &data, count, error);
    *merges = cy_alloc((*count + 1) * sizeof **merges);
    if (*count > 0)
        memcpy(*merges, data, *count * sizeof **merges);
    for (size_t i = 0; status == CY_OK && i < *count; i++) {
        const struct cy_bpe_merge *merge = &(*merges)[i];
        if (CY_MAX(merge->left, CY_MAX(merge->right, merge->merged)) >= hf->written.count)
            status = cy_compiled_damaged("merges", error);
    }
    return status;
}
