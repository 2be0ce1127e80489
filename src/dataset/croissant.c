/* MLCommons Croissant 1.1 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html): JSON-LD over schema.org. Every data file is
 * a FileObject with size and SHA-256; a FileSet for each table feeds a RecordSet whose fields are the columns. */
#include "dataset/report.h"

#include "dataset/columns.h"
#include "dataset/json_write.h"
#include "dataset/report_view.h"

const char cy_croissant_context[] =
    "  \"@context\": {\n"
    "    \"@language\": \"en\", \"@vocab\": \"https://schema.org/\", \"arrayShape\": \"cr:arrayShape\", \"citeAs\": \"cr:citeAs\",\n"
    "    \"column\": \"cr:column\", \"conformsTo\": \"dct:conformsTo\", \"containedIn\": \"cr:containedIn\",\n"
    "    \"cr\": \"http://mlcommons.org/croissant/\", \"rai\": \"http://mlcommons.org/croissant/RAI/\",\n"
    "    \"data\": {\"@id\": \"cr:data\", \"@type\": \"@json\"}, \"dataType\": {\"@id\": \"cr:dataType\", \"@type\": \"@vocab\"},\n"
    "    \"dct\": \"http://purl.org/dc/terms/\", \"description\": {\"@container\": \"@language\"},\n"
    "    \"equivalentProperty\": \"cr:equivalentProperty\", \"examples\": {\"@id\": \"cr:examples\", \"@type\": \"@json\"},\n"
    "    \"extract\": \"cr:extract\", \"field\": \"cr:field\", \"fileProperty\": \"cr:fileProperty\", \"fileObject\": \"cr:fileObject\",\n"
    "    \"fileSet\": \"cr:fileSet\", \"format\": \"cr:format\", \"includes\": \"cr:includes\", \"isArray\": \"cr:isArray\",\n"
    "    \"isLiveDataset\": \"cr:isLiveDataset\", \"jsonPath\": \"cr:jsonPath\", \"key\": \"cr:key\", \"md5\": \"cr:md5\",\n"
    "    \"name\": {\"@container\": \"@language\"}, \"parentField\": \"cr:parentField\", \"path\": \"cr:path\",\n"
    "    \"recordSet\": \"cr:recordSet\", \"references\": \"cr:references\", \"regex\": \"cr:regex\", \"repeated\": \"cr:repeated\",\n"
    "    \"replace\": \"cr:replace\", \"samplingRate\": \"cr:samplingRate\", \"sc\": \"https://schema.org/\",\n"
    "    \"separator\": \"cr:separator\", \"source\": \"cr:source\", \"subField\": \"cr:subField\", \"transform\": \"cr:transform\"\n"
    "  },\n";

/* ---- distribution ---- */

static const char *media_type(const char *name)
{
    return cy_str_ends(cy_str(name), CY_STR(".parquet")) ? "application/x-parquet" : "application/jsonlines";
}

static void add_id(struct cy_json *json, const char *key, const char *id)
{
    cy_json_open_line(json, key, '{');
    cy_json_text(json, "@id", cy_str(id));
    cy_json_close(json, '}');
}

static void add_file(struct cy_json *json, const struct cy_shard *shard)
{
    struct cy_buffer size = {0};
    cy_buffer_printf(&size, "%llu B", (unsigned long long)shard->size_bytes);
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "@type", CY_STR("cr:FileObject"));
    cy_json_text(json, "@id", cy_str(shard->name));
    cy_json_text(json, "name", cy_str(shard->name));
    cy_json_text(json, "contentUrl", cy_str(shard->name));
    cy_json_text(json, "contentSize", cy_buffer_str(&size));
    cy_json_text(json, "encodingFormat", cy_str(media_type(shard->name)));
    cy_json_text(json, "sha256", cy_str(shard->sha256));
    cy_json_close(json, '}');
    cy_buffer_release(&size);
}

static void add_file_set(struct cy_json *json, const char *id, const char *folder, const char *sample_name)
{
    struct cy_buffer glob = {0};
    const char *dot = strchr(strrchr(sample_name, '/') != NULL ? strrchr(sample_name, '/') : sample_name, '.');
    cy_buffer_printf(&glob, "%s/*%s", folder, dot != NULL ? dot : "");
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "@type", CY_STR("cr:FileSet"));
    cy_json_text(json, "@id", cy_str(id));
    cy_json_text(json, "name", cy_str(id));
    cy_json_text(json, "encodingFormat", cy_str(media_type(sample_name)));
    cy_json_text(json, "includes", cy_buffer_str(&glob));
    cy_json_close(json, '}');
    cy_buffer_release(&glob);
}

