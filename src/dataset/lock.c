#include "dataset/lock.h"

#include "base/hash.h"
#include "dataset/json_write.h"

#include <libdeflate.h>
#include <yyjson.h>
#include <zstd.h>

/* Models that operators load. */
static const struct {
    const char *operator_name, *file;
} models[] = {
    {"language", "lid.176.ftz"},
};

static void add_pair(struct cy_buffer *out, const char *before, const char *name, struct cy_str value)
{
    cy_buffer_printf(out, "%s\"%s\": ", before, name);
    cy_buffer_add_json(out, value);
}

static void add_hash_of(struct cy_str text, struct cy_buffer *out)
{
    struct cy_sha256 hash;
    char hex[65];
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, text.data, text.size);
    cy_sha256_final(&hash, hex);
    cy_buffer_printf(out, "\"%s\"", hex);
}

static void add_output(const struct cy_dataset_options *options, struct cy_buffer *out)
{
    static const char *const formats[] = {[CY_DATASET_PARQUET] = "parquet",
                                          [CY_DATASET_JSONL] = "jsonl",
                                          [CY_DATASET_JSONL_GZ] = "jsonl.gz",
                                          [CY_DATASET_JSONL_ZST] = "jsonl.zst"};
    static const char *const texts[] = {[CY_TEXT_EXCERPT] = "excerpt", [CY_TEXT_FULL] = "full", [CY_TEXT_NONE] = "none"};
    cy_buffer_printf(out, "  \"output\": {\"format\": \"%s\", \"level\": %d, \"shard_bytes\": %lld, \"validation_share\": ",
                     formats[options->format], options->level, (long long)options->shard_bytes);
    cy_buffer_add_number(out, options->validation_share);
    cy_buffer_printf(out, ", \"removed_text\": \"%s\"}", texts[options->removed_text]);
}

static void add_params(const struct cy_param *params, const void *self, struct cy_buffer *out)
{
    cy_buffer_add_text(out, ", \"parameters\": {");
    for (const struct cy_param *param = params; param != NULL && param->name != NULL; param++) {
        cy_buffer_printf(out, "%s\"%s\": ", param == params ? "" : ", ", param->name);
        cy_param_print(param, self, out);
    }
    cy_buffer_add_byte(out, '}');
}

static void add_step(const struct cy_schema_step *step, struct cy_buffer *out)
{
    add_pair(out, "{", "name", cy_str(step->name));
    add_pair(out, ", ", "operator", cy_str(step->operator->name));
    add_params(step->operator->params, step->self, out);
    for (size_t i = 0; i < step->inputs.count; i++) {
        const struct cy_step_input *input = &step->inputs.items[i];
        add_pair(out, i == 0 ? ",\n     \"files\": [{" : ",\n               {", "name", cy_str(input->name));
        add_pair(out, ", ", "sha256", cy_str(input->sha256));
        cy_buffer_add_text(out, i + 1 == step->inputs.count ? "}]" : "}");
    }
    cy_buffer_add_byte(out, '}');
}

static bool uses(const struct cy_schema *schema, const char *operator_name)
{
    for (size_t i = 0; i < schema->step_count; i++)
        if (strcmp(schema->steps[i].operator->name, operator_name) == 0)
            return true;
    return false;
}

/* A model that is not where it should be has stopped the step that needs it long before; here its hash is then null. */
static void add_models(const struct cy_schema *schema, struct cy_buffer *out)
{
    struct cy_arena arena = {0};
    bool first = true;
    for (size_t i = 0; i < CY_COUNT(models); i++) {
        struct cy_error error;
        const char *path;
        char hex[65];
        uint64_t size_bytes;
        if (!uses(schema, models[i].operator_name))
            continue;
        cy_buffer_printf(out, "%s\n    {\"name\": \"%s\", \"sha256\": ", first ? "" : ",", models[i].file);
        if (cy_find_data(models[i].file, &arena, &path, &error) == CY_OK && cy_sha256_file(path, NULL, hex, &size_bytes, &error) == CY_OK)
            cy_buffer_printf(out, "\"%s\", \"size\": %llu}", hex, (unsigned long long)size_bytes);
        else
            cy_buffer_add_text(out, "null}");
        first = false;
    }
    cy_arena_release(&arena);
}

