/* Uses: counted once, by the hour, and handed on once. */
#include "cy_test_store.h"

#include "hub/uses.h"

#include <pthread.h>

static enum cy_status add_rows(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(
        database, "rows",
        "INSERT INTO accounts (id, kind, name, name_key, full_name, is_admin, created_ms) VALUES ('u1', 'user', 'a', 'a', '', 0, 0);"
        "INSERT INTO repositories (id, namespace_id, name, name_key, visibility, gated, title, search_text, download_count, like_count, "
        "size_bytes, "
        "created_by, created_ms, modified_ms) VALUES ('r1', 'u1', 'r', 'r', 'public', 'no', '', '', 0, 0, 0, 'u1', 0, 0);",
        error);
}

static struct cy_store *open_store(const struct cy_test_store *test)
{
    struct cy_store *store = cy_test_store_open(test);
    struct cy_error error;
    cy_expect_ok(cy_store_write(store, 0, add_rows, NULL, &error), error);
    return store;
}

static const struct cy_use_key key = {
    .principal_id = CY_STR("u1"), .repository_id = CY_STR("r1"), .version = CY_STR("v1"), .purpose = "download"};

static struct cy_use *begin(struct cy_uses *uses, const struct cy_use_key *of)
{
    struct cy_use *use;
    struct cy_error error;
    cy_expect_ok(cy_use_begin(uses, of, &use, &error), error);
    return use;
}

static void write_at(struct cy_uses *uses, int64_t now_ms)
{
    struct cy_error error;
    cy_expect_ok(cy_uses_write(uses, now_ms, &error), error);
}

CY_TEST_EACH_DATABASE("many downloads of one hour are one use, whose row is there before the first byte, with all their bytes")
{
    struct cy_store *store = open_store(test);
    struct cy_uses *uses = cy_uses_open(store);
    struct cy_use *first = begin(uses, &key);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM uses"), 1); /* not a byte has flowed */
    struct cy_use *second = begin(uses, &key);
    assert_ptr_equal(first, second);
    cy_use_add(first, 100);
    cy_use_add(second, 20);
    cy_use_end(uses, first), cy_use_end(uses, second);
    write_at(uses, cy_now_ms());
    assert_int_equal(cy_test_count(store, "SELECT size_bytes FROM uses"), 120);
    assert_int_equal(cy_test_count(store, "SELECT file_count FROM uses"), 2);
    assert_int_equal(cy_test_count(store, "SELECT download_count FROM repositories"), 1);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM outbox"), 0); /* its hour is not over */
    cy_uses_close(uses);
    cy_store_close(store);
}

CY_TEST_EACH_DATABASE("a use is handed on once when its hour is over, with its own id; not while bytes flow")
{
    struct cy_store *store = open_store(test);
    struct cy_uses *uses = cy_uses_open(store);
    int64_t later = cy_now_ms() + 2 * CY_USE_HOUR_MS;
    struct cy_use *use = begin(uses, &key);
    cy_use_add(use, 7);
    write_at(uses, later);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM outbox"), 0);
    cy_use_add(use, 5);
    cy_use_end(uses, use);
    for (int i = 0; i < 3; i++)
        write_at(uses, later);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM outbox JOIN uses ON outbox.id = uses.id WHERE uses.is_open = 0"), 1);
    assert_int_equal(
        cy_test_count(store, "SELECT count(*) FROM outbox WHERE content LIKE '%\"version\":\"v1\"%' AND content LIKE '%\"bytes\":12}'"), 1);
    cy_uses_close(uses);
    cy_store_close(store);
}

CY_TEST_EACH_DATABASE("after a restart an open use goes on in its hour, and is handed on once that is over")
{
    struct cy_store *store = open_store(test);
    struct cy_uses *uses = cy_uses_open(store);
    struct cy_use *use = begin(uses, &key);
    cy_use_add(use, 10);
    cy_use_end(uses, use);
    cy_uses_close(uses);
    cy_store_close(store);
    store = cy_test_store_open(test);
    uses = cy_uses_open(store);
    use = begin(uses, &key);
    cy_use_add(use, 5);
    cy_use_end(uses, use);
    write_at(uses, cy_now_ms());
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM uses"), 1);
    assert_int_equal(cy_test_count(store, "SELECT size_bytes FROM uses"), 15);
    assert_int_equal(cy_test_count(store, "SELECT download_count FROM repositories"), 1);
    write_at(uses, cy_now_ms() + 2 * CY_USE_HOUR_MS);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM outbox"), 1);
    cy_uses_close(uses);
    cy_store_close(store);
}

CY_TEST_EACH_DATABASE("another principal, version, purpose or contract is another use; rows are no download")
{
    struct cy_store *store = open_store(test);
    struct cy_uses *uses = cy_uses_open(store);
    struct cy_use_key others[4] = {key, key, key, key};
    others[0].principal_id = CY_STR("");
    others[1].version = CY_STR("v2");
    others[2].purpose = "rows";
    others[3].contract_id = CY_STR("c1");
    cy_use_end(uses, begin(uses, &key));
    for (size_t i = 0; i < CY_COUNT(others); i++)
        cy_use_end(uses, begin(uses, &others[i]));
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM uses"), 5);
    assert_int_equal(cy_test_count(store, "SELECT download_count FROM repositories"), 4);
    cy_uses_close(uses);
    cy_store_close(store);
}

struct downloader {
    struct cy_uses *uses;
    int number;
};

static void *download_often(void *context)
{
    struct downloader *downloader = context;
    for (int i = 0; i < 50; i++) {
        struct cy_use_key own = key;
        own.version = i % 2 ? CY_STR("odd") : CY_STR("even");
        struct cy_use *use = begin(downloader->uses, &own);
        for (int k = 0; k < 10; k++)
            cy_use_add(use, 3);
        cy_use_end(downloader->uses, use);
    }
    return NULL;
}

CY_TEST_EACH_DATABASE("many threads at once lose no byte and make no use twice")
{
    struct cy_store *store = open_store(test);
    struct cy_uses *uses = cy_uses_open(store);
    struct downloader downloaders[8];
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        downloaders[i] = (struct downloader){uses, i};
        pthread_create(&threads[i], NULL, download_often, &downloaders[i]);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    cy_uses_close(uses);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM uses"), 2);
    assert_int_equal(cy_test_count(store, "SELECT CAST(sum(size_bytes) AS BIGINT) FROM uses"), 8 * 50 * 30);
    assert_int_equal(cy_test_count(store, "SELECT CAST(sum(file_count) AS BIGINT) FROM uses"), 8 * 50);
    cy_store_close(store);
}
