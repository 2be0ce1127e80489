#include "hub/search.h"

#include "hub/search_index.h"
#include "hub/search_terms.h"

#include <math.h>
#include <stdlib.h>

enum {
    FETCH_COST = 3, /* of one found fetched by its number, beside a row of a walk along the order's index */
    WALK_ROWS = 50, /* rows a step of that walk at least, doubled each time */
};

/* What a search works with: sets are one bit a document number. */
struct search {
    struct cy_database *database;
    const struct cy_search_query *query;
    struct cy_arena *arena;
    struct cy_error *error;
    size_t number_end; /* numbers are below it */
    size_t word_count; /* of a set */
    uint64_t *found;
    uint32_t *scores; /* NULL without text */
    size_t total;
};

static uint64_t *new_set(const struct search *search)
{
    return cy_arena_zero(search->arena, search->word_count * sizeof(uint64_t));
}

static bool has(const uint64_t *set, size_t number)
{
    return set[number / 64] >> (number % 64) & 1;
}

static size_t count_set(const struct search *search, const uint64_t *set)
{
    size_t count = 0;
    for (size_t i = 0; i < search->word_count; i++)
        count += (size_t)__builtin_popcountll(set[i]);
    return count;
}

/* A posting of a block. */
struct posting {
    size_t number;
    uint32_t weight;
};

static struct posting posting_at(struct cy_str content, int64_t block, size_t index)
{
    uint16_t packed;
    memcpy(&packed, content.data + 2 * index, 2);
    return (struct posting){(size_t)block * CY_SEARCH_BLOCK + (packed >> 4), packed & 15};
}

/* ---- terms ---- */

/* Adds the documents that hold the term to the set. */
static enum cy_status add_term(struct search *search, struct cy_str term, uint64_t *set)
{
    struct cy_result rows;
    enum cy_status status = CY_RUN(search->database, CY_SQL_search_term_blocks, search->arena, &rows, search->error, cy_value_bytes(term));
    for (size_t row = 0; status == CY_OK && row < rows.row_count; row++) {
        struct cy_str content = cy_result_text(&rows, row, 1);
        for (size_t i = 0; i < content.size / 2; i++) {
            struct posting one = posting_at(content, cy_result_integer(&rows, row, 0), i);
            if (one.number < search->number_end)
                set[one.number / 64] |= UINT64_C(1) << (one.number % 64);
        }
    }
    return status;
}

static enum cy_status and_term(struct search *search, char kind, struct cy_str text)
{
    struct cy_terms lower = {0};
    cy_terms_add(&lower, kind, text, 1);
    uint64_t *set = new_set(search);
    enum cy_status status = add_term(search, lower.items[0].text, set);
    for (size_t i = 0; i < search->word_count; i++)
        search->found[i] &= set[i];
    cy_terms_release(&lower);
    return status;
}

/* The first text that does not begin with `prefix`, in byte order. UTF-8 has no byte 0xFF. */
static struct cy_str after_prefix(struct search *search, struct cy_str prefix)
{
    char *text = cy_arena_alloc(search->arena, prefix.size + 1);
    memcpy(text, prefix.data, prefix.size);
    text[prefix.size] = '\xFF';
    return (struct cy_str){text, prefix.size + 1};
}

/* The blocks of a clause's terms: term, block, content a row. What follows a text in byte order is the same with a 0 byte behind it. */
static enum cy_status clause_blocks(struct search *search, const struct cy_clause *clause, struct cy_result *rows)
{
    struct cy_str end = after_prefix(search, clause->term);
    if (!clause->is_prefix) {
        char *next = cy_arena_zero(search->arena, clause->term.size + 1);
        memcpy(next, clause->term.data, clause->term.size);
        end.data = next;
    }
    return CY_RUN(search->database, CY_SQL_search_range_blocks, search->arena, rows, search->error, cy_value_bytes(clause->term),
                  cy_value_bytes(end), cy_value_integer(CY_SEARCH_BLOCKS_MAX));
}

