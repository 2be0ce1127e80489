/* A version as MLCommons Croissant 1.1: every data file is a FileObject at a URL of this very version, with its sha256; a RecordSet for
 * each split has a Field for each column of numbers, texts, flags or times. Public files are fetched by it as they are; others by Basic
 * authentication, with a token as the password. */
#include "dataset/report.h"
#include "hub/rows_feature.h"
#include "server/rows.h"

#include <yyjson.h>

cy_handler cy_croissant_show;

enum { FILES_MAX = 10000 };

static void add_id(struct cy_json *json, const char *key, const char *id)
{
    cy_json_open_line(json, key, '{');
    cy_json_text(json, "@id", cy_str(id));
    cy_json_close(json, '}');
}

static const char *media_type(const struct cy_data_file *file)
{
    return strcmp(file->format, "parquet") == 0 ? "application/x-parquet"
           : strcmp(file->format, "jsonl") == 0 ? "application/jsonlines"
           : strcmp(file->format, "csv") == 0   ? "text/csv"
           : strcmp(file->format, "tsv") == 0   ? "text/tab-separated-values"
                                                : "text/plain";
}

static const char *text(struct cy_arena *arena, struct cy_str value)
{
    return cy_arena_printf(arena, "%.*s", (int)value.size, value.data);
}

static void add_file(const struct cy_row_set *set, struct cy_json *json, const struct cy_data_file *file)
{
    const struct cy_request *request = set->hf.request;
    const struct cy_repository *r = &set->hf.repository;
    struct cy_str path = cy_hf_escape(request->arena, file->path, true);
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "@type", CY_STR("cr:FileObject"));
    cy_json_text(json, "@id", file->path);
    cy_json_text(json, "name", file->path);
    cy_json_text(json, "contentUrl",
                 cy_str(cy_arena_printf(request->arena, "%.*s/datasets/%.*s/%.*s/resolve/%.*s/%.*s", (int)request->host.size,
                                        request->host.data, (int)r->namespace_name.size, r->namespace_name.data, (int)r->name.size,
                                        r->name.data, (int)set->version.sha.size, set->version.sha.data, (int)path.size, path.data)));
    cy_json_text(json, "contentSize", cy_str(cy_arena_printf(request->arena, "%llu B", (unsigned long long)file->size_bytes)));
    cy_json_text(json, "encodingFormat", cy_str(media_type(file)));
    cy_json_text(json, "sha256", file->sha256);
    cy_json_close(json, '}');
}

/* "config/split", or "split" in the only configuration. */
static const char *split_name(const struct cy_row_set *set)
{
    struct cy_arena *arena = set->hf.request->arena;
    return set->view.config_count == 1 ? text(arena, set->split->name)
                                       : cy_arena_printf(arena, "%s/%s", text(arena, set->config->name), text(arena, set->split->name));
}

static void add_distribution(struct cy_row_set *set, struct cy_json *json)
{
    cy_json_open(json, "distribution", '[');
    for (size_t c = 0; c < set->view.config_count; c++) {
        set->config = &set->view.configs[c];
        for (size_t s = 0; s < set->config->split_count; s++) {
            set->split = &set->config->splits[s];
            for (size_t i = 0; i < set->split->file_count; i++)
                add_file(set, json, set->split->files[i]);
        }
    }
    cy_json_close(json, ']');
}

static const char *data_type(struct cy_str type)
{
    switch (cy_rows_kind_of(type)) {
    case CY_ROWS_INTEGER:
        return "sc:Integer";
    case CY_ROWS_NUMBER:
        return "sc:Float";
    case CY_ROWS_TEXT:
        return "sc:Text";
    case CY_ROWS_BOOL:
        return "sc:Boolean";
    case CY_ROWS_TIME:
        return cy_str_is(type, "DATE") ? "sc:Date" : "sc:DateTime";
    default:
        return NULL; /* lists, structs and bytes */
    }
}

static void add_field(const struct cy_row_set *set, struct cy_json *json, const char *name, yyjson_val *column,
                      const struct cy_data_file *file)
{
    struct cy_arena *arena = set->hf.request->arena;
    yyjson_val *type = yyjson_obj_get(column, "type");
    const char *column_name = yyjson_get_str(yyjson_obj_get(column, "name"));
    const char *kind = data_type((struct cy_str){yyjson_get_str(type), yyjson_get_len(type)});
    if (kind == NULL)
        return;
    cy_json_open(json, NULL, '{');
    cy_json_text(json, "@type", CY_STR("cr:Field"));
    cy_json_text(json, "@id", cy_str(cy_arena_printf(arena, "%s/%s", name, column_name)));
    cy_json_text(json, "name", cy_str(column_name));
    cy_json_text(json, "description", cy_str(cy_arena_printf(arena, "column %s", column_name)));
    cy_json_text(json, "dataType", cy_str(kind));
    cy_json_open(json, "source", '{');
    add_id(json, "fileObject", text(arena, file->path));
    cy_json_open_line(json, "extract", '{');
    cy_json_text(json, "column", cy_str(column_name));
    cy_json_close(json, '}');
    cy_json_close(json, '}');
    cy_json_close(json, '}');
}

