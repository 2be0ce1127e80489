/* The children that answer questions: what they can do, what they cannot, and what is left when one dies. */
#include "cy_test.h"

#include "base/duck.h"
#include "base/files.h"
#include "hub/rows_worker.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* The program beside this test program. */
static const char *program(void)
{
    static char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 16);
    assert_true(size > 0);
    path[size] = '\0';
    strcpy(strrchr(path, '/') + 1, "ciyuan");
    return path;
}

static void make_file(const char *folder, const char *name, int rows)
{
    struct cy_duck *duck;
    struct cy_error error;
    char sql[1024];
    cy_expect_ok(cy_duck_open(&duck, &(struct cy_duck_options){0}, &error), error);
    snprintf(sql, sizeof sql, "COPY (SELECT i AS id, 'text ' || i AS text FROM range(%d) t(i)) TO '%s/%s' (FORMAT parquet)", rows, folder,
             name);
    cy_expect_ok(cy_duck_run(duck, sql, &error), error);
    cy_duck_close(duck);
}

static struct cy_rows_workers *open_workers(const char *const *folders, size_t count, unsigned cpu_seconds, int64_t wait_ms)
{
    struct cy_rows_workers *workers;
    cy_rows_workers_open(
        &workers, &(struct cy_rows_workers_options){
                      .program = program(), .folders = folders, .worker_count_max = count, .cpu_seconds = cpu_seconds, .wait_ms = wait_ms});
    return workers;
}

static enum cy_status ask(struct cy_rows_workers *workers, const char *folder, const char *name, const char *rest, struct cy_buffer *answer,
                          struct cy_error *error)
{
    char question[2048];
    snprintf(question, sizeof question, "{\"op\":\"rows\",\"files\":[{\"path\":\"%s/%s\",\"format\":\"parquet\"}],%s}", folder, name, rest);
    return cy_rows_ask(workers, cy_str(question), answer, error);
}

CY_TEST("a row worker answers, and refuses a wrong condition with the reason")
{
    const char *folder = cy_test_folder(), *folders[] = {folder, NULL};
    make_file(folder, "a", 1000);
    struct cy_rows_workers *workers = open_workers(folders, 1, 0, 0);
    struct cy_buffer answer = {0};
    struct cy_error error;
    cy_expect_ok(ask(workers, folder, "a", "\"offset\":7,\"length\":1,\"select\":[\"text\"]", &answer, &error), error);
    cy_buffer_add_byte(&answer, 0);
    assert_non_null(strstr(answer.data, "{\"row_idx\":7,\"row\":{\"text\":\"text 7\"},\"truncated_cells\":[]}"));
    assert_int_equal(ask(workers, folder, "a", "\"where\":\"id >\"", &answer, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "syntax error"));
    uint64_t alive, asked, lost;
    cy_rows_workers_state(workers, &alive, &asked, &lost);
    assert_int_equal(alive, 1);
    assert_int_equal(asked, 2);
    assert_int_equal(lost, 0);
    cy_buffer_release(&answer);
    cy_rows_workers_close(workers);
}

CY_TEST("a row worker reads nothing outside its folders, though the question names it")
{
    const char *folder = cy_test_folder(), *other = cy_test_folder(), *folders[] = {folder, NULL};
    make_file(folder, "a", 10);
    make_file(other, "b", 10);
    struct cy_rows_workers *workers = open_workers(folders, 1, 0, 0);
    struct cy_buffer answer = {0};
    struct cy_error error;
    assert_int_equal(ask(workers, other, "b", "\"length\":1", &answer, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "Permission denied"));
    char text[256];
    snprintf(text, sizeof text, "{\"op\":\"rows\",\"files\":[{\"path\":\"/etc/passwd\",\"format\":\"text\"}]}");
    assert_int_equal(cy_rows_ask(workers, cy_str(text), &answer, &error), CY_BAD_INPUT);
    cy_buffer_release(&answer);
    cy_rows_workers_close(workers);
}

CY_TEST("a question that takes too much CPU time ends its worker, and the next question is answered")
{
    const char *folder = cy_test_folder(), *folders[] = {folder, NULL};
    make_file(folder, "a", 100000);
    struct cy_rows_workers *workers = open_workers(folders, 1, 1, 0);
    struct cy_buffer answer = {0};
    struct cy_error error;
    assert_int_equal(
        ask(workers, folder, "a", "\"where\":\"(SELECT count(*) FROM range(1000000000000) r(x) WHERE x % 7 = id) > 0\"", &answer, &error),
        CY_FAILED);
    assert_non_null(strstr(error.message, "CPU time"));
    assert_int_equal(answer.size, 0);
    cy_expect_ok(ask(workers, folder, "a", "\"length\":1", &answer, &error), error);
    cy_buffer_release(&answer);
    cy_rows_workers_close(workers);
}

