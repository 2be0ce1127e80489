/* Who used a dataset, for those who own it. */
#include "server/hf.h"

cy_handler cy_api_use_list;

enum { LIMIT_MISSING = 100, LIMIT_MAX = 1000 };

void cy_api_use_list(struct cy_request *request, struct cy_response *response)
{
    struct cy_hf hf;
    struct cy_result rows;
    struct cy_outcome outcome = {0};
    int64_t limit;
    if (cy_hf_open(&hf, request, response, CY_ACCESS_SEE | CY_ACCESS_ADMIN) &&
        cy_request_query_integer(request, response, "limit", 1, LIMIT_MAX, LIMIT_MISSING, &limit)) {
        if (CY_RUN(hf.database, CY_SQL_uses_of_repository, request->arena, &rows, &outcome.error, cy_value_text(hf.repository.id),
                   cy_value_integer(limit)) != CY_OK) {
            cy_hf_refuse(request, response, &outcome);
        } else {
            struct cy_buffer out = {0};
            struct cy_json json = {.out = &out};
            cy_json_open_line(&json, NULL, '{');
            cy_json_open(&json, "items", '[');
            for (size_t row = 0; row < rows.row_count; row++) {
                char hour[CY_HF_TIME];
                cy_hf_time(cy_result_integer(&rows, row, 5), hour);
                cy_json_open(&json, NULL, '{');
                cy_json_text(&json, "id", cy_result_text(&rows, row, 0));
                if (cy_result_is_null(&rows, row, 1))
                    cy_json_null(&json, "user");
                else
                    cy_json_text(&json, "user", cy_result_text(&rows, row, 1));
                cy_json_text(&json, "version", cy_result_text(&rows, row, 2));
                cy_json_text(&json, "contract", cy_result_text(&rows, row, 3));
                cy_json_text(&json, "purpose", cy_result_text(&rows, row, 4));
                cy_json_text(&json, "hour", cy_str(hour));
                cy_json_integer(&json, "files", cy_result_integer(&rows, row, 6));
                cy_json_integer(&json, "bytes", cy_result_integer(&rows, row, 7));
                cy_json_bool(&json, "is_open", cy_result_integer(&rows, row, 8) != 0);
                cy_json_close(&json, '}');
            }
            cy_json_close(&json, ']');
            cy_json_close(&json, '}');
            cy_respond_json(request, response, 200, &out);
        }
    }
    cy_hf_close(&hf);
}
