/* Collecting garbage: what goes, and what stays. */
#include "cy_test_store.h"

#include "hub/commits.h"
#include "hub/doctor.h"
#include "hub/garbage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

struct made {
    struct cy_store *store;
    struct cy_objects *objects;
    struct cy_hub *hub;
    const char *folder;
};

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

static struct made make(const struct cy_test_store *test)
{
    struct made made = {.store = cy_test_store_open(test), .folder = test->options.data_folder};
    struct cy_error error;
    cy_expect_ok(cy_objects_open(&made.objects, &(struct cy_objects_options){.data_folder = made.folder}, &error), error);
    cy_expect_ok(cy_hub_open(&made.hub, made.store, made.objects, &error), error);
    cy_expect_ok(cy_store_write(made.store, 0, add_rows, NULL, &error), error);
    return made;
}

static void release(struct made *made)
{
    cy_hub_close(made->hub);
    cy_objects_close(made->objects);
    cy_store_close(made->store);
}

static void put(struct made *made, const char *text, char sha256[65])
{
    struct cy_error error;
    cy_expect_ok(cy_objects_put_bytes(made->objects, cy_str(text), sha256, &error), error);
}

/* As if it had been put two days ago. */
static void make_old(struct made *made, const char *sha256)
{
    char path[1024];
    struct timespec times[2];
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= 2 * 24 * 3600;
    times[1] = times[0];
    snprintf(path, sizeof path, "%s/objects/%.2s/%s", made->folder, sha256, sha256);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(struct made *made, const char *sha256)
{
    struct cy_error error;
    bool exists;
    uint64_t size_bytes;
    cy_expect_ok(cy_objects_stat(made->objects, sha256, &exists, &size_bytes, &error), error);
    return exists;
}

static struct cy_garbage_report collect(struct made *made, const struct cy_garbage_times *times)
{
    struct cy_garbage_report report;
    struct cy_error error;
    cy_expect_ok(cy_garbage_collect(made->hub, times, &report, &error), error);
    return report;
}

CY_TEST_EACH_DATABASE("an old object that nothing names goes; a young one, and one that is named, stay")
{
    struct made made = make(test);
    struct cy_error error;
    char old[65], young[65], named[65];
    put(&made, "old", old), put(&made, "young", young), put(&made, "named", named);
    cy_expect_ok(cy_hub_hold_object(made.hub, CY_STR("r1"), CY_STR("u1"), named, 5, &error), error);
    make_old(&made, old), make_old(&made, named);
    struct cy_garbage_report report = collect(&made, &cy_garbage_times_default);
    assert_int_equal(report.object_count, 1);
    assert_int_equal(report.object_bytes, 3);
    assert_false(is_there(&made, old));
    assert_true(is_there(&made, young));
    assert_true(is_there(&made, named));
    release(&made);
}

CY_TEST_EACH_DATABASE("an object that is put again counts as new, though nothing names it yet")
{
    struct made made = make(test);
    char sha256[65];
    put(&made, "again", sha256);
    make_old(&made, sha256);
    put(&made, "again", sha256);
    assert_int_equal(collect(&made, &cy_garbage_times_default).object_count, 0);
    assert_true(is_there(&made, sha256));
    release(&made);
}

CY_TEST_EACH_DATABASE("nothing goes that was put since the oldest upload under way began, however short the time of grace")
{
    struct made made = make(test);
    struct cy_garbage_times times = cy_garbage_times_default;
    struct cy_put first, second;
    char before[65], within[65];
    times.grace_ms = 0;
    put(&made, "before", before);
    make_old(&made, before);
    cy_put_begin(&made.hub->puts, &first);
    put(&made, "within", within);
    nanosleep(&(struct timespec){0, 120 * 1000000}, NULL); /* beyond the 50 ms that a file's time may be late */
    cy_put_begin(&made.hub->puts, &second);
    assert_int_equal(collect(&made, &times).object_count, 1);
    assert_false(is_there(&made, before));
    assert_true(is_there(&made, within));
    cy_put_end(&made.hub->puts, &first); /* without a row that names it; the second began later */
    nanosleep(&(struct timespec){0, 120 * 1000000}, NULL);
    assert_int_equal(collect(&made, &times).object_count, 1);
    assert_false(is_there(&made, within));
    cy_put_end(&made.hub->puts, &second);
    release(&made);
}

CY_TEST_EACH_DATABASE("an upload that was never committed is given up after its time, and then its object")
{
    struct made made = make(test);
    struct cy_error error;
    struct cy_garbage_times times = cy_garbage_times_default;
    char sha256[65];
    put(&made, "upload", sha256);
    cy_expect_ok(cy_hub_hold_object(made.hub, CY_STR("r1"), CY_STR("u1"), sha256, 6, &error), error);
    make_old(&made, sha256);
    assert_int_equal(collect(&made, &times).row_count, 0);
    times.upload_ms = -1000; /* a second from now it is over */
    struct cy_garbage_report report = collect(&made, &times);
    assert_int_equal(report.row_count, 1);
    assert_int_equal(report.object_count, 1);
    assert_false(is_there(&made, sha256));
    release(&made);
}

CY_TEST_EACH_DATABASE("an erasure order takes the bytes at once and leaves a tombstone that says so")
{
    struct made made = make(test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_database *reader;
    struct cy_result rows;
    char sha256[65];
    put(&made, "personal", sha256);
    cy_expect_ok(cy_hub_hold_object(made.hub, CY_STR("r1"), CY_STR("u1"), sha256, 8, &error), error);
    make_old(&made, sha256);
    const struct cy_actor admin = {CY_STR("u9"), CY_STR("boss")};
    cy_expect_ok(cy_repository_erase(made.hub, &admin, CY_STR("r1"), CY_STR("court order 12/26"), &error), error);
    assert_false(is_there(&made, sha256));
    cy_expect_ok(cy_store_reader(made.store, &reader, &error), error);
    cy_expect_ok(
        cy_database_run_text(reader, "tombstone", "SELECT tombstone FROM repositories WHERE id = 'r1'", NULL, 0, &arena, &rows, &error),
        error);
    cy_expect_str(cy_result_text(&rows, 0, 0), "court order 12/26");
    cy_expect_ok(cy_database_run_text(reader, "audit", "SELECT actor_name FROM audit WHERE action = 'repository.erase'", NULL, 0, &arena,
                                      &rows, &error),
                 error);
    cy_expect_str(cy_result_text(&rows, 0, 0), "boss");
    cy_store_reader_back(made.store, reader);
    cy_arena_release(&arena);
    release(&made);
}

static void count_problem(void *context, const char *words)
{
    struct cy_buffer *all = context;
    cy_buffer_add_text(all, words);
    cy_buffer_add_byte(all, '\n');
}

CY_TEST_EACH_DATABASE("the doctor finds an uploaded object that is missing, and one whose bytes have changed")
{
    struct made made = make(test);
    struct cy_error error;
    struct cy_buffer problems = {0};
    struct cy_doctor doctor = {
        .store = made.store, .objects = made.objects, .verifies = true, .problem = count_problem, .context = &problems};
    struct cy_doctor_report report;
    char missing[65], changed[65], path[1024];
    put(&made, "missing", missing), put(&made, "changed", changed);
    cy_expect_ok(cy_hub_hold_object(made.hub, CY_STR("r1"), CY_STR("u1"), missing, 7, &error), error);
    cy_expect_ok(cy_hub_hold_object(made.hub, CY_STR("r1"), CY_STR("u1"), changed, 7, &error), error);
    cy_expect_ok(cy_doctor_run(&doctor, &report, &error), error);
    assert_int_equal(report.problem_count, 0);
    assert_int_equal(report.object_count, 2);
    cy_expect_ok(cy_objects_remove(made.objects, missing, &error), error);
    snprintf(path, sizeof path, "%s/objects/%.2s/%s", made.folder, changed, changed);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fputc('C', file);
    fclose(file);
    cy_expect_ok(cy_doctor_run(&doctor, &report, &error), error);
    assert_int_equal(report.problem_count, 2);
    cy_buffer_add_byte(&problems, 0);
    assert_non_null(strstr(problems.data, "is missing"));
    assert_non_null(strstr(problems.data, "is damaged"));
    cy_buffer_release(&problems);
    release(&made);
}
