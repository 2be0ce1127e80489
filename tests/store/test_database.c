/* The database, on SQLite and, where a server can be had, on PostgreSQL: the same tests on both. */
#include "cy_test_store.h"

#include "base/threads.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- values ---- */

static enum cy_status make_kinds(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(database, "kinds",
                              "CREATE TABLE kinds (id BIGINT PRIMARY KEY, i BIGINT, r DOUBLE PRECISION, t TEXT, b BYTEA);"
                              "CREATE TABLE parents (name TEXT PRIMARY KEY, size BIGINT NOT NULL CHECK (size >= 0));"
                              "CREATE TABLE children (name TEXT PRIMARY KEY, parent TEXT NOT NULL REFERENCES parents (name));",
                              error);
}

static struct cy_store *store_with_tables(const struct cy_test_store *test)
{
    struct cy_error error;
    struct cy_store *store = cy_test_store_open(test);
    cy_expect_ok(cy_store_write(store, 0, make_kinds, NULL, &error), error);
    return store;
}

static enum cy_status add_kinds(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    const char *text = "INSERT INTO kinds (id, i, r, t, b) VALUES ($1, $2, $3, $4, $5)";
    const struct cy_value full[] = {cy_value_integer(1), cy_value_integer(INT64_MIN), cy_value_real(0.1),
                                    cy_value_text(cy_str("词元 'q' $1")), cy_value_bytes(CY_STR("a\0b\xFF"))};
    const struct cy_value edge[] = {cy_value_integer(2), cy_value_integer(INT64_MAX), cy_value_real(-1e308), cy_value_text(CY_STR("")),
                                    cy_value_bytes((struct cy_str){0})};
    const struct cy_value null[] = {cy_value_integer(3), cy_value_null(), cy_value_null(), cy_value_null(), cy_value_null()};
    enum cy_status status = cy_database_run_text(database, "add", text, full, 5, NULL, NULL, error);
    if (status == CY_OK)
        status = cy_database_run_text(database, "add", text, edge, 5, NULL, NULL, error);
    if (status == CY_OK)
        status = cy_database_run_text(database, "add", text, null, 5, NULL, NULL, error);
    return status;
}

