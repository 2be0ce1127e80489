/* What is S3's own: parts, the cache, a server that freezes, fails or refuses. */
#include "cy_test_objects.h"
#include "cy_test_proxy.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/threads.h"
#include "store/object_cache.h"
#include "store/s3_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

CY_TEST("an object of more than 64 MiB goes to S3 in parts, and comes back whole and in ranges (S3)")
{
    const struct cy_test_objects test = cy_test_objects_s3();
    struct cy_objects *objects = cy_test_objects_open(&test);
    struct cy_error error;
    struct cy_spool spool;
    enum { BLOCK_BYTES = 1 << 20, BLOCKS = 70 };
    uint64_t seed = cy_test_seed(), size_bytes;
    char *block = cy_alloc(BLOCK_BYTES), sha256[65], found[65], part[16];
    size_t read_bytes;
    bool exists;
    cy_expect_ok(cy_spool_open(objects, &spool, &error), error);
    for (int i = 0; i < BLOCKS; i++) {
        for (size_t at = 0; at < BLOCK_BYTES; at += 8) {
            uint64_t random = cy_test_random(&seed);
            memcpy(block + at, &random, 8);
        }
        if (i == 64) /* the 2nd part begins with it */
            memcpy(block, "the second part!", 16);
        cy_expect_ok(cy_spool_add(&spool, block, BLOCK_BYTES, &error), error);
    }
    cy_expect_ok(cy_spool_finish(&spool, &error), error);
    memcpy(sha256, spool.sha256, 65);
    cy_expect_ok(cy_objects_put(objects, &spool, &error), error);
    cy_expect_ok(cy_objects_stat(objects, sha256, &exists, &size_bytes, &error), error);
    assert_true(exists);
    assert_int_equal(size_bytes, (uint64_t)BLOCKS * BLOCK_BYTES);
    cy_expect_ok(cy_objects_read(objects, sha256, 64 * (uint64_t)BLOCK_BYTES, part, sizeof part, &read_bytes, &error), error);
    cy_expect_str(((struct cy_str){part, read_bytes}), "the second part!");
    cy_objects_close(objects);

    /* from another machine, so to say: with an empty cache */
    struct cy_test_objects other = test;
    struct cy_arena arena = {0};
    const char *path;
    other.options.data_folder = cy_test_folder();
    objects = cy_test_objects_open(&other);
    cy_expect_ok(cy_objects_hold_path(objects, sha256, &arena, &path, &error), error);
    cy_expect_ok(cy_sha256_file(path, NULL, found, &size_bytes, &error), error);
    assert_string_equal(found, sha256);
    cy_objects_release_path(objects, sha256);
    cy_objects_close(objects);
    cy_arena_release(&arena);
    free(block);
}

CY_TEST("wrong keys, a bucket that is not there and a wrong address are told at the start, and no secret is (S3)")
{
    struct cy_test_objects test = cy_test_objects_s3();
    struct cy_objects *objects;
    struct cy_error error;
    char url[160], *right = strdup(getenv("AWS_SECRET_ACCESS_KEY"));
    setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret", 1);
    assert_int_equal(cy_objects_open(&objects, &test.options, &error), CY_FAILED);
    assert_non_null(strstr(error.message, "SignatureDoesNotMatch"));
    assert_non_null(strstr(error.hint, "AWS_SECRET_ACCESS_KEY"));
    assert_null(strstr(error.message, "wrong-secret"));
    unsetenv("AWS_SECRET_ACCESS_KEY");
    assert_int_equal(cy_objects_open(&objects, &test.options, &error), CY_BAD_RECIPE);
    setenv("AWS_SECRET_ACCESS_KEY", right, 1);
    snprintf(url, sizeof url, "s3://nobodys-bucket?endpoint=http://127.0.0.1:%u", cy_test_s3_port());
    test.options.url = url;
    assert_int_equal(cy_objects_open(&objects, &test.options, &error), CY_FAILED);
    assert_non_null(strstr(error.message, "NoSuchBucket"));
    const char *const wrong[] = {
        "s3://",   "s3://b?endpoint=ftp://x", "s3://b?endpoint=http://x/path", "s3://b?speed=fast", "s3://b?endpoint=http://x&timeout=0",
        "http://b"};
    for (size_t i = 0; i < CY_COUNT(wrong); i++) {
        test.options.url = wrong[i];
        assert_int_equal(cy_objects_open(&objects, &test.options, &error), CY_BAD_RECIPE);
        assert_true(error.hint[0] != '\0');
    }
    test.options.url = "s3://b?endpoint=http://127.0.0.1:1";
    assert_int_equal(cy_objects_open(&objects, &test.options, &error), CY_IO);
    free(right);
}

