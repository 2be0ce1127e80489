#include "cli/options.h"

#include "base/duck.h"
#include "recipe/intake.h"
#include "source/expand.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <duckdb.h>
#include <yyjson.h>

enum {
    SAMPLE_RECORDS = 200,   /* read to guess language and text field */
    SAMPLE_BYTES = 1 << 20, /* of a JSON Lines file's beginning */
    LANGUAGES_MAX = 8,      /* a sample of more languages is kept whole */
};

/* One source of the recipe to be. */
struct guess {
    const char *path;
    const struct cy_format *format;
    const char *text_field; /* NULL: the format's default fits, or it has none */
    size_t file_count;
};

/* `path`, which is relative to the working folder, as it is relative to the recipe's folder; absolute where neither lies in the other. */
static const char *path_from(struct cy_arena *arena, const char *folder, const char *path)
{
    char from[PATH_MAX], here[PATH_MAX];
    if (path[0] == '/' || realpath(folder, from) == NULL || getcwd(here, sizeof here) == NULL || strcmp(from, here) == 0)
        return path;
    size_t from_size = strcmp(from, "/") == 0 ? 0 : strlen(from), here_size = strcmp(here, "/") == 0 ? 0 : strlen(here);
    if (strncmp(from, here, from_size) == 0 && here[from_size] == '/') /* the recipe lies above */
        return cy_arena_printf(arena, "%s/%s", here + from_size + 1, path);
    if (strncmp(from, here, here_size) != 0 || from[here_size] != '/')
        return cy_arena_printf(arena, "%s/%s", here_size > 0 ? here : "", path);
    for (const char *at = from + here_size; (at = strchr(at, '/')) != NULL; at++)
        path = cy_arena_printf(arena, "../%s", path);
    return path;
}

/* The member with the longest text in the file's first record, when there is no "text". */
static const char *guess_member(struct cy_arena *arena, const char *path, const struct cy_format *format)
{
    const struct cy_input input = {.path = path, .name = path};
    struct cy_error error;
    struct cy_reader *reader;
    void *self = cy_arena_zero(arena, format->self_size);
    cy_params_default(format->params, self, arena);
    if (format->open(self, &input, (struct cy_place){0}, &reader, &error) != CY_OK)
        return NULL;
    struct cy_batch batch;
    cy_batch_init(&batch, arena, NULL, 1, 0, 0, NULL, 0);
    const char *field = NULL;
    if (format->next(reader, &batch, &error) == CY_OK && batch.texts[0].size < SAMPLE_BYTES) {
        yyjson_doc *json = yyjson_read(batch.texts[0].data, batch.texts[0].size, 0);
        yyjson_val *root = yyjson_doc_get_root(json), *key, *value;
        size_t index, count, longest = 0;
        yyjson_obj_foreach(root, index, count, key, value)
        {
            if (!yyjson_is_str(value) || yyjson_get_len(value) <= longest || yyjson_obj_get(root, "text") != NULL)
                continue;
            longest = yyjson_get_len(value);
            field = cy_arena_text(arena, yyjson_get_str(key));
        }
        yyjson_doc_free(json);
    }
    format->close(reader);
    return field;
}

/* Adds up the texts of each column in the rows that come, and gives the column that has most; NULL when one is called "text". */
static const char *longest_column(struct cy_arena *arena, struct cy_duck_result *rows)
{
    const size_t column_count = cy_duck_column_count(rows);
    uint64_t *sizes = cy_arena_zero(arena, column_count * sizeof *sizes), longest = 0;
    const char *name = NULL;
    struct cy_error error;
    size_t row_count;
    while (cy_duck_next(rows, &row_count, &error) == CY_OK)
        for (size_t i = 0; i < column_count; i++)
            for (size_t row = 0; row < row_count && cy_duck_column_type(rows, i) == DUCKDB_TYPE_VARCHAR; row++)
                sizes[i] += cy_duck_text(rows, i, row).size;
    for (size_t i = 0; i < column_count; i++) {
        if (strcmp(cy_duck_column_name(rows, i), "text") == 0)
            return NULL;
        if (sizes[i] > longest)
            name = cy_arena_text(arena, cy_duck_column_name(rows, i));
        longest = CY_MAX(longest, sizes[i]);
    }
    return name;
}

