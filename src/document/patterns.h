/* Regular expressions of recipes: PCRE2 with its JIT compiler, in UTF-8 mode, where a match costs a bounded amount of work.
 *
 * Patterns are PCRE2's (man pcre2pattern). Characters are code points; \w, \d, \s, \b and \p{…} follow Unicode 14, that of PCRE2 10.42.
 * Texts must be valid UTF-8: what a batch holds after decoding. */
#ifndef CY_DOCUMENT_PATTERNS_H
#define CY_DOCUMENT_PATTERNS_H

#include "document/batch.h"

/* A compiled pattern; after compiling it never changes, so any number of threads use it. */
struct cy_pattern;

/* What one match found. groups[0] is the whole match; a group that took no part has start > end. */
struct cy_match {
    size_t group_count;
    const size_t *groups; /* 2 * group_count offsets into the text: start, end; borrowed until the scratch's next match */
};

enum cy_match_result {
    CY_MATCH_NONE = 0,
    CY_MATCH_FOUND,
    CY_MATCH_LIMIT, /* the search cost more than CY_PATTERN_STEPS_MAX, and was given up: neither yes nor no */
};

/* PCRE2's default is 10,000,000 steps, seconds for one text. A sane pattern needs a few for each byte it looks at; with 1,000,000 a
 * hostile one costs some ten milliseconds. */
enum { CY_PATTERN_STEPS_MAX = 1000000 };

/* Compiles `source`. CY_BAD_RECIPE when it is no pattern; the message holds PCRE2's reason and the character it stands at. */
enum cy_status cy_pattern_new(struct cy_pattern **pattern, struct cy_str source, struct cy_error *error);
void cy_pattern_free(struct cy_pattern *pattern);
/* Capturing groups; groups 1 … count can be referred to. */
size_t cy_pattern_group_count(const struct cy_pattern *pattern);
/* Number of the group called `name`, or 0 when there is none. */
size_t cy_pattern_group(const struct cy_pattern *pattern, struct cy_str name);
/* The first match in text at or after byte `from`, which must be a character's beginning. `nonempty_here`: a match that is empty and
 * stands at `from` does not count (how a loop goes on after an empty match). `match` may be NULL. */
enum cy_match_result cy_pattern_find(const struct cy_pattern *pattern, struct cy_scratch *scratch, struct cy_str text, size_t from,
                                     bool nonempty_here, struct cy_match *match);

#endif
