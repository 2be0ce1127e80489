/* The tree builder's state, shared by html_tree.c (elements), html_text.c (text) and html_head.c (what the head says). Private to them. */
#ifndef CY_HTML_BUILDER_H
#define CY_HTML_BUILDER_H

#include "html/html_tokens.h"
#include "html/html_tree.h"

struct open_element {
    uint32_t node;    /* its own, or its nearest ancestor's that has one */
    uint32_t block;   /* nearest node that makes blocks */
    uint32_t context; /* enum cy_html_context */
    uint8_t tag;
    bool has_node;
    bool closed; /* a formatting element whose end tag came while blocks were open in it */
};

enum gap { GAP_NONE, GAP_SPACE, GAP_LINE }; /* what stands between the text so far and the next character */

struct builder {
    struct cy_html_tree *tree;
    struct cy_arena *arena;
    const char *at, *end;
    struct open_element stack[CY_HTML_DEPTH_MAX];
    size_t depth;                       /* open elements on the stack */
    size_t overflow;                    /* open elements beyond it */
    uint32_t open_counts[CY_TAG_COUNT]; /* on the stack, not closed */
    uint32_t bold_count;                /* open bold elements */
    bool block_open;                    /* the last block still takes text */
    bool after_link;                    /* the last that was written ended a link: an adjacent link is another word */
    enum gap gap;
    bool blank_line;      /* a GAP_LINE in pre that is two line ends */
    uint32_t indent;      /* spaces after the last line end, in pre */
    uint32_t image_count; /* since the last block */
};

static inline struct open_element *top_of(struct builder *builder)
{
    return &builder->stack[builder->depth - 1];
}

/* html_text.c */
void cy_html_begin_text(struct builder *builder);
void cy_html_add_text(struct builder *builder, const char *at, const char *end);
void cy_html_close_block(struct builder *builder);

/* html_head.c */
void cy_html_read_meta(struct cy_html_head *head, const struct cy_html_attributes *attributes);
void cy_html_read_json_ld(struct cy_html_head *head, struct cy_str json);
/* The type named by the last part of a schema.org address; 0: none that matters. */
uint32_t cy_html_schema_of(struct cy_str type);

#endif
