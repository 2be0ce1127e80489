#include "cy_test.h"

#include "recipe/pipeline.h"

#include <sched.h>

struct numbers {
    uint64_t next, count, fail_at, put_sum, put_next;
    uint64_t put_fail_at; /* 0: never */
    bool ordered;
    atomic_int alive;
    atomic_bool stop;
    uint64_t stop_at;
};

struct job {
    uint64_t number, square;
};

static struct numbers *all; /* for drop, which has no context */

static enum cy_status take(void *context, size_t thread, void *job, struct cy_error *error)
{
    struct numbers *numbers = context;
    (void)thread, (void)error;
    if (numbers->next == numbers->count)
        return CY_END;
    ((struct job *)job)->number = numbers->next++;
    atomic_fetch_add(&numbers->alive, 1);
    if (numbers->next == numbers->stop_at)
        atomic_store(&numbers->stop, true);
    return CY_OK;
}

static enum cy_status square(void *context, size_t thread, void *job, struct cy_error *error)
{
    struct numbers *numbers = context;
    struct job *one = job;
    (void)thread;
    for (uint64_t i = one->number * 7 % 5; i > 0; i--)
        sched_yield(); /* so that jobs overtake each other */
    one->square = one->number * one->number;
    if (one->number == numbers->fail_at)
        return cy_error_set(error, CY_FAILED, "number %llu is unlucky", (unsigned long long)one->number);
    return CY_OK;
}

static enum cy_status put(void *context, void *job, struct cy_error *error)
{
    struct numbers *numbers = context;
    struct job *one = job;
    numbers->ordered &= one->number == numbers->put_next++;
    numbers->put_sum += one->square;
    atomic_fetch_sub(&numbers->alive, 1);
    if (numbers->put_fail_at > 0 && one->number == numbers->put_fail_at)
        return cy_error_set(error, CY_IO, "no room for number %llu", (unsigned long long)one->number);
    return CY_OK;
}

static void drop(void *job)
{
    (void)job;
    atomic_fetch_sub(&all->alive, 1);
}

static enum cy_status run(struct numbers *numbers, size_t thread_count, struct cy_error *error)
{
    all = numbers;
    numbers->ordered = true;
    return cy_pipeline_run(&(struct cy_pipeline){.context = numbers,
                                                 .thread_count = thread_count,
                                                 .window = thread_count * 2,
                                                 .job_bytes = sizeof(struct job),
                                                 .take = take,
                                                 .work = square,
                                                 .put = put,
                                                 .drop = drop,
                                                 .stop = &numbers->stop},
                           error);
}

CY_TEST("a pipeline puts every job in the order of taking, on 1, 2 and 8 threads")
{
    for (size_t threads = 1; threads <= 8; threads *= 2) {
        struct numbers numbers = {.count = 1000, .fail_at = UINT64_MAX};
        struct cy_error error;
        cy_expect_ok(run(&numbers, threads, &error), error);
        assert_true(numbers.ordered);
        assert_int_equal(numbers.put_sum, 999ull * 1000 * 1999 / 6);
    }
}

CY_TEST("a job that fails stops the pipeline with its error, and no job is left behind")
{
    for (size_t threads = 1; threads <= 8; threads *= 2) {
        struct numbers numbers = {.count = 1000, .fail_at = 500};
        struct cy_error error;
        assert_int_equal(run(&numbers, threads, &error), CY_FAILED);
        assert_string_equal(error.message, "number 500 is unlucky");
        assert_int_equal(atomic_load(&numbers.alive), 0);
        assert_true(numbers.put_next <= 500);
    }
}

CY_TEST("an interrupted pipeline puts the jobs under way and takes no more")
{
    struct numbers numbers = {.count = 1000, .fail_at = UINT64_MAX, .stop_at = 100};
    struct cy_error error;
    assert_int_equal(run(&numbers, 4, &error), CY_INTERRUPTED);
    assert_int_equal(atomic_load(&numbers.alive), 0);
    assert_true(numbers.ordered);
    assert_int_equal(numbers.put_next, numbers.next);
    assert_true(numbers.next < 1000);
}

CY_TEST("a put that fails after an interruption is the pipeline's error, and nothing is put behind the gap")
{
    struct numbers numbers = {.count = 1000, .fail_at = UINT64_MAX, .stop_at = 100, .put_fail_at = 99};
    struct cy_error error;
    assert_int_equal(run(&numbers, 4, &error), CY_IO);
    assert_string_equal(error.message, "no room for number 99");
    assert_int_equal(atomic_load(&numbers.alive), 0);
    assert_int_equal(numbers.put_next, 100);
}
