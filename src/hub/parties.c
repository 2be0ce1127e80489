#include "hub/parties.h"

#include "hub/git_objects.h"
#include "hub/hub_names.h"

#include <yyjson.h>

enum cy_status cy_parties_find_report(struct cy_database *database, struct cy_str repository_id, struct cy_str tree, struct cy_arena *arena,
                                      bool *found, char sha256[65], struct cy_error *error)
{
    struct cy_entry entry;
    enum cy_status status = cy_version_entry(database, repository_id, tree, CY_STR("build.json"), arena, found, &entry, error);
    *found = status == CY_OK && *found && !entry.is_folder && entry.size_bytes <= CY_PARTIES_REPORT_BYTES_MAX;
    if (*found)
        cy_hex(entry.sha256, CY_SHA256_BYTES, sha256);
    return status;
}

static const struct cy_confirmation *confirmation_of(const struct cy_confirmation *confirmations, size_t count, struct cy_str name,
                                                     struct cy_arena *arena)
{
    struct cy_str key = cy_name_key(arena, name);
    for (size_t i = 0; i < count; i++)
        if (cy_str_equal(confirmations[i].party, key))
            return &confirmations[i];
    return NULL;
}

void cy_parties_merge(struct cy_str report, const struct cy_confirmation *confirmations, size_t confirmation_count, struct cy_arena *arena,
                      struct cy_party **parties, size_t *count)
{
    yyjson_doc *document = report.size > 0 ? yyjson_read(report.data, report.size, YYJSON_READ_NOFLAG) : NULL;
    yyjson_val *rows = yyjson_obj_get(yyjson_doc_get_root(document), "parties"), *row;
    size_t i, row_count, listed_max = CY_MIN(yyjson_arr_size(rows), (size_t)CY_PARTIES_MAX);
    *parties = cy_arena_alloc(arena, (listed_max + confirmation_count + 1) * sizeof **parties);
    bool *is_named = cy_arena_zero(arena, confirmation_count + 1);
    *count = 0;
    yyjson_arr_foreach(rows, i, row_count, row)
    {
        yyjson_val *name = yyjson_obj_get(row, "name");
        if (*count >= listed_max || !yyjson_is_str(name) || yyjson_get_len(name) == 0)
            continue;
        struct cy_str text = cy_arena_str(arena, (struct cy_str){yyjson_get_str(name), yyjson_get_len(name)});
        const struct cy_confirmation *confirmation = confirmation_of(confirmations, confirmation_count, text, arena);
        if (confirmation != NULL)
            is_named[confirmation - confirmations] = true;
        (*parties)[(*count)++] = (struct cy_party){text, yyjson_get_uint(yyjson_obj_get(row, "kept")), confirmation};
    }
    yyjson_doc_free(document);
    for (i = 0; i < confirmation_count; i++)
        if (!is_named[i])
            (*parties)[(*count)++] = (struct cy_party){.name = confirmations[i].party, .confirmation = &confirmations[i]};
}
