/* Xet: xorbs and shards built here by the specification's words, and files put together from them. */
#include "cy_test_store.h"

#include "hub/commits.h"
#include "hub/xet.h"

#include <lz4frame.h>

/* ---- building ---- */

static void add_u24(struct cy_buffer *out, size_t value)
{
    for (int i = 0; i < 3; i++)
        cy_buffer_add_byte(out, (uint8_t)(value >> (8 * i)));
}

static void add_u32(struct cy_buffer *out, uint32_t value)
{
    cy_buffer_add(out, &value, 4);
}

/* A chunk by one of the three schemes. */
static void add_chunk(struct cy_buffer *xorb, struct cy_str plain, uint8_t scheme)
{
    struct cy_buffer grouped = {0}, stored = {0};
    if (scheme == 2) {
        for (size_t group = 0; group < 4; group++)
            for (size_t i = group; i < plain.size; i += 4)
                cy_buffer_add_byte(&grouped, (uint8_t)plain.data[i]);
    } else {
        cy_buffer_add_str(&grouped, plain);
    }
    if (scheme == 0) {
        cy_buffer_add_str(&stored, plain);
    } else {
        size_t bound = LZ4F_compressFrameBound(grouped.size, NULL);
        cy_buffer_reserve(&stored, bound);
        stored.size = LZ4F_compressFrame(stored.data, bound, grouped.data, grouped.size, NULL);
    }
    cy_buffer_add_byte(xorb, 0);
    add_u24(xorb, stored.size);
    cy_buffer_add_byte(xorb, scheme);
    add_u24(xorb, plain.size);
    cy_buffer_add_str(xorb, cy_buffer_str(&stored));
    cy_buffer_release(&grouped);
    cy_buffer_release(&stored);
}

/* The bytes that a name stands for. */
static void hash_of_name(const char *name, uint8_t hash[32])
{
    for (size_t i = 0; i < 32; i++) {
        unsigned byte;
        sscanf(name + 2 * i, "%2x", &byte);
        hash[i / 8 * 8 + (7 - i % 8)] = (uint8_t)byte;
    }
}

static void add_hash(struct cy_buffer *out, const char *name)
{
    uint8_t hash[32];
    hash_of_name(name, hash);
    cy_buffer_add(out, hash, 32);
}

static void begin_shard(struct cy_buffer *shard)
{
    for (int i = 0; i < 48; i++)
        cy_buffer_add_byte(shard, (uint8_t)i);
}

/* A file of one segment, with verification and its sha256. */
static void add_file(struct cy_buffer *shard, const char *xorb, uint32_t plain_size, uint32_t first, uint32_t end, const char *sha256)
{
    for (int i = 0; i < 32; i++)
        cy_buffer_add_byte(shard, 7);
    add_u32(shard, 0xC0000000);
    add_u32(shard, 1);
    add_u32(shard, 0), add_u32(shard, 0);
    add_hash(shard, xorb);
    add_u32(shard, 0);
    add_u32(shard, plain_size);
    add_u32(shard, first), add_u32(shard, end);
    for (int i = 0; i < 48; i++)
        cy_buffer_add_byte(shard, 9); /* verification */
    add_hash(shard, sha256);
    for (int i = 0; i < 16; i++)
        cy_buffer_add_byte(shard, 0);
}

static void end_shard(struct cy_buffer *shard)
{
    for (int i = 0; i < 96; i++)
        cy_buffer_add_byte(shard, i % 48 < 32 ? 0xFF : 0);
}

static const char xorb_name[] = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef";

/* ---- the formats ---- */

CY_TEST("each scheme of a chunk decodes to the bytes it was made of, whatever their number")
{
    uint64_t seed = cy_test_seed();
    for (size_t size = 1; size < 40; size++) {
        for (uint8_t scheme = 0; scheme < 3; scheme++) {
            char plain[40];
            for (size_t i = 0; i < size; i++)
                plain[i] = (char)(cy_test_random(&seed) % 4);
            struct cy_buffer xorb = {0}, chunks = {0}, out = {0};
            struct cy_error error;
            add_chunk(&xorb, (struct cy_str){plain, size}, scheme);
            cy_expect_ok(cy_xorb_chunks(cy_buffer_str(&xorb), &chunks, &error), error);
            cy_expect_ok(cy_xorb_decode(cy_buffer_str(&xorb), &out, &error), error);
            assert_int_equal(out.size, size);
            assert_memory_equal(out.data, plain, size);
            cy_buffer_release(&xorb);
            cy_buffer_release(&chunks);
            cy_buffer_release(&out);
        }
    }
}

