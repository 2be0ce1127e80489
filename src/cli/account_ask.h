/* What the commands `user`, `token` and `org` share: they ask the server beside them, or do it in this process when nothing serves. */
#ifndef CY_CLI_ACCOUNT_ASK_H
#define CY_CLI_ACCOUNT_ASK_H

#include "cli/local_call.h"
#include "cli/options.h"

#define CY_LOCAL_OPTIONS(local)                                                                                                            \
    CY_OPT_TEXT("data", &(local).data_folder, "DIR", "the server's data folder ($CIYUAN_DATA, then " CY_DATA_FOLDER_DEFAULT ")"),          \
        CY_OPT_TEXT("database", &(local).database_url, "URL", "as `ciyuan serve` has it, when nothing serves")

/* One request; prints the error, or nothing. Returns the exit status. answer: owned by arena. */
int cy_accounts_ask(const struct cy_local *local, const char *method, const char *target, struct cy_buffer *body, struct cy_arena *arena,
                    struct cy_str *answer);
/* A name as a part of a target. */
const char *cy_accounts_escape(struct cy_arena *arena, const char *name);
/* The text at `name` in the answer, a JSON object; in arena. */
struct cy_str cy_accounts_member(struct cy_str answer, const char *name, struct cy_arena *arena);

#endif
