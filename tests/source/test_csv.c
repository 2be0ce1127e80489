#include "cy_test_source.h"

static const char table[] = "id,text,url,note\r\n"
                            "1,plain,http://a/,x\r\n"
                            "\r\n"
                            "2,\"two\nlines, \"\"quoted\"\"\",,\"\"\r\n"
                            "3,\"\",http://c/,\"a\"\"b\"\r\n"
                            "4,it's 5\" wide,http://d/,y\r\n"
                            "5,last,,z";

CY_TEST("csv reads quoted fields with delimiters, line ends and doubled quotes, and begins again at any row")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    struct cy_str plain = cy_str(table);
    struct cy_str contents[] = {plain, cy_test_gzip(&arena, plain), cy_test_zstd(&arena, plain)};
    const char *names[] = {"a.csv", "a.csv.gz", "a.csv.zst"};
    for (size_t i = 0; i < 3; i++) {
        const char *path = cy_test_file(folder, names[i], contents[i]);
        struct cy_test_read read;
        cy_test_read(&read, "csv", "", path, (struct cy_place){0});
        assert_int_equal(read.batch.total_count, 5);
        cy_expect_str(read.batch.texts[0], "plain");
        cy_expect_str(read.batch.ids[0], "1");
        cy_expect_str(read.batch.urls[0], "http://a/");
        cy_expect_str(read.batch.metadata[0], "{\"note\":\"x\"}");
        cy_expect_str(read.batch.texts[1], "two\nlines, \"quoted\"");
        cy_expect_str(read.batch.metadata[1], "{\"note\":\"\"}");
        cy_expect_str(read.batch.texts[2], "");
        cy_expect_str(read.batch.metadata[2], "{\"note\":\"a\\\"b\"}");
        cy_expect_str(read.batch.texts[3], "it's 5\" wide");
        cy_expect_str(read.batch.ids[4], "5");
        for (size_t row = 0; row <= 5; row++) {
            struct cy_test_read part;
            cy_test_read(&part, "csv", "", path, read.places[row]);
            cy_expect_same_rows(&read, row, &part);
            cy_test_read_release(&part);
        }
        cy_test_read_release(&read);
    }
    cy_arena_release(&arena);
}

CY_TEST("csv says what is wrong with a row, and reads on at the next line")
{
    static const char text[] = "id,text\n"
                               "1,öäüöäüöäüöäü\n"
                               "2\n"
                               "3,three,more\n"
                               "4,\"he said \"so\" and\n"
                               "5,\xFF\n"
                               "6,six\n"
                               "7,\"never closed\n"
                               "8,eight\n";
    struct cy_test_read read;
    cy_test_read(&read, "csv", "", cy_test_file(cy_test_folder(), "bad.csv", cy_str(text)), (struct cy_place){0});
    assert_int_equal(read.batch.total_count, 8);
    cy_expect_fate(&read.batch, 0, "kept");
    cy_expect_fate(&read.batch, 1, "unreadable: csv: 1 fields, the header has 2");
    cy_expect_fate(&read.batch, 2, "unreadable: csv: 3 fields, the header has 2");
    cy_expect_fate(&read.batch, 3, "unreadable: csv: text behind a closing quote");
    cy_expect_fate(&read.batch, 4, "unreadable: encoding: invalid UTF-8");
    cy_expect_fate(&read.batch, 5, "kept");
    cy_expect_fate(&read.batch, 6, "unreadable: csv: quote not closed");
    cy_expect_fate(&read.batch, 7, "kept");
    cy_expect_str(read.batch.ids[7], "8");
    cy_test_read_release(&read);
}

CY_TEST("csv finds the encoding of a file by its beginning, takes a given one, and parts .tsv by tabs")
{
    const char *folder = cy_test_folder();
    /* "id,text", then the first sentence of the Universal Declaration of Human Rights in Chinese, as Python's gbk codec writes it */
    static const char gbk[] = "id,text\n1,\xC8\xCB\xC8\xCB\xC9\xFA\xB6\xF8\xD7\xD4\xD3\xC9,\n2,x\n";
    struct cy_test_read read;
    cy_test_read(&read, "csv", "encoding: gbk", cy_test_file(folder, "a.csv", cy_str(gbk)), (struct cy_place){0});
    cy_expect_fate(&read.batch, 0, "unreadable: csv: 3 fields, the header has 2");
    cy_expect_str(read.batch.texts[1], "x");
    cy_test_read_release(&read);
    cy_test_read(&read, "csv", "", cy_test_file(folder, "a.tsv", CY_STR("text\tid\nwith, comma\tone\n")), (struct cy_place){0});
    cy_expect_str(read.batch.texts[0], "with, comma");
    cy_expect_str(read.batch.ids[0], "one");
    cy_test_read_release(&read);
    cy_test_read(&read, "csv", "delimiter: |", cy_test_file(folder, "b.csv", CY_STR("\xEF\xBB\xBFtext|id\na,b|two\n")),
                 (struct cy_place){0});
    cy_expect_str(read.batch.texts[0], "a,b");
    cy_test_read_release(&read);
}
