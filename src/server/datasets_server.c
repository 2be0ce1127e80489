/* The endpoints of Hugging Face's datasets-server, in its shapes: under /datasets-server/, and at the root of a host that is called
 * datasets-server.*, where the `datasets` package looks for them. */
#include "server/rows.h"
#include "server/use.h"

#include <yyjson.h>

cy_handler cy_ds_is_valid, cy_ds_splits, cy_ds_first_rows, cy_ds_rows, cy_ds_search, cy_ds_filter, cy_ds_statistics, cy_ds_size,
    cy_ds_parquet, cy_ds_info;

enum { LENGTH_MAX = 100, FIRST_ROWS = 100, FIRST_CELL_BYTES = 5000 };

static struct cy_str parameter(struct cy_request *request, const char *name)
{
    struct cy_str value;
    return cy_request_query(request, name, &value) ? value : CY_STR("");
}

/* ?dataset=namespace/name */
static bool open_dataset(struct cy_row_set *set, struct cy_request *request, struct cy_response *response)
{
    struct cy_str name, namespace_name = cy_str_split(parameter(request, "dataset"), '/', &name);
    *set = (struct cy_row_set){.config = NULL};
    if (namespace_name.size == 0 || name.size == 0) {
        cy_respond_error(request, response, 422, NULL, "parameter 'dataset' is required: namespace/name");
        return false;
    }
    request->path_values[0] = namespace_name;
    request->path_values[1] = name;
    request->path_value_count = 2;
    if (!cy_rows_open(set, request, response, parameter(request, "revision")))
        return false;
    cy_respond_header(request, response, "X-Revision", "%.*s", (int)set->version.sha.size, set->version.sha.data);
    return true;
}

/* … &config=…&split=…, both required. */
static bool open_split(struct cy_row_set *set, struct cy_request *request, struct cy_response *response)
{
    struct cy_str config = parameter(request, "config"), split = parameter(request, "split");
    if (!open_dataset(set, request, response))
        return false;
    if (config.size == 0 || split.size == 0) {
        cy_respond_error(request, response, 422, NULL, "parameters 'config' and 'split' are required");
        return false;
    }
    return cy_rows_choose(set, config, split, CY_STR(""));
}

static void add_names(struct cy_buffer *out, struct cy_str dataset, struct cy_str config, struct cy_str split)
{
    cy_buffer_add_text(out, "\"dataset\":");
    cy_buffer_add_json(out, dataset);
    cy_buffer_add_text(out, ",\"config\":");
    cy_buffer_add_json(out, config);
    if (split.size > 0) {
        cy_buffer_add_text(out, ",\"split\":");
        cy_buffer_add_json(out, split);
    }
}

/* The splits that the query's config and split leave, each by `add`; false when one of them was answered already. */
static bool each_split(struct cy_row_set *set, struct cy_buffer *out, bool (*add)(struct cy_row_set *set, struct cy_buffer *out))
{
    struct cy_str config = parameter(set->hf.request, "config"), split = parameter(set->hf.request, "split");
    for (size_t c = 0; c < set->view.config_count; c++) {
        set->config = &set->view.configs[c];
        if (config.size > 0 && !cy_str_equal(config, set->config->name))
            continue;
        for (size_t s = 0; s < set->config->split_count; s++) {
            set->split = &set->config->splits[s];
            if ((split.size == 0 || cy_str_equal(split, set->split->name)) && !add(set, out))
                return false;
        }
    }
    return true;
}

static void finish_list(struct cy_row_set *set, struct cy_buffer *out, const char *rest)
{
    cy_buffer_printf(out, "],\"pending\":[],\"failed\":[]%s}", rest);
    cy_respond_json(set->hf.request, set->hf.response, 200, out);
}

/* ---- what there is ---- */

void cy_ds_is_valid(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (open_dataset(&set, request, response)) {
        struct cy_buffer out = {0};
        const char *is = set.view.config_count > 0 ? "true" : "false";
        cy_buffer_printf(&out, "{\"preview\":%s,\"viewer\":%s,\"search\":%s,\"filter\":%s,\"statistics\":%s}", is, is, is, is, is);
        cy_respond_json(request, response, 200, &out);
    }
    cy_rows_close(&set);
}

static bool add_split(struct cy_row_set *set, struct cy_buffer *out)
{
    cy_buffer_add_text(out, out->data[out->size - 1] == '[' ? "{" : ",{");
    add_names(out, parameter(set->hf.request, "dataset"), set->config->name, set->split->name);
    cy_buffer_add_byte(out, '}');
    return true;
}

