#include "hub/search_index.h"

#include "hub/search_terms.h"

#include <stdlib.h>

/* How much a word counts by where it stands. */
enum { WEIGHT_NAME = 12, WEIGHT_TITLE = 10, WEIGHT_TAG = 8, WEIGHT_NAMESPACE = 6, WEIGHT_BODY = 1, WEIGHT_PLAIN = 1 };

static void document_terms(const struct cy_search_document *document, struct cy_terms *terms)
{
    cy_terms_add_text(terms, document->name, WEIGHT_NAME);
    cy_terms_add_text(terms, document->title, WEIGHT_TITLE);
    cy_terms_add_text(terms, document->namespace_name, WEIGHT_NAMESPACE);
    for (size_t i = 0; i < document->tag_count; i++) {
        struct cy_str value, key = cy_str_split(document->tags[i], ':', &value);
        cy_terms_add_text(terms, value.size > 0 ? value : key, WEIGHT_TAG);
        cy_terms_add(terms, CY_TERM_TAG, document->tags[i], WEIGHT_PLAIN);
    }
    struct cy_str body = {document->body.data, CY_MIN(document->body.size, CY_SEARCH_BODY_BYTES_MAX)};
    cy_terms_add_text(terms, body, WEIGHT_BODY);
    cy_terms_add(terms, CY_TERM_NAMESPACE, document->namespace_id, WEIGHT_PLAIN);
    cy_terms_add(terms, CY_TERM_ALL, CY_STR(""), WEIGHT_PLAIN);
    if (document->is_public)
        cy_terms_add(terms, CY_TERM_PUBLIC, CY_STR(""), WEIGHT_PLAIN);
    cy_terms_join(terms);
}

/* ---- terms as bytes: size (1 byte), weight (1 byte), text ---- */

static void pack_terms(const struct cy_terms *terms, struct cy_buffer *out)
{
    for (size_t i = 0; i < terms->count; i++) {
        CY_ASSERT(terms->items[i].text.size <= UINT8_MAX);
        cy_buffer_add_byte(out, (uint8_t)terms->items[i].text.size);
        cy_buffer_add_byte(out, (uint8_t)terms->items[i].weight);
        cy_buffer_add_str(out, terms->items[i].text);
    }
}

/* The next of packed terms; false at the end. */
static bool unpack_term(struct cy_str *packed, struct cy_term *term)
{
    if (packed->size < 2 || packed->size < 2 + (size_t)(uint8_t)packed->data[0])
        return false;
    size_t size = (uint8_t)packed->data[0];
    *term = (struct cy_term){{packed->data + 2, size}, (uint8_t)packed->data[1]};
    *packed = (struct cy_str){packed->data + 2 + size, packed->size - 2 - size};
    return true;
}

/* ---- blocks: postings in rising order, number in the block << 4 | weight ---- */

/* Sets (weight > 0) or clears the posting of `slot`. */
static void change_block(struct cy_str before, uint32_t slot, uint32_t weight, struct cy_buffer *after)
{
    bool placed = weight == 0;
    uint16_t own = (uint16_t)(slot << 4 | weight), posting;
    for (size_t i = 0; i + 2 <= before.size; i += 2) {
        memcpy(&posting, before.data + i, 2);
        if (!placed && (uint32_t)(posting >> 4) >= slot) {
            cy_buffer_add(after, &own, 2);
            placed = true;
        }
        if ((uint32_t)(posting >> 4) != slot)
            cy_buffer_add(after, &posting, 2);
    }
    if (!placed)
        cy_buffer_add(after, &own, 2);
}

