#include "hub/repository_card.h"

#include "hub/hub_names.h"

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
                        cy_value_text(cy_name_key(&arena, cy_buffer_str(&search))));
    cy_buffer_release(&search);
    cy_arena_release(&arena);
    return status;
}
