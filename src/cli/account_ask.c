#include "cli/account_ask.h"

#include <yyjson.h>

int cy_accounts_ask(const struct cy_local *local, const char *method, const char *target, struct cy_buffer *body, struct cy_arena *arena,
                    struct cy_str *answer)
{
    struct cy_error error;
    enum cy_status status = cy_local_ask(local, method, target, cy_buffer_str(body), arena, answer, &error);
    cy_buffer_release(body);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}

const char *cy_accounts_escape(struct cy_arena *arena, const char *name)
{
    struct cy_buffer out = {0};
    for (; *name != '\0'; name++)
        if (strchr("-._~", *name) != NULL || (*name >= '0' && *name <= '9') || ((*name | 32) >= 'a' && (*name | 32) <= 'z'))
            cy_buffer_add_byte(&out, (uint8_t)*name);
        else
            cy_buffer_printf(&out, "%%%02X", (uint8_t)*name);
    struct cy_str text = cy_arena_str(arena, cy_buffer_str(&out));
    cy_buffer_release(&out);
    return text.size > 0 ? text.data : "";
}

struct cy_str cy_accounts_member(struct cy_str answer, const char *name, struct cy_arena *arena)
{
    yyjson_doc *document = yyjson_read(answer.data, answer.size, YYJSON_READ_NOFLAG);
    yyjson_val *value = yyjson_obj_get(yyjson_doc_get_root(document), name);
    struct cy_str text =
        yyjson_is_str(value) ? cy_arena_str(arena, (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)}) : CY_STR("");
    yyjson_doc_free(document);
    return text;
}
