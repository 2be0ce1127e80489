#include "cli/hub_options.h"

#include "dataset/report_view.h"

#include <stdio.h>
#include <yyjson.h>

enum { TAGS_SHOWN = 4 };

static void add_parameter(struct cy_buffer *target, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    cy_buffer_printf(target, "%s%s=", target->data[target->size - 1] == '?' ? "" : "&", name);
    cy_buffer_add_escaped(target, cy_str(value), false);
}

static const char *text_of(yyjson_val *item, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(item, key));
    return text != NULL ? text : "";
}

/* One dataset: its name, title, size, downloads, and some tags below. */
static void print_item(yyjson_val *item)
{
    struct cy_buffer line = {0};
    yyjson_val *tags = yyjson_obj_get(item, "tags"), *tag;
    size_t index, size;
    cy_buffer_add_text(&line, text_of(item, "id"));
    if (yyjson_is_true(yyjson_obj_get(item, "private")))
        cy_buffer_add_text(&line, "  (private)");
    const char *title = text_of(item, "title");
    if (title[0] != '\0')
        cy_buffer_printf(&line, "  %s", title);
    cy_buffer_add_text(&line, "\n    ");
    cy_buffer_add_bytes(&line, yyjson_get_uint(yyjson_obj_get(item, "size_bytes")));
    long long downloads = (long long)yyjson_get_sint(yyjson_obj_get(item, "downloads"));
    cy_buffer_printf(&line, ", %lld download%s", downloads, downloads == 1 ? "" : "s");
    yyjson_arr_foreach(tags, index, size, tag)
    {
        if (index < TAGS_SHOWN)
            cy_buffer_printf(&line, ", %s", yyjson_is_str(tag) ? yyjson_get_str(tag) : "");
    }
    printf("%.*s\n", (int)line.size, line.data);
    cy_buffer_release(&line);
}

static void print_found(yyjson_val *root)
{
    yyjson_val *items = yyjson_obj_get(root, "items"), *item;
    size_t index, size;
    uint64_t total = yyjson_get_uint(yyjson_obj_get(root, "total"));
    yyjson_arr_foreach(items, index, size, item) print_item(item);
    if (total == 0)
        puts("nothing was found");
    else if (total > yyjson_arr_size(items))
        printf("%zu of %llu shown; --limit shows more\n", yyjson_arr_size(items), (unsigned long long)total);
}

int cy_cmd_search(int argc, char **argv)
{
    const char *hub = NULL, *tag = NULL, *namespace_name = NULL, *sort = "relevance", *format = "text";
    uint64_t limit = 20;
    const struct cy_option options[] = {
        CY_OPT_TEXT("hub", &hub, "URL", "the hub; default $CIYUAN_HUB, $HF_ENDPOINT, then " CY_HUB_URL_DEFAULT),
        CY_OPT_TEXT("tag", &tag, "TAG", "only with this tag: license:mit, language:zh, law"),
        CY_OPT_TEXT("namespace", &namespace_name, "NAME", "only of this user or organisation"),
        CY_OPT_CHOICE("sort", &sort, "relevance|created|modified|downloads|likes", "what comes first"),
        CY_OPT_COUNT("limit", &limit, "N", "how many to show; default 20, at most 100"),
        CY_OPT_CHOICE("format", &format, "text|json", "what is printed"),
        CY_OPT_END,
    };
    static const char *const examples[] = {"ciyuan search 法律 数据",
                                           "find datasets about law, by two words",
                                           "ciyuan search --tag language:zh --sort downloads",
                                           "the Chinese ones that are fetched most",
                                           NULL,
                                           NULL};
    int exit_status = cy_parse_options(
        &argc, argv,
        &(struct cy_usage){
            .command = "search",
            .arguments = "[<options>] [WORD…]",
            .summary = "Finds datasets on a hub by the words of their names, titles, cards and tags. A word finds what begins with it; two "
                       "characters of Chinese are enough.",
            .options = options,
            .argument_min = 0,
            .argument_max = -1,
            .examples = examples,
        });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    struct cy_arena arena = {0};
    struct cy_remote *remote = NULL;
    struct cy_remote_answer answer;
    struct cy_buffer target = {0}, words = {0};
    for (int i = 0; i < argc; i++)
        cy_buffer_printf(&words, "%s%s", i > 0 ? " " : "", argv[i]);
    cy_buffer_add_byte(&words, 0);
    cy_buffer_add_text(&target, "/api/v1/search?");
    add_parameter(&target, "q", words.data);
    add_parameter(&target, "tag", tag);
    add_parameter(&target, "namespace", namespace_name);
    add_parameter(&target, "sort", sort);
    add_parameter(&target, "limit", cy_arena_printf(&arena, "%llu", (unsigned long long)CY_MIN(limit, 100)));
    cy_buffer_add_byte(&target, 0);
    enum cy_status status = cy_hub_connect(hub, &remote, &error);
    if (status == CY_OK)
        status = cy_remote_ask(remote, "GET", target.data, NULL, CY_STR(""), &arena, &answer, &error);
    if (status == CY_OK && answer.status != 200)
        status = cy_remote_refused(&answer, &error, "search");
    if (status == CY_OK && strcmp(format, "json") == 0) {
        printf("%.*s\n", (int)answer.body.size, answer.body.data);
    } else if (status == CY_OK) {
        yyjson_doc *doc = yyjson_read(answer.body.data, answer.body.size, 0);
        print_found(yyjson_doc_get_root(doc));
        yyjson_doc_free(doc);
    }
    cy_remote_close(remote);
    cy_buffer_release(&target);
    cy_buffer_release(&words);
    cy_arena_release(&arena);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