/* Keeps what holds the clause, and adds to the scores. */
static enum cy_status and_clause(struct search *search, const struct cy_clause *clause)
{
    struct cy_result rows;
    enum cy_status status = clause_blocks(search, clause, &rows);
    if (status != CY_OK)
        return status;
    uint64_t *set = new_set(search);
    uint8_t *weights = cy_arena_zero(search->arena, search->number_end); /* twice the weight, four times for the whole word */
    for (size_t row = 0; row < rows.row_count; row++) {
        struct cy_str content = cy_result_text(&rows, row, 2);
        uint32_t factor = cy_str_equal(cy_result_text(&rows, row, 0), clause->term) ? 4 : 2;
        for (size_t i = 0; i < content.size / 2; i++) {
            struct posting one = posting_at(content, cy_result_integer(&rows, row, 1), i);
            if (one.number >= search->number_end)
                continue;
            set[one.number / 64] |= UINT64_C(1) << (one.number % 64);
            weights[one.number] = (uint8_t)CY_MAX(weights[one.number], factor * one.weight);
        }
    }
    double rarity = log(1 + (double)search->number_end / (1 + (double)count_set(search, set)));
    uint32_t points = (uint32_t)(rarity * 256);
    for (size_t i = 0; i < search->number_end; i++)
        search->scores[i] += weights[i] * points;
    for (size_t i = 0; i < search->word_count; i++)
        search->found[i] &= set[i];
    return CY_OK;
}

/* ---- what is found ---- */

static enum cy_status add_repository(struct search *search, struct cy_str repository_id, uint64_t *set)
{
    struct cy_result rows;
    enum cy_status status =
        CY_RUN(search->database, CY_SQL_search_number_of, search->arena, &rows, search->error, cy_value_text(repository_id));
    if (status == CY_OK && rows.row_count > 0 && (size_t)cy_result_integer(&rows, 0, 0) < search->number_end) {
        size_t number = (size_t)cy_result_integer(&rows, 0, 0);
        set[number / 64] |= UINT64_C(1) << (number % 64);
    }
    return status;
}

static enum cy_status find_visible(struct search *search)
{
    const struct cy_search_view *view = &search->query->view;
    static const char all[] = {CY_TERM_ALL}, public[] = {CY_TERM_PUBLIC};
    enum cy_status status = add_term(search, (struct cy_str){view->everything ? all : public, 1}, search->found);
    for (size_t i = 0; status == CY_OK && !view->everything && i < view->namespace_count; i++) {
        struct cy_terms term = {0};
        cy_terms_add(&term, CY_TERM_NAMESPACE, view->namespace_ids[i], 1);
        status = add_term(search, term.items[0].text, search->found);
        cy_terms_release(&term);
    }
    if (view->everything || view->repository_count == 0)
        return status;
    /* A grant may name a repository that was deleted since: only what is in the index counts. */
    uint64_t *granted = new_set(search), *there = new_set(search);
    for (size_t i = 0; status == CY_OK && i < view->repository_count; i++)
        status = add_repository(search, view->repository_ids[i], granted);
    if (status == CY_OK)
        status = add_term(search, (struct cy_str){all, 1}, there);
    for (size_t i = 0; i < search->word_count; i++)
        search->found[i] |= granted[i] & there[i];
    return status;
}

static enum cy_status find(struct search *search)
{
    const struct cy_search_query *query = search->query;
    enum cy_status status = find_visible(search);
    if (status == CY_OK && query->namespace_id.size > 0)
        status = and_term(search, CY_TERM_NAMESPACE, query->namespace_id);
    for (size_t i = 0; status == CY_OK && i < query->tag_count; i++)
        status = and_term(search, CY_TERM_TAG, query->tags[i]);
    struct cy_clause clauses[CY_QUERY_CLAUSES_MAX];
    size_t clause_count = cy_query_clauses(query->text, search->arena, clauses);
    if (clause_count > 0)
        search->scores = cy_arena_zero(search->arena, search->number_end * sizeof *search->scores);
    else if (query->text.size > 0)
        memset(search->found, 0, search->word_count * sizeof *search->found); /* something was typed, and it holds no word */
    for (size_t i = 0; status == CY_OK && i < clause_count; i++)
        status = and_clause(search, &clauses[i]);
    search->total = count_set(search, search->found);
    return status;
}

/* ---- the page ---- */

struct ranked {
    uint64_t score;
    size_t number;
    struct cy_str repository_id; /* empty: not fetched yet */
};

/* The higher score first, then the newer. */
static bool is_before(const struct ranked *a, const struct ranked *b)
{
    return a->score != b->score ? a->score > b->score : a->number > b->number;
}

static int by_rank(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a) ? 1 : 0;
}

