/* The search: terms by hand, and what is found against a scan of the texts. */
#include "cy_test_store.h"

#include "hub/search.h"
#include "hub/search_index.h"
#include "hub/search_terms.h"

static void expect_terms(const char *text, const char *expected)
{
    struct cy_terms terms = {0};
    struct cy_buffer out = {0};
    cy_terms_add_text(&terms, cy_str(text), 1);
    cy_terms_join(&terms);
    for (size_t i = 0; i < terms.count; i++)
        cy_buffer_printf(&out, "%s%.*s", i > 0 ? " " : "", (int)terms.items[i].text.size - 1, terms.items[i].text.data + 1);
    cy_buffer_add_byte(&out, 0);
    assert_string_equal(out.data, expected);
    cy_buffer_release(&out);
    cy_terms_release(&terms);
}

CY_TEST("words are found by their lower case, Chinese by pairs of code points")
{
    expect_terms("Web-EN, gpt2 Äpfel", "en gpt2 web äpfel");
    expect_terms("中文数据集", "中文 据集 数据 文数");
    expect_terms("词", "词");
    expect_terms("GPT模型 v2", "gpt v2 模型");
    expect_terms("ＡＢＣ １２", "12 abc");
    expect_terms("数据。集合", "数据 集合");
    expect_terms("", "");
    expect_terms("한국어 데이터", "데이터 한국어"); /* Hangul has spaces */
}

CY_TEST("a word that stands often weighs more, by one for each doubling, up to three")
{
    static const uint32_t expected[] = {1, 2, 2, 3, 3, 3, 3, 4, 4};
    for (size_t times = 1; times <= CY_COUNT(expected); times++) {
        struct cy_terms terms = {0};
        for (size_t i = 0; i < times; i++)
            cy_terms_add_text(&terms, CY_STR("word"), 1);
        cy_terms_join(&terms);
        assert_int_equal(terms.count, 1);
        assert_int_equal(terms.items[0].weight, expected[times - 1]);
        cy_terms_release(&terms);
    }
}

/* ---- on a store ---- */

struct made {
    const char *name, *title, *body;
    const char *tags[4];
    bool is_public;
    const char *owner;
    int64_t downloads;
};

static struct cy_str id_of(struct cy_arena *arena, const char *name)
{
    return cy_str(cy_arena_printf(arena, "id-%s", name));
}

