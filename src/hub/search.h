/* Finding repositories: words in their names, titles, cards and tags, in any language; filters; counts by facet.
 *
 *     clauses ─▶ postings ─▶ a set of numbers each, AND ─┐
 *     filters, who asks ─▶ postings ─▶ sets, AND ────────┴▶ what is found ─▶ total, facets ─▶ the page, by relevance or by a column
 *
 * Relevance: for each clause the weight of where the word stands, times log(1 + N ÷ documents that hold it), twice that for the whole word;
 * added up; ties by the newer repository. Total and facets are exact. */
#ifndef CY_HUB_SEARCH_H
#define CY_HUB_SEARCH_H

#include "store/database.h"

enum {
    CY_SEARCH_PAGE_MAX = 1000,
    CY_SEARCH_BLOCKS_MAX = 20000,    /* blocks that a prefix may read; beyond them rarer words of that beginning are not seen */
    CY_SEARCH_FACET_VALUES_MAX = 50, /* a facet, the most frequent first */
};

/* What may be seen: public repositories, those of these namespaces, and these repositories. */
struct cy_search_view {
    bool everything; /* an admin */
    const struct cy_str *namespace_ids;
    size_t namespace_count;
    const struct cy_str *repository_ids;
    size_t repository_count;
};

enum cy_search_order { CY_SEARCH_RELEVANCE, CY_SEARCH_CREATED, CY_SEARCH_MODIFIED, CY_SEARCH_DOWNLOADS, CY_SEARCH_LIKES };

struct cy_search_query {
    struct cy_str text;        /* what was typed; empty: everything */
    const struct cy_str *tags; /* each must be there: "license:mit", "law" */
    size_t tag_count;
    struct cy_str namespace_id; /* of this namespace alone; empty: of any */
    struct cy_search_view view;
    enum cy_search_order order; /* RELEVANCE without text is CREATED */
    size_t offset, limit;
    bool wants_facets;
};

struct cy_search_facet_value {
    struct cy_str value; /* "mit" */
    size_t count;
};
struct cy_search_facet {
    const char *name; /* "license" */
    struct cy_search_facet_value *values;
    size_t value_count;
};
struct cy_search_result {
    size_t total;
    struct cy_str *repository_ids; /* the page */
    size_t count;
    struct cy_search_facet *facets;
    size_t facet_count;
};

/* All of *result lives in arena. */
enum cy_status cy_search(struct cy_database *database, const struct cy_search_query *query, struct cy_arena *arena,
                         struct cy_search_result *result, struct cy_error *error);

#endif
