/* What a hub reads from outside: a card's head, a stored folder, paths and names. The first byte chooses. Whatever is accepted can be
 * written again, and is then the same. */
#include "hub/card_head.h"
#include "hub/hub_names.h"
#include "hub/listings.h"

#include <yyjson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void read_card(struct cy_str text, struct cy_arena *arena)
{
    struct cy_card_head head;
    struct cy_error error = {0};
    if (cy_card_head_read(text, arena, &head, &error) != CY_OK) {
        CY_ASSERT(error.message[0] != '\0');
        return;
    }
    CY_ASSERT(head.tag_count <= CY_CARD_TAGS_MAX && head.title.size <= CY_CARD_TITLE_BYTES_MAX);
    if (!head.is_there)
        return;
    yyjson_doc *document = yyjson_read(head.json.data, head.json.size, YYJSON_READ_NOFLAG); /* it is JSON, whatever the YAML was */
    CY_ASSERT(document != NULL && yyjson_is_obj(yyjson_doc_get_root(document)));
    yyjson_doc_free(document);
}

static void read_listing(struct cy_str content, struct cy_arena *arena)
{
    struct cy_listing listing;
    struct cy_error error = {0};
    if (cy_listing_read(content, arena, &listing, &error) != CY_OK) {
        CY_ASSERT(error.message[0] != '\0');
        return;
    }
    struct cy_buffer tree = {0};
    cy_listing_git_tree(&listing, &tree);
    for (size_t i = 0; i < listing.entry_count; i++)
        cy_listing_find(&listing, listing.entries[i].name);
    cy_buffer_release(&tree);
}

static void check_path(struct cy_str path)
{
    struct cy_error error = {0};
    if (cy_path_check(path, &error) == CY_OK) {
        CY_ASSERT(path.size > 0 && path.data[0] != '/' && path.data[path.size - 1] != '/');
        CY_ASSERT(memchr(path.data, 0, path.size) == NULL && memmem(path.data, path.size, "//", 2) == NULL);
    } else {
        CY_ASSERT(error.message[0] != '\0');
    }
    cy_account_name_check(path, &error);
    cy_repository_name_check(path, &error);
    cy_ref_name_check(path, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes == 0)
        return 0;
    struct cy_arena arena = {0};
    struct cy_str rest = {(const char *)data + 1, size_bytes - 1};
    if (data[0] % 3 == 0)
        read_card(rest, &arena);
    else if (data[0] % 3 == 1)
        read_listing(rest, &arena);
    else
        check_path(rest);
    cy_arena_release(&arena);
    return 0;
}
