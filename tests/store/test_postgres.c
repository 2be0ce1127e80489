/* What a database in another process can do to us: cut the connection in the middle of a commit, end it, freeze, crash. */
#include "cy_test_proxy.h"
#include "cy_test_store.h"

#include "base/threads.h"
#include "store/postgres_values.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static enum cy_status make_rows(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(database, "rows", "CREATE TABLE rows (number BIGINT PRIMARY KEY, runs BIGINT NOT NULL)", error);
}

struct row {
    int64_t number;
    int64_t runs; /* how often the work was begun */
};

static enum cy_status add_row(struct cy_database *database, void *context, struct cy_error *error)
{
    struct row *row = context;
    row->runs++;
    return cy_database_run_text(database, "row_add", "INSERT INTO rows (number, runs) VALUES ($1, $2)",
                                (const struct cy_value[]){cy_value_integer(row->number), cy_value_integer(row->runs)}, 2, NULL, NULL,
                                error);
}

/* The same database by the proxy. */
static struct cy_store *store_by_proxy(struct cy_test_store *test, char url[96])
{
    struct cy_error error;
    const char *name = strrchr(test->options.database_url, '/');
    uint16_t port = cy_test_proxy_start(cy_test_postgres_port());
    snprintf(url, 96, "postgresql://ciyuan@127.0.0.1:%u%s", port, name);
    test->options.database_url = url;
    struct cy_store *store = cy_test_store_open(test);
    cy_expect_ok(cy_store_write(store, 0, make_rows, NULL, &error), error);
    return store;
}

CY_TEST("a connection that is cut before or after the COMMIT reached PostgreSQL: each work is stored once, and acknowledged")
{
    struct cy_test_store test = cy_test_store_postgres();
    char url[96];
    struct cy_store *store = store_by_proxy(&test, url);
    enum { WRITES = 12 };
    for (int number = 0; number < WRITES; number++) {
        struct cy_error error;
        struct row row = {.number = number};
        bool is_cut = number % 3 != 2, is_forwarded = number % 3 == 1;
        if (is_cut)
            cy_test_proxy_cut_at("COMMIT", is_forwarded);
        cy_expect_ok(cy_store_write(store, 0, add_row, &row, &error), error);
        /* Cut before: the work ran a second time. Cut after: it did not, for it was found stored. */
        assert_int_equal(row.runs, is_cut && !is_forwarded ? 2 : 1);
    }
    assert_int_equal(cy_test_proxy_cuts(), WRITES * 2 / 3);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM rows"), WRITES);
    assert_int_equal(cy_test_count(store, "SELECT sum(runs) FROM rows"), WRITES + WRITES / 3); /* NUMERIC, read as a whole number */
    cy_store_close(store);
    cy_test_proxy_end();
}

enum { THREADS = 8, EACH = 30, CRASHER = 3 };

struct crowd {
    struct cy_store *store;
    atomic_int next, acknowledged;
    atomic_bool is_acknowledged[THREADS * EACH];
};

static void write_many(void *context, size_t thread)
{
    struct crowd *crowd = context;
    (void)thread;
    for (int i = 0; i < EACH; i++) {
        struct cy_error error;
        struct row row = {.number = atomic_fetch_add(&crowd->next, 1)};
        if (row.number % 31 == 5)
            cy_test_proxy_cut_at(row.number % 2 == 0 ? "COMMIT" : "SAVEPOINT", row.number % 4 < 2);
        if (cy_store_write(crowd->store, 0, add_row, &row, &error) == CY_OK)
            crowd->is_acknowledged[row.number] = true;
        else
            fail_msg("%s", error.message);
    }
}

CY_TEST("connections that are cut under many writers lose nothing and store nothing twice")
{
    struct cy_test_store test = cy_test_store_postgres();
    char url[96];
    struct crowd *crowd = cy_alloc_zero(1, sizeof *crowd);
    crowd->store = store_by_proxy(&test, url);
    cy_run_threads(THREADS, write_many, crowd);
    assert_true(cy_test_proxy_cuts() > 1);
    assert_int_equal(cy_test_count(crowd->store, "SELECT count(*) FROM rows"), THREADS * EACH);
    cy_store_close(crowd->store);
    cy_test_proxy_end();
    free(crowd);
}

CY_TEST("readers connect again after PostgreSQL ended their connection, and so does the writer")
{
    struct cy_test_store test = cy_test_store_postgres();
    struct cy_store *store = cy_test_store_open(&test);
    struct cy_error error;
    cy_expect_ok(cy_store_write(store, 0, make_rows, NULL, &error), error);
    for (int number = 0; number < 3; number++) {
        struct row row = {.number = number};
        assert_int_equal(cy_test_count(store, "SELECT count(*) FROM rows"), number);
        cy_test_postgres_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ciyuan %' AND pid <> "
                             "pg_backend_pid()");
        cy_expect_ok(cy_store_write(store, 0, add_row, &row, &error), error);
    }
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM rows"), 3);
    cy_store_close(store);
}

CY_TEST("a second server on the same PostgreSQL database is refused, from another folder too, and told who holds it")
{
    struct cy_test_store test = cy_test_store_postgres();
    struct cy_store *store = cy_test_store_open(&test), *second;
    struct cy_error error;
    struct cy_store_options options = test.options;
    options.data_folder = cy_test_folder();
    assert_int_equal(cy_store_open(&second, &options, &error), CY_FAILED);
    assert_non_null(strstr(error.message, "another ciyuan server does (backend "));
    assert_non_null(strstr(error.message, "127.0.0.1"));
    cy_store_close(store);
    cy_expect_ok(cy_store_open(&second, &options, &error), error);
    cy_store_close(second);
}

