#include "hub/hub.h"

#include "hub/authenticate_cache.h"
#include "hub/git_objects.h"
#include "hub/passwords.h"
#include "hub/uses.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum cy_status cy_refuse(struct cy_outcome *outcome, enum cy_refusal refusal, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    outcome->refusal = refusal;
    outcome->error.status = CY_BAD_INPUT;
    outcome->error.hint[0] = '\0';
    vsnprintf(outcome->error.message, sizeof outcome->error.message, format, arguments);
    va_end(arguments);
    return CY_BAD_INPUT;
}

/* The key is made once; when two processes make it at the same time, the first one's stays. */
static enum cy_status find_sign_key(struct cy_database *database, void *context, struct cy_error *error)
{
    struct cy_hub *hub = context;
    struct cy_arena arena = {0};
    struct cy_result rows;
    uint8_t made[CY_SIGN_KEY_BYTES];
    char hex[2 * CY_SIGN_KEY_BYTES + 1];
    CY_ASSERT(getrandom(made, sizeof made, 0) == sizeof made);
    cy_hex(made, sizeof made, hex);
    enum cy_status status =
        CY_RUN(database, CY_SQL_setting_add, &arena, NULL, error, cy_value_text(CY_STR("sign_key")), cy_value_text(cy_str(hex)));
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_setting_get, &arena, &rows, error, cy_value_text(CY_STR("sign_key")));
    if (status == CY_OK && (rows.row_count != 1 || !cy_hex_parse(cy_result_text(&rows, 0, 0), hub->sign_key, CY_SIGN_KEY_BYTES)))
        status = cy_error_set(error, CY_FAILED, "the setting \"sign_key\" is damaged: it is not 64 hex digits");
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_hub_open(struct cy_hub **hub, struct cy_store *store, struct cy_objects *objects, struct cy_error *error)
{
    *hub = cy_alloc_zero(1, sizeof **hub);
    **hub = (struct cy_hub){.store = store, .objects = objects, .tokens = cy_hub_tokens_make(), .login_limits = cy_login_limits_make()};
    cy_puts_init(&(*hub)->puts);
    cy_turnstile_init(&(*hub)->password_turnstile, CY_PASSWORDS_AT_ONCE, CY_PASSWORDS_WAITING, CY_PASSWORD_WAIT_MS);
    (*hub)->uses = cy_uses_open(store);
    enum cy_status status = cy_store_write(store, 0, find_sign_key, *hub, error);
    if (status != CY_OK) {
        cy_hub_close(*hub);
        *hub = NULL;
    }
    return status;
}

void cy_hub_close(struct cy_hub *hub)
{
    if (hub == NULL)
        return;
    cy_uses_close(hub->uses);
    cy_hub_tokens_free(hub->tokens);
    cy_login_limits_free(hub->login_limits);
    cy_turnstile_free(&hub->password_turnstile);
    cy_puts_free(&hub->puts);
    free(hub);
}
