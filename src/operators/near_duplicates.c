#include "operators/near_duplicates.h"

#include "base/hash.h"
#include "base/sort.h"
#include "base/threads.h"
#include "operators/clusters.h"
#include "operators/earlier.h"
#include "operators/row_store.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    ROWS_AT_ONCE = 1024, /* signatures read by one call */
    PAIRS_A_ROW_MAX = 8, /* in a bucket, a row is compared with the bucket's first row and with the nearest before it, so many in all */
    HASH_BYTES = 8,
    RECORD_BYTES = 16, /* hash of a band, row; or row, row */
};

/* The work of one barrier. Documents of earlier datasets come first: rows [0, earlier_count) are theirs, so that they win; row
 * earlier_count + i is the barrier's row i. */
struct work {
    const struct cy_near_duplicates *op;
    struct cy_barrier *barrier;
    struct cy_arena arena;
    size_t number_count; /* bands × rows */
    size_t signature_bytes;
    struct cy_earlier earlier;
    uint64_t earlier_count;
    uint64_t row_count;     /* both together */
    struct cy_sort *hashes; /* (hash of a band, row) */
    struct cy_sort *pairs;  /* (row, later row) that share a band; only where pairs are verified */
    struct cy_clusters clusters;
    struct cy_row_set candidates;   /* rows that share a band with another */
    struct cy_row_store signatures; /* of the candidates, in order */
};

/* Signatures of rows [first, first + *got), of the wanted `count` as many as come at once. room: ROWS_AT_ONCE signatures. */
static enum cy_status read_signatures(const struct work *work, size_t slot, uint64_t first, uint64_t count, void *room,
                                      const uint8_t **signatures, uint64_t *got, struct cy_error *error)
{
    count = CY_MIN(count, (uint64_t)ROWS_AT_ONCE);
    if (first >= work->earlier_count)
        return work->barrier->read(work->barrier, slot, first - work->earlier_count, count, signatures, got, error);
    const void *values;
    *got = CY_MIN(count, work->earlier_count - first);
    enum cy_status status = cy_row_store_get(&work->earlier.signatures, first, (size_t)*got, room, &values, error);
    *signatures = values;
    return status;
}

/* ---- signatures → hashes of bands, on all threads ---- */

struct hashing {
    struct work *work;
    _Atomic uint64_t next; /* row that nobody has taken yet */
    pthread_mutex_t lock;  /* of what follows, and of work->hashes */
    enum cy_status status;
    struct cy_error error;
};

static bool has_numbers(const uint8_t *signature, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        if (signature[i] != 0xFF)
            return true;
    return false; /* every number is CY_MINHASH_NONE: a text without words */
}

/* Appends a record a band of every row that has a signature. Returns how many records. */
static size_t hash_bands(const struct work *work, const uint8_t *signatures, uint64_t first, uint64_t count, uint8_t *records)
{
    const size_t bands = (size_t)work->op->bands, band_bytes = (size_t)work->op->rows * sizeof(uint16_t);
    uint8_t *record = records;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *signature = signatures + i * work->signature_bytes;
        if (!has_numbers(signature, work->signature_bytes))
            continue;
        for (size_t band = 0; band < bands; band++, record += RECORD_BYTES) {
            struct cy_str numbers = {(const char *)signature + band * band_bytes, band_bytes};
            cy_store_big_u64(record, cy_hash64(numbers, band)); /* the seed keeps bands apart */
            cy_store_big_u64(record + HASH_BYTES, first + i);
        }
    }
    return (size_t)(record - records) / RECORD_BYTES;
}

static void hash_rows(void *context, size_t thread)
{
    struct hashing *hashing = context;
    const struct work *work = hashing->work;
    uint8_t *room = cy_alloc(ROWS_AT_ONCE * work->signature_bytes);
    uint8_t *records = cy_alloc(ROWS_AT_ONCE * (size_t)work->op->bands * RECORD_BYTES);
    enum cy_status status = CY_OK;
    struct cy_error error = {0};
    uint64_t first, got;
    while (status == CY_OK && (first = atomic_fetch_add(&hashing->next, ROWS_AT_ONCE)) < work->row_count) {
        const uint64_t end = CY_MIN(first + ROWS_AT_ONCE, work->row_count);
        for (; status == CY_OK && first < end; first += got) {
            const uint8_t *signatures;
            status = read_signatures(work, thread, first, end - first, room, &signatures, &got, &error);
            if (status != CY_OK)
                break;
            size_t count = hash_bands(work, signatures, first, got, records);
            pthread_mutex_lock(&hashing->lock);
            status = cy_sort_add(work->hashes, records, count, &error);
            pthread_mutex_unlock(&hashing->lock);
        }
    }
    if (status != CY_OK) {
        atomic_store(&hashing->next, work->row_count); /* the other threads stop too */
        pthread_mutex_lock(&hashing->lock);
        hashing->status = status;
        hashing->error = error;
        pthread_mutex_unlock(&hashing->lock);
    }
    free(room);
    free(records);
}