CY_TEST_EACH_DATABASE("values come back as they were given: whole numbers, reals, text, bytes and NULL")
{
    struct cy_store *store = store_with_tables(test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_database *reader;
    struct cy_result rows;
    cy_expect_ok(cy_store_write(store, 0, add_kinds, NULL, &error), error);
    cy_expect_ok(cy_store_reader(store, &reader, &error), error);
    cy_expect_ok(cy_database_run_text(reader, "all", "SELECT i, r, t, b FROM kinds ORDER BY id", NULL, 0, &arena, &rows, &error), error);
    assert_int_equal(rows.row_count, 3);
    assert_int_equal(rows.column_count, 4);
    assert_true(cy_result_integer(&rows, 0, 0) == INT64_MIN);
    assert_true(cy_result_real(&rows, 0, 1) == 0.1);
    cy_expect_str(cy_result_text(&rows, 0, 2), "词元 'q' $1");
    assert_true(cy_str_equal(cy_result_text(&rows, 0, 3), CY_STR("a\0b\xFF")));
    assert_int_equal(rows.values[3].kind, CY_VALUE_BYTES);
    assert_true(cy_result_integer(&rows, 1, 0) == INT64_MAX);
    assert_true(cy_result_real(&rows, 1, 1) == -1e308);
    assert_false(cy_result_is_null(&rows, 1, 2)); /* empty is not NULL */
    assert_int_equal(cy_result_text(&rows, 1, 2).size, 0);
    assert_false(cy_result_is_null(&rows, 1, 3));
    for (size_t column = 0; column < 4; column++)
        assert_true(cy_result_is_null(&rows, 2, column));
    assert_true(cy_result_integer(&rows, 2, 0) == 0);
    cy_expect_ok(cy_database_run_text(reader, "swapped", "SELECT id FROM kinds WHERE t = $2 AND i = $1",
                                      (const struct cy_value[]){cy_value_integer(INT64_MAX), cy_value_text(CY_STR(""))}, 2, &arena, &rows,
                                      &error),
                 error); /* $2 before $1 */
    assert_int_equal(rows.row_count, 1);
    assert_int_equal(cy_result_integer(&rows, 0, 0), 2);
    cy_store_reader_back(store, reader);
    cy_arena_release(&arena);
    cy_store_close(store);
}

/* ---- constraints ---- */

struct insert {
    const char *text;
    const char *name, *parent;
    int64_t size;
    int64_t changed_count;
};

static enum cy_status add_parent(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct insert *insert = context;
    return cy_database_run_text(database, "parent_add", "INSERT INTO parents (name, size) VALUES ($1, $2)",
                                (const struct cy_value[]){cy_value_text(cy_str(insert->name)), cy_value_integer(insert->size)}, 2, NULL,
                                NULL, error);
}

static enum cy_status add_child(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct insert *insert = context;
    return cy_database_run_text(database, "child_add", "INSERT INTO children (name, parent) VALUES ($1, $2)",
                                (const struct cy_value[]){cy_value_text(cy_str(insert->name)), cy_value_text(cy_str(insert->parent))}, 2,
                                NULL, NULL, error);
}

CY_TEST_EACH_DATABASE("a broken constraint is bad input, and names the query: unique, check, not null, foreign key")
{
    struct cy_store *store = store_with_tables(test);
    struct cy_error error;
    struct insert first = {.name = "a", .size = 1}, negative = {.name = "b", .size = -1}, orphan = {.name = "c", .parent = "nobody"};
    cy_expect_ok(cy_store_write(store, 0, add_parent, &first, &error), error);
    assert_int_equal(cy_store_write(store, 0, add_parent, &first, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "query parent_add"));
    assert_int_equal(cy_store_write(store, 0, add_parent, &negative, &error), CY_BAD_INPUT);
    assert_int_equal(cy_store_write(store, 0, add_child, &orphan, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "query child_add"));
    orphan.parent = "a";
    cy_expect_ok(cy_store_write(store, 0, add_child, &orphan, &error), error);
    cy_store_close(store);
}

static enum cy_status add_twice_silently(struct cy_database *database, void *context, struct cy_error *error)
{
    enum cy_status status = add_parent(database, context, error);
    if (status == CY_OK && add_parent(database, context, error) == CY_OK)
        fail_msg("the second of the same name was taken");
    struct insert other = {.name = "other", .size = 1};
    assert_int_equal(add_parent(database, &other, error), CY_FAILED);
    assert_non_null(strstr(error->message, "an earlier one of this transaction failed"));
    return CY_OK;
}

CY_TEST_EACH_DATABASE("work that goes on after a failed query fails whole, on either database")
{
    struct cy_store *store = store_with_tables(test);
    struct cy_error error;
    struct insert insert = {.name = "a", .size = 1};
    assert_int_equal(cy_store_write(store, 0, add_twice_silently, &insert, &error), CY_BAD_INPUT);
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM parents"), 0);
    cy_store_close(store);
}

static enum cy_status update_all(struct cy_database *database, void *context, struct cy_error *error)
{
    struct insert *insert = context;
    struct cy_result rows;
    struct cy_arena arena = {0};
    enum cy_status status = cy_database_run_text(database, "update", insert->text, NULL, 0, &arena, &rows, error);
    insert->changed_count = rows.changed_count;
    cy_arena_release(&arena);
    return status;
}

CY_TEST_EACH_DATABASE("a statement that returns no rows tells how many it changed")
{
    struct cy_store *store = store_with_tables(test);
    struct cy_error error;
    struct insert a = {.name = "a", .size = 1}, b = {.name = "b", .size = 5}, update = {.text = "UPDATE parents SET size = size + 1"};
    cy_expect_ok(cy_store_write(store, 0, add_parent, &a, &error), error);
    cy_expect_ok(cy_store_write(store, 0, add_parent, &b, &error), error);
    cy_expect_ok(cy_store_write(store, 0, update_all, &update, &error), error);
    assert_int_equal(update.changed_count, 2);
    update.text = "DELETE FROM parents WHERE size > 100";
    cy_expect_ok(cy_store_write(store, 0, update_all, &update, &error), error);
    assert_int_equal(update.changed_count, 0);
    cy_store_close(store);
}

/* ---- groups ---- */

enum { THREADS = 24, PIECES = 40 };

struct crowd {
    struct cy_store *store;
    atomic_int good, bad;
};

static void write_many(void *context, size_t thread)
{
    struct crowd *crowd = context;
    for (int piece = 0; piece < PIECES; piece++) {
        struct cy_error error;
        char name[32];
        bool fails = piece % 4 == 3; /* every fourth piece breaks the check after it has written something good */
        snprintf(name, sizeof name, "%zu-%d", thread, piece);
        struct insert insert = {.name = name, .size = fails ? -1 : piece};
        enum cy_status status = cy_store_write(crowd->store, CY_AREA_HUB, add_parent, &insert, &error);
        assert_int_equal(status, fails ? CY_BAD_INPUT : CY_OK);
        atomic_fetch_add(fails ? &crowd->bad : &crowd->good, 1);
    }
}

CY_TEST_EACH_DATABASE("many writers share commits; those that fail are rolled back alone")
{
    struct crowd crowd = {.store = store_with_tables(test)};
    struct cy_store_state before, after;
    cy_store_state(crowd.store, &before);
    cy_run_threads(THREADS, write_many, &crowd);
    cy_store_state(crowd.store, &after);
    assert_int_equal(crowd.good, THREADS * PIECES * 3 / 4);
    assert_int_equal(cy_test_count(crowd.store, "SELECT count(*) FROM parents"), crowd.good);
    assert_int_equal(cy_test_count(crowd.store, "SELECT count(*) FROM parents WHERE size < 0"), 0);
    assert_int_equal(after.work_count - before.work_count, THREADS * PIECES);
    assert_true(after.commit_count - before.commit_count < (uint64_t)crowd.good); /* shared, how often is the machine's matter */
    assert_int_equal(after.queue_length, 0);
    cy_store_close(crowd.store);
}

CY_TEST_EACH_DATABASE("a generation grows with a commit that bumps its area, and with no other")
{
    struct cy_store *store = store_with_tables(test);
    struct cy_error error;
    uint64_t hub = cy_store_generation(store, CY_AREA_HUB), use = cy_store_generation(store, CY_AREA_USE);
    struct insert insert = {.name = "a", .size = 1};
    cy_expect_ok(cy_store_write(store, CY_AREA_HUB, add_parent, &insert, &error), error);
    assert_true(cy_store_generation(store, CY_AREA_HUB) > hub);
    assert_int_equal(cy_store_generation(store, CY_AREA_USE), use);
    hub = cy_store_generation(store, CY_AREA_HUB);
    assert_int_equal(cy_store_write(store, CY_AREA_HUB, add_parent, &insert, &error), CY_BAD_INPUT);
    assert_int_equal(cy_store_generation(store, CY_AREA_HUB), hub);
    cy_store_close(store);
}

/* ---- readers ---- */

CY_TEST_EACH_DATABASE("a reader keeps its snapshot while others write, and a new reader sees what was acknowledged")
{
    struct cy_store *store = store_with_tables(test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_database *old, *new;
    struct cy_result rows;
    struct insert a = {.name = "a", .size = 1}, b = {.name = "b", .size = 1};
    cy_expect_ok(cy_store_write(store, 0, add_parent, &a, &error), error);
    cy_expect_ok(cy_store_reader(store, &old, &error), error);
    const char *count = "SELECT count(*) FROM parents";
    cy_expect_ok(cy_database_run_text(old, "count", count, NULL, 0, &arena, &rows, &error), error);
    assert_int_equal(cy_result_integer(&rows, 0, 0), 1);
    cy_expect_ok(cy_store_write(store, 0, add_parent, &b, &error), error);
    cy_expect_ok(cy_store_reader(store, &new, &error), error);
    cy_expect_ok(cy_database_run_text(old, "count", count, NULL, 0, &arena, &rows, &error), error);
    assert_int_equal(cy_result_integer(&rows, 0, 0), 1);
    cy_expect_ok(cy_database_run_text(new, "count", count, NULL, 0, &arena, &rows, &error), error);
    assert_int_equal(cy_result_integer(&rows, 0, 0), 2);
    assert_int_not_equal(cy_database_run_text(new, "write", "DELETE FROM parents", NULL, 0, NULL, NULL, &error), CY_OK);
    cy_store_reader_back(store, old);
    cy_store_reader_back(store, new);
    assert_int_equal(cy_test_count(store, count), 2);
    cy_arena_release(&arena);
    cy_store_close(store);
}

static void read_often(void *context, size_t thread)
{
    (void)thread;
    for (int i = 0; i < 200; i++)
        cy_test_count(context, "SELECT count(*) FROM parents");
}

CY_TEST_EACH_DATABASE("more readers than connections wait for each other")
{
    struct cy_store *store = store_with_tables(test); /* opened with 3 */
    cy_run_threads(8, read_often, store);
    cy_store_close(store);
}

/* ---- who may write ---- */

CY_TEST_EACH_DATABASE("a store that is opened a second time is refused, one opened for reading alone is not")
{
    struct cy_store *store = store_with_tables(test), *second;
    struct cy_error error;
    struct cy_store_options options = test->options;
    assert_int_equal(cy_store_open(&second, &options, &error), CY_FAILED);
    char pid[32];
    snprintf(pid, sizeof pid, "process %d ", (int)getpid());
    assert_non_null(strstr(error.message, pid));
    assert_true(error.hint[0] != '\0');
    options.read_only = true;
    cy_expect_ok(cy_store_open(&second, &options, &error), error);
    struct insert insert = {.name = "a", .size = 1};
    cy_expect_ok(cy_store_write(store, 0, add_parent, &insert, &error), error);
    assert_int_equal(cy_test_count(second, "SELECT count(*) FROM parents"), 1);
    assert_int_equal(cy_store_write(second, 0, add_parent, &insert, &error), CY_FAILED);
    cy_store_close(second);
    cy_store_close(store);
    cy_expect_ok(cy_store_open(&store, &test->options, &error), error); /* the lock went with its holder */
    cy_store_close(store);
}

/* ---- migrations ---- */

static enum cy_status add_migration(struct cy_database *database, void *context, struct cy_error *error)
{
    return CY_RUN(database, CY_SQL_migration_add, NULL, NULL, error, cy_value_text(cy_str(context)), cy_value_text(cy_str("0")),
                  cy_value_integer(1));
}

CY_TEST_EACH_DATABASE("each migration is recorded once, with its hash, and a schema from the future is refused")
{
    struct cy_store *store = cy_test_store_open(test);
    struct cy_error error;
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM migrations WHERE length(sha256) = 64"), CY_MIGRATION_COUNT);
    cy_store_close(store);
    cy_expect_ok(cy_store_open(&store, &test->options, &error), error); /* again: nothing is run twice */
    assert_int_equal(cy_test_count(store, "SELECT count(*) FROM migrations"), CY_MIGRATION_COUNT);
    cy_expect_ok(cy_store_write(store, 0, add_migration, (void *)"9999_future", &error), error);
    cy_store_close(store);
    assert_int_equal(cy_store_open(&store, &test->options, &error), CY_FAILED);
    assert_non_null(strstr(error.message, "9999_future"));
    assert_non_null(strstr(error.message, "newer"));
}

/* ---- the queries of the whole program ---- */

static size_t parameters_of(const char *text)
{
    size_t highest = 0;
    for (const char *at = strchr(text, '$'); at != NULL; at = strchr(at + 1, '$'))
        highest = CY_MAX(highest, (size_t)strtoul(at + 1, NULL, 10));
    return highest;
}

CY_TEST_EACH_DATABASE("every query of the program is understood, and planned, with the schema that the migrations make")
{
    struct cy_store *store = cy_test_store_open(test);
    struct cy_arena arena = {0};
    struct cy_buffer refused = {0};
    struct cy_value nulls[64] = {0};
    for (size_t query = 0; query < CY_SQL_COUNT; query++) {
        struct cy_error error;
        struct cy_database *reader;
        const struct cy_sql_row *row = &cy_sql_table[query];
        const char *text = cy_arena_printf(&arena, "EXPLAIN %s", row->text);
        cy_expect_ok(cy_store_reader(store, &reader, &error), error);
        if (cy_database_run_text(reader, row->name, text, nulls, parameters_of(text), NULL, NULL, &error) != CY_OK)
            cy_buffer_printf(&refused, "%s\n", error.message);
        cy_store_reader_back(store, reader);
    }
    cy_buffer_add_byte(&refused, '\0');
    if (refused.size > 1)
        fail_msg("%s", refused.data);
    cy_buffer_release(&refused);
    cy_arena_release(&arena);
    cy_store_close(store);
}
