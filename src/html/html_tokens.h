/* Start tags and what lies between them, read as the HTML Living Standard's tokenizer (section 13.2.5) would, without building tokens of
 * what nobody reads: values of other attributes, comments, scripts, styles and drawings are stepped over at the speed of memchr. */
#ifndef CY_HTML_TOKENS_H
#define CY_HTML_TOKENS_H

#include "html/html_tags.h"

/* The attributes that the extractor reads, raw (references not decoded), borrowed from the page. */
struct cy_html_attributes {
    struct cy_str class_names;
    struct cy_str id;
    struct cy_str role;
    struct cy_str style;
    struct cy_str itemprop;
    struct cy_str itemtype;
    struct cy_str name; /* meta: name or property */
    struct cy_str content;
    struct cy_str language;
    struct cy_str type;
    struct cy_str aria_hidden;
    struct cy_str aria_modal;
    bool href;
    bool hidden;
};

/* Reads the attributes of a tag from `at`, just behind its name, to behind its '>'. NULL: the page ends inside the tag (which then does not
 * count, 13.2.5.1). A repeated attribute counts the first time. */
const char *cy_html_read_attributes(const char *at, const char *end, struct cy_html_attributes *attributes, bool *self_closing);
/* Steps over attributes; for end tags. */
const char *cy_html_skip_attributes(const char *at, const char *end);
/* The end of a tag's name that begins at `at`. */
const char *cy_html_name_end(const char *at, const char *end);
/* Behind the comment, doctype or processing instruction whose '<' is at `at`; `end` when it does not end. */
const char *cy_html_skip_declaration(const char *at, const char *end);
/* The '<' of the end tag </name> at or after `at`, in any case; `end` when there is none. */
const char *cy_html_find_end_tag(const char *at, const char *end, const char *name, size_t name_bytes);
/* Where a drawing (svg) whose start tag ends at `at` is over: behind its end tag, or before an element that cannot stand in one. */
const char *cy_html_skip_svg(const char *at, const char *end, const struct cy_tag_index *tags);

#endif
