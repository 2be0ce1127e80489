/* Which files are which split: the rules of the `datasets` package, a row a case. */
#include "cy_test.h"

#include "hub/dataset_files.h"

CY_TEST("patterns of paths: one star within a name, two across, classes and choices")
{
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"*.csv", "a.csv", true},
        {"*.csv", "b/a.csv", false},
        {"**/*.csv", "b/c/a.csv", true},
        {"**/*.csv", "a.csv", true},
        {"zh/train*.jsonl", "zh/train-1.jsonl", true},
        {"zh/train*.jsonl", "zh/train/1.jsonl", false},
        {"data/**", "data/x/y.parquet", true},
        {"data/**", "other/y.parquet", false},
        {"a?.txt", "ab.txt", true},
        {"a?.txt", "a/.txt", false},
        {"a[0-9].txt", "a5.txt", true},
        {"a[!0-9].txt", "a5.txt", false},
        {"a[", "a[", true},
        {"{train,dev}/*.json", "dev/a.json", true},
        {"{train,dev}/*.json", "test/a.json", false},
        {"./a.csv", "a.csv", true},
        {"", "a", false},
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++)
        if (cy_path_matches(cy_str(cases[i].pattern), cy_str(cases[i].path)) != cases[i].matches)
            fail_msg("\"%s\" and \"%s\"", cases[i].pattern, cases[i].path);
}

CY_TEST("a pattern made to go on for ever ends")
{
    char pattern[201], path[201];
    for (int i = 0; i < 200; i++)
        pattern[i] = i % 2 ? '*' : 'a', path[i] = 'a';
    pattern[199] = 'b';
    assert_false(cy_path_matches((struct cy_str){pattern, 200}, (struct cy_str){path, 200}));
}

/* "config/split: path path; …" in their order. */
static void expect_view(const char *card, const char *paths, const char *expected)
{
    struct cy_arena arena = {0};
    struct cy_data_file files[32];
    struct cy_data_view view;
    struct cy_error error;
    struct cy_buffer out = {0};
    size_t count = 0;
    for (struct cy_str rest = cy_str(paths); rest.size > 0; count++)
        files[count] = (struct cy_data_file){.path = cy_str_split(rest, ' ', &rest)};
    cy_expect_ok(cy_data_view_make(cy_str(card), files, count, &arena, &view, &error), error);
    for (size_t c = 0; c < view.config_count; c++) {
        for (size_t s = 0; s < view.configs[c].split_count; s++) {
            const struct cy_data_split *split = &view.configs[c].splits[s];
            cy_buffer_printf(&out, "%s%.*s/%.*s:", out.size > 0 ? "; " : "", (int)view.configs[c].name.size, view.configs[c].name.data,
                             (int)split->name.size, split->name.data);
            for (size_t i = 0; i < split->file_count; i++)
                cy_buffer_printf(&out, " %.*s", (int)split->files[i]->path.size, split->files[i]->path.data);
        }
    }
    cy_buffer_add_byte(&out, 0);
    assert_string_equal(out.data, expected);
    cy_buffer_release(&out);
    cy_arena_release(&arena);
}

CY_TEST("without a word in the card, names of files and folders say which split they are")
{
    expect_view("", "data/train-00001-of-00002.parquet data/train-00000-of-00002.parquet data/test-00000-of-00001.parquet README.md",
                "default/test: data/test-00000-of-00001.parquet; default/train: data/train-00000-of-00002.parquet "
                "data/train-00001-of-00002.parquet");
    expect_view("", "train.csv dev.csv test.csv notes.md", "default/validation: dev.csv; default/test: test.csv; default/train: train.csv");
    expect_view("", "valid/a.jsonl training/a.jsonl", "default/train: training/a.jsonl; default/validation: valid/a.jsonl");
    expect_view("", "a.jsonl b.jsonl dataset_infos.json .hidden/x.jsonl", "default/train: a.jsonl b.jsonl");
    expect_view("", "trained.csv", "default/train: trained.csv"); /* no word "train" in it; all is train all the same */
    expect_view("", "a.parquet b.csv c.csv", "default/train: b.csv c.csv");
    expect_view("", "README.md LICENSE", "");
}

CY_TEST("a dataset that ciyuan built is its folder data, and nothing of what was removed")
{
    expect_view("",
                "MANIFEST build.json samples.json data/train-00000.parquet data/validation-00000.parquet verdicts/verdicts-00000.parquet",
                "default/train: data/train-00000.parquet; default/validation: data/validation-00000.parquet");
}

CY_TEST("configurations of the card name their files, as a text, a list, or by split")
{
    expect_view("{\"configs\":[{\"config_name\":\"zh\",\"data_files\":[{\"split\":\"train\",\"path\":\"zh/"
                "train*.jsonl\"},{\"split\":\"validation\",\"path\":\"zh/val.jsonl\"}]},"
                "{\"config_name\":\"en\",\"data_files\":\"en/all.jsonl.gz\"}]}",
                "zh/train-1.jsonl zh/train-2.jsonl zh/val.jsonl en/all.jsonl.gz",
                "zh/train: zh/train-1.jsonl zh/train-2.jsonl; zh/validation: zh/val.jsonl; en/train: en/all.jsonl.gz");
    expect_view("{\"configs\":[{\"config_name\":\"a\",\"data_files\":{\"train\":[\"1.csv\",\"2.csv\"]}},{\"config_name\":\"b\",\"data_"
                "dir\":\"x\"}]}",
                "1.csv 2.csv x/y/3.csv", "a/train: 1.csv 2.csv; b/train: x/y/3.csv");
}
