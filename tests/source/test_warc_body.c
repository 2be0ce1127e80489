/* What is in a WARC record: HTTP heads, media types, chunks and compression. */
#include "cy_test_source.h"

#include "source/warc_head.h"

#include <libdeflate.h>

/* Reads one record: a head with these fields, and this block; row 0 of the result. */
static void read_record(struct cy_test_read *read, const char *fields, struct cy_str block)
{
    struct cy_arena arena = {0};
    struct cy_str head =
        cy_str(cy_arena_printf(&arena, "WARC/1.0\r\nWARC-Record-ID: <r>\r\n%sContent-Length: %zu\r\n\r\n", fields, block.size));
    struct cy_str all = cy_test_concat(&arena, cy_test_concat(&arena, head, block), CY_STR("\r\n\r\n"));
    cy_test_read(read, "warc", "", cy_test_file(cy_test_folder(), "a.warc", all), (struct cy_place){0});
    assert_int_equal(read->batch.total_count, 1);
    cy_arena_release(&arena);
}

static void expect_text(const char *fields, struct cy_str block, const char *text)
{
    struct cy_test_read read;
    read_record(&read, fields, block);
    cy_expect_fate(&read.batch, 0, "kept");
    cy_expect_str(read.batch.texts[0], text);
    cy_test_read_release(&read);
}

static void expect_fate(const char *fields, struct cy_str block, const char *fate)
{
    struct cy_test_read read;
    read_record(&read, fields, block);
    cy_expect_fate(&read.batch, 0, fate);
    assert_int_equal(read.batch.texts[0].size, 0);
    cy_test_read_release(&read);
}

#define RESPONSE "WARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
#define HTML "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"

CY_TEST("warc: what is no text is skipped by its media type, other records by theirs")
{
    expect_fate(RESPONSE, CY_STR("HTTP/1.1 200 OK\r\nContent-Type: Application/PDF; x=y\r\n\r\n%PDF"), "skipped: application/pdf");
    expect_fate(RESPONSE, CY_STR("HTTP/1.1 200 OK\r\nContent-Type: text/css\r\n\r\na{}"), "skipped: text/css");
    expect_fate(RESPONSE, CY_STR("HTTP/1.1 304 Not Modified\r\nContent-Type: text/html\r\n\r\n"), "skipped: empty");
    expect_fate(RESPONSE, CY_STR("HTTP/1.1 200 OK\r\n\r\n\x89PNG\r\n"), "skipped: unknown");
    expect_fate("WARC-Type: request\r\n", CY_STR("GET / HTTP/1.1\r\n\r\n"), "skipped: request");
    expect_fate("WARC-Type: revisit\r\n", CY_STR("HTTP/1.1 200 OK\r\n\r\n"), "skipped: revisit");
    expect_fate("WARC-Type: response\r\nContent-Type: text/dns\r\n", CY_STR(""), "skipped: empty");
    expect_fate(RESPONSE "WARC-Identified-Payload-Type: image/gif\r\n", CY_STR(HTML "\r\nGIF89a"), "skipped: image/gif");
}

CY_TEST("warc: HTML without a stated type is recognised, other text stays text, and no status is refused")
{
    expect_text(RESPONSE, CY_STR("HTTP/1.0 200 OK\r\n\r\n \n<!DOCTYPE HTML><p>x"), " \n<!DOCTYPE HTML><p>x");
    expect_text(RESPONSE, CY_STR("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<p>no"), "<p>no");
    expect_text("WARC-Type: conversion\r\nContent-Type: text/plain\r\n", CY_STR("extracted text"), "extracted text");
    expect_text("warc-type: RESPONSE\r\n", CY_STR("HTTP/1.1 200 OK\ncontent-type:text/plain\n\nlines end in LF"), "lines end in LF");
    struct cy_test_read read;
    read_record(&read, RESPONSE "WARC-Target-URI: <http://a/>\r\nWARC-Date: 2026-02-03T04:05:06Z\r\n",
                CY_STR("HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\n\r\nx"));
    cy_expect_str(read.batch.media_types[0], "text/plain");
    cy_expect_str(read.batch.urls[0], "http://a/");
    cy_expect_str(read.batch.metadata[0], "{\"date\":\"2026-02-03T04:05:06Z\",\"http_status\":503}");
    cy_test_read_release(&read);
}

