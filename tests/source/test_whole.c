/* HTML and text: files that are one record, and text that is parted. */
#include "cy_test_source.h"

#include <sys/stat.h>
#include <unistd.h>

CY_TEST("html: a file is one page, plain or compressed, with its encoding found; text takes a whole file too")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    static const char page[] = "<meta charset=big5><p>\xA4\xA4\xA4\xE5"; /* 中文 */
    struct cy_str contents[] = {cy_str(page), cy_test_gzip(&arena, cy_str(page)), cy_test_zstd(&arena, cy_str(page))};
    const char *names[] = {"a.html", "a.html.gz", "a.htm.zst"};
    for (size_t i = 0; i < 3; i++) {
        const char *path = cy_test_file(folder, names[i], contents[i]);
        struct cy_test_read read, rest;
        cy_test_read(&read, "html", "", path, (struct cy_place){0});
        assert_int_equal(read.batch.total_count, 1);
        cy_expect_str(read.batch.texts[0], "<meta charset=big5><p>中文");
        cy_expect_str(read.batch.media_types[0], "text/html");
        assert_int_equal(read.batch.read_bytes[0], sizeof page - 1);
        cy_test_read(&rest, "html", "", path, read.places[1]);
        assert_int_equal(rest.batch.total_count, 0);
        cy_test_read_release(&rest);
        cy_test_read_release(&read);
    }
    struct cy_test_read read;
    cy_test_read(&read, "text", "", cy_test_file(folder, "a.md", CY_STR("# Title\n\ntext\n")), (struct cy_place){0});
    cy_expect_str(read.batch.texts[0], "# Title\n\ntext\n");
    cy_test_read_release(&read);
    cy_test_read(&read, "html", "", cy_test_file(folder, "empty.html", CY_STR("")), (struct cy_place){0});
    cy_expect_fate(&read.batch, 0, "kept");
    assert_int_equal(read.batch.texts[0].size, 0);
    cy_test_read_release(&read);
    cy_arena_release(&arena);
}

CY_TEST("html: a file that cannot be opened, is no file, is too large or cut short is one unreadable row, and no path stands in the reason")
{
    struct cy_arena arena = {0};
    const char *folder = cy_test_folder();
    struct cy_test_read read;
    char path[512];
    snprintf(path, sizeof path, "%s/gone.html", folder);
    cy_test_read(&read, "html", "", path, (struct cy_place){0});
    cy_expect_fate(&read.batch, 0, "unreadable: could not open: No such file or directory");
    cy_test_read_release(&read);
    snprintf(path, sizeof path, "%s/gone.html.gz", folder);
    cy_test_read(&read, "html", "", path, (struct cy_place){0});
    cy_expect_fate(&read.batch, 0, "unreadable: could not open: No such file or directory");
    cy_test_read_release(&read);
    snprintf(path, sizeof path, "%s/folder.html", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    cy_test_read(&read, "html", "", path, (struct cy_place){0});
    assert_int_equal(read.batch.verdicts[0].what, CY_UNREADABLE);
    cy_test_read_release(&read);
    strcpy(path, cy_test_file(folder, "large.html", CY_STR("x")));
    assert_int_equal(truncate(path, (off_t)CY_RECORD_BYTES_MAX + 1), 0);
    cy_test_read(&read, "html", "", path, (struct cy_place){0});
    cy_expect_fate(&read.batch, 0, "unreadable: too_large");
    assert_int_equal(read.batch.read_bytes[0], CY_RECORD_BYTES_MAX + 1);
    cy_test_read_release(&read);
    struct cy_str packed = cy_test_gzip(&arena, CY_STR("<p>some text that is long enough to be cut"));
    cy_test_read(&read, "html", "", cy_test_file(folder, "cut.html.gz", (struct cy_str){packed.data, packed.size - 10}),
                 (struct cy_place){0});
    cy_expect_fate(&read.batch, 0, "unreadable: gzip_truncated");
    cy_test_read_release(&read);
    cy_arena_release(&arena);
}

static void expect_parts(const char *params, const char *path, const char *const *texts)
{
    struct cy_test_read read;
    cy_test_read(&read, "text", params, path, (struct cy_place){0});
    size_t count = 0;
    for (; texts[count] != NULL; count++) {
        assert_in_range(read.batch.total_count, count + 1, 1000);
        cy_expect_str(read.batch.texts[count], texts[count]);
    }
    assert_int_equal(read.batch.total_count, count);
    for (size_t row = 0; row <= count; row++) {
        struct cy_test_read part;
        cy_test_read(&part, "text", params, path, read.places[row]);
        cy_expect_same_rows(&read, row, &part);
        cy_test_read_release(&part);
    }
    cy_test_read_release(&read);
}

CY_TEST("text: a document is a line or a paragraph; empty lines are none, and one encoding holds for the whole file")
{
    const char *folder = cy_test_folder();
    const char *path = cy_test_file(folder, "a.txt", CY_STR("\n one\r\ntwo\n \t\n\r\n\nthree\nfour\n\n  five"));
    expect_parts("document: line", path, (const char *const[]){" one", "two", "three", "four", "  five", NULL});
    expect_parts("document: paragraph", path, (const char *const[]){" one\r\ntwo", "three\nfour", "  five", NULL});
    /* each line alone is too short to tell; bytes by Python's gb18030 codec */
    static const char gbk[] =
        "\xC8\xCB\xC8\xCB\xC9\xFA\xB6\xF8\xD7\xD4\xD3\xC9\n\xD4\xDA\xD7\xF0\xD1\xCF\xBA\xCD\xC8\xA8\xC0\xFB\xC9\xCF\n\xD2\xBB\n"
        "\xC2\xC9\xC6\xBD\xB5\xC8\xA1\xA3\xCB\xFB\xC3\xC7\xB8\xB3\xD3\xD0\xC0\xED\xD0\xD4\xBA\xCD\xC1\xBC\xD0\xC4\n";
    const char *const lines[] = {"人人生而自由", "在尊严和权利上", "一", "律平等。他们赋有理性和良心", NULL};
    path = cy_test_file(folder, "gbk.txt", cy_str(gbk));
    expect_parts("document: line", path, lines);
    expect_parts("document: line; encoding: gbk", path, lines);
}