/* DuckDB reads the sample of CSV too: it is for the column's name alone. */
static const char *guess_column(struct cy_arena *arena, const char *path, bool csv)
{
    struct cy_buffer sql = {0};
    struct cy_duck *duck = NULL;
    struct cy_duck_result *rows = NULL;
    struct cy_error error;
    const char *name = NULL;
    cy_buffer_add_text(&sql, csv ? "SELECT * FROM read_csv(" : "SELECT * FROM read_parquet(");
    cy_duck_add_literal(&sql, cy_str(path));
    cy_buffer_printf(&sql, "%s) LIMIT %d", csv ? ", header = true, all_varchar = true, ignore_errors = true" : "", SAMPLE_RECORDS);
    cy_buffer_add_byte(&sql, '\0');
    if (cy_duck_open(&duck, &(struct cy_duck_options){0}, &error) == CY_OK && cy_duck_query(duck, sql.data, &rows, &error) == CY_OK)
        name = longest_column(arena, rows);
    cy_duck_result_free(rows);
    cy_duck_close(duck);
    cy_buffer_release(&sql);
    return name;
}

/* The field that holds the text; NULL: the format's default fits, or nothing can be told. */
static const char *guess_text_field(struct cy_arena *arena, const char *path, const struct cy_format *format)
{
    if (strcmp(format->name, "jsonl") == 0)
        return guess_member(arena, path, format);
    const bool csv = strcmp(format->name, "csv") == 0;
    return csv || strcmp(format->name, "parquet") == 0 ? guess_column(arena, path, csv) : NULL;
}

static enum cy_status guess_source(struct cy_arena *arena, const char *path, struct guess *guess, struct cy_error *error)
{
    struct cy_source_file *files;
    size_t file_count;
    enum cy_status status = cy_source_expand(".", path, arena, &files, &file_count, error);
    *guess = (struct guess){.path = path};
    for (size_t i = 0; status == CY_OK && i < file_count; i++) {
        if (files[i].format == NULL || (guess->format != NULL && files[i].format != guess->format))
            continue;
        if (guess->format == NULL)
            guess->text_field = guess_text_field(arena, files[i].path, files[i].format);
        guess->format = files[i].format;
        guess->file_count++;
    }
    if (status == CY_OK && guess->format == NULL) {
        cy_error_set(error, CY_BAD_INPUT, "no format is known by the name of \"%s\"", files[0].name);
        return cy_error_hint(error, "rename it, or write the recipe by hand with format: warc | html | jsonl | parquet | csv | text");
    }
    return status;
}

static void print_sources(struct cy_buffer *out, const struct guess *guesses, size_t count)
{
    cy_buffer_add_text(out, "sources:\n");
    for (size_t i = 0; i < count; i++) {
        cy_buffer_add_text(out, "  - path: ");
        cy_buffer_add_json(out, cy_str(guesses[i].path));
        cy_buffer_printf(out, "   # %zu file%s\n    format: %s\n", guesses[i].file_count, guesses[i].file_count == 1 ? "" : "s",
                         guesses[i].format->name);
        if (guesses[i].text_field != NULL) {
            cy_buffer_add_text(out, "    text: ");
            cy_buffer_add_json(out, cy_str(guesses[i].text_field));
            cy_buffer_add_text(out, "\n");
        }
        cy_buffer_add_text(out, "    license: \"\"   # the licence it came under, as an SPDX name: CC-BY-4.0\n"
                                "    party: \"\"     # the organisation that contributed it\n");
    }
}

static bool has_pages(const struct guess *guesses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(guesses[i].format->name, "warc") == 0 || strcmp(guesses[i].format->name, "html") == 0)
            return true;
    return false;
}

/* ---- the languages of a sample ---- */

struct language_count {
    struct cy_str name;
    uint64_t text_bytes;
};

