/* A page → its main content as plain text. docs/extract.md explains how and why. */
#ifndef CY_HTML_EXTRACT_H
#define CY_HTML_EXTRACT_H

#include "base/arena.h"
#include "base/error.h"

struct cy_html_options {
    double favour; /* beta of the F measure that the choice of blocks maximises: 1 balanced, below it precision, above it recall */
    bool include_tables;
};

/* What was found. Strings belong to the arena that was given. */
struct cy_html_page {
    struct cy_str text;     /* a paragraph, heading or list item a line; see docs/extract.md */
    struct cy_str title;    /* empty: none */
    struct cy_str language; /* as <html lang> says */
    struct cy_str date;     /* as the page says: article:published_time, datePublished */
    size_t chars;           /* code points of text */
    double link_share;      /* of the text's bytes, those in links */
    double page_share;      /* of the words on the page, those kept */
    double score;           /* 0…1: the word F1 that the model expects of this text */
};

/* One thread's extractor: its memory is used again from page to page, and bounded. */
struct cy_html_extractor;
struct cy_html_extractor *cy_html_extractor_new(void);
void cy_html_extractor_free(struct cy_html_extractor *extractor);

/* Extracts a page in UTF-8 of less than 4 GiB; html is borrowed for the call. An empty page gives an empty text, never an error.
 * Errors: CY_BAD_INPUT with "html_too_deep: …" or "html_too_large: …" (limits: html_tree.h). */
enum cy_status cy_html_extract(struct cy_html_extractor *extractor, const struct cy_html_options *options, struct cy_str html,
                               struct cy_arena *arena, struct cy_html_page *out, struct cy_error *error);

/* Whether text of an unknown type is HTML: it begins with a tag or declaration, or its first 4 KiB hold a tag of structure. */
bool cy_html_sniff(struct cy_str text);

#endif
