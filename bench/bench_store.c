/* What the store does in a second: writes that are durable, by 1, 8 and 64 threads; point queries by readers; objects put; all on one kind
 * of database and objects. bench_store FOLDER [SECONDS [DATABASE_URL|- [OBJECTS_URL]]]     FOLDER is made, and stays */
#include "base/clock.h"
#include "base/threads.h"
#include "store/driver.h"
#include "store/objects.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct run {
    struct cy_store *store;
    struct cy_objects *objects;
    uint64_t end_ns;
    _Atomic uint64_t done, next;
};

static void check(enum cy_status status, const struct cy_error *error)
{
    if (status == CY_OK)
        return;
    fprintf(stderr, "bench_store: %s\n", error->message);
    exit(1);
}

static enum cy_status make_table(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(database, "rows",
                              "DROP TABLE IF EXISTS bench_rows; CREATE TABLE bench_rows (number BIGINT PRIMARY KEY, value TEXT NOT NULL)",
                              error);
}

/* A query of the program's own is prepared once a connection and kept; the bench has none of its own, and asks for a migration's name. */
static enum cy_status add_row(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct cy_value values[] = {
        cy_value_integer(*(int64_t *)context),
        cy_value_text(CY_STR("some eighty bytes of text, which is about what a row of use or of audit has in it"))};
    return cy_database_run_text(database, "row_add", "INSERT INTO bench_rows (number, value) VALUES ($1, $2)", values, 2, NULL, NULL,
                                error);
}

static void write_rows(void *context, size_t thread)
{
    struct run *run = context;
    struct cy_error error;
    (void)thread;
    while (cy_clock_ns() < run->end_ns) {
        int64_t number = (int64_t)atomic_fetch_add(&run->next, 1);
        check(cy_store_write(run->store, 0, add_row, &number, &error), &error);
        atomic_fetch_add(&run->done, 1);
    }
}

static void read_rows(void *context, size_t thread)
{
    struct run *run = context;
    struct cy_error error;
    struct cy_arena arena = {0};
    (void)thread;
    while (cy_clock_ns() < run->end_ns) {
        struct cy_database *reader;
        struct cy_result rows;
        check(cy_store_reader(run->store, &reader, &error), &error);
        check(cy_database_run(reader, CY_SQL_migration_list, NULL, 0, &arena, &rows, &error), &error);
        cy_store_reader_back(run->store, reader);
        cy_arena_reset(&arena);
        atomic_fetch_add(&run->done, 1);
    }
    cy_arena_release(&arena);
}

static void put_objects(void *context, size_t thread)
{
    struct run *run = context;
    struct cy_error error;
    (void)thread;
    while (cy_clock_ns() < run->end_ns) {
        char text[4096], sha256[65];
        memset(text, 'x', sizeof text);
        snprintf(text, 64, "%llu of %llu", (unsigned long long)atomic_fetch_add(&run->next, 1), (unsigned long long)run->end_ns);
        check(cy_objects_put_bytes(run->objects, (struct cy_str){text, sizeof text}, sha256, &error), &error);
        atomic_fetch_add(&run->done, 1);
    }
}

static void put_many(void *context, size_t thread)
{
    enum { MANY = 100 };
    struct run *run = context;
    struct cy_error error;
    static char texts[MANY][4096], names[MANY][65];
    struct cy_str contents[MANY];
    (void)thread; /* one */
    while (cy_clock_ns() < run->end_ns) {
        for (size_t i = 0; i < MANY; i++) {
            snprintf(texts[i], 64, "%llu of %llu", (unsigned long long)atomic_fetch_add(&run->next, 1), (unsigned long long)run->end_ns);
            contents[i] = (struct cy_str){texts[i], sizeof texts[i]};
        }
        check(cy_objects_put_all(run->objects, contents, MANY, names, &error), &error);
        atomic_fetch_add(&run->done, MANY);
    }
}

static void measure(struct run *run, const char *what, size_t threads, double seconds, void (*work)(void *context, size_t thread))
{
    struct cy_store_state before, after;
    cy_store_state(run->store, &before);
    uint64_t start = cy_clock_ns();
    run->end_ns = start + (uint64_t)(seconds * 1e9);
    run->done = 0;
    cy_run_threads(threads, work, run);
    cy_store_state(run->store, &after);
    double took = (double)(cy_clock_ns() - start) * 1e-9, commits = (double)(after.commit_count - before.commit_count);
    printf("%-28s %3zu threads %10.0f a second", what, threads, (double)run->done / took);
    if (commits > 0)
        printf(", %6.1f a commit, %.2f ms a commit", (double)run->done / commits,
               (double)(after.commit_ns_total - before.commit_ns_total) * 1e-6 / commits);
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 2.0;
    struct cy_store_options options = {.data_folder = argv[1], .database_url = argc > 3 && argv[3][0] != '-' ? argv[3] : NULL};
    struct cy_objects_options places = {.data_folder = argv[1], .url = argc > 4 ? argv[4] : NULL};
    struct run run = {0};
    struct cy_error error;
    check(cy_store_open(&run.store, &options, &error), &error);
    check(cy_objects_open(&run.objects, &places, &error), &error);
    check(cy_store_write(run.store, 0, make_table, NULL, &error), &error);
    measure(&run, "durable writes", 1, seconds, write_rows);
    measure(&run, "durable writes", 8, seconds, write_rows);
    measure(&run, "durable writes", 64, seconds, write_rows);
    measure(&run, "snapshot and a point query", 1, seconds, read_rows);
    measure(&run, "snapshot and a point query", 4, seconds, read_rows);
    measure(&run, "objects of 4 KiB put", 1, seconds, put_objects);
    measure(&run, "objects of 4 KiB put", 16, seconds, put_objects);
    measure(&run, "the same, a hundred at once", 1, seconds, put_many);
    cy_objects_close(run.objects);
    cy_store_close(run.store);
    return 0;
}