/* Earlier datasets that a step compares with (a parameter `against`), by their build ids: what is left of a crawl depends on them. */
static void add_earlier(const struct cy_schema *schema, struct cy_buffer *out)
{
    struct cy_arena arena = {0};
    bool first = true;
    for (size_t i = 0; i < schema->step_count; i++) {
        const struct cy_schema_step *step = &schema->steps[i];
        const struct cy_param *param = cy_param_find(step->operator->params, CY_STR("against"));
        if (param == NULL || param->kind != CY_PARAM_KIND_LIST)
            continue;
        const struct cy_strs *paths = (const void *)((const char *)step->self + param->offset);
        for (size_t k = 0; k < paths->count; k++) {
            const char *folder = cy_path_join(&arena, schema->folder, cy_arena_str(&arena, paths->items[k]).data);
            struct cy_error error;
            char build_id[65];
            uint64_t size_bytes;
            bool known = cy_sha256_file(cy_path_join(&arena, folder, "MANIFEST"), NULL, build_id, &size_bytes, &error) == CY_OK;
            add_pair(out, first ? "\n    {" : ",\n    {", "path", paths->items[k]);
            cy_buffer_printf(out, ", \"build_id\": %s%s%s}", known ? "\"" : "", known ? build_id : "null", known ? "\"" : "");
            first = false;
        }
    }
    cy_arena_release(&arena);
}

void cy_lock_print_found(const struct cy_schema *schema, struct cy_buffer *out)
{
    cy_buffer_add_text(out, "\"models\": [");
    add_models(schema, out);
    cy_buffer_add_text(out, "\n  ],\n  \"earlier\": [");
    add_earlier(schema, out);
    cy_buffer_add_text(out, "\n  ]");
}

void cy_lock_print(const struct cy_schema *schema, const struct cy_dataset_options *options, struct cy_buffer *out)
{
    cy_buffer_printf(out, "{\n  \"schema\": 1,\n  \"ciyuan\": \"%s\",\n", CIYUAN_VERSION);
    cy_buffer_printf(out, "  \"libraries\": {\"libdeflate\": \"%s\", \"yyjson\": \"%s\", \"zstd\": \"%s\"},\n", LIBDEFLATE_VERSION_STRING,
                     YYJSON_VERSION_STRING, ZSTD_versionString());
    add_pair(out, "  \"recipe\": {", "name", cy_str(schema->name));
    cy_buffer_add_text(out, ", \"sha256\": ");
    add_hash_of(schema->recipe_text, out);
    cy_buffer_add_text(out, "},\n");
    add_output(options, out);
    cy_buffer_add_text(out, ",\n  \"steps\": [");
    for (size_t i = 0; i < schema->step_count; i++) {
        cy_buffer_add_text(out, i == 0 ? "\n    " : ",\n    ");
        add_step(&schema->steps[i], out);
    }
    cy_buffer_add_text(out, "\n  ],\n  ");
    cy_lock_print_found(schema, out);
    cy_buffer_add_text(out, ",\n  \"sources\": [");
    for (size_t i = 0; i < schema->source_count; i++) {
        const struct cy_schema_source *source = &schema->sources[i];
        cy_buffer_add_text(out, i == 0 ? "\n    {" : ",\n    {");
        add_pair(out, "", "path", cy_str(source->path));
        add_pair(out, ", ", "format", cy_str(source->format));
        add_params(source->params, source->self, out);
        add_pair(out, ", ", "license", cy_str(source->license));
        add_pair(out, ", ", "party", cy_str(source->party));
        cy_buffer_add_byte(out, '}');
    }
    cy_buffer_add_text(out, "\n  ],\n  \"inputs\": [");
    for (size_t i = 0; i < schema->file_count; i++) {
        const struct cy_schema_file *file = &schema->files[i];
        cy_buffer_add_text(out, i == 0 ? "\n    {" : ",\n    {");
        add_pair(out, "", "name", cy_str(file->name));
        add_pair(out, ", ", "sha256", cy_str(file->sha256));
        cy_buffer_printf(out, ", \"size\": %llu, \"source\": %u}", (unsigned long long)file->size_bytes, file->source);
    }
    cy_buffer_add_text(out, "\n  ]\n}\n");
}