static enum cy_status hash_all(struct work *work, struct cy_error *error)
{
    struct hashing hashing = {.work = work, .lock = PTHREAD_MUTEX_INITIALIZER};
    cy_run_threads(work->barrier->thread_count, hash_rows, &hashing);
    if (hashing.status != CY_OK) {
        *error = hashing.error;
        return hashing.status;
    }
    return cy_sort_finish(work->hashes, error);
}

/* ---- equal hashes → candidate pairs ---- */

/* Rows with one hash, in order, as they stream by. */
struct bucket {
    uint8_t hash[HASH_BYTES];
    uint64_t row_count;
    uint64_t first;
    uint64_t last[PAIRS_A_ROW_MAX]; /* the newest, at row_count % PAIRS_A_ROW_MAX */
};

static enum cy_status add_pair(struct work *work, uint64_t row, uint64_t later, struct cy_error *error)
{
    if (later < work->earlier_count)
        return CY_OK; /* both are of earlier datasets */
    cy_row_set_add(&work->candidates, row);
    cy_row_set_add(&work->candidates, later);
    if (work->pairs == NULL) {
        cy_clusters_unite(&work->clusters, row, later);
        return CY_OK;
    }
    uint8_t pair[RECORD_BYTES];
    cy_store_big_u64(pair, row);
    cy_store_big_u64(pair + 8, later);
    return cy_sort_add(work->pairs, pair, 1, error);
}

/* Pairs the row with rows of its bucket: unverified pairs with the first alone, for that connects them all. */
static enum cy_status join_bucket(struct work *work, struct bucket *bucket, uint64_t row, struct cy_error *error)
{
    enum cy_status status = add_pair(work, bucket->first, row, error);
    if (work->pairs != NULL) {
        const uint64_t before = CY_MIN(bucket->row_count - 1, (uint64_t)PAIRS_A_ROW_MAX - 1);
        for (uint64_t i = 1; status == CY_OK && i <= before; i++)
            status = add_pair(work, bucket->last[(bucket->row_count - i) % PAIRS_A_ROW_MAX], row, error);
    }
    bucket->last[bucket->row_count++ % PAIRS_A_ROW_MAX] = row;
    return status;
}

static enum cy_status find_pairs(struct work *work, struct cy_error *error)
{
    struct bucket bucket = {0};
    const uint8_t *records;
    size_t count;
    enum cy_status status;
    while ((status = cy_sort_next_many(work->hashes, &records, &count, error)) == CY_OK) {
        for (size_t i = 0; i < count; i++) {
            const uint8_t *record = records + i * RECORD_BYTES;
            const uint64_t row = cy_load_big_u64(record + HASH_BYTES);
            if (bucket.row_count == 0 || memcmp(bucket.hash, record, HASH_BYTES) != 0) {
                bucket.first = bucket.last[0] = row;
                bucket.row_count = 1;
                memcpy(bucket.hash, record, HASH_BYTES);
                continue;
            }
            status = join_bucket(work, &bucket, row, error);
            if (status != CY_OK)
                return status;
        }
    }
    return status == CY_END ? CY_OK : status;
}

/* ---- candidates → clusters → verdicts ---- */

/* Copies the candidates' signatures to where they can be read at random. */
static enum cy_status gather_signatures(struct work *work, struct cy_error *error)
{
    const uint64_t candidate_count = cy_row_set_rank(&work->candidates);
    uint8_t *room = cy_alloc(ROWS_AT_ONCE * work->signature_bytes);
    enum cy_status status = CY_OK;
    uint64_t row = cy_row_set_next(&work->candidates, 0), got;
    while (status == CY_OK && row < work->row_count) {
        const uint8_t *signatures;
        const uint64_t first = row;
        status = read_signatures(work, 0, first, work->row_count - first, room, &signatures, &got, error);
        while (status == CY_OK && row < first + got) {
            status = cy_row_store_add(&work->signatures, signatures + (row - first) * work->signature_bytes, 1, error);
            row = cy_row_set_next(&work->candidates, row + 1);
        }
    }
    free(room);
    if (status == CY_OK)
        status = cy_row_store_finish(&work->signatures, error);
    CY_ASSERT(status != CY_OK || work->signatures.count == candidate_count);
    return status;
}

/* The estimated similarity of two candidates. */
static enum cy_status estimate(const struct work *work, uint64_t a, uint64_t b, double *similarity, struct cy_error *error)
{
    uint16_t rooms[2][CY_MINHASH_PERMUTATIONS_MAX];
    const void *signatures[2];
    const uint64_t rows[2] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        uint64_t index = cy_row_set_index(&work->candidates, rows[i]);
        enum cy_status status = cy_row_store_get(&work->signatures, index, 1, rooms[i], &signatures[i], error);
        if (status != CY_OK)
            return status;
    }
    *similarity = cy_minhash_similarity(signatures[0], signatures[1], work->number_count);
    return CY_OK;
}

