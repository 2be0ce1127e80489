/* The search over many cards: how long a query takes, and a list. bench_search [CARDS [FOLDER]]; a folder that is there is used again.
 *
 * Cards are made from a seed: names of two words, titles, tags by plausible shares, and 60 to 200 words of English and Chinese with Zipf's
 * frequencies, so that common words have long lists. Queries are words of every frequency, pairs, beginnings, two characters of Chinese,
 * with filters and facets. */
#include "base/clock.h"
#include "base/files.h"
#include "hub/repositories.h"
#include "hub/search.h"
#include "hub/search_index.h"
#include "store/driver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 500, WORDS = 30000, QUERIES = 2000 };

static uint64_t state = 20261124;

static uint64_t next(void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* A rank by Zipf's law, 0 the most frequent. */
static size_t zipf(void)
{
    double share = (double)(next() >> 11) / 9007199254740992.0;
    return (size_t)(pow(WORDS, share)) - 1;
}

/* Word of a rank: letters for two thirds of them, two Chinese characters for the others. */
static void add_word(struct cy_buffer *out, size_t rank)
{
    if (rank % 3 == 2) {
        char text[8];
        int size = 0;
        unsigned points[] = {0x4E00 + (unsigned)(rank * 7919 % 3000), 0x4E00 + (unsigned)(rank * 104729 % 3000)};
        for (int i = 0; i < 2; i++)
            size += snprintf(text + size, sizeof text - (size_t)size, "%c%c%c", 0xE0 | points[i] >> 12, 0x80 | (points[i] >> 6 & 63),
                             0x80 | (points[i] & 63));
        cy_buffer_add(out, text, (size_t)size);
        return;
    }
    size_t value = rank + 26;
    do {
        cy_buffer_add_byte(out, (uint8_t)("etaoinshrdlcumwfgypbvkjxqz"[value % 26]));
        value /= 26;
    } while (value > 0);
}

struct batch {
    size_t first, count;
};

static struct cy_str tag(struct cy_buffer *out, const char *format, size_t number)
{
    size_t before = out->size;
    cy_buffer_printf(out, format, number);
    return (struct cy_str){out->data + before, out->size - before};
}

static enum cy_status add_cards(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct batch *batch = context;
    enum cy_status status = CY_OK;
    for (size_t i = batch->first; i < batch->first + batch->count && status == CY_OK; i++) {
        struct cy_buffer name = {0}, title = {0}, body = {0}, tags = {0};
        char id[37];
        cy_uuid(id);
        add_word(&name, zipf());
        cy_buffer_printf(&name, "-%zu", i);
        for (int k = 0; k < 4; k++)
            add_word(&title, zipf()), cy_buffer_add_byte(&title, ' ');
        for (uint64_t words = 60 + next() % 140; words > 0; words--)
            add_word(&body, zipf()), cy_buffer_add_byte(&body, ' ');
        cy_buffer_reserve(&tags, 1024); /* the tags point into it */
        struct cy_str list[] = {tag(&tags, "language:l%zu", zipf() % 40), tag(&tags, "license:x%zu", zipf() % 30),
                                tag(&tags, "task_categories:t%zu", zipf() % 25), tag(&tags, "size_categories:s%zu", next() % 8),
                                tag(&tags, "topic%zu", zipf() % 500)};
        const struct cy_value row[] = {cy_value_text(cy_str(id)), cy_value_text(cy_buffer_str(&name)),
                                       cy_value_integer((int64_t)(next() % 100000)), cy_value_integer((int64_t)i)};
        status = cy_database_run_text(
            database, "repository",
            "INSERT INTO repositories (id, namespace_id, name, name_key, visibility, gated, title, search_text, download_count, "
            "like_count, size_bytes, "
            "created_by, created_ms, modified_ms) VALUES ($1, 'owner', $2, $2, 'public', 'no', '', '', $3, 0, 0, 'owner', $4, $4)",
            row, 4, NULL, NULL, error);
        const struct cy_search_document document = {.repository_id = cy_str(id),
                                                    .namespace_id = CY_STR("owner"),
                                                    .namespace_name = CY_STR("owner"),
                                                    .name = cy_buffer_str(&name),
                                                    .title = cy_buffer_str(&title),
                                                    .body = cy_buffer_str(&body),
                                                    .tags = list,
                                                    .tag_count = 5,
                                                    .is_public = true};
        if (status == CY_OK)
            status = cy_search_put(database, &document, error);
        cy_buffer_release(&name), cy_buffer_release(&title), cy_buffer_release(&body), cy_buffer_release(&tags);
    }
    return status;
}

static enum cy_status add_owner(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(database, "owner",
                              "INSERT INTO accounts (id, kind, name, name_key, full_name, is_admin, created_ms) VALUES ('owner', 'user', "
                              "'owner', 'owner', '', 0, 0);",
                              error);
}

static void stop_on(enum cy_status status, const struct cy_error *error)
{
    if (status == CY_OK)
        return;
    fprintf(stderr, "bench_search: %s\n", error->message);
    exit(1);
}

static void fill(struct cy_store *store, size_t cards)
{
    struct cy_error error;
    uint64_t start = cy_clock_ns();
    stop_on(cy_store_write(store, 0, add_owner, NULL, &error), &error);
    for (size_t first = 0; first < cards; first += BATCH) {
        struct batch batch = {first, CY_MIN(BATCH, cards - first)};
        stop_on(cy_store_write(store, 0, add_cards, &batch, &error), &error);
    }
    printf("%zu cards put in %.1f s\n", cards, (double)(cy_clock_ns() - start) / 1e9);
}

static int by_value(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : 1;
}

static void print_times(const char *what, double *times, size_t count, double found)
{
    qsort(times, count, sizeof *times, by_value);
    printf("%-44s %6.2f %6.2f %6.2f %6.2f   %9.0f found\n", what, times[count / 2], times[count * 9 / 10], times[count * 99 / 100],
           times[count - 1], found / (double)count);
}

enum kind { ONE_WORD, TWO_WORDS, BEGINNING, FILTERED, FACETS, BY_DOWNLOADS, KIND_COUNT };

static void query_of(enum kind kind, struct cy_buffer *text, struct cy_search_query *query, struct cy_str *tags)
{
    cy_buffer_clear(text);
    add_word(text, zipf());
    if (kind == TWO_WORDS || kind == FACETS)
        cy_buffer_add_byte(text, ' '), add_word(text, zipf());
    if (kind == BEGINNING)
        text->size = CY_MIN(text->size, (uint8_t)text->data[0] >= 0x80 ? 3 : 2);
    *query = (struct cy_search_query){.text = cy_buffer_str(text), .limit = 20, .wants_facets = kind == FACETS};
    if (kind == FILTERED) {
        tags[0] = CY_STR("language:l0");
        tags[1] = CY_STR("license:x1");
        query->tags = tags;
        query->tag_count = 2;
    }
    if (kind == BY_DOWNLOADS)
        query->order = CY_SEARCH_DOWNLOADS;
}

int main(int argc, char **argv)
{
    size_t cards = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    const char *folder = argc > 2 ? argv[2] : "search-bench-data";
    static const char *const names[] = {"one word",         "two words",         "a beginning of two letters",
                                        "a word, two tags", "two words, facets", "a word, by downloads"};
    struct cy_store *store;
    struct cy_error error;
    bool is_new = !cy_path_exists(folder);
    stop_on(cy_store_open(&store, &(struct cy_store_options){.data_folder = folder}, &error), &error);
    if (is_new)
        fill(store, cards);
    struct cy_buffer text = {0};
    static double times[QUERIES];
    printf("%-44s %6s %6s %6s %6s\n", "milliseconds", "p50", "p90", "p99", "max");
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        double found = 0;
        for (size_t i = 0; i < QUERIES; i++) {
            struct cy_search_query query;
            struct cy_search_result result;
            struct cy_database *database;
            struct cy_arena arena = {0};
            struct cy_str tags[2];
            query_of(kind, &text, &query, tags);
            uint64_t start = cy_clock_ns();
            stop_on(cy_store_reader(store, &database, &error), &error);
            stop_on(cy_search(database, &query, &arena, &result, &error), &error);
            cy_store_reader_back(store, database);
            times[i] = (double)(cy_clock_ns() - start) / 1e6;
            found += (double)result.total;
            cy_arena_release(&arena);
        }
        print_times(names[kind], times, QUERIES, found);
    }
    double found = 0;
    for (size_t i = 0; i < QUERIES; i++) {
        struct cy_arena arena = {0};
        struct cy_database *database;
        struct cy_listed *list;
        size_t count;
        const struct cy_viewer nobody = {.scopes = CY_SCOPE_READ};
        const struct cy_list_request request = {.order = (enum cy_list_order)(i % 4), .gated = -1, .limit = 50};
        uint64_t start = cy_clock_ns();
        stop_on(cy_store_reader(store, &database, &error), &error);
        stop_on(cy_repository_list(database, &nobody, &request, &arena, &list, &count, &error), &error);
        cy_store_reader_back(store, database);
        times[i] = (double)(cy_clock_ns() - start) / 1e6;
        found += (double)count;
        cy_arena_release(&arena);
    }
    print_times("a list of 50, each order", times, QUERIES, found);
    cy_buffer_release(&text);
    cy_store_close(store);
    return 0;
}