static void *go_on_later(void *context)
{
    (void)context;
    wait_ms(1500);
    cy_test_s3_freeze(false);
    return NULL;
}

CY_TEST("an S3 that is frozen for a while is waited for; one that stays frozen is an error in bounded time (S3)")
{
    struct cy_test_objects test = cy_test_objects_s3();
    struct cy_objects *objects = cy_test_objects_open(&test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str content;
    char sha256[65];
    pthread_t thread;
    cy_test_s3_freeze(true);
    assert_int_equal(pthread_create(&thread, NULL, go_on_later, NULL), 0);
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR("put into ice"), sha256, &error), error);
    pthread_join(thread, NULL);
    cy_expect_ok(cy_objects_read_all(objects, sha256, 100, &arena, &content, &error), error);
    cy_expect_str(content, "put into ice");
    cy_objects_close(objects);

    char url[160];
    snprintf(url, sizeof url, "s3://tests/frozen?endpoint=http://127.0.0.1:%u&timeout=1", cy_test_s3_port());
    test.options.url = url;
    objects = cy_test_objects_open(&test);
    cy_test_s3_freeze(true);
    uint64_t start = cy_clock_ns();
    assert_int_equal(cy_objects_put_bytes(objects, CY_STR("never"), sha256, &error), CY_IO);
    assert_true(cy_clock_ns() - start < 60 * (uint64_t)1000000000); /* 4 attempts of a second and the pauses: a bound, no measurement */
    assert_non_null(strstr(error.message, "S3"));
    cy_test_s3_freeze(false);
    cy_expect_ok(cy_objects_put_bytes(objects, CY_STR("now"), sha256, &error), error);
    cy_objects_close(objects);
    cy_arena_release(&arena);
}

CY_TEST("a connection to S3 that is cut before or after the request is tried again (S3)")
{
    struct cy_test_objects test = cy_test_objects_s3();
    char url[160], text[32], sha256[65];
    snprintf(url, sizeof url, "s3://tests/cut?endpoint=http://127.0.0.1:%u", cy_test_proxy_start(cy_test_s3_port()));
    test.options.url = url;
    struct cy_objects *objects = cy_test_objects_open(&test);
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_str content;
    const char *const words[] = {"HEAD ", "PUT ", "GET "};
    for (int i = 0; i < 6; i++) {
        snprintf(text, sizeof text, "object %d", i);
        cy_test_proxy_cut_at(words[i % 3], i % 2 == 0);
        cy_expect_ok(cy_objects_put_bytes(objects, cy_str(text), sha256, &error), error);
        cy_expect_ok(cy_objects_read_all(objects, sha256, 100, &arena, &content, &error), error);
        cy_expect_str(content, text);
        assert_int_equal(cy_test_proxy_cuts(), i + 1);
    }
    cy_objects_close(objects);
    cy_test_proxy_end();
    cy_arena_release(&arena);
}

/* ---- the cache ---- */

struct origin {
    atomic_int fetches, failures_left;
    long pause_ms;
    uint64_t size_bytes;
    struct cy_object_cache *cache;
};

static enum cy_status origin_size(void *context, const char *sha256, uint64_t *size_bytes, struct cy_error *error)
{
    (void)error;
    *size_bytes = ((struct origin *)context)->size_bytes;
    return sha256[0] == 'f' ? CY_END : CY_OK;
}

static enum cy_status origin_fetch(void *context, const char *sha256, uint64_t size_bytes, const char *path, struct cy_error *error)
{
    struct origin *origin = context;
    atomic_fetch_add(&origin->fetches, 1);
    wait_ms(origin->pause_ms);
    if (atomic_fetch_sub(&origin->failures_left, 1) > 0)
        return cy_error_set(error, CY_IO, "the line is cut");
    char *bytes = cy_alloc(size_bytes);
    memset(bytes, sha256[0], size_bytes);
    enum cy_status status = cy_write_file(path, (struct cy_str){bytes, size_bytes}, error);
    free(bytes);
    return status;
}

static const char *name_of(unsigned number, char sha256[65])
{
    snprintf(sha256, 65, "%08x%056x", number * 0x01010101u, number);
    return sha256;
}

static void hold_same(void *context, size_t thread)
{
    struct origin *origin = context;
    const struct cy_object_fetch fetch = {origin, origin_size, origin_fetch};
    struct cy_error error;
    char sha256[65];
    const char *path;
    uint64_t size_bytes;
    (void)thread;
    cy_expect_ok(cy_object_cache_hold(origin->cache, name_of(1, sha256), &fetch, &path, &size_bytes, &error), error);
    assert_true(cy_path_exists(path));
    cy_object_cache_release(origin->cache, sha256);
}

