/* Rows, columns, statistics and histograms of a version's data. */
#include "server/rows.h"
#include "server/use.h"

#include <yyjson.h>

cy_handler cy_api_splits, cy_api_rows, cy_api_columns, cy_api_statistics, cy_api_histogram;

enum { LENGTH_MISSING = 100, LENGTH_MAX = 1000, SELECT_MAX = 200 };

static struct cy_str parameter(struct cy_request *request, const char *name)
{
    struct cy_str value;
    return cy_request_query(request, name, &value) ? value : CY_STR("");
}

/* Opens what config, split, table and revision of the query name. */
static bool open_set(struct cy_row_set *set, struct cy_request *request, struct cy_response *response)
{
    return cy_rows_open(set, request, response, parameter(request, "revision")) &&
           cy_rows_choose(set, parameter(request, "config"), parameter(request, "split"), parameter(request, "table"));
}

/* {"version": …, "config": …, "split": …: members may follow. */
static void begin(const struct cy_row_set *set, struct cy_buffer *out)
{
    cy_buffer_add_text(out, "{\"version\":");
    cy_buffer_add_json(out, set->version.sha);
    cy_buffer_add_text(out, ",\"config\":");
    cy_buffer_add_json(out, set->config->name);
    cy_buffer_add_text(out, ",\"split\":");
    cy_buffer_add_json(out, set->split->name);
}

/* All members of the worker's answer, behind what says of what they are. */
static void respond(struct cy_row_set *set, yyjson_val *answer)
{
    struct cy_buffer out = {0};
    yyjson_val *key, *value;
    size_t index, size;
    begin(set, &out);
    yyjson_obj_foreach(answer, index, size, key, value)
    {
        cy_buffer_printf(&out, ",\"%s\":", yyjson_get_str(key)); /* our own names */
        cy_rows_add_value(&out, value);
    }
    cy_buffer_add_byte(&out, '}');
    cy_respond_json(set->hf.request, set->hf.response, 200, &out);
    cy_use_answer(set->hf.request, set->hf.response, set->hf.repository.id, set->version.sha, "rows");
}

void cy_api_splits(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (cy_rows_open(&set, request, response, parameter(request, "revision"))) {
        struct cy_buffer out = {0};
        struct cy_json json = {.out = &out};
        cy_json_open_line(&json, NULL, '{');
        cy_json_text(&json, "version", set.version.sha);
        cy_json_open(&json, "configs", '[');
        for (size_t c = 0; c < set.view.config_count; c++) {
            const struct cy_data_config *config = &set.view.configs[c];
            cy_json_open(&json, NULL, '{');
            cy_json_text(&json, "name", config->name);
            cy_json_bool(&json, "is_default", config == cy_data_config_find(&set.view, CY_STR("")));
            cy_json_open(&json, "splits", '[');
            for (size_t s = 0; s < config->split_count; s++) {
                uint64_t size_bytes = 0;
                for (size_t i = 0; i < config->splits[s].file_count; i++)
                    size_bytes += config->splits[s].files[i]->size_bytes;
                cy_json_open(&json, NULL, '{');
                cy_json_text(&json, "name", config->splits[s].name);
                cy_json_count(&json, "file_count", config->splits[s].file_count);
                cy_json_count(&json, "size_bytes", size_bytes);
                cy_json_close(&json, '}');
            }
            cy_json_close(&json, ']');
            cy_json_close(&json, '}');
        }
        cy_json_close(&json, ']');
        cy_json_close(&json, '}');
        cy_respond_json(request, response, 200, &out);
    }
    cy_rows_close(&set);
}

void cy_api_rows(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    int64_t offset, length;
    if (open_set(&set, request, response) && cy_request_query_integer(request, response, "offset", 0, INT64_C(1) << 50, 0, &offset) &&
        cy_request_query_integer(request, response, "limit", 0, LENGTH_MAX, LENGTH_MISSING, &length)) {
        struct cy_buffer rest = {0};
        struct cy_str *names;
        bool filters = cy_rows_pass_on(request, "where", "where", &rest);
        filters |= cy_rows_pass_on(request, "search", "search", &rest);
        filters |= cy_rows_pass_on(request, "order", "order", &rest);
        size_t name_count = CY_MIN(cy_request_query_all(request, "select", &names), SELECT_MAX);
        for (size_t i = 0; i < name_count; i++) {
            cy_buffer_add_text(&rest, i == 0 ? ",\"select\":[" : ",");
            cy_buffer_add_json(&rest, names[i]);
        }
        cy_buffer_add_text(&rest, name_count > 0 ? "]" : "");
        yyjson_val *answer = cy_rows_page(&set, offset, length, cy_buffer_str(&rest), !filters);
        if (answer != NULL)
            respond(&set, answer);
        cy_buffer_release(&rest);
    }
    cy_rows_close(&set);
}

void cy_api_columns(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (open_set(&set, request, response)) {
        yyjson_val *answer = cy_rows_question(&set, "columns", CY_STR(""), true);
        if (answer != NULL)
            respond(&set, answer);
    }
    cy_rows_close(&set);
}

void cy_api_statistics(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    if (open_set(&set, request, response)) {
        struct cy_buffer rest = {0};
        cy_rows_pass_on(request, "column", "column", &rest);
        yyjson_val *answer = cy_rows_question(&set, "statistics", cy_buffer_str(&rest), true);
        if (answer != NULL)
            respond(&set, answer);
        cy_buffer_release(&rest);
    }
    cy_rows_close(&set);
}

void cy_api_histogram(struct cy_request *request, struct cy_response *response)
{
    struct cy_row_set set;
    int64_t bins;
    if (open_set(&set, request, response) && cy_request_query_integer(request, response, "bins", 1, 200, 20, &bins)) {
        struct cy_buffer rest = {0};
        cy_rows_pass_on(request, "column", "column", &rest);
        bool filters = cy_rows_pass_on(request, "where", "where", &rest);
        filters |= cy_rows_pass_on(request, "search", "search", &rest);
        cy_buffer_printf(&rest, ",\"bins\":%lld", (long long)bins);
        yyjson_val *answer = cy_rows_question(&set, "histogram", cy_buffer_str(&rest), !filters);
        if (answer != NULL)
            respond(&set, answer);
        cy_buffer_release(&rest);
    }
    cy_rows_close(&set);
}
