#include "server/app.h"

#include "base/files.h"

#include <stdlib.h>

/* What a row worker may read: the objects, and their copies where they lie elsewhere. */
static enum cy_status open_rows(struct cy_app *app, struct cy_error *error)
{
    static const char *const names[] = {"objects", "cache"};
    const char **folders = cy_arena_zero(&app->arena, (CY_COUNT(names) + 1) * sizeof *folders);
    enum cy_status status = CY_OK;
    for (size_t i = 0; i < CY_COUNT(names) && status == CY_OK; i++) {
        char *path = cy_path_join(&app->arena, app->options.data_folder, names[i]);
        status = cy_make_folders(path, error);
        folders[i] = path;
    }
    if (status == CY_OK)
        cy_rows_workers_open(&app->rows, &(struct cy_rows_workers_options){.folders = folders});
    return status;
}

/* The data folder's name from the root on: a row worker has another folder of its own. */
static enum cy_status find_data_folder(struct cy_app *app, struct cy_error *error)
{
    char *path = realpath(app->options.data_folder, NULL);
    if (path == NULL)
        return cy_error_errno(error, "find", app->options.data_folder);
    app->options.data_folder = cy_arena_text(&app->arena, path);
    free(path);
    return CY_OK;
}

enum cy_status cy_app_open(struct cy_app *app, const struct cy_app_options *options, struct cy_error *error)
{
    *app = (struct cy_app){.options = *options};
    struct cy_store_options store = {.data_folder = options->data_folder, .database_url = options->database_url};
    enum cy_status status = cy_store_open(&app->store, &store, error);
    if (status == CY_OK)
        status = find_data_folder(app, error);
    struct cy_objects_options objects = {
        .data_folder = app->options.data_folder, .url = options->objects_url, .cache_bytes_max = options->cache_bytes_max};
    if (status == CY_OK)
        status = cy_objects_open(&app->objects, &objects, error);
    if (status == CY_OK)
        status = cy_hub_open(&app->hub, app->store, app->objects, error);
    if (status == CY_OK && options->oidc.issuer != NULL)
        status = cy_oidc_open(&app->oidc, &options->oidc, error);
    if (status == CY_OK)
        app->answers = cy_answer_cache_new();
    if (status == CY_OK)
        status = open_rows(app, error);
    if (status != CY_OK)
        cy_app_close(app);
    return status;
}

void cy_app_close(struct cy_app *app)
{
    cy_rows_workers_close(app->rows);
    app->rows = NULL;
    cy_answer_cache_free(app->answers);
    app->answers = NULL;
    cy_oidc_close(app->oidc);
    app->oidc = NULL;
    cy_hub_close(app->hub);
    app->hub = NULL;
    if (app->objects != NULL)
        cy_objects_close(app->objects);
    if (app->store != NULL)
        cy_store_close(app->store);
    app->objects = NULL;
    app->store = NULL;
    cy_arena_release(&app->arena);
}

struct cy_objects *cy_app_objects(struct cy_app *app)
{
    return app->objects;
}