CY_TEST("warc: a chunked body is put together; one that only says so is taken as it is; one cut short gives what came")
{
#define CHUNKED HTML "Transfer-Encoding: chunked\r\n\r\n"
    expect_text(RESPONSE, CY_STR(CHUNKED "4\r\n<p>a\r\n6;x=y\r\n b c d\r\n0\r\n\r\n"), "<p>a b c d");
    expect_text(RESPONSE, CY_STR(CHUNKED "<p>not chunked"), "<p>not chunked");
    expect_text(RESPONSE, CY_STR(CHUNKED "4\r\n<p>a\r\nFF\r\n b c"), "<p>a b c");
    expect_fate(RESPONSE, CY_STR(CHUNKED "0\r\n\r\n"), "skipped: empty");
}

CY_TEST("warc: gzip and both kinds of deflate are undone, in chunks too; what is stored unpacked under its old head is taken as it is")
{
    struct cy_arena arena = {0};
    static const char page[] = "<p>packed packed packed packed packed</p>";
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
    char zlib[256], raw[256];
    size_t zlib_size = libdeflate_zlib_compress(compressor, page, sizeof page - 1, zlib, sizeof zlib);
    size_t raw_size = libdeflate_deflate_compress(compressor, page, sizeof page - 1, raw, sizeof raw);
    libdeflate_free_compressor(compressor);
    struct cy_str gzip = cy_test_gzip(&arena, cy_str(page));
    struct cy_str as_gzip = CY_STR(HTML "Content-Encoding: gzip\r\n\r\n"), as_deflate = CY_STR(HTML "Content-Encoding: deflate\r\n\r\n");
    expect_text(RESPONSE, cy_test_concat(&arena, as_gzip, gzip), page);
    expect_text(RESPONSE, cy_test_concat(&arena, as_gzip, cy_str(page)), page);
    expect_text(RESPONSE, cy_test_concat(&arena, as_deflate, (struct cy_str){zlib, zlib_size}), page);
    expect_text(RESPONSE, cy_test_concat(&arena, as_deflate, (struct cy_str){raw, raw_size}), page);
    expect_text(RESPONSE, cy_test_concat(&arena, as_deflate, cy_str(page)), page);
    struct cy_str chunks =
        cy_str(cy_arena_printf(&arena, HTML "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", gzip.size));
    expect_text(RESPONSE, cy_test_concat(&arena, cy_test_concat(&arena, chunks, gzip), CY_STR("\r\n0\r\n\r\n")), page);
    expect_fate(RESPONSE,
                CY_STR(HTML "Content-Encoding: br\r\n\r\n\x8B\x01\x80"
                            "abc"),
                "unreadable: content_encoding: br");
    expect_fate(RESPONSE, cy_test_concat(&arena, as_gzip, CY_STR("\x1F\x8B\x08\x00no gzip at all")), "unreadable: content_encoding: gzip");
    cy_arena_release(&arena);
}

CY_TEST("warc: a body that unpacks to more than 64 MiB is unreadable")
{
    struct cy_arena arena = {0};
    size_t size = (size_t)CY_RECORD_BYTES_MAX * 2 + 1;
    char *zeroes = cy_arena_zero(&arena, size);
    memset(zeroes, ' ', size);
    struct cy_str bomb = cy_test_gzip(&arena, (struct cy_str){zeroes, size});
    expect_fate(RESPONSE, cy_test_concat(&arena, CY_STR(HTML "Content-Encoding: gzip\r\n\r\n"), bomb), "unreadable: too_large");
    cy_arena_release(&arena);
}
