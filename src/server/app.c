#include "server/app.h"

enum cy_status cy_app_open(struct cy_app *app, const struct cy_app_options *options, struct cy_error *error)
{
    *app = (struct cy_app){.options = *options};
    struct cy_store_options store = {.data_folder = options->data_folder, .database_url = options->database_url};
    struct cy_objects_options objects = {
        .data_folder = options->data_folder, .url = options->objects_url, .cache_bytes_max = options->cache_bytes_max};
    enum cy_status status = cy_store_open(&app->store, &store, error);
    if (status == CY_OK)
        status = cy_objects_open(&app->objects, &objects, error);
    if (status == CY_OK)
        status = cy_hub_open(&app->hub, app->store, app->objects, error);
    if (status != CY_OK)
        cy_app_close(app);
    return status;
}

void cy_app_close(struct cy_app *app)
{
    cy_hub_close(app->hub);
    app->hub = NULL;
    if (app->objects != NULL)
        cy_objects_close(app->objects);
    if (app->store != NULL)
        cy_store_close(app->store);
    app->objects = NULL;
    app->store = NULL;
}

struct cy_objects *cy_app_objects(struct cy_app *app)
{
    return app->objects;
}