void cy_ds_splits(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (open_dataset(&set, request, response)) {
        struct cy_buffer out = {0};
        cy_buffer_add_text(&out, "{\"splits\":[");
        each_split(&set, &out, add_split);
        finish_list(&set, &out, "");
    }
    cy_rows_close(&set);
}

static bool add_parquet(struct cy_row_set *set, struct cy_buffer *out)
{
    const struct cy_request *request = set->hf.request;
    const struct cy_repository *r = &set->hf.repository;
    for (size_t i = 0; i < set->split->file_count; i++) {
        const struct cy_data_file *file = set->split->files[i];
        struct cy_str path = cy_hf_escape(request->arena, file->path, true), name = file->path;
        if (strcmp(file->format, "parquet") != 0)
            continue;
        for (struct cy_str rest = file->path; rest.size > 0;)
            name = cy_str_split(rest, '/', &rest);
        cy_buffer_add_text(out, out->data[out->size - 1] == '[' ? "{" : ",{");
        add_names(out, parameter(set->hf.request, "dataset"), set->config->name, set->split->name);
        cy_buffer_printf(out, ",\"url\":\"%.*s/datasets/%.*s/%.*s/resolve/%.*s/%.*s\",\"filename\":", (int)request->host.size,
                         request->host.data, (int)r->namespace_name.size, r->namespace_name.data, (int)r->name.size, r->name.data,
                         (int)set->version.sha.size, set->version.sha.data, (int)path.size, path.data);
        cy_buffer_add_json(out, name);
        cy_buffer_printf(out, ",\"size\":%llu}", (unsigned long long)file->size_bytes);
    }
    return true;
}

void cy_ds_parquet(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (open_dataset(&set, request, response)) {
        struct cy_buffer out = {0};
        cy_buffer_add_text(&out, "{\"parquet_files\":[");
        each_split(&set, &out, add_parquet);
        finish_list(&set, &out, ",\"partial\":false");
    }
    cy_rows_close(&set);
}

/* ---- rows ---- */

/* "features": [{"feature_idx": 0, "name": …, "type": feature}] */
static void add_features(struct cy_buffer *out, yyjson_val *answer)
{
    yyjson_val *columns = yyjson_obj_get(answer, "columns"), *column;
    size_t index, size;
    cy_buffer_add_text(out, "\"features\":[");
    yyjson_arr_foreach(columns, index, size, column)
    {
        cy_buffer_printf(out, "%s{\"feature_idx\":%zu,\"name\":", index > 0 ? "," : "", index);
        cy_rows_add_value(out, yyjson_obj_get(column, "name"));
        cy_buffer_add_text(out, ",\"type\":");
        cy_rows_add_value(out, yyjson_obj_get(column, "feature"));
        cy_buffer_add_byte(out, '}');
    }
    cy_buffer_add_byte(out, ']');
}

static void answer_page(struct cy_row_set *set, struct cy_str rest, bool is_plain)
{
    struct cy_request *request = set->hf.request;
    int64_t offset, length;
    if (!cy_request_query_integer(request, set->hf.response, "offset", 0, INT64_C(1) << 50, 0, &offset) ||
        !cy_request_query_integer(request, set->hf.response, "length", 0, LENGTH_MAX, LENGTH_MAX, &length))
        return;
    yyjson_val *answer = cy_rows_page(set, offset, length, rest, is_plain);
    if (answer == NULL)
        return;
    struct cy_buffer out = {0};
    cy_buffer_add_byte(&out, '{');
    add_features(&out, answer);
    cy_buffer_add_text(&out, ",\"rows\":");
    cy_rows_add_value(&out, yyjson_obj_get(answer, "rows"));
    cy_buffer_printf(&out, ",\"num_rows_total\":%lld,\"num_rows_per_page\":%d,\"partial\":false}",
                     (long long)yyjson_get_sint(yyjson_obj_get(answer, "row_count")), LENGTH_MAX);
    cy_respond_json(request, set->hf.response, 200, &out);
    cy_use_answer(request, set->hf.response, set->hf.repository.id, set->version.sha, "rows");
}

static void answer_rows(struct cy_request *request, struct cy_response *response, const char *required, const char *member)
{
    struct cy_row_set set;
    if (open_split(&set, request, response)) {
        struct cy_buffer rest = {0};
        bool filters = required != NULL && cy_rows_pass_on(request, required, member, &rest);
        if (required != NULL && !filters)
            cy_respond_error(request, response, 422, NULL, "parameter '%s' is required", required);
        else {
            filters |= cy_rows_pass_on(request, "orderby", "order", &rest);
            answer_page(&set, cy_buffer_str(&rest), !filters);
        }
        cy_buffer_release(&rest);
    }
    cy_rows_close(&set);
}

