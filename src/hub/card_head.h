/* The head of a dataset's card: the YAML between the first two lines "---" of README.md, read by libfyaml (YAML 1.2, core schema).
 *
 *     README.md ─▶ JSON (what clients get as cardData) + tags (what they filter by) + title
 *
 * Clients send filters as tags: "license:mit", "language:zh", "task_categories:…", "task_ids:…", "size_categories:…", and the bare
 * values of `tags`. Pure. */
#ifndef CY_HUB_CARD_HEAD_H
#define CY_HUB_CARD_HEAD_H

#include "base/arena.h"
#include "base/error.h"

enum {
    CY_CARD_BYTES_MAX = 4 << 20,      /* of README.md; a longer one has no head for us */
    CY_CARD_JSON_BYTES_MAX = 1 << 20, /* aliases can make much out of little */
    CY_CARD_TAGS_MAX = 500,
    CY_CARD_TAG_BYTES_MAX = 200,
    CY_CARD_TITLE_BYTES_MAX = 300,
    CY_CARD_BODY_BYTES_MAX = 64 << 10, /* what the search reads */
};

struct cy_card_head {
    bool is_there;       /* README.md has a head */
    struct cy_str json;  /* an object; empty when there is no head */
    struct cy_str body;  /* the text below the head, CY_CARD_BODY_BYTES_MAX of it */
    struct cy_str title; /* pretty_name, or the first heading of the text below; may be empty */
    struct cy_str *tags; /* in the order of the card, each once */
    size_t tag_count;
};

/* All of *head lives in arena. CY_BAD_INPUT, with line and column, when the head is no YAML, is no map, or is too large. */
enum cy_status cy_card_head_read(struct cy_str readme, struct cy_arena *arena, struct cy_card_head *head, struct cy_error *error);

#endif