/* Keeps the best `room` seen so far: a heap with the worst of them at the top. */
static void offer(struct ranked *heap, size_t *count, size_t room, struct ranked one)
{
    size_t at;
    if (*count < room) {
        for (at = (*count)++; at > 0 && is_before(&heap[(at - 1) / 2], &one); at = (at - 1) / 2)
            heap[at] = heap[(at - 1) / 2];
        heap[at] = one;
        return;
    }
    if (room == 0 || !is_before(&one, &heap[0]))
        return;
    for (at = 0; 2 * at + 1 < room;) {
        size_t child = 2 * at + 1;
        if (child + 1 < room && is_before(&heap[child], &heap[child + 1]))
            child++;
        if (!is_before(&one, &heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = one;
}

static enum cy_status repository_of(struct search *search, size_t number, struct cy_str *repository_id, const enum cy_search_order *order,
                                    uint64_t *key)
{
    struct cy_result rows;
    enum cy_status status =
        CY_RUN(search->database, CY_SQL_search_keys, search->arena, &rows, search->error, cy_value_integer((int64_t)number));
    if (status != CY_OK)
        return status;
    *repository_id = rows.row_count > 0 ? cy_result_text(&rows, 0, 0) : CY_STR("");
    if (order != NULL && rows.row_count > 0)
        *key = (uint64_t)cy_result_integer(&rows, 0, (size_t)*order);
    return CY_OK;
}

static void put_page(struct search *search, const struct ranked *ranked, size_t count, struct cy_search_result *result)
{
    for (size_t i = search->query->offset; i < count && result->count < search->query->limit; i++)
        if (ranked[i].repository_id.size > 0)
            result->repository_ids[result->count++] = ranked[i].repository_id;
}

static enum cy_status page_by_score(struct search *search, struct cy_search_result *result)
{
    size_t room = CY_MIN(search->query->offset + search->query->limit, search->total), count = 0;
    struct ranked *heap = cy_arena_alloc(search->arena, CY_MAX(room, 1) * sizeof *heap);
    for (size_t number = 0; number < search->number_end; number++)
        if (has(search->found, number))
            offer(heap, &count, room, (struct ranked){search->scores != NULL ? search->scores[number] : 0, number, {0}});
    qsort(heap, count, sizeof *heap, by_rank);
    enum cy_status status = CY_OK;
    for (size_t i = search->query->offset; i < count && status == CY_OK; i++)
        status = repository_of(search, heap[i].number, &heap[i].repository_id, NULL, NULL);
    put_page(search, heap, count, result);
    return status;
}

static enum cy_status page_of_few(struct search *search, enum cy_search_order order, struct cy_search_result *result)
{
    struct ranked *ranked = cy_arena_alloc(search->arena, CY_MAX(search->total, 1) * sizeof *ranked);
    size_t count = 0;
    enum cy_status status = CY_OK;
    for (size_t number = 0; number < search->number_end && status == CY_OK; number++) {
        if (!has(search->found, number))
            continue;
        ranked[count] = (struct ranked){.number = number};
        status = repository_of(search, number, &ranked[count].repository_id, &order, &ranked[count].score);
        count++;
    }
    qsort(ranked, count, sizeof *ranked, by_rank);
    put_page(search, ranked, count, result);
    return status;
}

/* Few are fetched each by its number and sorted here; of many, the first are met soon on a walk along the order's index. */
static bool is_few(const struct search *search)
{
    double wanted = (double)(search->query->offset + search->query->limit), total = (double)search->total;
    return FETCH_COST * total < 1.5 * wanted * (double)search->number_end / total;
}

static enum cy_status page_by_walk(struct search *search, enum cy_search_order order, struct cy_search_result *result)
{
    static const enum cy_sql orders[] = {[CY_SEARCH_CREATED] = CY_SQL_search_order_created,
                                         [CY_SEARCH_MODIFIED] = CY_SQL_search_order_modified,
                                         [CY_SEARCH_DOWNLOADS] = CY_SQL_search_order_downloads,
                                         [CY_SEARCH_LIKES] = CY_SQL_search_order_likes};
    /* As many rows as it takes when what is found lies evenly in the order, and half as many again. */
    size_t wanted = search->query->offset + search->query->limit, seen = 0, rows_read = 0;
    size_t step = CY_MAX(WALK_ROWS, wanted * search->number_end / search->total * 3 / 2);
    for (;;) {
        struct cy_result rows;
        enum cy_status status = CY_RUN(search->database, orders[order], search->arena, &rows, search->error,
                                       cy_value_integer((int64_t)step), cy_value_integer((int64_t)rows_read));
        if (status != CY_OK)
            return status;
        for (size_t row = 0; row < rows.row_count; row++) {
            size_t number = (size_t)cy_result_integer(&rows, row, 0);
            if (number >= search->number_end || !has(search->found, number) || seen++ < search->query->offset)
                continue;
            result->repository_ids[result->count++] = cy_result_text(&rows, row, 1);
            if (result->count == search->query->limit)
                return CY_OK;
        }
        if (rows.row_count < step)
            return CY_OK;
        rows_read += step;
        step *= 2;
    }
}

/* ---- facets ---- */

/* The tags that are offered to choose from, by what stands before their colon. */
static const char *const facet_names[] = {"language", "license",  "task_categories", "size_categories",
                                          "tokens",   "modality", "format",          "party"};

static int by_count(const void *a, const void *b)
{
    const struct cy_search_facet_value *left = a, *right = b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return cy_str_compare(left->value, right->value);
}

static enum cy_status count_facet(struct search *search, struct cy_search_facet *facet)
{
    const char *prefix = cy_arena_printf(search->arena, "%c%s:", CY_TERM_TAG, facet->name);
    struct cy_result rows;
    enum cy_status status =
        CY_RUN(search->database, CY_SQL_search_range_blocks, search->arena, &rows, search->error, cy_value_bytes(cy_str(prefix)),
               cy_value_bytes(after_prefix(search, cy_str(prefix))), cy_value_integer(CY_SEARCH_BLOCKS_MAX));
    if (status != CY_OK)
        return status;
    facet->values = cy_arena_zero(search->arena, CY_MAX(rows.row_count, 1) * sizeof *facet->values);
    for (size_t row = 0; row < rows.row_count; row++) {
        struct cy_str term = cy_result_text(&rows, row, 0), content = cy_result_text(&rows, row, 2);
        struct cy_str value = {term.data + strlen(prefix), term.size - strlen(prefix)};
        size_t count = 0;
        for (size_t i = 0; i < content.size / 2; i++) {
            struct posting one = posting_at(content, cy_result_integer(&rows, row, 1), i);
            count += one.number < search->number_end && has(search->found, one.number);
        }
        bool same = facet->value_count > 0 && cy_str_equal(facet->values[facet->value_count - 1].value, value);
        if (!same)
            facet->values[facet->value_count++] = (struct cy_search_facet_value){value, 0};
        facet->values[facet->value_count - 1].count += count;
    }
    qsort(facet->values, facet->value_count, sizeof *facet->values, by_count);
    while (facet->value_count > 0 && facet->values[facet->value_count - 1].count == 0)
        facet->value_count--;
    facet->value_count = CY_MIN(facet->value_count, CY_SEARCH_FACET_VALUES_MAX);
    return CY_OK;
}

enum cy_status cy_search(struct cy_database *database, const struct cy_search_query *query, struct cy_arena *arena,
                         struct cy_search_result *result, struct cy_error *error)
{
    CY_ASSERT(query->limit <= CY_SEARCH_PAGE_MAX);
    struct search search = {.database = database, .query = query, .arena = arena, .error = error};
    struct cy_result rows;
    *result = (struct cy_search_result){.repository_ids = cy_arena_alloc(arena, CY_MAX(query->limit, 1) * sizeof(struct cy_str))};
    enum cy_status status = cy_database_run(database, CY_SQL_search_number_max, NULL, 0, arena, &rows, error);
    if (status != CY_OK)
        return status;
    search.number_end = (size_t)cy_result_integer(&rows, 0, 0) + 1;
    search.word_count = search.number_end / 64 + 1;
    search.found = new_set(&search);
    status = find(&search);
    result->total = search.total;
    enum cy_search_order order = query->order == CY_SEARCH_RELEVANCE && search.scores == NULL ? CY_SEARCH_CREATED : query->order;
    if (status == CY_OK && query->limit > 0 && query->offset < search.total)
        status = order == CY_SEARCH_RELEVANCE ? page_by_score(&search, result)
                 : is_few(&search)            ? page_of_few(&search, order, result)
                                              : page_by_walk(&search, order, result);
    if (status != CY_OK || !query->wants_facets)
        return status;
    result->facets = cy_arena_zero(arena, CY_COUNT(facet_names) * sizeof *result->facets);
    result->facet_count = CY_COUNT(facet_names);
    for (size_t i = 0; i < CY_COUNT(facet_names) && status == CY_OK; i++) {
        result->facets[i].name = facet_names[i];
        status = count_facet(&search, &result->facets[i]);
    }
    return status;
}