/* Unites the pairs that are similar enough. A pair that is connected already needs no look. */
static enum cy_status verify_pairs(struct work *work, struct cy_error *error)
{
    const uint8_t *pair;
    enum cy_status status = cy_sort_finish(work->pairs, error);
    while (status == CY_OK && (status = cy_sort_next(work->pairs, &pair, error)) == CY_OK) {
        const uint64_t a = cy_load_big_u64(pair), b = cy_load_big_u64(pair + 8);
        double similarity;
        if (cy_clusters_find(&work->clusters, a) == cy_clusters_find(&work->clusters, b))
            continue;
        status = estimate(work, a, b, &similarity, error);
        if (status == CY_OK && similarity >= work->op->similarity_min)
            cy_clusters_unite(&work->clusters, a, b);
    }
    return status == CY_END ? CY_OK : status;
}

static enum cy_status remove_row(struct work *work, uint64_t row, uint64_t kept, struct cy_error *error)
{
    const double threshold = work->op->similarity_min > 0 ? work->op->similarity_min : NAN;
    const uint64_t barrier_row = row - work->earlier_count;
    double similarity;
    enum cy_status status = estimate(work, kept, row, &similarity, error);
    if (status != CY_OK)
        return status;
    if (kept >= work->earlier_count)
        return work->barrier->remove(work->barrier, barrier_row, kept - work->earlier_count, CY_STR(""), CY_RULE_NEAR_DUPLICATE, similarity,
                                     threshold, similarity, error);
    struct cy_str id;
    struct cy_buffer room = {0};
    status = cy_earlier_id(&work->earlier, kept, &room, &id, error);
    if (status == CY_OK)
        status = work->barrier->remove(work->barrier, barrier_row, UINT64_MAX, id, CY_RULE_NEAR_DUPLICATE_OF_EARLIER, similarity, threshold,
                                       similarity, error);
    cy_buffer_release(&room);
    return status;
}

static enum cy_status remove_rows(struct work *work, struct cy_error *error)
{
    enum cy_status status = CY_OK;
    uint64_t row = cy_row_set_next(&work->candidates, work->earlier_count);
    while (status == CY_OK && row < work->row_count) {
        const uint64_t kept = cy_clusters_find(&work->clusters, row);
        if (kept != row)
            status = remove_row(work, row, kept, error);
        row = cy_row_set_next(&work->candidates, row + 1);
    }
    return status;
}

/* The phases, in order. One share of the memory sorts hashes, the other pairs; later the one holds signatures while the other merges
 * pairs. What is left over is that of `earlier`. */
static enum cy_status work_through(struct work *work, struct cy_error *error)
{
    struct cy_barrier *barrier = work->barrier;
    const int64_t share = barrier->memory_bytes / 5 * 2;
    enum cy_status status = cy_earlier_read(&work->earlier, work->op, barrier, error);
    if (status != CY_OK)
        return status;
    work->earlier_count = work->earlier.signatures.count;
    work->row_count = work->earlier_count + barrier->row_count;
    cy_clusters_init(&work->clusters, work->row_count);
    cy_row_set_init(&work->candidates, work->row_count);
    cy_sort_open(&work->hashes, barrier->folder, "bands", RECORD_BYTES, share, barrier->thread_count);
    cy_sort_set_stop(work->hashes, barrier->stop);
    if (work->op->similarity_min > 0) {
        cy_sort_open(&work->pairs, barrier->folder, "pairs", RECORD_BYTES, share, barrier->thread_count);
        cy_sort_set_stop(work->pairs, barrier->stop);
    }
    status = hash_all(work, error);
    if (status == CY_OK)
        status = find_pairs(work, error);
    cy_sort_close(work->hashes);
    work->hashes = NULL;
    cy_row_store_open(&work->signatures, cy_path_join(&work->arena, barrier->folder, "candidates"), work->signature_bytes, share);
    if (status == CY_OK)
        status = gather_signatures(work, error);
    if (status == CY_OK && work->pairs != NULL)
        status = verify_pairs(work, error);
    return status == CY_OK ? remove_rows(work, error) : status;
}

enum cy_status cy_near_duplicates_remove(const struct cy_near_duplicates *op, struct cy_barrier *barrier, struct cy_error *error)
{
    struct work work = {
        .op = op, .barrier = barrier, .number_count = (size_t)(op->bands * op->rows), .signature_bytes = barrier->mark_size};
    CY_ASSERT(work.signature_bytes == work.number_count * sizeof(uint16_t));
    enum cy_status status = work_through(&work, error);
    cy_sort_close(work.hashes);
    cy_sort_close(work.pairs);
    cy_row_store_close(&work.signatures);
    cy_clusters_release(&work.clusters);
    cy_row_set_release(&work.candidates);
    cy_earlier_close(&work.earlier);
    cy_arena_release(&work.arena);
    return status;
}