void cy_ds_rows(struct cy_request *request, struct cy_response *response)
{
    answer_rows(request, response, NULL, NULL);
}

void cy_ds_search(struct cy_request *request, struct cy_response *response)
{
    answer_rows(request, response, "query", "search");
}

void cy_ds_filter(struct cy_request *request, struct cy_response *response)
{
    answer_rows(request, response, "where", "where");
}

void cy_ds_first_rows(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (open_split(&set, request, response)) {
        const char *rest = cy_arena_printf(request->arena, ",\"cell_bytes\":%d", FIRST_CELL_BYTES);
        yyjson_val *answer = cy_rows_page(&set, 0, FIRST_ROWS, cy_str(rest), true);
        if (answer != NULL) {
            struct cy_buffer out = {0};
            cy_buffer_add_byte(&out, '{');
            add_names(&out, parameter(request, "dataset"), set.config->name, set.split->name);
            cy_buffer_add_byte(&out, ',');
            add_features(&out, answer);
            cy_buffer_add_text(&out, ",\"rows\":");
            cy_rows_add_value(&out, yyjson_obj_get(answer, "rows"));
            cy_buffer_printf(&out, ",\"truncated\":%s}",
                             yyjson_get_sint(yyjson_obj_get(answer, "row_count")) > FIRST_ROWS ? "true" : "false");
            cy_respond_json(request, response, 200, &out);
            cy_use_answer(request, response, set.hf.repository.id, set.version.sha, "rows");
        }
    }
    cy_rows_close(&set);
}