/* ---- fields ---- */

/* A member of a struct column is reached by JSONPath: `'step'.'signal'`, quoted where a name is not a plain word. */
static void add_path_name(struct cy_buffer *path, const char *name)
{
    bool plain = true;
    for (const char *c = name; *c != '\0'; c++)
        plain = plain && ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' || (c > name && *c >= '0' && *c <= '9'));
    cy_buffer_printf(path, plain ? "%s" : "'%s'", name);
}

static void begin_field(struct cy_json *json, const char *id, const char *name, const char *meaning)
{
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "@type", CY_STR("cr:Field"));
    cy_json_text(json, "@id", cy_str(id));
    cy_json_text(json, "name", cy_str(name));
    cy_json_text(json, "description", cy_str(meaning));
}

static void end_field(struct cy_json *json, const char *type, const char *file_set, const char *column, const char *path)
{
    cy_json_text(json, "dataType", cy_str(type));
    cy_json_open(json, "source", '{');
    add_id(json, "fileSet", file_set);
    cy_json_open_line(json, "extract", '{');
    cy_json_text(json, "column", cy_str(column));
    cy_json_close(json, '}');
    if (path != NULL) {
        cy_json_open_line(json, "transform", '{');
        cy_json_text(json, "jsonPath", cy_str(path));
        cy_json_close(json, '}');
    }
    cy_json_close(json, '}');
    cy_json_close(json, '}');
}

static void add_tokens(struct cy_json *json, const struct cy_schema *schema, const char *table, const char *file_set,
                       struct cy_arena *arena)
{
    const char *parent = cy_arena_printf(arena, "%s/tokens", table);
    begin_field(json, parent, "tokens", "tokens, one number for each vocabulary");
    cy_json_open(json, "subField", '[');
    for (size_t i = 0; i < schema->vocabulary_count; i++) {
        struct cy_buffer path = {0};
        add_path_name(&path, schema->vocabularies[i]);
        cy_buffer_add_byte(&path, 0);
        begin_field(json, cy_arena_printf(arena, "%s/%s", parent, schema->vocabularies[i]), schema->vocabularies[i],
                    "tokens of this vocabulary");
        end_field(json, "sc:Integer", file_set, "tokens", path.data);
        cy_buffer_release(&path);
    }
    cy_json_close(json, ']');
    cy_json_close(json, '}');
}

static void add_signals(struct cy_json *json, const struct cy_schema *schema, const char *table, const char *file_set,
                        struct cy_arena *arena)
{
    for (size_t i = 0; i < schema->step_count; i++) {
        const struct cy_schema_step *step = &schema->steps[i];
        const struct cy_signal *signal = step->operator->signals;
        if (signal == NULL || signal->name == NULL)
            continue;
        const char *parent = cy_arena_printf(arena, "%s/signals.%s", table, step->name);
        begin_field(json, parent, cy_arena_printf(arena, "signals.%s", step->name),
                    cy_arena_printf(arena, "what the step %s measured", step->name));
        cy_json_open(json, "subField", '[');
        for (; signal->name != NULL; signal++) {
            struct cy_buffer path = {0};
            add_path_name(&path, step->name);
            cy_buffer_add_byte(&path, '.');
            add_path_name(&path, signal->name);
            cy_buffer_add_byte(&path, 0);
            begin_field(json, cy_arena_printf(arena, "%s.%s", parent, signal->name), signal->name,
                        cy_arena_printf(arena, "%s (%s)", signal->meaning, signal->unit));
            end_field(json, "sc:Float", file_set, "signals", path.data);
            cy_buffer_release(&path);
        }
        cy_json_close(json, ']');
        cy_json_close(json, '}');
    }
}