static int compare_languages(const void *a, const void *b)
{
    const struct language_count *one = a, *other = b;
    return one->text_bytes != other->text_bytes ? (one->text_bytes < other->text_bytes) - (one->text_bytes > other->text_bytes)
                                                : cy_str_compare(one->name, other->name);
}

static void count_languages(const struct cy_batch *batch, struct cy_arena *arena, struct language_count *languages, size_t *count)
{
    for (size_t row = 0; row < batch->row_count; row++) {
        size_t i = 0;
        while (i < *count && !cy_str_equal(languages[i].name, batch->languages[row]))
            i++;
        if (i == SAMPLE_RECORDS)
            continue;
        if (i == *count)
            languages[(*count)++] = (struct language_count){.name = cy_arena_str(arena, batch->languages[row])};
        languages[i].text_bytes += batch->texts[row].size;
    }
}

/* Runs the plan's steps over the first records and counts the languages found, most text first. */
static enum cy_status sample_languages(const struct cy_plan *plan, struct cy_arena *arena, struct language_count *languages, size_t *count,
                                       struct cy_error *error)
{
    struct cy_intake intake;
    struct cy_scratch *scratch = cy_scratch_new();
    enum cy_status status = CY_OK;
    cy_intake_open(&intake, plan, (struct cy_cursor){0}, SAMPLE_RECORDS);
    while (status == CY_OK) {
        struct cy_batch batch;
        const struct cy_plan_source *source;
        cy_batch_init(&batch, arena, scratch, CY_BATCH_ROWS_MAX, plan->signal_count, plan->token_count, NULL, 0);
        status = cy_intake_fill(&intake, &batch, &source, error);
        if (status == CY_OK)
            status = cy_intake_decode(plan, source, &batch, error);
        for (size_t i = 0; status == CY_OK && i < plan->step_count && batch.row_count > 0; i++) {
            batch.step = (uint32_t)i;
            batch.step_signal_first = plan->steps[i].signal_first;
            batch.step_token_first = plan->steps[i].token_first;
            status = plan->steps[i].operator->run(plan->steps[i].self, &batch, error);
            if (status == CY_OK)
                cy_batch_compact(&batch);
        }
        if (status == CY_OK)
            count_languages(&batch, arena, languages, count);
    }
    cy_intake_close(&intake);
    cy_scratch_free(scratch);
    if (*count > 0)
        qsort(languages, *count, sizeof *languages, compare_languages);
    return status == CY_END ? CY_OK : status;
}

/* "[en, zh]": the languages that make up at least a twentieth of the sample's text; "[]" when they are many. *english: there is no other.
 */
static enum cy_status print_languages(struct cy_buffer *out, struct cy_arena *arena, const struct guess *guesses, size_t count,
                                      const char *folder, bool *english, struct cy_error *error)
{
    struct cy_buffer recipe = {0};
    struct language_count *languages = cy_arena_zero(arena, SAMPLE_RECORDS * sizeof *languages);
    size_t language_count = 0;
    uint64_t all = 0;
    struct cy_plan plan;
    print_sources(&recipe, guesses, count);
    cy_buffer_printf(&recipe, "steps:\n%s  - language: {keep: [], score_min: 0}\noutput: unused\n",
                     has_pages(guesses, count) ? "  - extract_html\n" : "");
    enum cy_status status = cy_plan_parse(&plan, cy_buffer_str(&recipe), "sample", folder, NULL, error);
    if (status == CY_OK)
        status = sample_languages(&plan, arena, languages, &language_count, error);
    cy_plan_release(&plan);
    cy_buffer_release(&recipe);
    for (size_t i = 0; i < language_count; i++)
        all += languages[i].text_bytes;
    cy_buffer_add_text(out, "[");
    *english = language_count <= LANGUAGES_MAX;
    for (size_t i = 0;
         language_count <= LANGUAGES_MAX && i < language_count && languages[i].text_bytes * 20 >= all && languages[i].name.size > 0; i++) {
        cy_buffer_printf(out, "%s%.*s", i > 0 ? ", " : "", (int)languages[i].name.size, languages[i].name.data);
        *english = *english && cy_str_is(languages[i].name, "en");
    }
    cy_buffer_add_text(out, "]");
    return status;
}

