/* Files cut short and files with wrong bytes: what can be read is read, what is lost is one row that says so, and nothing is lost silently.
 */
#include "cy_test_source.h"

static struct cy_str record(struct cy_arena *arena, const char *id, const char *body)
{
    char http[1024];
    int size = snprintf(http, sizeof http, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n%s", body);
    return cy_str(cy_arena_printf(arena,
                                  "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <%s>\r\nContent-Type: application/http\r\n"
                                  "Content-Length: %d\r\n\r\n%s\r\n\r\n",
                                  id, size, http));
}

/* Three records; `members`: each in a gzip member of its own. */
static struct cy_str archive(struct cy_arena *arena, bool gzip, bool members)
{
    struct cy_str all = {"", 0};
    static const char *const bodies[] = {"<p>one one one one one one</p>", "<p>two 2 two 2 two 2 two 2 two</p>",
                                         "<p>three, and three again: three</p>"};
    for (size_t i = 0; i < 3; i++) {
        struct cy_str one = record(arena, (const char *[]){"a", "b", "c"}[i], bodies[i]);
        all = cy_test_concat(arena, all, members ? cy_test_gzip(arena, one) : one);
    }
    return gzip && !members ? cy_test_gzip(arena, all) : all;
}

static void expect_resumes(const char *format, const char *path, const struct cy_test_read *read)
{
    for (size_t row = 0; row <= read->batch.total_count; row++) {
        struct cy_test_read part;
        cy_test_read(&part, format, "", path, read->places[row]);
        if (read->batch.total_count - row != part.batch.total_count)
            fail_msg("%s: from row %zu on (byte %llu, %llu within): %zu rows", path, row, (unsigned long long)read->places[row].offset,
                     (unsigned long long)read->places[row].within, part.batch.total_count);
        cy_expect_same_rows(read, row, &part);
        cy_test_read_release(&part);
    }
}

/* Cuts the file after every byte. What is kept is a beginning of what the whole file gives; behind it stands at most one row, unreadable.
 */
static void cut_everywhere(const char *format, const char *name, struct cy_str whole)
{
    const char *folder = cy_test_folder();
    char path[512];
    strcpy(path, cy_test_file(folder, name, whole));
    struct cy_test_read all;
    cy_test_read(&all, format, "", path, (struct cy_place){0});
    for (size_t size = 0; size < whole.size; size++) {
        struct cy_test_read read;
        cy_test_file(folder, name, (struct cy_str){whole.data, size});
        cy_test_read(&read, format, "", path, (struct cy_place){0});
        size_t kept = 0;
        while (kept < read.batch.total_count && read.batch.verdicts[kept].what == CY_KEPT)
            kept++;
        if (kept + 1 < read.batch.total_count)
            fail_msg("%s cut at byte %zu: %zu rows behind the last one kept", name, size, read.batch.total_count - kept);
        if (kept < read.batch.total_count)
            assert_int_equal(read.batch.verdicts[kept].what, CY_UNREADABLE);
        for (size_t row = 0; row < kept; row++)
            if (!cy_str_equal(read.batch.texts[row], all.batch.texts[row]) && !(row + 1 == kept && strcmp(format, "jsonl") != 0))
                fail_msg("%s cut at byte %zu: row %zu has another text", name, size, row);
        if (size % 7 == 0)
            expect_resumes(format, path, &read);
        cy_test_read_release(&read);
    }
    cy_test_read_release(&all);
}

CY_TEST("a file cut after any byte gives the records before the cut, and one unreadable row for the rest")
{
    struct cy_arena arena = {0};
    static const char lines[] = "{\"id\": 1, \"text\": \"one\"}\n{\"id\": 2, \"text\": \"zwei\"}\n{\"id\": 3, \"text\": \"drei\"}\n";
    static const char table[] = "text,id\none,1\n\"two\n2\",2\nthree,3\n";
    static const char array[] = "[{\"id\": 1, \"text\": \"one\"},\n{\"id\": 2, \"text\": \"z[w{ei\"}, {\"id\": 3, \"text\": \"drei\"}]\n";
    cut_everywhere("jsonl", "a.json", cy_str(array));
    cut_everywhere("jsonl", "a.json.gz", cy_test_gzip(&arena, cy_str(array)));
    cut_everywhere("jsonl", "a.jsonl", cy_str(lines));
    cut_everywhere("jsonl", "a.jsonl.gz", cy_test_gzip(&arena, cy_str(lines)));
    cut_everywhere("jsonl", "a.jsonl.zst", cy_test_zstd(&arena, cy_str(lines)));
    cut_everywhere("warc", "a.warc", archive(&arena, false, false));
    cut_everywhere("warc", "a.warc.gz", archive(&arena, true, false));
    cut_everywhere("warc", "b.warc.gz", archive(&arena, true, true));
    cut_everywhere("csv", "a.csv.gz", cy_test_gzip(&arena, cy_str(table)));
    cy_arena_release(&arena);
}

CY_TEST("a gzip file cut short says gzip_truncated, a zstd file zstd_truncated, with the place of the record that was lost")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    struct cy_str first = cy_test_gzip(&arena, CY_STR("{\"text\": \"a\"}\n")),
                  second = cy_test_gzip(&arena, CY_STR("{\"text\": \"b\"}\n{\"text\": \"c\"}\n"));
    struct cy_str cut = cy_test_concat(&arena, first, (struct cy_str){second.data, second.size - 9}); /* the checksum and a byte */
    struct cy_test_read read;
    cy_test_read(&read, "jsonl", "", cy_test_file(folder, "a.jsonl.gz", cut), (struct cy_place){0});
    size_t last = read.batch.total_count - 1;
    cy_expect_fate(&read.batch, last, "unreadable: gzip_truncated");
    assert_int_equal(read.batch.origins[last].place.offset, first.size);
    assert_int_equal(read.batch.origins[last].place.within, 14 * (last - 1));
    cy_test_read_release(&read);
    struct cy_str frame = cy_test_zstd(&arena, CY_STR("{\"text\": \"a\"}\n"));
    cy_test_read(&read, "jsonl", "", cy_test_file(folder, "a.jsonl.zst", (struct cy_str){frame.data, frame.size - 1}),
                 (struct cy_place){0});
    cy_expect_fate(&read.batch, read.batch.total_count - 1, "unreadable: zstd_truncated");
    cy_test_read_release(&read);
    cy_test_read(&read, "jsonl", "", cy_test_file(folder, "empty.jsonl.gz", CY_STR("")), (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 1);
    cy_expect_fate(&read.batch, 0, "unreadable: gzip_truncated");
    cy_test_read_release(&read);
    cy_arena_release(&arena);
}

CY_TEST("a wrong byte in one member of a WARC costs that member's record alone, and zeroes behind the last member are no damage")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    char path[512];
    struct cy_str whole = archive(&arena, true, true);
    strcpy(path, cy_test_file(folder, "a.warc.gz", whole));
    struct cy_test_read all;
    cy_test_read(&all, "warc", "", path, (struct cy_place){0});
    assert_int_equal(all.batch.total_count, 3);
    for (size_t at = 0; at < whole.size * 2; at++) {
        struct cy_str broken = cy_arena_str(&arena, whole);
        ((char *)broken.data)[at / 2] ^= at % 2 == 0 ? 0x01 : 0xFF;
        size_t member = 0;
        while (member < 2 && all.batch.origins[member + 1].place.offset <= at / 2)
            member++;
        struct cy_test_read read;
        cy_test_file(folder, "a.warc.gz", broken);
        cy_test_read(&read, "warc", "", path, (struct cy_place){0});
        if (read.batch.total_count != 3)
            fail_msg("byte %zu: %zu rows", at / 2, read.batch.total_count);
        for (size_t row = 0; row < 3; row++) {
            bool kept = read.batch.verdicts[row].what == CY_KEPT;
            assert_true(kept || row == member);
            assert_true(!kept || cy_str_equal(read.batch.texts[row], all.batch.texts[row]));
            assert_memory_equal(&read.batch.origins[row].place, &all.batch.origins[row].place, sizeof(struct cy_place));
        }
        if (at % 16 == 0)
            expect_resumes("warc", path, &read);
        cy_test_read_release(&read);
    }
    cy_test_read_release(&all);
    char zeroes[700] = {0};
    struct cy_test_read read;
    cy_test_read(&read, "warc", "",
                 cy_test_file(folder, "z.warc.gz", cy_test_concat(&arena, whole, (struct cy_str){zeroes, sizeof zeroes})),
                 (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 3);
    cy_test_read_release(&read);
    cy_test_read(&read, "warc", "", cy_test_file(folder, "g.warc.gz", cy_test_concat(&arena, whole, CY_STR("garbage"))),
                 (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 4);
    cy_expect_fate(&read.batch, 3, "unreadable: gzip_corrupt");
    cy_test_read_release(&read);
    cy_arena_release(&arena);
}

CY_TEST("a WARC record whose Content-Length is too small or too large is unreadable, and the next one is found by its first line")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    static const char *const lengths[] = {"3", "60", "90", "99999", "99999999999", "x", ""};
    for (size_t i = 0; i < CY_COUNT(lengths); i++) {
        const char *wrong =
            cy_arena_printf(&arena,
                            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <w>\r\nContent-Length: %s\r\n\r\n"
                            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>the length of this one is wrong</p>\r\n\r\n",
                            lengths[i]);
        struct cy_str all =
            cy_test_concat(&arena, cy_test_concat(&arena, record(&arena, "a", "<p>a</p>"), cy_str(wrong)), record(&arena, "b", "<p>b</p>"));
        struct cy_test_read read;
        cy_test_read(&read, "warc", "", cy_test_file(folder, "a.warc", all), (struct cy_place){0});
        assert_int_equal(read.batch.total_count, 3);
        cy_expect_str(read.batch.texts[0], "<p>a</p>");
        cy_expect_fate(&read.batch, 1, "unreadable: content_length");
        cy_expect_str(read.batch.texts[2], "<p>b</p>");
        assert_int_equal(read.batch.read_bytes[0] + read.batch.read_bytes[1] + read.batch.read_bytes[2] + 8, all.size); /* the line ends */
        cy_test_read_release(&read);
    }
    cy_arena_release(&arena);
}

CY_TEST("a record above 64 MiB is unreadable, too_large, and reading goes on behind it, in every format that is framed")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    size_t size = CY_RECORD_BYTES_MAX + 100;
    char *large = cy_arena_alloc(&arena, size);
    memset(large, 'x', size);
    struct cy_str filling = {large, size};
    static const struct {
        const char *format, *name, *before, *after;
    } files[] = {
        {"jsonl", "a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"", "\"}\n{\"text\": \"b\"}\n"},
        {"jsonl", "a.json", "[{\"text\": \"a\"}, {\"text\": \"", "\"}, {\"text\": \"b\"}]"},
        {"csv", "a.csv", "text,id\na,1\n", ",2\nb,3\n"},
        {"csv", "b.csv", "text,id\na,1\n", "\nb,3\n"},
        {"warc", "a.warc", "", ""},
    };
    for (size_t i = 0; i < CY_COUNT(files); i++) {
        struct cy_str all = cy_test_concat(&arena, cy_test_concat(&arena, cy_str(files[i].before), filling), cy_str(files[i].after));
        if (strcmp(files[i].format, "warc") == 0) {
            const char *head = cy_arena_printf(&arena, "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %zu\r\n\r\n", size);
            all = cy_test_concat(&arena, record(&arena, "a", "a"), cy_test_concat(&arena, cy_str(head), filling));
            all = cy_test_concat(&arena, all, cy_test_concat(&arena, CY_STR("\r\n\r\n"), record(&arena, "b", "b")));
        }
        for (size_t packed = 0; packed < 2; packed++) {
            const char *name = packed ? cy_arena_printf(&arena, "%s.zst", files[i].name) : files[i].name;
            struct cy_test_read read;
            cy_test_read(&read, files[i].format, "", cy_test_file(folder, name, packed ? cy_test_zstd(&arena, all) : all),
                         (struct cy_place){0});
            assert_int_equal(read.batch.total_count, 3);
            cy_expect_str(read.batch.texts[0], "a");
            cy_expect_fate(&read.batch, 1, "unreadable: too_large");
            assert_true(read.batch.read_bytes[1] >= size);
            cy_expect_str(read.batch.texts[2], "b");
            cy_test_read_release(&read);
        }
    }
    cy_arena_release(&arena);
}

