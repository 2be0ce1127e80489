/* Extracts every *.html of a folder: how fast, and what. CPU time of the thread, extraction only (parsing counts, reading files does not).
 *
 *     bench_html FOLDER                 speed over all pages, and over those under 100 KB
 *     bench_html FOLDER --text          prints a JSON line a page: {"id": "<file name>", "text": …}
 *     bench_html FOLDER --blocks [FILE] prints blocks, elements and features, for tools/train_extract.py; FILE: what the first model said
 *     bench_html FOLDER --parse         only parsing
 *     bench_html FOLDER --lexbor        the same pages parsed by lexbor, for comparison (parsing only) */
#include "base/files.h"
#include "html/extract.h"
#include "html/html_model.h"

#include <dirent.h>
#include <lexbor/html/html.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SMALL_BYTES = 100 * 1000 };

struct page_file {
    char *name;
    struct cy_str html;
};

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct page_file *)a)->name, ((const struct page_file *)b)->name);
}

static struct page_file *list_pages(const char *folder, size_t *count)
{
    struct page_file *pages = NULL;
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        fprintf(stderr, "bench_html: could not open \"%s\"\n", folder);
        exit(1);
    }
    *count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (!cy_str_ends(cy_str(entry->d_name), CY_STR(".html")))
            continue;
        pages = cy_realloc(pages, (*count + 1) * sizeof *pages);
        pages[(*count)++] = (struct page_file){.name = strdup(entry->d_name)};
    }
    closedir(directory);
    qsort(pages, *count, sizeof *pages, by_name);
    return pages;
}

static struct cy_str read_page(const char *folder, const char *name, struct cy_arena *arena)
{
    const char *path = cy_arena_printf(arena, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    CY_ASSERT(file != NULL);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *data = cy_arena_alloc(arena, size + 1);
    CY_ASSERT(fread(data, 1, size, file) == size);
    fclose(file);
    return (struct cy_str){data, size};
}

static void put_u32(uint32_t value)
{
    fwrite(&value, sizeof value, 1, stdout);
}

static void put_text(struct cy_str text)
{
    put_u32((uint32_t)text.size);
    fwrite(text.data, 1, text.size, stdout);
}

/* Name; counts of blocks, elements and features; a row a block: half words, text, features; a row an element: blocks from, to, class, id.
 * `firsts`: the first model's probabilities of all blocks of all pages, end to end, for the second features; NULL: those are 0. */
static void print_blocks(const char *name, struct cy_str html, struct cy_html_tree *tree, struct cy_arena *arena, FILE *firsts)
{
    struct cy_error error;
    if (cy_html_parse(tree, html, arena, &error) != CY_OK)
        return;
    struct cy_html_view view;
    struct cy_html_second second;
    cy_html_view_init(&view, tree, arena);
    float row[CY_FEATURE_COUNT] = {0}, page_features[CY_FEATURE_COUNT] = {0};
    cy_html_page_features(&view, page_features);
    if (firsts != NULL) {
        float *probabilities = cy_arena_alloc(arena, tree->block_count * sizeof *probabilities);
        CY_ASSERT(fread(probabilities, sizeof *probabilities, tree->block_count, firsts) == tree->block_count);
        cy_html_second_init(&second, &view, probabilities, arena);
    }
    put_text(cy_str(name));
    put_u32((uint32_t)tree->block_count);
    put_u32((uint32_t)tree->node_count);
    put_u32(CY_FEATURE_COUNT);
    for (size_t i = 0; i < tree->block_count; i++) {
        put_u32(view.texts[i].half_words);
        put_text(cy_html_block_text(tree, &tree->blocks[i]));
        cy_html_block_features(&view, page_features, i, row);
        if (firsts != NULL)
            cy_html_second_features(&second, i, row);
        fwrite(row, sizeof *row, CY_FEATURE_COUNT, stdout);
    }
    for (size_t i = 0; i < tree->node_count; i++) {
        const struct cy_html_node *node = &tree->nodes[i];
        put_u32(node->block_first);
        put_u32(node->block_end);
        put_text((struct cy_str){html.data + node->class_offset, node->class_size});
        put_text((struct cy_str){html.data + node->id_offset, node->id_size});
    }
}

static void print_text(const char *name, struct cy_str text)
{
    struct cy_buffer line = {0};
    cy_buffer_add_text(&line, "{\"id\": ");
    cy_buffer_add_json(&line, cy_str(name));
    cy_buffer_add_text(&line, ", \"text\": ");
    cy_buffer_add_json(&line, text);
    cy_buffer_add_text(&line, "}\n");
    fwrite(line.data, 1, line.size, stdout);
    cy_buffer_release(&line);
}

static void parse_with_lexbor(struct cy_str html)
{
    lxb_html_document_t *document = lxb_html_document_create();
    lxb_html_document_parse(document, (const lxb_char_t *)html.data, html.size);
    lxb_html_document_destroy(document);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_html FOLDER [--text | --blocks | --lexbor]\n");
        return 2;
    }
    const char *mode = argc > 2 ? argv[2] : "";
    size_t count;
    struct page_file *pages = list_pages(argv[1], &count);
    struct cy_html_extractor *extractor = cy_html_extractor_new();
    struct cy_html_tree tree;
    cy_html_tree_init(&tree);
    struct cy_arena arena = {0};
    FILE *firsts = argc > 3 ? fopen(argv[3], "rb") : NULL;
    double seconds[2] = {0}, bytes[2] = {0}, text_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        cy_arena_reset(&arena);
        struct cy_str html = read_page(argv[1], pages[i].name, &arena);
        struct cy_html_page page = {0};
        struct cy_error error;
        if (strcmp(mode, "--blocks") == 0) {
            print_blocks(pages[i].name, html, &tree, &arena, firsts);
            continue;
        }
        double start = cpu_seconds();
        if (strcmp(mode, "--lexbor") == 0)
            parse_with_lexbor(html);
        else if (strcmp(mode, "--parse") == 0)
            cy_html_parse(&tree, html, &arena, &error);
        else if (cy_html_extract(extractor, &(struct cy_html_options){.favour = 1, .include_tables = true}, html, &arena, &page, &error) !=
                 CY_OK)
            fprintf(stderr, "bench_html: %s: %s\n", pages[i].name, error.message);
        double spent = cpu_seconds() - start;
        seconds[html.size < SMALL_BYTES] += spent;
        bytes[html.size < SMALL_BYTES] += (double)html.size;
        text_bytes += (double)page.text.size;
        if (strcmp(mode, "--text") == 0)
            print_text(pages[i].name, page.text);
    }
    if (strcmp(mode, "--blocks") != 0)
        fprintf(stderr, "%zu pages, %.1f MB of HTML → %.1f MB of text: %.1f MB/s; pages under %d KB: %.1f MB/s (CPU time)\n", count,
                (bytes[0] + bytes[1]) / 1e6, text_bytes / 1e6, (bytes[0] + bytes[1]) / (seconds[0] + seconds[1]) / 1e6, SMALL_BYTES / 1000,
                bytes[1] / seconds[1] / 1e6);
    cy_html_extractor_free(extractor);
    cy_html_tree_release(&tree);
    cy_arena_release(&arena);
    return 0;
}