/* `folder` is the one where the recipe will lie. */
static enum cy_status make_recipe(struct cy_buffer *out, struct cy_arena *arena, const char *folder, int path_count, char **paths,
                                  struct cy_error *error)
{
    struct guess *guesses = cy_arena_zero(arena, (size_t)path_count * sizeof *guesses);
    for (int i = 0; i < path_count; i++) {
        enum cy_status status = guess_source(arena, paths[i], &guesses[i], error);
        if (status != CY_OK)
            return status;
        guesses[i].path = path_from(arena, folder, paths[i]);
    }
    cy_buffer_add_text(
        out, "# Made by `ciyuan init`. Paths are relative to this file; `ciyuan operators` explains every step.\nname: dataset\n");
    print_sources(out, guesses, (size_t)path_count);
    cy_buffer_add_text(out, "steps:\n");
    if (has_pages(guesses, (size_t)path_count))
        cy_buffer_add_text(out, "  - extract_html          # a page's main content\n");
    cy_buffer_add_text(out, "  - normalize             # Unicode form, white space, control characters\n  - language: {keep: ");
    bool english = true; /* the quality filters' defaults are for English */
    enum cy_status status = print_languages(out, arena, guesses, (size_t)path_count, folder, &english, error);
    const char *thresholds = english ? "" : ": {by_language: true}";
    cy_buffer_add_text(out, ", score_min: 0.65}   # what a sample of the files is in\n");
    cy_buffer_printf(out,
                     "  - gopher_repetition%s     # repeated lines, paragraphs and n-grams\n"
                     "  - gopher_quality%s        # words, symbols, bullet points, stop words\n"
                     "  - fineweb_quality%s       # line ends, short lines, repeated characters\n",
                     thresholds, thresholds, thresholds);
    cy_buffer_add_text(out, "  - dedup_exact\n  - dedup_minhash: {bands: 14, rows: 8, ngram: 5}\n"
                            "output: {path: out/dataset, format: parquet, shard_size: 256MiB, split: {validation: 0.01}}\n");
    return status;
}

int cy_cmd_init(int argc, char **argv)
{
    const char *output = NULL;
    const struct cy_option options[] = {
        CY_OPT_TEXT("output", &output, "FILE", "write the recipe here instead of to the terminal; a file that is there stays"),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan init crawl/*.warc.gz --output recipe.yaml", "a recipe for these files", NULL};
    int status = cy_parse_options(&argc, argv,
                                  &(struct cy_usage){
                                      .command = "init",
                                      .arguments = "[<options>] FILE|FOLDER|GLOB …",
                                      .summary = "Writes a recipe for the files it is shown: formats by their names, the field that holds "
                                                 "the text, the languages of a sample, "
                                                 "and the steps of a usual web or text corpus, ready to be edited.",
                                      .options = options,
                                      .argument_min = 1,
                                      .argument_max = -1,
                                      .examples = examples,
                                  });
    if (status >= 0)
        return status;
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_buffer recipe = {0};
    enum cy_status made = CY_OK;
    const char *slash = output != NULL ? strrchr(output, '/') : NULL;
    const char *folder = slash != NULL ? cy_arena_printf(&arena, "%.*s", (int)CY_MAX(slash - output, 1), output) : ".";
    if (output != NULL && cy_path_exists(output)) {
        made = cy_error_set(&error, CY_FAILED, "\"%s\" is there already", output);
        cy_error_hint(&error, "remove it, or name another --output");
    }
    if (made == CY_OK)
        made = make_recipe(&recipe, &arena, folder, argc, argv, &error);
    if (made == CY_OK && output != NULL)
        made = cy_write_file(output, cy_buffer_str(&recipe), &error);
    else if (made == CY_OK)
        fwrite(recipe.data, 1, recipe.size, stdout);
    cy_buffer_release(&recipe);
    cy_arena_release(&arena);
    return made == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