CY_TEST("lines cut into gzip members and zstd frames at random give the same rows, from every row on, as the plain file")
{
    uint64_t random = cy_test_seed();
    const char *folder = cy_test_folder();
    for (size_t round = 0; round < 30; round++) {
        struct cy_arena arena = {0};
        struct cy_str plain = {"", 0}, gz = {"", 0}, zst = {"", 0};
        size_t count = 1 + cy_test_random(&random) % 40;
        for (size_t i = 0; i < count; i++) {
            static const char *const ends[] = {"\n", "\r\n", "\n\n", "\n \t\n"};
            char filling[3000];
            size_t size = cy_test_random(&random) % (cy_test_random(&random) % 4 == 0 ? sizeof filling : 30);
            memset(filling, 'a' + (int)(i % 26), size);
            plain = cy_test_concat(&arena, plain,
                                   cy_str(cy_arena_printf(&arena, "{\"id\":%zu,\"text\":\"%.*s\"}%s", i, (int)size, filling,
                                                          ends[cy_test_random(&random) % 4])));
        }
        for (size_t at = 0; at < plain.size;) {
            size_t wanted = 1 + cy_test_random(&random) % (cy_test_random(&random) % 2 == 0 ? 20 : 5000);
            size_t size = CY_MIN(wanted, plain.size - at);
            struct cy_str piece = {plain.data + at, size};
            if (cy_test_random(&random) % 8 == 0) { /* an empty member */
                gz = cy_test_concat(&arena, gz, cy_test_gzip(&arena, CY_STR("")));
                zst = cy_test_concat(&arena, zst, cy_test_zstd(&arena, CY_STR("")));
            }
            gz = cy_test_concat(&arena, gz, cy_test_gzip(&arena, piece));
            zst = cy_test_concat(&arena, zst, cy_test_zstd(&arena, piece));
            at += size;
        }
        const char *names[] = {"r.jsonl", "r.jsonl.gz", "r.jsonl.zst"};
        struct cy_str contents[] = {plain, gz, zst};
        for (size_t i = 0; i < 3; i++) {
            const char *path = cy_test_file(folder, names[i], contents[i]);
            struct cy_test_read read;
            cy_test_read(&read, "jsonl", "", path, (struct cy_place){0});
            assert_int_equal(read.batch.total_count, count);
            for (size_t row = 0; row < count; row++) {
                char id[32];
                snprintf(id, sizeof id, "%zu", row);
                cy_expect_str(read.batch.ids[row], id);
            }
            expect_resumes("jsonl", path, &read);
            cy_test_read_release(&read);
        }
        cy_arena_release(&arena);
    }
}