CY_TEST("a server that is gone is an error in bounded time for a reader, and a URL or a password that is wrong stops the start")
{
    struct cy_test_store test = cy_test_store_postgres();
    char url[96];
    struct cy_store *store = store_by_proxy(&test, url), *other;
    struct cy_database *reader;
    struct cy_error error;
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM rows"), 0);
    cy_test_proxy_shut(true);
    wait_ms(50);
    assert_int_equal(cy_store_reader(store, &reader, &error), CY_IO);
    assert_non_null(strstr(error.message, "PostgreSQL"));
    cy_test_proxy_shut(false);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM rows"), 0); /* and it is back with it */
    cy_store_close(store);
    cy_test_proxy_end();
    struct cy_store_options options = {.data_folder = cy_test_folder(), .database_url = "postgresql://ciyuan@127.0.0.1:1/none"};
    assert_int_equal(cy_store_open(&other, &options, &error), CY_IO);
    options.database_url = "mysql://root:secret@host/db";
    assert_int_equal(cy_store_open(&other, &options, &error), CY_BAD_RECIPE);
    assert_null(strstr(error.message, "secret"));
}

static void *go_on_later(void *context)
{
    (void)context;
    wait_ms(1500);
    cy_test_postgres_freeze(false);
    return NULL;
}

CY_TEST("a PostgreSQL that is frozen for a while holds work up, and loses none of it")
{
    struct cy_test_store test = cy_test_store_postgres();
    struct cy_store *store = cy_test_store_open(&test);
    struct cy_error error;
    struct row row = {.number = 1};
    pthread_t thread;
    cy_expect_ok(cy_store_write(store, 0, make_rows, NULL, &error), error);
    cy_test_postgres_freeze(true);
    assert_int_equal(pthread_create(&thread, NULL, go_on_later, NULL), 0);
    cy_expect_ok(cy_store_write(store, 0, add_row, &row, &error), error);
    assert_int_equal(row.runs, 1);
    pthread_join(thread, NULL);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM rows"), 1);
    cy_store_close(store);
}

static void write_through_crash(void *context, size_t thread)
{
    struct crowd *crowd = context;
    if (thread == CRASHER) { /* the caller's own thread: the server would end with another one that started it */
        wait_ms(60);
        cy_test_postgres_crash();
        return;
    }
    for (int i = 0; i < EACH; i++) {
        struct cy_error error;
        struct row row = {.number = atomic_fetch_add(&crowd->next, 1)};
        if (cy_store_write(crowd->store, 0, add_row, &row, &error) == CY_OK) {
            crowd->is_acknowledged[row.number] = true;
            atomic_fetch_add(&crowd->acknowledged, 1);
        }
        wait_ms(3);
    }
}

CY_TEST("a PostgreSQL that crashes and starts again has every row that was acknowledged, before and after")
{
    struct cy_test_store test = cy_test_store_postgres();
    struct crowd *crowd = cy_alloc_zero(1, sizeof *crowd);
    struct cy_error error;
    crowd->store = cy_test_store_open(&test);
    cy_expect_ok(cy_store_write(crowd->store, 0, make_rows, NULL, &error), error);
    cy_run_threads(CRASHER + 1, write_through_crash, crowd);
    assert_int_equal(crowd->acknowledged, CRASHER * EACH); /* the writer waited for the server's return */
    assert_int_equal(cy_test_count(crowd->store, "SELECT count(*) FROM rows"), CRASHER * EACH);
    cy_store_close(crowd->store);
    free(crowd);
}

CY_TEST("NUMERIC is read as a whole number where it is one and fits, else as a real; PostgreSQL's own text is the oracle")
{
    struct cy_test_store test = cy_test_store_postgres();
    struct cy_store *store = cy_test_store_open(&test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_database *reader;
    struct cy_result result;
    cy_expect_ok(cy_store_reader(store, &reader, &error), error);
    const char *const whole[] = {"0",
                                 "1",
                                 "-1",
                                 "9999",
                                 "10000",
                                 "-10000",
                                 "100000000",
                                 "123456789012345678",
                                 "9223372036854775807",
                                 "-9223372036854775808",
                                 "70000000.000"};
    const char *const real[] = {"0.5",       "-0.0001", "12345.678", "9223372036854775808", "1e30", "123456789012345678901234567890.5",
                                "0.00000001"};
    for (size_t i = 0; i < CY_COUNT(whole); i++) {
        const char *text = cy_arena_printf(&arena, "SELECT %s::numeric", whole[i]);
        cy_expect_ok(cy_database_run_text(reader, "numeric", text, NULL, 0, &arena, &result, &error), error);
        assert_int_equal(result.values[0].kind, CY_VALUE_INTEGER);
        assert_true(result.values[0].integer == strtoll(whole[i], NULL, 10));
    }
    for (size_t i = 0; i < CY_COUNT(real); i++) {
        const char *text = cy_arena_printf(&arena, "SELECT %s::numeric", real[i]);
        double expected = strtod(real[i], NULL);
        cy_expect_ok(cy_database_run_text(reader, "numeric", text, NULL, 0, &arena, &result, &error), error);
        assert_int_equal(result.values[0].kind, CY_VALUE_REAL);
        cy_expect_near(result.values[0].real / expected, 1.0, 1e-14);
    }
    cy_store_reader_back(store, reader);
    cy_arena_release(&arena);
    cy_store_close(store);
}
