#include "cy_test_source.h"

#include <unistd.h>

static const char warcinfo[] =
    "WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Length: 8\r\n\r\na: b\r\n\r\n\r\n\r\n";
static const char page[] =
    "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:2>\r\nWARC-Target-URI: http://a/\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
    "Content-Type: application/http; msgtype=response\r\nContent-Length: 77\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Gr\xC3\xBC\xC3\x9F dich</p>\r\n\r\n";
static const char image[] = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:3>\r\nWARC-Target-URI: http://a/i\r\n"
                            "Content-Type: application/http\r\nContent-Length: 46\r\n\r\n"
                            "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nPN\r\n\r\n";

static void expect_three(const struct cy_batch *batch)
{
    assert_int_equal(batch->total_count, 3);
    cy_expect_fate(batch, 0, "skipped: warcinfo");
    cy_expect_fate(batch, 1, "kept");
    cy_expect_str(batch->texts[1], "<p>Grüß dich</p>");
    cy_expect_str(batch->ids[1], "<urn:uuid:2>");
    cy_expect_str(batch->urls[1], "http://a/");
    cy_expect_str(batch->media_types[1], "text/html");
    cy_expect_str(batch->metadata[1], "{\"date\":\"2026-01-01T00:00:00Z\",\"http_status\":200}");
    cy_expect_fate(batch, 2, "skipped: image/png");
    cy_expect_str(batch->ids[2], "<urn:uuid:3>");
}

CY_TEST("warc reads the same records plain, a gzip member each, and in one member, and from every record on")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    struct cy_str records[] = {cy_str(warcinfo), cy_str(page), cy_str(image)}, plain = {"", 0}, members = {"", 0};
    for (size_t i = 0; i < 3; i++) {
        plain = cy_test_concat(&arena, plain, records[i]);
        members = cy_test_concat(&arena, members, cy_test_gzip(&arena, records[i]));
    }
    struct cy_str contents[] = {plain, cy_test_gzip(&arena, plain), members};
    const char *names[] = {"a.warc", "one.warc.gz", "many.warc.gz"};
    for (size_t i = 0; i < 3; i++) {
        const char *path = cy_test_file(folder, names[i], contents[i]);
        struct cy_test_read read;
        cy_test_read(&read, "warc", "", path, (struct cy_place){0});
        expect_three(&read.batch);
        for (size_t row = 0; row <= 3; row++) {
            struct cy_test_read part;
            cy_test_read(&part, "warc", "", path, read.places[row]);
            cy_expect_same_rows(&read, row, &part);
            cy_test_read_release(&part);
        }
        cy_test_read_release(&read);
    }
    cy_arena_release(&arena);
}

CY_TEST("warc reads every page of the shared crawl")
{
    const char *path = cy_test_shared("web/pages-03.warc.gz");
    if (path == NULL)
        skip();
    struct cy_test_read read;
    cy_test_read(&read, "warc", "", path, (struct cy_place){0});
    size_t kept = 0;
    for (size_t row = 0; row < read.batch.total_count; row++)
        kept += read.batch.verdicts[row].what == CY_KEPT;
    cy_expect_fate(&read.batch, 0, "skipped: warcinfo");
    assert_int_equal(kept, read.batch.total_count - 1);
    cy_test_read_release(&read);
}