CY_TEST("a wrong byte deep within one large member or frame loses the same rows wherever reading began")
{
    uint64_t random = cy_test_seed();
    const char *folder = cy_test_folder();
    struct cy_arena arena = {0};
    struct cy_buffer lines = {0};
    for (size_t i = 0; lines.size < 3 * 1024 * 1024; i++) {
        cy_buffer_printf(&lines, "{\"id\":%zu,\"text\":\"", i);
        for (size_t k = cy_test_random(&random) % 200; k > 0; k--)
            cy_buffer_printf(&lines, "%x ", (unsigned)(cy_test_random(&random) % 4096));
        cy_buffer_add_text(&lines, "\"}\n");
    }
    struct cy_str packed[] = {cy_test_gzip(&arena, cy_buffer_str(&lines)), cy_test_zstd(&arena, cy_buffer_str(&lines))};
    const char *const names[] = {"a.jsonl.gz", "a.jsonl.zst"};
    for (size_t round = 0; round < 12; round++) {
        struct cy_str broken = cy_arena_str(&arena, packed[round % 2]);
        ((char *)broken.data)[broken.size / 2 + cy_test_random(&random) % (broken.size / 2)] ^= (char)(1 << cy_test_random(&random) % 8);
        const char *path = cy_test_file(folder, names[round % 2], broken);
        struct cy_test_read read;
        cy_test_read(&read, "jsonl", "", path, (struct cy_place){0});
        size_t last = read.batch.total_count - 1;
        assert_int_equal(read.batch.verdicts[last].what, CY_UNREADABLE);
        struct cy_str rule = read.batch.verdicts[last].rule; /* a wrong length can also ask for more than there is: truncated */
        assert_true(cy_str_ends(rule, CY_STR("_corrupt")) || cy_str_ends(rule, CY_STR("_truncated")));
        for (size_t i = 0; i < 6; i++) {
            size_t row = i < 2 ? last + i : cy_test_random(&random) % last;
            struct cy_test_read part;
            cy_test_read(&part, "jsonl", "", path, read.places[row]);
            cy_expect_same_rows(&read, row, &part);
            cy_test_read_release(&part);
        }
        cy_test_read_release(&read);
    }
    cy_buffer_release(&lines);
    cy_arena_release(&arena);
}