void cy_ds_statistics(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (open_split(&set, request, response)) {
        yyjson_val *answer = cy_rows_question(&set, "statistics", CY_STR(""), true);
        if (answer != NULL) {
            struct cy_buffer out = {0};
            cy_rows_add_value(&out, answer);
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_rows_close(&set);
}

/* ---- sizes and features of all ---- */

struct sizes {
    int64_t rows;
    uint64_t bytes, parquet_bytes;
    size_t columns;
};

static void add_sizes(struct cy_buffer *out, const struct sizes *sizes)
{
    cy_buffer_printf(out, ",\"num_bytes_parquet_files\":%llu,\"num_bytes_memory\":null,\"num_rows\":%lld",
                     (unsigned long long)sizes->parquet_bytes, (long long)sizes->rows);
}

void cy_ds_size(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    struct cy_buffer configs = {0}, splits = {0}, out = {0};
    struct sizes all = {0};
    bool is_good = open_dataset(&set, request, response);
    struct cy_str dataset = parameter(request, "dataset"), only = parameter(request, "config");
    for (size_t c = 0; is_good && c < set.view.config_count; c++) {
        struct sizes config = {0};
        set.config = &set.view.configs[c];
        if (only.size > 0 && !cy_str_equal(only, set.config->name))
            continue;
        for (size_t s = 0; is_good && s < set.config->split_count; s++) {
            struct sizes split = {0};
            set.split = &set.config->splits[s];
            yyjson_val *answer = cy_rows_question(&set, "columns", CY_STR(""), true);
            is_good = answer != NULL;
            split.rows = yyjson_get_sint(yyjson_obj_get(answer, "row_count"));
            split.columns = yyjson_arr_size(yyjson_obj_get(answer, "columns"));
            for (size_t i = 0; i < set.split->file_count; i++) {
                split.bytes += set.split->files[i]->size_bytes;
                split.parquet_bytes += strcmp(set.split->files[i]->format, "parquet") == 0 ? set.split->files[i]->size_bytes : 0;
            }
            cy_buffer_add_text(&splits, splits.size > 0 ? ",{" : "{");
            add_names(&splits, dataset, set.config->name, set.split->name);
            add_sizes(&splits, &split);
            cy_buffer_printf(&splits, ",\"num_columns\":%zu}", split.columns);
            config.rows += split.rows;
            config.bytes += split.bytes;
            config.parquet_bytes += split.parquet_bytes;
            config.columns = split.columns;
        }
        cy_buffer_add_text(&configs, configs.size > 0 ? ",{" : "{");
        add_names(&configs, dataset, set.config->name, CY_STR(""));
        cy_buffer_printf(&configs, ",\"num_bytes_original_files\":%llu", (unsigned long long)config.bytes);
        add_sizes(&configs, &config);
        cy_buffer_printf(&configs, ",\"num_columns\":%zu}", config.columns);
        all.rows += config.rows;
        all.bytes += config.bytes;
        all.parquet_bytes += config.parquet_bytes;
    }
    if (is_good) {
        cy_buffer_add_text(&out, "{\"size\":{\"dataset\":{\"dataset\":");
        cy_buffer_add_json(&out, dataset);
        cy_buffer_printf(&out, ",\"num_bytes_original_files\":%llu", (unsigned long long)all.bytes);
        add_sizes(&out, &all);
        cy_buffer_printf(&out, "},\"configs\":[%.*s],\"splits\":[%.*s]},\"pending\":[],\"failed\":[],\"partial\":false}", (int)configs.size,
                         configs.size > 0 ? configs.data : "", (int)splits.size, splits.size > 0 ? splits.data : "");
        cy_respond_json(request, response, 200, &out);
    }
    cy_buffer_release(&configs);
    cy_buffer_release(&splits);
    cy_rows_close(&set);
}

/* {"features": {name: feature}, "splits": {name: {"name", "num_examples", "dataset_name"}}} of a configuration, as the package's
 * DatasetInfo. */
static bool add_config_info(struct cy_row_set *set, struct cy_buffer *out)
{
    cy_buffer_add_json(out, set->config->name);
    cy_buffer_add_text(out, ":{\"config_name\":");
    cy_buffer_add_json(out, set->config->name);
    for (size_t s = 0; s < set->config->split_count; s++) {
        set->split = &set->config->splits[s];
        yyjson_val *answer = cy_rows_question(set, "columns", CY_STR(""), true), *columns = yyjson_obj_get(answer, "columns"), *column;
        size_t index, size;
        if (answer == NULL)
            return false;
        if (s == 0) {
            cy_buffer_add_text(out, ",\"features\":{");
            yyjson_arr_foreach(columns, index, size, column)
            {
                cy_buffer_add_text(out, index > 0 ? "," : "");
                cy_rows_add_value(out, yyjson_obj_get(column, "name"));
                cy_buffer_add_byte(out, ':');
                cy_rows_add_value(out, yyjson_obj_get(column, "feature"));
            }
            cy_buffer_add_text(out, "},\"splits\":{");
        }
        cy_buffer_add_text(out, s > 0 ? "," : "");
        cy_buffer_add_json(out, set->split->name);
        cy_buffer_add_text(out, ":{\"name\":");
        cy_buffer_add_json(out, set->split->name);
        cy_buffer_printf(out, ",\"num_examples\":%lld}", (long long)yyjson_get_sint(yyjson_obj_get(answer, "row_count")));
    }
    cy_buffer_add_text(out, "}}");
    return true;
}

void cy_ds_info(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    struct cy_buffer out = {0};
    bool is_good = open_dataset(&set, request, response), first = true;
    struct cy_str only = parameter(request, "config");
    cy_buffer_add_text(&out, "{\"dataset_info\":{");
    for (size_t c = 0; is_good && c < set.view.config_count; c++) {
        set.config = &set.view.configs[c];
        if (only.size > 0 && !cy_str_equal(only, set.config->name))
            continue;
        cy_buffer_add_text(&out, first ? "" : ",");
        first = false;
        is_good = add_config_info(&set, &out);
    }
    cy_buffer_add_text(&out, "},\"partial\":false,\"pending\":[],\"failed\":[]}");
    if (is_good)
        cy_respond_json(request, response, 200, &out);
    else
        cy_buffer_release(&out);
    cy_rows_close(&set);
}

/* ---- by host ---- */

bool cy_ds_answer_by_host(struct cy_request *request, struct cy_response *response)
{
    static const struct {
        const char *path;
        cy_handler *handler;
    } rows[] = {{"/is-valid", cy_ds_is_valid}, {"/splits", cy_ds_splits}, {"/first-rows", cy_ds_first_rows}, {"/rows", cy_ds_rows},
                {"/search", cy_ds_search},     {"/filter", cy_ds_filter}, {"/statistics", cy_ds_statistics}, {"/size", cy_ds_size},
                {"/parquet", cy_ds_parquet},   {"/info", cy_ds_info}};
    static const char mark[] = "://datasets-server.";
    if (memmem(request->host.data, request->host.size, mark, sizeof mark - 1) == NULL)
        return false;
    for (size_t i = 0; i < CY_COUNT(rows); i++)
        if (cy_str_is(request->path, rows[i].path)) {
            rows[i].handler(request, response);
            return true;
        }
    cy_respond_error(request, response, 404, NULL, "this host has the endpoints of the datasets-server alone");
    return true;
}
