/* Regular expressions of recipes: PCRE2 with its JIT compiler, in UTF-8 mode, where a match costs a bounded amount of work.
 *
 * Patterns are PCRE2's (man pcre2pattern). Characters are code points; \w, \d, \s, \b and \p{…} follow Unicode 14, that of PCRE2 10.42.
 * Texts must be valid UTF-8: what a batch holds after decoding.
 *
 * PCRE2 backtracks, and limits the steps of one attempt at one place only; a text can hold a million places. So the places are tried in
 * windows with a small limit, which sane patterns never meet and which keeps the cost linear in the text. Where it is met, the window is
 * tried again in pieces with a large limit, and the pieces of a document are counted: cy_pattern_budget. No clock is involved, so the
 * same text always gives the same answer. */
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
    CY_MATCH_LIMIT, /* the search cost too much and was given up: neither yes nor no */
};

/* What the searches of one document may still cost, in dear pieces. */
struct cy_pattern_budget {
    unsigned pieces;
};
/* A piece is at most 64 places of 100,000 steps, 6 ms; the dearest that were found cost 0.6 ms, so that a hostile pattern and text
 * together cost a fraction of a second a document beside the linear part. */
enum { CY_PATTERN_PIECES_MAX = 500 };
#define CY_PATTERN_BUDGET ((struct cy_pattern_budget){CY_PATTERN_PIECES_MAX})

/* Compiles `source`. CY_BAD_RECIPE when it is no pattern, with PCRE2's reason and the byte it stands at, or when it holds \G, which would
 * match where a window begins. */
enum cy_status cy_pattern_new(struct cy_pattern **pattern, struct cy_str source, struct cy_error *error);
void cy_pattern_free(struct cy_pattern *pattern);
/* Capturing groups; groups 1 … count can be referred to. */
size_t cy_pattern_group_count(const struct cy_pattern *pattern);
/* Number of the group called `name`, or 0 when there is none. */
size_t cy_pattern_group(const struct cy_pattern *pattern, struct cy_str name);
/* The first match in text at or after byte `from`, which must be a character's beginning. `nonempty_here`: a match that is empty and
 * stands at `from` does not count (how a loop goes on after an empty match). `match` may be NULL. */
enum cy_match_result cy_pattern_find(const struct cy_pattern *pattern, struct cy_scratch *scratch, struct cy_str text, size_t from,
                                     bool nonempty_here, struct cy_pattern_budget *budget, struct cy_match *match);

#endif