static enum cy_status add_made(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct made *made = context;
    struct cy_arena arena = {0};
    struct cy_str tags[4], id = id_of(&arena, made->name);
    size_t tag_count = 0;
    while (tag_count < 4 && made->tags[tag_count] != NULL)
        tags[tag_count] = cy_str(made->tags[tag_count]), tag_count++;
    const struct cy_value account[] = {cy_value_text(cy_str(made->owner))};
    enum cy_status status = cy_database_run_text(
        database, "account",
        "INSERT INTO accounts (id, kind, name, name_key, full_name, is_admin, created_ms) VALUES ($1, 'user', $1, $1, '', 0, 0) "
        "ON CONFLICT DO NOTHING",
        account, 1, NULL, NULL, error);
    const struct cy_value row[] = {cy_value_text(id), cy_value_text(cy_str(made->owner)), cy_value_text(cy_str(made->name)),
                                   cy_value_integer(made->downloads)};
    if (status == CY_OK)
        status = cy_database_run_text(database, "repository",
                                      "INSERT INTO repositories (id, namespace_id, name, name_key, visibility, gated, title, search_text, "
                                      "download_count, like_count, size_bytes, "
                                      "created_by, created_ms, modified_ms) VALUES ($1, $2, $3, $3, 'public', 'no', '', '', $4, 0, 0, $2, "
                                      "$4, $4) ON CONFLICT DO NOTHING",
                                      row, 4, NULL, NULL, error);
    const struct cy_search_document document = {.repository_id = id,
                                                .namespace_id = cy_str(made->owner),
                                                .namespace_name = cy_str(made->owner),
                                                .name = cy_str(made->name),
                                                .title = cy_str(made->title),
                                                .body = cy_str(made->body),
                                                .tags = tags,
                                                .tag_count = tag_count,
                                                .is_public = made->is_public};
    if (status == CY_OK)
        status = cy_search_put(database, &document, error);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status remove_made(struct cy_database *database, void *context, struct cy_error *error)
{
    struct cy_arena arena = {0};
    enum cy_status status = cy_search_remove(database, id_of(&arena, context), error);
    cy_arena_release(&arena);
    return status;
}

static struct cy_search_result search(struct cy_store *store, const struct cy_search_query *query, struct cy_arena *arena)
{
    struct cy_database *reader;
    struct cy_search_result result;
    struct cy_error error;
    cy_expect_ok(cy_store_reader(store, &reader, &error), error);
    cy_expect_ok(cy_search(reader, query, arena, &result, &error), error);
    cy_store_reader_back(store, reader);
    return result;
}

/* The names found, in their order, with a blank between. */
static void expect_found(struct cy_store *store, struct cy_search_query query, const char *expected)
{
    struct cy_arena arena = {0};
    struct cy_buffer out = {0};
    if (query.limit == 0)
        query.limit = 100;
    struct cy_search_result result = search(store, &query, &arena);
    for (size_t i = 0; i < result.count; i++)
        cy_buffer_printf(&out, "%s%.*s", i > 0 ? " " : "", (int)result.repository_ids[i].size - 3, result.repository_ids[i].data + 3);
    cy_buffer_add_byte(&out, 0);
    assert_string_equal(out.data, expected);
    cy_buffer_release(&out);
    cy_arena_release(&arena);
}

static struct made library[] = {
    {"web-en", "English web pages", "pages of the web, cleaned", {"language:en", "license:cc-by-4.0"}, true, "press", 30},
    {"law-zh", "中文法律数据集", "裁判文书与法规", {"language:zh", "license:mit", "law"}, true, "court", 10},
    {"news-zh", "新闻语料", "中文新闻数据", {"language:zh", "license:cc-by-4.0"}, true, "press", 20},
    {"secret", "内部数据", "nobody sees it", {"language:zh"}, false, "court", 5},
    {"webster", "dictionary", "words", {"language:en"}, true, "court", 1},
};

static struct cy_store *library_store(const struct cy_test_store *test)
{
    struct cy_store *store = cy_test_store_open(test);
    struct cy_error error;
    for (size_t i = 0; i < CY_COUNT(library); i++)
        cy_expect_ok(cy_store_write(store, 0, add_made, &library[i], &error), error);
    return store;
}

CY_TEST_EACH_DATABASE("words, beginnings of words and two characters of Chinese are found, the best place first")
{
    struct cy_store *store = library_store(test);
    expect_found(store, (struct cy_search_query){.text = CY_STR("web")}, "web-en webster"); /* the whole word before one that begins so */
    expect_found(store, (struct cy_search_query){.text = CY_STR("WEB pages")}, "web-en");
    expect_found(store, (struct cy_search_query){.text = CY_STR("数据")}, "law-zh news-zh"); /* the title before the text */
    expect_found(store, (struct cy_search_query){.text = CY_STR("法")}, "law-zh");
    expect_found(store, (struct cy_search_query){.text = CY_STR("中文 新闻")}, "news-zh");
    expect_found(store, (struct cy_search_query){.text = CY_STR("数字")}, "");
    expect_found(store, (struct cy_search_query){.text = CY_STR("!?")}, "");
    expect_found(store, (struct cy_search_query){.text = CY_STR("")}, "web-en news-zh law-zh webster"); /* all, the newest first */
    cy_store_close(store);
}

CY_TEST_EACH_DATABASE("what one may not see is neither found nor counted")
{
    struct cy_store *store = library_store(test);
    struct cy_str court = CY_STR("court"), secret = CY_STR("id-secret"), gone = CY_STR("id-nothing");
    expect_found(store, (struct cy_search_query){.text = CY_STR("内部")}, "");
    expect_found(store, (struct cy_search_query){.text = CY_STR("内部"), .view = {.namespace_ids = &court, .namespace_count = 1}},
                 "secret");
    expect_found(store, (struct cy_search_query){.text = CY_STR("内部"), .view = {.repository_ids = &secret, .repository_count = 1}},
                 "secret");
    expect_found(store, (struct cy_search_query){.text = CY_STR("内部"), .view = {.repository_ids = &gone, .repository_count = 1}}, "");
    expect_found(store, (struct cy_search_query){.text = CY_STR("内部"), .view = {.everything = true}}, "secret");
    cy_store_close(store);
}

CY_TEST_EACH_DATABASE("tags and namespaces filter; facets count what is found; columns order it")
{
    struct cy_store *store = library_store(test);
    struct cy_arena arena = {0};
    const struct cy_str chinese[] = {CY_STR("language:zh"), CY_STR("license:mit")};
    expect_found(store, (struct cy_search_query){.tags = chinese, .tag_count = 1}, "news-zh law-zh");
    expect_found(store, (struct cy_search_query){.tags = chinese, .tag_count = 2}, "law-zh");
    expect_found(store, (struct cy_search_query){.namespace_id = CY_STR("court"), .order = CY_SEARCH_DOWNLOADS}, "law-zh webster");
    expect_found(store, (struct cy_search_query){.order = CY_SEARCH_DOWNLOADS, .offset = 1, .limit = 2}, "news-zh law-zh");
    struct cy_search_result result = search(store, &(struct cy_search_query){.wants_facets = true}, &arena);
    assert_int_equal(result.total, 4);
    assert_string_equal(result.facets[0].name, "language");
    assert_int_equal(result.facets[0].value_count, 2);
    cy_expect_str(result.facets[0].values[0].value, "en");
    assert_int_equal(result.facets[0].values[0].count, 2);
    assert_int_equal(result.facets[0].values[1].count, 2);
    cy_expect_str(result.facets[1].values[0].value, "cc-by-4.0");
    assert_int_equal(result.facets[1].values[0].count, 2);
    cy_arena_release(&arena);
    cy_store_close(store);
}

CY_TEST_EACH_DATABASE("what was changed is found by its new words alone, what was removed by none")
{
    struct cy_store *store = library_store(test);
    struct cy_error error;
    struct made changed = library[0];
    changed.title = "German web pages";
    changed.is_public = true;
    cy_expect_ok(cy_store_write(store, 0, add_made, &changed, &error), error);
    expect_found(store, (struct cy_search_query){.text = CY_STR("english")}, "");
    expect_found(store, (struct cy_search_query){.text = CY_STR("german")}, "web-en");
    cy_expect_ok(cy_store_write(store, 0, remove_made, (void *)(uintptr_t) "web-en", &error), error);
    expect_found(store, (struct cy_search_query){.text = CY_STR("web")}, "webster");
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM search_postings WHERE length(content) = 0"), 0);
    cy_store_close(store);
}

/* ---- against a scan ---- */

enum { RANDOM_DOCUMENTS = 300, RANDOM_WORDS = 40 };

static bool text_has(const char *text, const char *word)
{
    char padded[600], wanted[32];
    snprintf(padded, sizeof padded, " %.500s ", text);
    snprintf(wanted, sizeof wanted, " %s", word); /* a beginning of a word */
    return strstr(padded, wanted) != NULL;
}

CY_TEST_EACH_DATABASE("random queries find just what a scan of the texts finds, and count it")
{
    struct cy_store *store = cy_test_store_open(test);
    struct cy_error error;
    uint64_t seed = cy_test_seed();
    static char texts[RANDOM_DOCUMENTS][400], names[RANDOM_DOCUMENTS][16];
    for (int i = 0; i < RANDOM_DOCUMENTS; i++) {
        texts[i][0] = '\0';
        for (uint64_t words = cy_test_random(&seed) % 30; words > 0; words--)
            snprintf(texts[i] + strlen(texts[i]), 16, "w%llu ", (unsigned long long)(cy_test_random(&seed) % RANDOM_WORDS));
        snprintf(names[i], sizeof names[i], "r%d", i);
        struct made made = {names[i], "", texts[i], {0}, cy_test_random(&seed) % 4 != 0, "someone", i};
        cy_expect_ok(cy_store_write(store, 0, add_made, &made, &error), error);
        if (!made.is_public)
            texts[i][0] = '\0', strcpy(texts[i], "hidden"); /* no query holds it */
    }
    for (int round = 0; round < 60; round++) {
        char one[16], two[16], query[40];
        struct cy_arena arena = {0};
        snprintf(one, sizeof one, "w%llu", (unsigned long long)(cy_test_random(&seed) % RANDOM_WORDS));
        snprintf(two, sizeof two, "w%llu", (unsigned long long)(cy_test_random(&seed) % RANDOM_WORDS));
        snprintf(query, sizeof query, "%s %s", one, round % 2 ? two : "");
        size_t expected = 0;
        for (int i = 0; i < RANDOM_DOCUMENTS; i++)
            expected += text_has(texts[i], one) && (round % 2 == 0 || text_has(texts[i], two));
        const struct cy_search_query asked = {
            .text = cy_str(query), .limit = 1000, .order = round % 3 == 0 ? CY_SEARCH_DOWNLOADS : CY_SEARCH_RELEVANCE};
        struct cy_search_result result = search(store, &asked, &arena);
        assert_int_equal(result.total, expected);
        assert_int_equal(result.count, expected);
        for (size_t i = 0; i < result.count; i++) {
            int number = atoi(result.repository_ids[i].data + 4);
            assert_true(text_has(texts[number], one));
            if (asked.order == CY_SEARCH_DOWNLOADS && i > 0)
                assert_true(number < atoi(result.repository_ids[i - 1].data + 4));
        }
        cy_arena_release(&arena);
    }
    cy_store_close(store);
}
