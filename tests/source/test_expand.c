#include "cy_test_source.h"

#include "source/expand.h"

static const char *made_tree(void)
{
    const char *folder = cy_test_folder();
    static const char *const names[] = {"a/1.jsonl", "a/2.jsonl.gz", "a/deep/3.jsonl", "a/.hidden/4.jsonl", "a/.5.jsonl", "b/6.html",
                                        "b/x.bin",   "b/[7].txt",    "Z.txt"};
    struct cy_arena arena = {0};
    struct cy_error error;
    for (size_t i = 0; i < CY_COUNT(names); i++) {
        char *path = cy_path_join(&arena, folder, names[i]), *slash = strrchr(path, '/');
        *slash = '\0';
        cy_expect_ok(cy_make_folders(path, &error), error);
        *slash = '/';
        cy_expect_ok(cy_write_file(path, CY_STR("x"), &error), error);
    }
    cy_arena_release(&arena);
    return folder;
}

static void expect_names(const char *folder, const char *pattern, const char *expected)
{
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_source_file *files;
    size_t count;
    struct cy_buffer found = {0};
    cy_expect_ok(cy_source_expand(folder, pattern, &arena, &files, &count, &error), error);
    for (size_t i = 0; i < count; i++) {
        cy_buffer_printf(&found, "%s%s", i > 0 ? " " : "", files[i].name);
        assert_true(cy_path_exists(files[i].path));
        assert_int_equal(files[i].size_bytes, 1);
    }
    cy_expect_str(cy_buffer_str(&found), expected);
    cy_buffer_release(&found);
    cy_arena_release(&arena);
}

CY_TEST("a source's path is a file, a folder or a glob, and its files come in byte order of their names")
{
    const char *folder = made_tree();
    expect_names(folder, "Z.txt", "Z.txt");
    expect_names(folder, "./Z.txt", "Z.txt");
    expect_names(folder, "a", "a/1.jsonl a/2.jsonl.gz a/deep/3.jsonl");
    expect_names(folder, "a/", "a/1.jsonl a/2.jsonl.gz a/deep/3.jsonl");
    expect_names(folder, ".", "Z.txt a/1.jsonl a/2.jsonl.gz a/deep/3.jsonl b/6.html b/[7].txt b/x.bin");
    expect_names(folder, "a/*.jsonl", "a/1.jsonl");
    expect_names(folder, "*/?.*", "a/1.jsonl a/2.jsonl.gz b/6.html b/x.bin");
    expect_names(folder, "**/*.jsonl", "a/1.jsonl a/deep/3.jsonl");
    expect_names(folder, "a/**/3.jsonl", "a/deep/3.jsonl");
    expect_names(folder, "**", "Z.txt a/1.jsonl a/2.jsonl.gz a/deep/3.jsonl b/6.html b/[7].txt b/x.bin");
    expect_names(folder, "{a,b}/*.{jsonl,html}", "a/1.jsonl b/6.html");
    expect_names(folder, "{a,a}/1.jsonl", "a/1.jsonl");
    expect_names(folder, "a/[12].*", "a/1.jsonl a/2.jsonl.gz");
    expect_names(folder, "b/[7].txt", "b/[7].txt");
}

CY_TEST("the format follows from the name, and an unknown suffix has none")
{
    const char *folder = made_tree();
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_source_file *files;
    size_t count;
    cy_expect_ok(cy_source_expand(folder, ".", &arena, &files, &count, &error), error);
    const char *const formats[] = {"text", "jsonl", "jsonl", "jsonl", "html", "text", NULL};
    assert_int_equal(count, CY_COUNT(formats));
    for (size_t i = 0; i < count; i++) {
        if (formats[i] == NULL)
            assert_null(files[i].format);
        else
            assert_string_equal(files[i].format->name, formats[i]);
    }
    cy_arena_release(&arena);
}

CY_TEST("a path that matches nothing is refused with what is there in its place")
{
    const char *folder = made_tree();
    struct cy_arena arena = {0};
    struct cy_error error;
    struct cy_source_file *files;
    size_t count;
    assert_int_equal(cy_source_expand(folder, "a/1.jsonk", &arena, &files, &count, &error), CY_BAD_RECIPE);
    assert_string_equal(error.message, "\"a/1.jsonk\" matches no file");
    assert_non_null(strstr(error.hint, "there is \"1.jsonl\": is it that?"));
    assert_int_equal(cy_source_expand(folder, "crawl/*.warc.gz", &arena, &files, &count, &error), CY_BAD_RECIPE);
    assert_non_null(strstr(error.hint, "holds Z.txt, a, b"));
    assert_int_equal(cy_source_expand(folder, "a/*.warc.gz", &arena, &files, &count, &error), CY_BAD_RECIPE);
    assert_non_null(strstr(error.hint, "/a\" is there and holds .5.jsonl, .hidden, 1.jsonl, 2.jsonl.gz, deep"));
    cy_arena_release(&arena);
}
