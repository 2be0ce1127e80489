/* What the resources about rows share (rows_api.c, datasets_server.c): the split that a request names, and questions about its files,
 * answered by a worker in a sandbox (hub/rows_worker.h). What is asked again and never changes, counts and statistics of these very
 * objects, is kept in DATA/kept/. */
#ifndef CY_SERVER_ROWS_H
#define CY_SERVER_ROWS_H

#include "hub/dataset_files.h"
#include "hub/rows_worker.h"
#include "server/hf.h"

/* A split of a version. */
struct cy_row_set {
    struct cy_hf hf;
    struct cy_version version;
    struct cy_data_view view;
    const struct cy_data_config *config;
    const struct cy_data_split *split;
};
/* Opens the repository of path_values[0] and [1], finds the version and the dataset that its files are. READ is needed. False: answered. */
bool cy_rows_open(struct cy_row_set *set, struct cy_request *request, struct cy_response *response, struct cy_str revision);
/* Finds configuration and split; the split that is not named is "train", or the first. "verdicts" in `table` chooses what was removed,
 * which needs SEE_REMOVED. False: answered. */
bool cy_rows_choose(struct cy_row_set *set, struct cy_str config, struct cy_str split, struct cy_str table);
void cy_rows_close(struct cy_row_set *set);

/* Asks `op` of the split's files; rest: members of the question, each led by a comma (`,"column":"id"`). keeps: the answer is kept, and
 * taken from there when it is. NULL, and answered, when there is none. The document lives in the request's arena. */
struct yyjson_val *cy_rows_question(struct cy_row_set *set, const char *op, struct cy_str rest, bool keeps);
/* Forgets the answers that were kept before that time, INT64_MAX: all, also those being made just now: they quote values (a text column's
 * labels, a number's extremes), so an erasure order takes them too. CY_IO: some are still there. */
enum cy_status cy_rows_forget(struct cy_app *app, int64_t before_ms, struct cy_error *error);
/* A page: `rest` as above without offset and length. Where nothing filters or orders, only the files that the page lies in are opened. */
struct yyjson_val *cy_rows_page(struct cy_row_set *set, int64_t offset, int64_t length, struct cy_str rest, bool is_plain);

/* On a host that is called datasets-server.*, answers by that server's endpoints (datasets_server.c), and returns true. */
bool cy_ds_answer_by_host(struct cy_request *request, struct cy_response *response);

/* `,"<member>":"<value of the query parameter>"`, when it is there and not empty; true then. */
bool cy_rows_pass_on(struct cy_request *request, const char *parameter, const char *member, struct cy_buffer *rest);
/* Appends a value of an answer as it is. */
void cy_rows_add_value(struct cy_buffer *out, struct yyjson_val *value);

#endif