CY_TEST("a question that takes too long is given up, and its worker with it")
{
    const char *folder = cy_test_folder(), *folders[] = {folder, NULL};
    make_file(folder, "a", 100000);
    struct cy_rows_workers *workers = open_workers(folders, 1, 60, 700);
    struct cy_buffer answer = {0};
    struct cy_error error;
    assert_int_equal(
        ask(workers, folder, "a", "\"where\":\"(SELECT count(*) FROM range(1000000000000) r(x) WHERE x % 7 = id) > 0\"", &answer, &error),
        CY_FAILED);
    assert_non_null(strstr(error.message, "within 700 ms"));
    uint64_t alive, asked, lost;
    cy_rows_workers_state(workers, &alive, &asked, &lost);
    assert_int_equal(alive, 0);
    assert_int_equal(lost, 1);
    cy_buffer_release(&answer);
    cy_rows_workers_close(workers);
}

struct asker {
    struct cy_rows_workers *workers;
    const char *folder;
    int failed_count;
};

static void *ask_for_long(void *context)
{
    struct asker *asker = context;
    struct cy_buffer answer = {0};
    struct cy_error error;
    const char *where = "\"where\":\"(SELECT count(*) FROM range(1000000000000) r(x) WHERE x % 7 = id) > 0\"";
    assert_int_equal(ask(asker->workers, asker->folder, "a", where, &answer, &error), CY_FAILED);
    asker->failed_count = strstr(error.message, "4 questions wait for them") != NULL;
    cy_buffer_release(&answer);
    return NULL;
}

CY_TEST("when four questions wait for a worker the next is sent away, so that its asker is free for other things")
{
    const char *folder = cy_test_folder(), *folders[] = {folder, NULL};
    make_file(folder, "a", 100000);
    struct asker askers[12];
    pthread_t threads[CY_COUNT(askers)];
    struct cy_rows_workers *workers = open_workers(folders, 1, 60, 2000);
    int sent_away = 0;
    for (size_t i = 0; i < CY_COUNT(askers); i++) {
        askers[i] = (struct asker){workers, folder, 0};
        pthread_create(&threads[i], NULL, ask_for_long, &askers[i]);
    }
    for (size_t i = 0; i < CY_COUNT(askers); i++) {
        pthread_join(threads[i], NULL);
        sent_away += askers[i].failed_count;
    }
    assert_in_range(sent_away, 1, CY_COUNT(askers) - 5);
    cy_rows_workers_close(workers);
}

static void *ask_often(void *context)
{
    struct asker *asker = context;
    for (int i = 0; i < 10; i++) {
        struct cy_buffer answer = {0};
        struct cy_error error;
        asker->failed_count += ask(asker->workers, asker->folder, "a", "\"length\":3", &answer, &error) != CY_OK;
        cy_buffer_release(&answer);
    }
    return NULL;
}

CY_TEST("many ask at once, and two workers answer them all")
{
    const char *folder = cy_test_folder(), *folders[] = {folder, NULL};
    make_file(folder, "a", 1000);
    struct asker asker = {open_workers(folders, 2, 0, 0), folder, 0};
    struct asker askers[8];
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        askers[i] = asker;
        pthread_create(&threads[i], NULL, ask_often, &askers[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(askers[i].failed_count, 0);
    }
    uint64_t alive, asked, lost;
    cy_rows_workers_state(asker.workers, &alive, &asked, &lost);
    assert_in_range(alive, 1, 2);
    assert_int_equal(asked, 80);
    assert_int_equal(lost, 0);
    cy_rows_workers_close(asker.workers);
}

CY_TEST("files that are damaged or hostile are an error, never a crash that is felt")
{
    const char *folder = cy_test_folder(), *folders[] = {folder, NULL};
    char path[512];
    struct cy_error error;
    make_file(folder, "good", 5000);
    struct cy_buffer good = {0}, answer = {0};
    snprintf(path, sizeof path, "%s/good", folder);
    cy_expect_ok(cy_read_file(path, &good, &error), error);
    struct cy_rows_workers *workers = open_workers(folders, 1, 2, 20000);
    uint64_t seed = cy_test_seed();
    for (int round = 0; round < 40; round++) {
        struct cy_buffer bad = {0};
        cy_buffer_add(&bad, good.data, round % 4 == 0 ? cy_test_random(&seed) % good.size : good.size);
        for (int i = 0; i < round % 4 * 8 && bad.size > 200; i++) /* the footer at the end, or anywhere */
            bad.data[round % 2 ? bad.size - 1 - cy_test_random(&seed) % 200 : cy_test_random(&seed) % bad.size] =
                (char)cy_test_random(&seed);
        snprintf(path, sizeof path, "%s/bad", folder);
        cy_expect_ok(cy_write_file(path, cy_buffer_str(&bad), &error), error);
        cy_buffer_release(&bad);
        cy_buffer_clear(&answer);
        enum cy_status status = ask(workers, folder, "bad", "\"length\":10", &answer, &error);
        assert_true(status == CY_OK || status == CY_BAD_INPUT || status == CY_FAILED);
    }
    cy_buffer_clear(&answer);
    cy_expect_ok(ask(workers, folder, "good", "\"length\":1", &answer, &error), error);
    cy_buffer_release(&answer);
    cy_buffer_release(&good);
    cy_rows_workers_close(workers);
}