/* One RecordSet for a split of one file; else one for each file, "train/0", "train/1", …: readers cannot put files from several addresses
 * together. */
static bool add_record_sets(struct cy_row_set *set, struct cy_json *json)
{
    struct cy_arena *arena = set->hf.request->arena;
    yyjson_val *answer = cy_rows_question(set, "columns", CY_STR(""), true), *rows = yyjson_obj_get(answer, "file_rows"), *column;
    size_t index, size, file_count = set->split->file_count;
    if (answer == NULL)
        return false;
    for (size_t i = 0; i < file_count; i++) {
        const struct cy_data_file *file = set->split->files[i];
        const char *name = file_count == 1 ? split_name(set) : cy_arena_printf(arena, "%s/%zu", split_name(set), i);
        cy_json_open(json, NULL, '{');
        cy_json_text(json, "@type", CY_STR("cr:RecordSet"));
        cy_json_text(json, "@id", cy_str(name));
        cy_json_text(json, "name", cy_str(name));
        cy_json_text(json, "description",
                     cy_str(cy_arena_printf(arena, "%lld rows: file %zu of %zu of the split %s",
                                            (long long)yyjson_get_sint(yyjson_arr_get(rows, i)), i + 1, file_count, split_name(set))));
        cy_json_open(json, "field", '[');
        yyjson_arr_foreach(yyjson_obj_get(answer, "columns"), index, size, column) add_field(set, json, name, column, file);
        cy_json_close(json, ']');
        cy_json_close(json, '}');
    }
    return true;
}

static void add_facts(const struct cy_row_set *set, struct cy_json *json)
{
    const struct cy_request *request = set->hf.request;
    const struct cy_repository *r = &set->hf.repository;
    yyjson_doc *card = r->card.size > 0 ? yyjson_read(r->card.data, r->card.size, 0) : NULL;
    yyjson_val *license = yyjson_obj_get(yyjson_doc_get_root(card), "license"),
               *one = yyjson_is_arr(license) ? yyjson_arr_get_first(license) : license;
    char published[CY_HF_TIME];
    cy_hf_time(set->version.created_ms, published);
    const char *id = cy_arena_printf(request->arena, "%s/%s", text(request->arena, r->namespace_name), text(request->arena, r->name));
    cy_json_text(json, "@type", CY_STR("sc:Dataset"));
    cy_json_text(json, "conformsTo", CY_STR("http://mlcommons.org/croissant/1.1"));
    cy_json_text(json, "name", r->title.size > 0 ? r->title : r->name);
    cy_json_text(json, "description",
                 cy_str(cy_arena_printf(request->arena, "%s, version %s", id, text(request->arena, set->version.sha))));
    cy_json_text(json, "license", yyjson_is_str(one) ? cy_str(yyjson_get_str(one)) : CY_STR("not stated"));
    cy_json_text(json, "url", cy_str(cy_arena_printf(request->arena, "%s/datasets/%s", text(request->arena, request->host), id)));
    cy_json_open_line(json, "creator", '{');
    cy_json_text(json, "@type", CY_STR("sc:Organization"));
    cy_json_text(json, "name", r->namespace_name);
    cy_json_close(json, '}');
    cy_json_text(json, "datePublished", cy_str(published));
    cy_json_text(json, "version", CY_STR("1.0.0"));
    cy_json_text(json, "citeAs", cy_str(cy_arena_printf(request->arena, "%s@%s", id, text(request->arena, set->version.sha))));
    yyjson_doc_free(card);
}

void cy_croissant_show(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    struct cy_buffer out = {0};
    struct cy_json json = {.out = &out};
    struct cy_str revision = {0};
    cy_request_query(request, "revision", &revision);
    bool is_good = cy_rows_open(&set, request, response, revision);
    size_t file_count = 0;
    for (size_t c = 0; is_good && c < set.view.config_count; c++)
        for (size_t s = 0; s < set.view.configs[c].split_count; s++)
            file_count += set.view.configs[c].splits[s].file_count;
    if (is_good && file_count > FILES_MAX) {
        cy_respond_error(request, response, 413, NULL, "the version has %zu data files; Croissant lists %d at most", file_count, FILES_MAX);
        is_good = false;
    }
    if (is_good) {
        cy_buffer_add_text(&out, "{\n");
        cy_buffer_add_text(&out, cy_croissant_context);
        json.depth = 1;
        add_facts(&set, &json);
        add_distribution(&set, &json);
        cy_json_open(&json, "recordSet", '[');
        for (size_t c = 0; is_good && c < set.view.config_count; c++) {
            set.config = &set.view.configs[c];
            for (size_t s = 0; is_good && s < set.config->split_count; s++) {
                set.split = &set.config->splits[s];
                is_good = add_record_sets(&set, &json);
            }
        }
        cy_json_close(&json, ']');
        cy_json_close(&json, '}');
    }
    if (is_good) {
        cy_respond_json(request, response, 200, &out);
        response->content_type = "application/ld+json";
    }
    cy_buffer_release(&out);
    cy_rows_close(&set);
}