static enum cy_status change_posting(struct cy_database *database, struct cy_str term, int64_t number, uint32_t weight,
                                     struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_buffer content = {0};
    struct cy_result rows;
    int64_t block = number / CY_SEARCH_BLOCK;
    enum cy_status status = CY_RUN(database, CY_SQL_search_block_get, &arena, &rows, error, cy_value_bytes(term), cy_value_integer(block));
    if (status == CY_OK) {
        change_block(rows.row_count > 0 ? cy_result_text(&rows, 0, 0) : CY_STR(""), (uint32_t)(number % CY_SEARCH_BLOCK), weight, &content);
        if (content.size > 0)
            status = CY_RUN(database, CY_SQL_search_block_set, &arena, NULL, error, cy_value_bytes(term), cy_value_integer(block),
                            cy_value_bytes(cy_buffer_str(&content)));
        else
            status = CY_RUN(database, CY_SQL_search_block_remove, &arena, NULL, error, cy_value_bytes(term), cy_value_integer(block));
    }
    cy_buffer_release(&content);
    cy_arena_release(&arena);
    return status;
}

/* Both lists are sorted: what is in one alone, or with another weight, is changed. */
static enum cy_status change_postings(struct cy_database *database, int64_t number, struct cy_str before, const struct cy_terms *after,
                                      struct cy_error *error)
{
    struct cy_term old = {0};
    bool has_old = unpack_term(&before, &old);
    enum cy_status status = CY_OK;
    for (size_t i = 0; status == CY_OK && (has_old || i < after->count);) {
        int order = !has_old ? 1 : i == after->count ? -1 : cy_str_compare(old.text, after->items[i].text);
        if (order < 0)
            status = change_posting(database, old.text, number, 0, error);
        else if (order > 0 || old.weight != after->items[i].weight)
            status = change_posting(database, after->items[i].text, number, after->items[i].weight, error);
        i += order >= 0;
        if (order <= 0)
            has_old = unpack_term(&before, &old);
    }
    return status;
}

/* The document's number and packed terms; number 0 when it is not in the index. */
static enum cy_status find_document(struct cy_database *database, struct cy_str repository_id, struct cy_arena *arena, int64_t *number,
                                    struct cy_str *terms, struct cy_error *error)
{
    struct cy_result rows;
    enum cy_status status = CY_RUN(database, CY_SQL_search_document_get, arena, &rows, error, cy_value_text(repository_id));
    *number = status == CY_OK && rows.row_count > 0 ? cy_result_integer(&rows, 0, 0) : 0;
    *terms = *number > 0 ? cy_result_text(&rows, 0, 1) : CY_STR("");
    return status;
}

enum cy_status cy_search_put(struct cy_database *database, const struct cy_search_document *document, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_terms terms = {0};
    struct cy_buffer packed = {0};
    struct cy_result rows;
    struct cy_str before;
    int64_t number;
    enum cy_status status = find_document(database, document->repository_id, &arena, &number, &before, error);
    if (status == CY_OK && number == 0) {
        status = cy_database_run(database, CY_SQL_search_number_max, NULL, 0, &arena, &rows, error);
        number = status == CY_OK ? cy_result_integer(&rows, 0, 0) + 1 : 0;
    }
    if (status == CY_OK) {
        document_terms(document, &terms);
        status = change_postings(database, number, before, &terms, error);
    }
    if (status == CY_OK) {
        pack_terms(&terms, &packed);
        status = CY_RUN(database, CY_SQL_search_document_set, &arena, NULL, error, cy_value_integer(number),
                        cy_value_text(document->repository_id), cy_value_bytes(cy_buffer_str(&packed)));
    }
    cy_buffer_release(&packed);
    cy_terms_release(&terms);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_search_remove(struct cy_database *database, struct cy_str repository_id, struct cy_error *error)
{
    struct cy_arena arena = {0};
    struct cy_terms none = {0};
    struct cy_str before;
    int64_t number;
    enum cy_status status = find_document(database, repository_id, &arena, &number, &before, error);
    if (status == CY_OK && number > 0) /* the row stays, without terms: the number is not given to another */
        status = change_postings(database, number, before, &none, error);
    if (status == CY_OK && number > 0)
        status = CY_RUN(database, CY_SQL_search_document_set, &arena, NULL, error, cy_value_integer(number), cy_value_text(repository_id),
                        cy_value_bytes(CY_STR("")));
    cy_arena_release(&arena);
    return status;
}