CY_TEST("threads that ask for the same object at once cause one fetch")
{
    struct origin origin = {.pause_ms = 100, .size_bytes = 10};
    struct cy_error error;
    cy_expect_ok(cy_object_cache_open(&origin.cache, cy_test_folder(), 1000, &error), error);
    cy_run_threads(8, hold_same, &origin);
    assert_int_equal(origin.fetches, 1);
    cy_object_cache_close(origin.cache);
}

CY_TEST("the cache stays within its bound: the copy used longest ago goes, one that is held stays, and the order outlives a restart")
{
    struct origin origin = {.size_bytes = 300};
    const struct cy_object_fetch fetch = {&origin, origin_size, origin_fetch};
    struct cy_error error;
    const char *folder = cy_test_folder(), *path, *first_path;
    char sha256[65], first[65];
    uint64_t size_bytes;
    cy_expect_ok(cy_object_cache_open(&origin.cache, folder, 1000, &error), error);
    cy_expect_ok(cy_object_cache_hold(origin.cache, name_of(1, first), &fetch, &first_path, &size_bytes, &error), error);
    for (unsigned number = 2; number <= 9; number++) {
        cy_expect_ok(cy_object_cache_hold(origin.cache, name_of(number, sha256), &fetch, &path, &size_bytes, &error), error);
        cy_object_cache_release(origin.cache, sha256);
        assert_true(cy_object_cache_bytes(origin.cache) <= 1000);
        assert_true(cy_path_exists(first_path)); /* held */
        wait_ms(15);                             /* the kernel's clock for files has ticks of some milliseconds */
    }
    cy_object_cache_release(origin.cache, first);
    assert_int_equal(origin.fetches, 9);
    cy_expect_ok(cy_object_cache_hold(origin.cache, name_of(8, sha256), &fetch, &path, &size_bytes, &error), error); /* used again */
    cy_object_cache_release(origin.cache, sha256);
    assert_int_equal(origin.fetches, 9);
    cy_object_cache_close(origin.cache);

    cy_expect_ok(cy_object_cache_open(&origin.cache, folder, 1000, &error), error);
    assert_int_equal(cy_object_cache_bytes(origin.cache), 900);
    origin.size_bytes = 600; /* makes two of the three go: 8 was used last */
    cy_expect_ok(cy_object_cache_hold(origin.cache, name_of(20, sha256), &fetch, &path, &size_bytes, &error), error);
    cy_object_cache_release(origin.cache, sha256);
    cy_expect_ok(cy_object_cache_hold(origin.cache, name_of(8, sha256), &fetch, &path, &size_bytes, &error), error);
    cy_object_cache_release(origin.cache, sha256);
    assert_int_equal(origin.fetches, 10);
    origin.size_bytes = 2000;
    assert_int_equal(cy_object_cache_hold(origin.cache, name_of(30, sha256), &fetch, &path, &size_bytes, &error), CY_FAILED);
    assert_non_null(strstr(error.message, "does not fit"));
    cy_object_cache_close(origin.cache);
}

CY_TEST("a fetch that failed is told to all who waited, leaves nothing behind, and is tried anew by who asks next")
{
    struct origin origin = {.size_bytes = 10, .failures_left = 1};
    const struct cy_object_fetch fetch = {&origin, origin_size, origin_fetch};
    struct cy_error error;
    const char *path;
    char sha256[65];
    uint64_t size_bytes;
    cy_expect_ok(cy_object_cache_open(&origin.cache, cy_test_folder(), 1000, &error), error);
    assert_int_equal(cy_object_cache_hold(origin.cache, name_of(1, sha256), &fetch, &path, &size_bytes, &error), CY_IO);
    assert_int_equal(cy_object_cache_bytes(origin.cache), 0);
    cy_expect_ok(cy_object_cache_hold(origin.cache, name_of(1, sha256), &fetch, &path, &size_bytes, &error), error);
    cy_object_cache_remove(origin.cache, sha256); /* held: it goes when it is released */
    assert_true(cy_path_exists(path));
    cy_object_cache_release(origin.cache, sha256);
    assert_int_equal(cy_object_cache_bytes(origin.cache), 0);
    assert_int_equal(cy_object_cache_hold(origin.cache, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", &fetch, &path,
                                          &size_bytes, &error),
                     CY_END);
    cy_object_cache_close(origin.cache);
}
