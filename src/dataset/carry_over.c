#include "dataset/carry_over.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

static const char mark_begin[] = "<!-- ciyuan writes what follows anew in every build; text above and below it stays -->\n";
static const char mark_end[] = "<!-- end of what ciyuan writes: "; /* 16 hex digits, the hash of what lies between, and " -->\n" */

/* The head's keys that ciyuan writes. */
static const char *const own_keys[] = {
    "pretty_name", "license", "license_name", "language", "size_categories", "tags", "configs", "dataset_info", NULL,
};
/* The top level's files that ciyuan writes. */
static const char *const own_files[] = {
    "README.md",    "data",        "verdicts",    "MANIFEST",       "build.json", "build.html",
    "samples.json", "recipe.yaml", "recipe.lock", "croissant.json", NULL,
};

static bool is_one_of(struct cy_str name, const char *const *names)
{
    while (*names != NULL && !cy_str_is(name, *names))
        names++;
    return *names != NULL;
}

void cy_card_mark(struct cy_buffer *card, size_t from)
{
    struct cy_buffer text = {0};
    cy_buffer_add(&text, card->data + from, card->size - from);
    card->size = from;
    cy_buffer_add_text(card, mark_begin);
    cy_buffer_add_str(card, cy_buffer_str(&text));
    cy_buffer_printf(card, "%s%016" PRIx64 " -->\n", mark_end, cy_hash64(cy_buffer_str(&text), 0));
    cy_buffer_release(&text);
}

/* A card in its parts. */
struct card {
    struct cy_str head;               /* the lines between "---" and "---" */
    struct cy_str above, text, below; /* text: with its marks */
    bool marked;                      /* the marks are there, and the text between them is as ciyuan wrote it; else all lies in above */
};

static struct cy_str from_to(const char *from, const char *to)
{
    return (struct cy_str){from, (size_t)(to - from)};
}

/* Cuts the head off. */
static struct cy_str split_head(struct cy_str card, struct cy_str *body)
{
    struct cy_str rest, line = cy_str_split(card, '\n', &rest);
    *body = card;
    if (!cy_str_is(cy_str_trim(line), "---"))
        return (struct cy_str){card.data, 0};
    const char *begin = rest.data;
    while (rest.size > 0) {
        line = cy_str_split(rest, '\n', &rest);
        if (!cy_str_is(cy_str_trim(line), "---"))
            continue;
        *body = rest;
        return from_to(begin, line.data);
    }
    return (struct cy_str){card.data, 0}; /* it has no end: no head */
}

static const char *find(struct cy_str text, const char *words)
{
    return text.size > 0 ? memmem(text.data, text.size, words, strlen(words)) : NULL;
}

static struct card split_card(struct cy_str text)
{
    struct card card = {0};
    struct cy_str body;
    card.head = split_head(text, &body);
    card.above = body;
    const char *begin = find(body, mark_begin), *end = find(body, mark_end), *body_end = body.data + body.size;
    const size_t tail_bytes = sizeof mark_end - 1 + 16 + sizeof " -->\n" - 1;
    if (begin == NULL || end == NULL || end < begin || (size_t)(body_end - end) < tail_bytes)
        return card;
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, cy_hash64(from_to(begin + sizeof mark_begin - 1, end), 0));
    card.marked = memcmp(hash, end + sizeof mark_end - 1, 16) == 0;
    if (!card.marked)
        return card;
    card.above = from_to(body.data, begin);
    card.text = from_to(begin, end + tail_bytes);
    card.below = from_to(end + tail_bytes, body_end);
    return card;
}

/* Appends the keys of the head that ciyuan does not write, each with its lines. */
static void add_other_keys(struct cy_buffer *out, struct cy_str head)
{
    bool taken = false;
    while (head.size > 0) {
        const char *begin = head.data;
        struct cy_str value, line = cy_str_split(head, '\n', &head), name = cy_str_split(line, ':', &value);
        bool within = line.size == 0 || strchr(" -#\t\r", line.data[0]) != NULL; /* belongs to the key above */
        if (!within)
            taken = !is_one_of(name, own_keys);
        if (taken)
            cy_buffer_add(out, begin, (size_t)(line.data + line.size - begin));
        if (taken)
            cy_buffer_add_byte(out, '\n');
    }
}

bool cy_card_merge(struct cy_buffer *out, struct cy_str old, struct cy_str made)
{
    const struct card before = split_card(old), now = split_card(made);
    cy_buffer_add_text(out, "---\n");
    cy_buffer_add_str(out, now.head);
    add_other_keys(out, before.head);
    cy_buffer_add_text(out, "---\n");
    cy_buffer_add_str(out, before.above);
    if (!before.marked)
        return false;
    cy_buffer_add_str(out, now.text);
    cy_buffer_add_str(out, before.below);
    return true;
}

static enum cy_status merge_cards(const char *old, const char *made, bool *card_stays, struct cy_error *error)
{
    struct cy_buffer texts[2] = {0}, merged = {0};
    enum cy_status status = cy_path_exists(old) ? cy_read_file(old, &texts[0], error) : CY_END;
    if (status == CY_OK)
        status = cy_read_file(made, &texts[1], error);
    if (status == CY_OK) {
        *card_stays = !cy_card_merge(&merged, cy_buffer_str(&texts[0]), cy_buffer_str(&texts[1]));
        status = cy_write_file(made, cy_buffer_str(&merged), error);
    }
    cy_buffer_release(&texts[0]);
    cy_buffer_release(&texts[1]);
    cy_buffer_release(&merged);
    return status == CY_END ? CY_OK : status; /* somebody removed the card: it comes again */
}

/* Links the file, or all files of the folder. */
static enum cy_status link_tree(const char *from, const char *to, struct cy_error *error)
{
    struct stat about;
    if (lstat(from, &about) != 0)
        return cy_error_errno(error, "look at", from);
    if (!S_ISDIR(about.st_mode))
        return cy_files->link(from, to) == 0 ? CY_OK : cy_error_errno(error, "carry over", from);
    struct cy_arena arena = {0};
    char **names;
    size_t count = 0;
    enum cy_status status = cy_make_folders(to, error);
    if (status == CY_OK)
        status = cy_list_folder(from, &arena, &names, &count, error);
    for (size_t i = 0; status == CY_OK && i < count; i++)
        status = link_tree(cy_path_join(&arena, from, names[i]), cy_path_join(&arena, to, names[i]), error);
    if (status == CY_OK)
        status = cy_sync_folder(to, error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_dataset_carry_over(const char *old, const char *made, bool *card_stays, struct cy_error *error)
{
    struct cy_arena arena = {0};
    char **names;
    size_t count = 0;
    *card_stays = false;
    enum cy_status status = merge_cards(cy_path_join(&arena, old, "README.md"), cy_path_join(&arena, made, "README.md"), card_stays, error);
    if (status == CY_OK)
        status = cy_list_folder(old, &arena, &names, &count, error);
    for (size_t i = 0; status == CY_OK && i < count; i++)
        if (!is_one_of(cy_str(names[i]), own_files))
            status = link_tree(cy_path_join(&arena, old, names[i]), cy_path_join(&arena, made, names[i]), error);
    if (status == CY_OK)
        status = cy_sync_folder(made, error);
    cy_arena_release(&arena);
    return status;
}
