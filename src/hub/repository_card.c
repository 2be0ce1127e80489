#include "hub/repository_card.h"

#include "hub/hub_names.h"
#include "hub/repositories.h"
#include "hub/search_index.h"

enum cy_status cy_repository_set_card(struct cy_database *database, struct cy_str repository_id, const struct cy_card_head *card,
                                      struct cy_error *error)
{
    static const struct cy_card_head none = {0};
    struct cy_arena arena = {0};
    struct cy_buffer search = {0};
    if (card == NULL)
        card = &none;
    enum cy_status status = CY_RUN(database, CY_SQL_repository_tags_clear, &arena, NULL, error, cy_value_text(repository_id));
    cy_buffer_add_str(&search, card->title);
    for (size_t i = 0; i < card->tag_count; i++) {
        cy_buffer_add_byte(&search, '\n');
        cy_buffer_add_str(&search, card->tags[i]);
        if (status == CY_OK)
            status = CY_RUN(database, CY_SQL_repository_tag_add, &arena, NULL, error, cy_value_text(repository_id),
                            cy_value_text(card->tags[i]), cy_value_integer((int64_t)i));
    }
    if (status == CY_OK)
        status = CY_RUN(database, CY_SQL_repository_set_card, &arena, NULL, error, cy_value_text(repository_id),
                        cy_value_text_or_null(card->json), cy_value_text(card->title),
                        cy_value_text(cy_name_key(&arena, cy_buffer_str(&search))), cy_value_text_or_null(card->body));
    if (status == CY_OK)
        status = cy_repository_index(database, repository_id, error);
    cy_buffer_release(&search);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_repository_index(struct cy_database *database, struct cy_str repository_id, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_result rows;
    struct cy_str *tags;
    size_t tag_count;
    enum cy_status status = CY_RUN(database, CY_SQL_repository_document, &arena, &rows, error, cy_value_text(repository_id));
    if (status == CY_OK && rows.row_count == 0)
        status = cy_error_set(error, CY_FAILED, "there is no repository %.*s to index", (int)repository_id.size, repository_id.data);
    if (status == CY_OK)
        status = cy_repository_tags(database, repository_id, &arena, &tags, &tag_count, error);
    if (status == CY_OK) {
        struct cy_search_document document = {
            .repository_id = repository_id,
            .namespace_id = cy_result_text(&rows, 0, 0),
            .namespace_name = cy_result_text(&rows, 0, 1),
            .name = cy_result_text(&rows, 0, 2),
            .title = cy_result_text(&rows, 0, 3),
            .body = cy_result_text(&rows, 0, 4),
            .is_public = cy_str_is(cy_result_text(&rows, 0, 5), "public"),
            .tags = tags,
            .tag_count = tag_count,
        };
        status = cy_search_put(database, &document, error);
    }
    cy_arena_release(&arena);
    return status;
}
