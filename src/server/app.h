/* What handlers work with: the store, the objects, the options. One a process; handlers run on many threads, so what changes here is
 * guarded by what it is. */
#ifndef CY_SERVER_APP_H
#define CY_SERVER_APP_H

#include "hub/hub.h"
#include "hub/oidc.h"
#include "hub/rows_worker.h"
#include "server/answer_cache.h"
#include "server/http.h"
#include "store/database.h"

struct cy_app_options {
    const char *data_folder;
    const char *database_url;    /* NULL: SQLite in data_folder */
    const char *objects_url;     /* NULL: on disk in data_folder */
    uint64_t cache_bytes_max;    /* of S3 objects on disk; 0: the default */
    struct cy_oidc_options oidc; /* issuer NULL: nobody logs in elsewhere */
    const char *web_folder;      /* a folder served in place of the embedded page; NULL: the embedded one */
};

struct cy_app {
    struct cy_arena arena; /* of what lives as long as the app */
    struct cy_app_options options;
    struct cy_store *store;
    struct cy_objects *objects;
    struct cy_hub *hub;
    struct cy_oidc *oidc;          /* NULL: there is no login provider */
    struct cy_rows_workers *rows;  /* answer questions about rows */
    _Atomic uint64_t forget_count; /* how often kept answers about rows were forgotten: rows.h */
    struct cy_answer_cache *answers;
    struct cy_server *server; /* NULL when a command runs handlers in its own process */
};

/* Opens the store (migrations run) and the objects. */
enum cy_status cy_app_open(struct cy_app *app, const struct cy_app_options *options, struct cy_error *error);
void cy_app_close(struct cy_app *app); /* after the server was stopped */

struct cy_objects *cy_app_objects(struct cy_app *app);

/* Every route, ended by a NULL method: routes.h. */
extern const struct cy_route cy_routes[];

#endif