CY_TEST("the name of a hash is four little-endian integers in hex")
{
    uint8_t hash[32];
    char name[CY_XORB_NAME];
    for (int i = 0; i < 32; i++)
        hash[i] = (uint8_t)i;
    cy_xet_name(hash, name);
    assert_string_equal(name, "07060504030201000f0e0d0c0b0a09081716151413121110"
                              "1f1e1d1c1b1a1918");
    assert_true(cy_xet_name_is_valid(cy_str(name)));
    assert_false(cy_xet_name_is_valid(cy_str("07")));
    assert_false(cy_xet_name_is_valid(cy_str("0706050403020100"
                                             "0f0e0d0c0b0a0908"
                                             "1716151413121110"
                                             "1f1e1d1c1b1a191G")));
}

CY_TEST("a xorb that ends early, or says what cannot be, is refused with the chunk's number")
{
    struct cy_buffer xorb = {0}, chunks = {0};
    struct cy_error error;
    add_chunk(&xorb, CY_STR("first"), 0);
    add_chunk(&xorb, CY_STR("second chunk"), 1);
    for (size_t size = 0; size < xorb.size; size++) {
        cy_buffer_clear(&chunks);
        enum cy_status status = cy_xorb_chunks((struct cy_str){xorb.data, size}, &chunks, &error);
        if (size == 13) /* just the first */
            cy_expect_ok(status, error);
        else
            assert_int_equal(status, CY_BAD_INPUT);
    }
    assert_non_null(strstr(error.message, "chunk 1"));
    xorb.data[4] = 3; /* no such scheme */
    assert_int_equal(cy_xorb_chunks(cy_buffer_str(&xorb), &chunks, &error), CY_BAD_INPUT);
    assert_non_null(strstr(error.message, "scheme 3"));
    cy_buffer_release(&xorb);
    cy_buffer_release(&chunks);
}

CY_TEST("a shard tells its files; cut anywhere it is refused, and never read beyond its end")
{
    struct cy_buffer shard = {0};
    struct cy_arena arena = {0};
    struct cy_shard read;
    struct cy_error error;
    char sha256[65];
    memset(sha256, 'a', 64), sha256[64] = '\0';
    begin_shard(&shard);
    add_file(&shard, xorb_name, 17, 0, 2, sha256);
    size_t files_end = shard.size;
    end_shard(&shard);
    cy_expect_ok(cy_shard_read(cy_buffer_str(&shard), &arena, &read, &error), error);
    assert_int_equal(read.file_count, 1);
    assert_string_equal(read.files[0].sha256, sha256);
    assert_string_equal(read.files[0].segments[0].xorb, xorb_name);
    assert_int_equal(read.files[0].size_bytes, 17);
    assert_int_equal(read.files[0].segments[0].end_chunk, 2);
    for (size_t size = 0; size < files_end + 48; size++) {
        char *copy = malloc(size + 1); /* the sanitizer watches its end */
        memcpy(copy, shard.data, size);
        assert_int_equal(cy_shard_read((struct cy_str){copy, size}, &arena, &read, &error), CY_BAD_INPUT);
        free(copy);
    }
    cy_buffer_release(&shard);
    cy_arena_release(&arena);
}

CY_TEST("a shard of more files than are put in one request is refused")
{
    struct cy_buffer shard = {0};
    struct cy_shard read;
    struct cy_arena arena = {0};
    struct cy_error error;
    char sha256[65];
    memset(sha256, '0', 64);
    sha256[64] = '\0';
    begin_shard(&shard);
    for (int i = 0; i <= CY_SHARD_FILES_MAX; i++)
        add_file(&shard, xorb_name, 1, 0, 1, sha256);
    end_shard(&shard);
    assert_int_equal(cy_shard_read(cy_buffer_str(&shard), &arena, &read, &error), CY_BAD_INPUT);
    assert_string_equal(error.message, "the shard has more than 20000 files");
    cy_buffer_release(&shard);
    cy_arena_release(&arena);
}

/* ---- putting together ---- */

struct hub_of_test {
    struct cy_store *store;
    struct cy_objects *objects;
    struct cy_hub *hub;
};

static enum cy_status add_rows(struct cy_database *database, void *context, struct cy_error *error)
{
    (void)context;
    return cy_database_script(
        database, "rows",
        "INSERT INTO accounts (id, kind, name, name_key, full_name, is_admin, created_ms) VALUES ('u1', 'user', 'a', 'a', '', 0, 0);"
        "INSERT INTO accounts (id, kind, name, name_key, full_name, is_admin, created_ms) VALUES ('u2', 'user', 'b', 'b', '', 0, 0);"
        "INSERT INTO repositories (id, namespace_id, name, name_key, visibility, gated, title, search_text, download_count, like_count, "
        "size_bytes, "
        "created_by, created_ms, modified_ms) VALUES ('r1', 'u1', 'r', 'r', 'public', 'no', '', '', 0, 0, 0, 'u1', 0, 0);",
        error);
}

static struct hub_of_test open_hub(const struct cy_test_store *test)
{
    struct hub_of_test made = {cy_test_store_open(test), NULL, NULL};
    struct cy_error error;
    cy_expect_ok(cy_objects_open(&made.objects, &(struct cy_objects_options){.data_folder = test->options.data_folder}, &error), error);
    cy_expect_ok(cy_hub_open(&made.hub, made.store, made.objects, &error), error);
    cy_expect_ok(cy_store_write(made.store, 0, add_rows, NULL, &error), error);
    return made;
}

