/* How commands beside a server ask and write: through DATA/ciyuan.sock when a server runs, else by running the same handler in this
 * process, which then holds the lock of the data folder for as long as it takes. */
#ifndef CY_CLI_LOCAL_CALL_H
#define CY_CLI_LOCAL_CALL_H

#include "base/arena.h"
#include "base/error.h"

#define CY_DATA_FOLDER_DEFAULT "ciyuan-data"

/* The folder that was given, else that of $CIYUAN_DATA, else CY_DATA_FOLDER_DEFAULT. */
const char *cy_data_folder(const char *given);

struct cy_local {
    const char *data_folder;  /* NULL: cy_data_folder */
    const char *database_url; /* as `serve` has it; looked at only when nothing serves */
    const char *objects_url;
};
/* One request as the owner of the folder, who may do what an admin may.
 *   target    "/api/v1/users?name=a", escaped
 *   body      JSON, or empty
 *   answer    out: its body, owned by arena, with a 0 byte behind it
 * Returns CY_OK whenever there is an answer, whatever its status; CY_FAILED and CY_IO when there is none. */
enum cy_status cy_local_call(const struct cy_local *local, const char *method, const char *target, struct cy_str body,
                             struct cy_arena *arena, int *http_status, struct cy_str *answer, struct cy_error *error);
/* The same, and an answer that is not 2xx is the error: CY_FAILED with the answer's words. */
enum cy_status cy_local_ask(const struct cy_local *local, const char *method, const char *target, struct cy_str body,
                            struct cy_arena *arena, struct cy_str *answer, struct cy_error *error);

#endif
