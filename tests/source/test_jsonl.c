#include "cy_test_source.h"

static const char lines[] = "{\"id\": \"a\", \"text\": \"one\", \"url\": \"http://a/\"}\n"
                            "\n"
                            "{\"text\": \"zwei\\n\\u00fc\", \"n\": 1.50, \"list\": [1, {\"x\": null}], \"metadata\": {\"k\": true}}\r\n"
                            "  \t\n"
                            "{\"id\": 7, \"text\": \"drei\"}";

static void expect_lines(const struct cy_batch *batch)
{
    assert_int_equal(batch->total_count, 3);
    cy_expect_str(batch->texts[0], "one");
    cy_expect_str(batch->ids[0], "a");
    cy_expect_str(batch->urls[0], "http://a/");
    cy_expect_str(batch->metadata[0], "");
    cy_expect_str(batch->texts[1], "zwei\nü");
    cy_expect_str(batch->ids[1], "");
    cy_expect_str(batch->metadata[1], "{\"n\":1.50,\"list\":[1,{\"x\":null}],\"k\":true}");
    cy_expect_str(batch->texts[2], "drei");
    cy_expect_str(batch->ids[2], "7");
}

CY_TEST("jsonl reads the same documents plain, in gzip and in zstd, in one member or one a line")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    struct cy_str plain = cy_str(lines), many_gz = {"", 0}, many_zst = {"", 0}, rest = plain;
    while (rest.size > 0) {
        struct cy_str line = cy_str_split(rest, '\n', &rest);
        if (rest.data != NULL)
            line.size++;
        many_gz = cy_test_concat(&arena, many_gz, cy_test_gzip(&arena, line));
        many_zst = cy_test_concat(&arena, many_zst, cy_test_zstd(&arena, line));
    }
    const struct {
        const char *name;
        struct cy_str content;
    } files[] = {{"a.jsonl", plain},
                 {"a.jsonl.gz", cy_test_gzip(&arena, plain)},
                 {"b.jsonl.gz", many_gz},
                 {"a.jsonl.zst", cy_test_zstd(&arena, plain)},
                 {"b.jsonl.zst", many_zst}};
    for (size_t i = 0; i < CY_COUNT(files); i++) {
        const char *path = cy_test_file(folder, files[i].name, files[i].content);
        struct cy_test_read read;
        cy_test_read(&read, "jsonl", "", path, (struct cy_place){0});
        expect_lines(&read.batch);
        for (size_t row = 0; row <= read.batch.total_count; row++) {
            struct cy_test_read part;
            cy_test_read(&part, "jsonl", "", path, read.places[row]);
            cy_expect_same_rows(&read, row, &part);
            cy_test_read_release(&part);
        }
        cy_test_read_release(&read);
    }
    cy_arena_release(&arena);
}

CY_TEST("jsonl says why a line cannot be read, and reads on")
{
    static const char text[] = "{\"text\": \"fine\"}\n"
                               "{\"text\": \"cut\n"
                               "{\"body\": \"no text\"}\n"
                               "{\"text\": 12}\n"
                               "[1, 2]\n"
                               "{\"text\": \"\xFF\"}\n"
                               "{\"text\": \"\\ud800\"}\n"
                               "{\"text\": \"fine too\"}\n";
    struct cy_test_read read;
    cy_test_read(&read, "jsonl", "", cy_test_file(cy_test_folder(), "bad.jsonl", cy_str(text)), (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 8);
    cy_expect_fate(&read.batch, 0, "kept");
    cy_expect_fate(&read.batch, 1, "unreadable: json: unexpected end of data");
    cy_expect_fate(&read.batch, 2, "unreadable: no_text_field");
    cy_expect_fate(&read.batch, 3, "unreadable: text_not_string");
    cy_expect_fate(&read.batch, 4, "unreadable: json: not an object");
    cy_expect_fate(&read.batch, 5, "unreadable: json: invalid UTF-8 encoding in string");
    cy_expect_fate(&read.batch, 6, "unreadable: json: no low surrogate in string");
    cy_expect_fate(&read.batch, 7, "kept");
    assert_int_equal(read.batch.origins[2].place.offset, 31);
    cy_test_read_release(&read);
}

CY_TEST("jsonl takes text, id and URL from the fields that the recipe names")
{
    struct cy_test_read read;
    const char *path =
        cy_test_file(cy_test_folder(), "named.jsonl", CY_STR("{\"body\": \"b\", \"key\": \"k\", \"link\": \"l\", \"text\": \"t\"}\n"));
    cy_test_read(&read, "jsonl", "text: body; id: key; url: link", path, (struct cy_place){0});
    cy_expect_str(read.batch.texts[0], "b");
    cy_expect_str(read.batch.ids[0], "k");
    cy_expect_str(read.batch.urls[0], "l");
    cy_expect_str(read.batch.metadata[0], "{\"text\":\"t\"}");
    cy_test_read_release(&read);
}

CY_TEST("jsonl reads a file that is one array of objects, and begins again at any of them")
{
    static const char array[] =
        "\xEF\xBB\xBF [\n  {\"id\": 1, \"text\": \"a ] } \\\" \\\\\"},\n  {\"id\": 2,\n   \"text\": \"b\", \"n\": [[], {}]}\n, 3, \"x\" "
        ",null,{\"text\": 1,},{\"id\": 4, \"text\": \"d\"}\n]\n";
    struct cy_arena arena = {0};
    struct cy_str contents[] = {cy_str(array), cy_test_gzip(&arena, cy_str(array))};
    const char *names[] = {"a.json", "a.json.gz"}, *folder = cy_test_folder();
    for (size_t i = 0; i < 2; i++) {
        const char *path = cy_test_file(folder, names[i], contents[i]);
        struct cy_test_read read;
        cy_test_read(&read, "jsonl", "", path, (struct cy_place){0});
        assert_int_equal(read.batch.total_count, 7);
        cy_expect_str(read.batch.texts[0], "a ] } \" \\");
        cy_expect_str(read.batch.texts[1], "b");
        cy_expect_str(read.batch.metadata[1], "{\"n\":[[],{}]}");
        cy_expect_fate(&read.batch, 2, "unreadable: json: not an object");
        cy_expect_fate(&read.batch, 3, "unreadable: json: not an object");
        cy_expect_fate(&read.batch, 4, "unreadable: json: not an object");
        assert_int_equal(read.batch.verdicts[5].what, CY_UNREADABLE);
        cy_expect_str(read.batch.ids[6], "4");
        for (size_t row = 0; row <= 7; row++) {
            struct cy_test_read part;
            cy_test_read(&part, "jsonl", "", path, read.places[row]);
            cy_expect_same_rows(&read, row, &part);
            cy_test_read_release(&part);
        }
        cy_test_read_release(&read);
    }
    cy_arena_release(&arena);
}