static void add_record_set(struct cy_json *json, const struct cy_schema *schema, const char *table, unsigned in_table,
                           const char *description, struct cy_arena *arena)
{
    const char *file_set = cy_arena_printf(arena, "%s-files", table);
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "@type", CY_STR("cr:RecordSet"));
    cy_json_text(json, "@id", cy_str(table));
    cy_json_text(json, "name", cy_str(table));
    cy_json_text(json, "description", cy_str(description));
    if (in_table == CY_IN_DATA)
        add_id(json, "key", "data/id");
    cy_json_open(json, "field", '[');
    for (const struct cy_column *column = cy_columns; column->name != NULL; column++) {
        if ((column->tables & in_table) == 0)
            continue;
        const char *id = cy_arena_printf(arena, "%s/%s", table, column->name);
        if (column->type == CY_COLUMN_TOKENS) {
            if (schema->vocabulary_count > 0)
                add_tokens(json, schema, table, file_set, arena);
            continue;
        }
        if (column->type == CY_COLUMN_SIGNALS) {
            add_signals(json, schema, table, file_set, arena);
            continue;
        }
        begin_field(json, id, column->name, column->meaning);
        end_field(json,
                  column->type == CY_COLUMN_TEXT      ? "sc:Text"
                  : column->type == CY_COLUMN_INTEGER ? "sc:Integer"
                                                      : "sc:Float",
                  file_set, column->name, NULL);
    }
    cy_json_close(json, ']');
    cy_json_close(json, '}');
}

/* ---- the document ---- */

static void add_facts(struct cy_json *json, const struct cy_build_counts *counts)
{
    struct cy_buffer description = {0};
    cy_buffer_add_count(&description, counts->total.kept_count);
    cy_buffer_add_text(&description, " documents kept of ");
    cy_buffer_add_count(&description, counts->total.read_count);
    cy_buffer_add_text(&description, " records read, each other one with a verdict that says why; built by ciyuan from recipe.yaml.");
    cy_json_text(json, "name", cy_str(counts->schema->name));
    cy_json_text(json, "description", cy_buffer_str(&description));
    cy_json_text(json, "conformsTo", CY_STR("http://mlcommons.org/croissant/1.1"));
    cy_buffer_release(&description);
    const struct cy_tally_table *licenses = &counts->licenses, *languages = &counts->languages, *parties = &counts->parties;
    cy_json_open(json, "license", '[');
    size_t stated = 0;
    for (size_t i = 0; i < licenses->count; i++)
        if (licenses->rows[i].name.size > 0 && licenses->rows[i].tally.kept_count > 0)
            cy_json_text(json, NULL, licenses->rows[i].name), stated++;
    if (stated == 0)
        cy_json_text(json, NULL, CY_STR("not stated"));
    cy_json_close(json, ']');
    cy_json_open(json, "creator", '[');
    for (size_t i = 0; i < parties->count; i++) {
        if (parties->rows[i].name.size == 0 || parties->rows[i].tally.kept_count == 0)
            continue;
        cy_json_open_line(json, NULL, '{');
        cy_json_text(json, "@type", CY_STR("sc:Organization"));
        cy_json_text(json, "name", parties->rows[i].name);
        cy_json_close(json, '}');
    }
    cy_json_close(json, ']');
    cy_json_open_line(json, "inLanguage", '[');
    for (size_t i = 0; i < languages->count; i++)
        if (languages->rows[i].name.size > 0 && languages->rows[i].tally.kept_count > 0)
            cy_json_text(json, NULL, languages->rows[i].name);
    cy_json_close(json, ']');
}

void cy_croissant(struct cy_buffer *out, const struct cy_build_counts *counts)
{
    struct cy_json json = {.out = out};
    struct cy_arena arena = {0};
    const char *data = NULL, *verdicts = NULL; /* one file of each, for its format */
    for (size_t i = 0; i < counts->shard_count; i++) {
        if (strcmp(counts->shards[i].split, "verdicts") == 0)
            verdicts = counts->shards[i].name;
        else
            data = counts->shards[i].name;
    }
    cy_buffer_add_text(out, "{\n");
    cy_buffer_add_text(out, cy_croissant_context);
    json.depth = 1; /* inside what was just opened by hand */
    cy_json_text(&json, "@type", CY_STR("sc:Dataset"));
    add_facts(&json, counts);
    cy_json_open(&json, "distribution", '[');
    for (size_t i = 0; i < counts->shard_count; i++)
        add_file(&json, &counts->shards[i]);
    if (data != NULL)
        add_file_set(&json, "data-files", "data", data);
    if (verdicts != NULL)
        add_file_set(&json, "verdicts-files", "verdicts", verdicts);
    cy_json_close(&json, ']');
    cy_json_open(&json, "recordSet", '[');
    if (data != NULL)
        add_record_set(&json, counts->schema, "data", CY_IN_DATA, "the documents that were kept", &arena);
    if (verdicts != NULL)
        add_record_set(&json, counts->schema, "verdicts", CY_IN_VERDICTS, "one row for each record that was not kept", &arena);
    cy_json_close(&json, ']');
    cy_json_close(&json, '}');
    cy_arena_release(&arena);
}
