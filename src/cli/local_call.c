#include "cli/local_call.h"

#include "base/files.h"
#include "server/app.h"
#include "server/http_listen.h"
#include "store/curl_library.h"

#include <stdlib.h>
#include <unistd.h>
#include <yyjson.h>

const char *cy_data_folder(const char *given)
{
    const char *variable = getenv("CIYUAN_DATA");
    return given != NULL ? given : variable != NULL && variable[0] != '\0' ? variable : CY_DATA_FOLDER_DEFAULT;
}

enum { ANSWER_BYTES_MAX = 64 * 1024 * 1024 }; /* a listing may be long; a command prints it all */

static size_t take_piece(char *data, size_t one, size_t size, void *context)
{
    struct cy_buffer *answer = context;
    if (answer->size + one * size > ANSWER_BYTES_MAX)
        return 0;
    cy_buffer_add(answer, data, one * size);
    return one * size;
}

static enum cy_status call_server(const char *socket_path, const char *method, const char *target, struct cy_str body,
                                  struct cy_arena *arena, int *http_status, struct cy_str *answer, struct cy_error *error)
{
    if (cy_curl_load(error) != CY_OK)
        return error->status;
    CURL *curl = cy_curl.curl_easy_init();
    struct curl_slist *headers = cy_curl.curl_slist_append(NULL, "Content-Type: application/json");
    headers = cy_curl.curl_slist_append(headers, "Expect:");
    CY_ASSERT(curl != NULL && headers != NULL);
    struct cy_buffer taken = {0};
    char why[CURL_ERROR_SIZE] = "";
    long status = 0;
    cy_curl.curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);
    cy_curl.curl_easy_setopt(curl, CURLOPT_URL, cy_arena_printf(arena, "http://localhost%s", target));
    cy_curl.curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    cy_curl.curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (body.size > 0) {
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
        cy_curl.curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
    }
    cy_curl.curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_piece);
    cy_curl.curl_easy_setopt(curl, CURLOPT_WRITEDATA, &taken);
    cy_curl.curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    cy_curl.curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    CURLcode code = cy_curl.curl_easy_perform(curl);
    cy_curl.curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    cy_curl.curl_slist_free_all(headers);
    cy_curl.curl_easy_cleanup(curl);
    *http_status = (int)status;
    *answer = cy_arena_str(arena, cy_buffer_str(&taken));
    cy_buffer_release(&taken);
    if (code == CURLE_OK)
        return CY_OK;
    cy_error_set(error, CY_IO, "could not ask the server at \"%.500s\": %s", socket_path,
                 why[0] != '\0' ? why : cy_curl.curl_easy_strerror(code));
    return cy_error_hint(error, "it may have stopped in between; try again");
}

static enum cy_status call_here(const struct cy_local *local, const char *folder, const char *method, const char *target,
                                struct cy_str body, struct cy_arena *arena, int *http_status, struct cy_str *answer, struct cy_error *error)
{
    struct cy_app app;
    if (!cy_path_exists(folder)) { /* a folder made here by mistake would be another hub, which nobody serves */
        cy_error_set(error, CY_IO, "there is no server's folder \"%.500s\"", folder);
        return cy_error_hint(error, "name the one that `ciyuan serve` has by --data or in CIYUAN_DATA; `ciyuan serve` makes it");
    }
    struct cy_app_options options = {.data_folder = folder, .database_url = local->database_url, .objects_url = local->objects_url};
    if (cy_app_open(&app, &options, error) != CY_OK)
        return error->status;
    cy_server_call(&app, cy_routes, method, target, body, arena, http_status, answer);
    cy_app_close(&app);
    return CY_OK;
}

enum cy_status cy_local_call(const struct cy_local *local, const char *method, const char *target, struct cy_str body,
                             struct cy_arena *arena, int *http_status, struct cy_str *answer, struct cy_error *error)
{
    const char *folder = cy_data_folder(local->data_folder);
    const char *socket_path = cy_arena_printf(arena, "%s/ciyuan.sock", folder);
    int connection;
    enum cy_status status = cy_connect_local(socket_path, &connection, error);
    if (status == CY_END)
        return call_here(local, folder, method, target, body, arena, http_status, answer, error);
    if (status != CY_OK)
        return status;
    close(connection);
    return call_server(socket_path, method, target, body, arena, http_status, answer, error);
}

enum cy_status cy_local_ask(const struct cy_local *local, const char *method, const char *target, struct cy_str body,
                            struct cy_arena *arena, struct cy_str *answer, struct cy_error *error)
{
    int http_status;
    enum cy_status status = cy_local_call(local, method, target, body, arena, &http_status, answer, error);
    if (status != CY_OK || (http_status >= 200 && http_status < 300))
        return status;
    yyjson_doc *json = yyjson_read(answer->data, answer->size, 0);
    yyjson_val *root = yyjson_doc_get_root(json);
    const char *detail = yyjson_get_str(yyjson_obj_get(root, "detail"));
    if (detail == NULL)
        detail = yyjson_get_str(yyjson_obj_get(root, "error"));
    cy_error_set(error, CY_FAILED, "%s", detail != NULL ? detail : cy_arena_printf(arena, "the server answered %d", http_status));
    yyjson_doc_free(json);
    return CY_FAILED;
}
