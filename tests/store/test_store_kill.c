/* kill -9 at random moments: what was acknowledged before is there afterwards, and leftovers are swept. */
#include "cy_test_objects.h"
#include "cy_test_store.h"

#include "base/files.h"
#include "base/threads.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { WRITERS = 4 };

/* One object and the row that names it, as the child did them. */
struct acknowledgement {
    int32_t round, writer, number;
};

struct child {
    struct cy_store *store;
    struct cy_objects *objects;
    int round, pipe;
};

static struct cy_str content_of(const struct acknowledgement *done, char text[4000])
{
    int size = snprintf(text, 4000, "%d/%d/%d ", done->round, done->writer, done->number);
    size_t filler = (size_t)(done->number * 37 % 3900);
    memset(text + size, 'x', CY_MIN(filler, 4000 - (size_t)size));
    return (struct cy_str){text, CY_MIN((size_t)size + filler, 4000)};
}

struct row {
    const struct acknowledgement *done;
    const char *sha256;
};

static enum cy_status add_row(struct cy_database *database, void *context, struct cy_error *error)
{
    const struct row *row = context;
    return cy_database_run_text(database, "row_add", "INSERT INTO objects (round, writer, number, sha256) VALUES ($1, $2, $3, $4)",
                                (const struct cy_value[]){cy_value_integer(row->done->round), cy_value_integer(row->done->writer),
                                                          cy_value_integer(row->done->number), cy_value_text(cy_str(row->sha256))},
                                4, NULL, NULL, error);
}

static enum cy_status make_table(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(database, "objects",
                              "CREATE TABLE objects (round BIGINT, writer BIGINT, number BIGINT, sha256 TEXT NOT NULL,"
                              "PRIMARY KEY (round, writer, number))",
                              error);
}

static void work_until_killed(void *context, size_t thread)
{
    const struct child *child = context;
    for (int number = 0;; number++) {
        struct acknowledgement done = {child->round, (int32_t)thread, number};
        struct cy_error error;
        char text[4000], sha256[65];
        struct row row = {&done, sha256};
        if (cy_objects_put_bytes(child->objects, content_of(&done, text), sha256, &error) != CY_OK ||
            cy_store_write(child->store, 0, add_row, &row, &error) != CY_OK || write(child->pipe, &done, sizeof done) != sizeof done) {
            fprintf(stderr, "child: %s\n", error.message);
            _exit(1);
        }
    }
}

static void expect_object(struct cy_objects *objects, struct cy_database *reader, const struct acknowledgement *done)
{
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_result result;
    struct cy_str content;
    char text[4000], sha256[65];
    cy_expect_ok(cy_database_run_text(reader, "row", "SELECT sha256 FROM objects WHERE round = $1 AND writer = $2 AND number = $3",
                                      (const struct cy_value[]){cy_value_integer(done->round), cy_value_integer(done->writer),
                                                                cy_value_integer(done->number)},
                                      3, &arena, &result, &error),
                 error);
    if (result.row_count != 1)
        fail_msg("the row %d/%d/%d was acknowledged and is lost", done->round, done->writer, done->number);
    snprintf(sha256, sizeof sha256, "%.64s", cy_result_text(&result, 0, 0).data);
    cy_expect_ok(cy_objects_read_all(objects, sha256, 4000, &arena, &content, &error), error);
    assert_true(cy_str_equal(content, content_of(done, text)));
    cy_arena_release(&arena);
}

/* Starts a child, kills it after some milliseconds, and returns how many pieces it had acknowledged. */
static size_t kill_one(const struct cy_test_store *test, const struct cy_objects_options *options, int round, uint64_t *seed)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct child child = {.round = round, .pipe = ends[1]};
        struct cy_error error;
        if (cy_store_open(&child.store, &test->options, &error) != CY_OK || cy_objects_open(&child.objects, options, &error) != CY_OK)
            _exit(1);
        cy_run_threads(WRITERS, work_until_killed, &child);
    }
    close(ends[1]);
    struct acknowledgement done;
    struct cy_buffer all = {0};
    /* The wait begins with the first acknowledgement, so that every kill falls into the writing. */
    if (read(ends[0], &done, sizeof done) == sizeof done)
        cy_buffer_add(&all, &done, sizeof done);
    nanosleep(&(struct timespec){.tv_nsec = (long)(cy_test_random(seed) % 12000000)}, NULL);
    kill(pid, SIGKILL);
    int how;
    waitpid(pid, &how, 0);
    assert_true(WIFSIGNALED(how));
    while (read(ends[0], &done, sizeof done) == sizeof done)
        cy_buffer_add(&all, &done, sizeof done);
    close(ends[0]);

    struct cy_store *store = cy_test_store_open(test);
    struct cy_objects *objects;
    struct cy_database *reader;
    struct cy_error error;
    cy_expect_ok(cy_objects_open(&objects, options, &error), error);
    cy_expect_ok(cy_store_reader(store, &reader, &error), error);
    size_t count = all.size / sizeof done;
    for (size_t i = 0; i < count; i++)
        expect_object(objects, reader, (const struct acknowledgement *)all.data + i);
    cy_store_reader_back(store, reader);
    cy_expect_ok(cy_objects_sweep_spool(objects, 0, &error), error);
    cy_objects_close(objects);
    cy_store_close(store);
    cy_buffer_release(&all);
    return count;
}

static void kill_many(const struct cy_test_store *test, const struct cy_objects_options *options, int kills)
{
    uint64_t seed = cy_test_seed();
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_store *store = cy_test_store_open(test);
    cy_expect_ok(cy_store_write(store, 0, make_table, NULL, &error), error);
    cy_store_close(store);
    size_t acknowledged = 0;
    for (int round = 0; round < kills; round++)
        acknowledged += kill_one(test, options, round, &seed);
    assert_true(acknowledged >= (size_t)kills);
    store = cy_test_store_open(test);
    assert_true(cy_test_count(store, "SELECT count(*) FROM objects") >= (int64_t)acknowledged);
    cy_store_close(store);
    char **names;
    size_t name_count;
    cy_expect_ok(cy_list_folder(cy_path_join(&arena, options->data_folder, "spool"), &arena, &names, &name_count, &error), error);
    assert_int_equal(name_count, 0);
    cy_arena_release(&arena);
}

/* A hundred where a process starts in milliseconds; fewer where a connection or a request takes its time. */

CY_TEST("after kill -9 at a hundred random moments every acknowledged row and object is there, and the spool is swept (SQLite, disk)")
{
    const struct cy_test_store test = cy_test_store_sqlite();
    kill_many(&test, &(const struct cy_objects_options){.data_folder = test.options.data_folder}, 100);
}

CY_TEST("after kill -9 at random moments every acknowledged row and object is there (PostgreSQL, disk)")
{
    const struct cy_test_store test = cy_test_store_postgres();
    kill_many(&test, &(const struct cy_objects_options){.data_folder = test.options.data_folder}, 15);
}

CY_TEST("after kill -9 at random moments every acknowledged row and object is there (SQLite, S3)")
{
    const struct cy_test_store test = cy_test_store_sqlite();
    const struct cy_test_objects objects = cy_test_objects_s3();
    kill_many(&test, &objects.options, 8);
}

CY_TEST("after kill -9 at random moments every acknowledged row and object is there (PostgreSQL, S3)")
{
    const struct cy_test_store test = cy_test_store_postgres();
    const struct cy_test_objects objects = cy_test_objects_s3();
    kill_many(&test, &objects.options, 5);
}
