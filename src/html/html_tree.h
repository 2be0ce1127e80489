/* A page as the extractor sees it: its elements in document order, and its text cut into blocks.
 *
 *     html ─ tags, attributes, text ─▶ nodes[] (elements that make blocks; a subtree is a run of nodes, [node, node.end))
 *                                      blocks[] (runs of text between two block edges; a subtree's blocks are a run too)
 *                                      text     (all blocks' text end to end: entities decoded, white space collapsed)
 *
 * This is not the tree of the HTML standard, which keeps every element and repairs every mistake in an order that costs time (lexbor builds
 * it at half of our speed, bench/html.md); it keeps what scoring needs: the same text in the same order, cut at the same edges.
 * Where elements are closed by mistake or not at all, it follows section 13.2.6 (implied end tags, scopes, p inside p, formatting elements
 * that end across blocks); text that stands in a table outside of its cells stays where it is. Memory and time are linear in the page. */
#ifndef CY_HTML_TREE_H
#define CY_HTML_TREE_H

#include "base/arena.h"
#include "base/error.h"
#include "html/html_hints.h"
#include "html/html_tags.h"

enum {
    CY_HTML_DEPTH_MAX = 512,        /* as Chromium: an element deeper than this is put beside its ancestor */
    CY_HTML_DEPTH_READABLE = 50000, /* a page that opens more elements at once than this was made to harm: unreadable */
    CY_HTML_ELEMENTS_MAX = 2000000, /* the largest single-page manuals have some 700,000; bounds the memory of a page to 300 MiB */
};

/* Where an element stands: which elements (or roles) it has among its ancestors or is itself. */
enum cy_html_context {
    CY_IN_NAV = 1 << 0,
    CY_IN_HEADER = 1 << 1,
    CY_IN_FOOTER = 1 << 2,
    CY_IN_ASIDE = 1 << 3,
    CY_IN_MAIN = 1 << 4,
    CY_IN_ARTICLE = 1 << 5,
    CY_IN_FORM = 1 << 6,
    CY_IN_TABLE = 1 << 7,
    CY_IN_LIST = 1 << 8,
    CY_IN_FIGURE = 1 << 9,
    CY_IN_HIDDEN = 1 << 10, /* hidden, display:none, visibility:hidden */
    CY_IN_ARIA_HIDDEN = 1 << 11,
    CY_IN_BUTTON = 1 << 12, /* button, label, role=button */
    CY_IN_PRE = 1 << 13,
    CY_IN_QUOTE = 1 << 14,
    CY_IN_DETAILS = 1 << 15,
    CY_IN_DIALOG = 1 << 16,
    CY_IN_TEMPLATE = 1 << 17,
    CY_IN_ADDRESS = 1 << 18,
    CY_IN_HEADING = 1 << 19,
    CY_IN_ITEMPROP_TEXT = 1 << 20, /* itemprop articleBody, description, text, reviewBody */
    CY_IN_CELL = 1 << 21,
    CY_IN_ITEM = 1 << 22, /* li, dt, dd */
    CY_IN_ARIA_MODAL = 1 << 23,
    CY_IN_COMPLEMENTARY = 1 << 24, /* role=complementary */
    CY_IN_COMMENT = 1 << 25,       /* itemtype Comment, Answer, … */
    CY_IN_DROP = 1 << 26,          /* text here is never content: select, audio, … */
    CY_IN_NOSCRIPT = 1 << 27,      /* for readers without scripts: on some forums the whole thread */
};

/* Sum of what the names in class, id and role say about an element, and about its ancestors (html_hints.h); units of 1/16 nat. */
struct cy_html_hint {
    int16_t own;    /* of the element itself: the mean of its names */
    int16_t lowest; /* among the element and its ancestors */
    int16_t highest;
    int16_t nearest; /* of the nearest element that says anything */
    int16_t sum;     /* over all of them, clipped */
};

struct cy_html_node {
    uint32_t parent;      /* index; the root is its own parent */
    uint32_t end;         /* nodes [this, end) are its subtree */
    uint32_t block_first; /* blocks [block_first, block_end) stand in it */
    uint32_t block_end;
    uint32_t context;                 /* enum cy_html_context, its own and inherited */
    uint32_t kind;                    /* hash of tag and class: repeated siblings have the same */
    uint32_t class_offset, id_offset; /* into html; for learning hints */
    uint16_t class_size, id_size;
    uint16_t depth;
    uint8_t tag; /* enum cy_tag */
    struct cy_html_hint hint;
};

struct cy_html_block {
    uint32_t node;                   /* the innermost element that makes blocks */
    uint32_t inner;                  /* the innermost element of all where its text begins */
    uint32_t text_offset, text_size; /* into text */
    uint32_t link_bytes;             /* of its text in links */
    uint32_t bold_bytes;
    uint32_t link_count;
    uint32_t break_count; /* br */
    uint32_t image_count; /* images before it, since the block before */
    uint32_t context;     /* of inner */
    uint8_t inner_tag;
};

/* What the head says. Strings are borrowed from html or owned by the arena that was given to cy_html_parse. */
struct cy_html_head {
    struct cy_str title; /* decoded; <title>, else og:title */
    struct cy_str og_title;
    struct cy_str language; /* <html lang>, raw */
    struct cy_str og_type;
    struct cy_str date;    /* article:published_time or the like, raw */
    uint32_t schema_types; /* enum cy_html_schema of JSON-LD and itemtype */
};

enum cy_html_schema {
    CY_SCHEMA_ARTICLE = 1 << 0, /* Article, NewsArticle, BlogPosting, … */
    CY_SCHEMA_PRODUCT = 1 << 1,
    CY_SCHEMA_LIST = 1 << 2,  /* ItemList, CollectionPage, OfferCatalog */
    CY_SCHEMA_FORUM = 1 << 3, /* DiscussionForumPosting, QAPage, Question */
    CY_SCHEMA_FAQ = 1 << 4,
    CY_SCHEMA_SERVICE = 1 << 5, /* Service, LocalBusiness, … */
    CY_SCHEMA_RECIPE = 1 << 6,
    CY_SCHEMA_TECH = 1 << 7, /* TechArticle, APIReference, HowTo, SoftwareApplication */
};

struct cy_html_tree {
    struct cy_str html; /* borrowed */
    struct cy_html_node *nodes;
    size_t node_count, node_capacity;
    struct cy_html_block *blocks;
    size_t block_count, block_capacity;
    struct cy_buffer text;
    struct cy_html_head head;
    size_t element_count; /* elements met, those without a node too */
    size_t depth_max;     /* most elements open at once */
    struct cy_tag_index tags;
    struct cy_html_hint_index hints;
};

/* Life cycle: init once a thread, parse any number of pages, release. */
void cy_html_tree_init(struct cy_html_tree *tree);
void cy_html_tree_release(struct cy_html_tree *tree);
/* Reads a page (UTF-8, at most 4 GiB; borrowed as long as the tree is used). The tree's arrays hold until the next call.
 * Errors: CY_BAD_INPUT with "html_too_deep: …" or "html_too_large: …". */
enum cy_status cy_html_parse(struct cy_html_tree *tree, struct cy_str html, struct cy_arena *arena, struct cy_error *error);

/* Decodes the references of a short text (title, attribute) and collapses its white space, into the arena. */
struct cy_str cy_html_decode_text(struct cy_arena *arena, struct cy_str raw);

static inline struct cy_str cy_html_block_text(const struct cy_html_tree *tree, const struct cy_html_block *block)
{
    return (struct cy_str){tree->text.data + block->text_offset, block->text_size};
}

#endif