static void close_hub(struct hub_of_test *of)
{
    cy_hub_close(of->hub);
    cy_objects_close(of->objects);
    cy_store_close(of->store);
}

static enum cy_status send_xorb(struct hub_of_test *of, const char *user, struct cy_str xorb, struct cy_outcome *outcome)
{
    struct cy_spool spool;
    struct cy_error error;
    cy_expect_ok(cy_spool_open(of->objects, &spool, &error), error);
    cy_expect_ok(cy_spool_add(&spool, xorb.data, xorb.size, &error), error);
    cy_expect_ok(cy_spool_finish(&spool, &error), error);
    *outcome = (struct cy_outcome){0};
    enum cy_status status = cy_xet_put_xorb(of->hub, cy_str(user), cy_str(xorb_name), &spool, outcome);
    cy_spool_drop(&spool);
    return status;
}

static enum cy_status send_shard(struct hub_of_test *of, const char *user, uint32_t plain_size, uint32_t first, uint32_t end,
                                 const char *sha256, struct cy_outcome *outcome)
{
    struct cy_buffer shard = {0};
    begin_shard(&shard);
    add_file(&shard, xorb_name, plain_size, first, end, sha256);
    end_shard(&shard);
    *outcome = (struct cy_outcome){0};
    enum cy_status status = cy_xet_put_shard(of->hub, cy_str(user), CY_STR("r1"), cy_buffer_str(&shard), outcome);
    cy_buffer_release(&shard);
    return status;
}

static void sha256_of(const char *text, char hex[65])
{
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, text, strlen(text));
    cy_sha256_final(&hash, hex);
}

CY_TEST_EACH_DATABASE("a file is put together from its chunks, held by its repository, and by no other bytes")
{
    struct hub_of_test of = open_hub(test);
    struct cy_buffer xorb = {0};
    struct cy_outcome outcome;
    struct cy_error error;
    struct cy_arena arena = {0};
    char sha256[65], other[65];
    add_chunk(&xorb, CY_STR("one, "), 0);
    add_chunk(&xorb, CY_STR("two, two, two, two, "), 1);
    add_chunk(&xorb, CY_STR("three"), 2);
    cy_expect_ok(send_xorb(&of, "u1", cy_buffer_str(&xorb), &outcome), outcome.error);
    sha256_of("two, two, two, two, three", sha256);
    sha256_of("something else", other);
    cy_expect_ok(send_shard(&of, "u1", 25, 1, 3, sha256, &outcome), outcome.error);
    struct cy_str content;
    cy_expect_ok(cy_objects_read_all(of.objects, sha256, 100, &arena, &content, &error), error);
    cy_expect_str(content, "two, two, two, two, three");
    struct cy_database *reader;
    struct cy_held_object held;
    cy_expect_ok(cy_store_reader(of.store, &reader, &error), error);
    cy_expect_ok(cy_hub_find_object(reader, CY_STR("r1"), cy_str(sha256), &held, &error), error);
    cy_store_reader_back(of.store, reader);
    assert_true(held.is_held && held.size_bytes == 25);

    assert_int_equal(send_shard(&of, "u1", 25, 1, 3, other, &outcome), CY_BAD_INPUT); /* other bytes than the hash says */
    assert_int_equal(outcome.refusal, CY_REFUSAL_INPUT);
    assert_int_equal(send_shard(&of, "u1", 5, 0, 4, sha256, &outcome), CY_BAD_INPUT); /* there is no fourth chunk */
    assert_non_null(strstr(outcome.error.message, "chunk 3"));
    assert_int_equal(send_shard(&of, "u1", 3, 1, 3, sha256, &outcome), CY_BAD_INPUT);          /* more bytes than it says */
    assert_non_null(strstr(outcome.error.message, "have 25 bytes, and their segment says 3")); /* known before anything is decoded */
    cy_buffer_release(&xorb);
    cy_arena_release(&arena);
    close_hub(&of);
}

CY_TEST_EACH_DATABASE("one user's xorbs are nothing to another who knows their names")
{
    struct hub_of_test of = open_hub(test);
    struct cy_buffer xorb = {0};
    struct cy_outcome outcome;
    char sha256[65];
    add_chunk(&xorb, CY_STR("secret"), 0);
    cy_expect_ok(send_xorb(&of, "u1", cy_buffer_str(&xorb), &outcome), outcome.error);
    sha256_of("secret", sha256);
    assert_int_equal(send_shard(&of, "u2", 6, 0, 1, sha256, &outcome), CY_BAD_INPUT);
    assert_int_equal(outcome.refusal, CY_REFUSAL_NO_ENTRY);
    cy_buffer_release(&xorb);
    close_hub(&of);
}
