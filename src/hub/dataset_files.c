#include "hub/dataset_files.h"

#include <stdlib.h>
#include <yyjson.h>

/* ---- patterns ---- */

enum { GLOB_STEPS_MAX = 100000 }; /* of one match: a hostile pattern ends there, as no match */

struct glob {
    const char *pattern_end, *path_end;
    size_t steps;
};

/* [a-z], [!0-9]: where the class ends, or NULL when it is none. */
static const char *match_class(const struct glob *glob, const char *pattern, char byte, bool *matches)
{
    const char *at = pattern + 1;
    bool negated = at < glob->pattern_end && (*at == '!' || *at == '^');
    at += negated;
    *matches = false;
    for (const char *first = at; at < glob->pattern_end && (*at != ']' || at == first); at++) {
        if (at + 2 < glob->pattern_end && at[1] == '-' && at[2] != ']') {
            *matches |= byte >= at[0] && byte <= at[2];
            at += 2;
        } else {
            *matches |= byte == *at;
        }
    }
    *matches ^= negated;
    return at < glob->pattern_end ? at + 1 : NULL;
}

static bool match(struct glob *glob, const char *pattern, const char *path)
{
    while (pattern < glob->pattern_end && glob->steps++ < GLOB_STEPS_MAX) {
        if (*pattern == '*') {
            bool across = pattern + 1 < glob->pattern_end && pattern[1] == '*';
            pattern += across ? 2 : 1;
            if (across && pattern < glob->pattern_end && *pattern == '/' && match(glob, pattern + 1, path))
                return true; /* two stars and a slash match no folder too */
            for (;; path++) {
                if (match(glob, pattern, path))
                    return true;
                if (path == glob->path_end || (*path == '/' && !across))
                    return false;
            }
        }
        if (path == glob->path_end)
            return false;
        if (*pattern == '[') {
            bool matches;
            const char *end = match_class(glob, pattern, *path, &matches);
            if (end != NULL) {
                if (!matches || *path == '/')
                    return false;
                pattern = end;
                path++;
                continue;
            }
        }
        if (*pattern == '?' ? *path == '/' : *pattern != *path)
            return false;
        pattern++;
        path++;
    }
    return pattern == glob->pattern_end && path == glob->path_end;
}

enum { BRACE_DEPTH_MAX = 4, PATTERN_BYTES_MAX = 1024 };

static bool matches_braces(struct cy_str pattern, struct cy_str path, size_t depth)
{
    const char *open = memchr(pattern.data, '{', pattern.size);
    const char *close = open != NULL ? memchr(open, '}', (size_t)(pattern.data + pattern.size - open)) : NULL;
    if (close == NULL || depth == BRACE_DEPTH_MAX) {
        struct glob glob = {pattern.data + pattern.size, path.data + path.size, 0};
        return match(&glob, pattern.data, path.data);
    }
    struct cy_str choices = {open + 1, (size_t)(close - open - 1)};
    for (bool more = true; more;) {
        struct cy_str rest, choice = cy_str_split(choices, ',', &rest);
        more = choice.size < choices.size;
        choices = rest;
        char text[PATTERN_BYTES_MAX];
        size_t before = (size_t)(open - pattern.data), after = (size_t)(pattern.data + pattern.size - close - 1);
        memcpy(text, pattern.data, before);
        memcpy(text + before, choice.data, choice.size);
        memcpy(text + before + choice.size, close + 1, after);
        if (matches_braces((struct cy_str){text, before + choice.size + after}, path, depth + 1))
            return true;
    }
    return false;
}

bool cy_path_matches(struct cy_str pattern, struct cy_str path)
{
    if (pattern.size == 0 || path.size == 0 || pattern.size > PATTERN_BYTES_MAX)
        return false;
    if (pattern.size > 2 && cy_str_starts(pattern, CY_STR("./")))
        pattern = (struct cy_str){pattern.data + 2, pattern.size - 2};
    return matches_braces(pattern, path, 0);
}

/* ---- formats ---- */

static const struct {
    const char *ending, *format;
} endings[] = {{".parquet", "parquet"}, {".jsonl", "jsonl"}, {".ndjson", "jsonl"}, {".json", "jsonl"},
               {".csv", "csv"},         {".tsv", "tsv"},     {".txt", "text"}};

static void read_name(struct cy_data_file *file)
{
    struct cy_str path = file->path;
    file->format = NULL;
    file->compression = "none";
    if (cy_str_ends(path, CY_STR(".gz")))
        file->compression = "gzip", path.size -= 3;
    else if (cy_str_ends(path, CY_STR(".zst")))
        file->compression = "zstd", path.size -= 4;
    for (size_t i = 0; i < CY_COUNT(endings); i++)
        if (cy_str_ends(path, cy_str(endings[i].ending)))
            file->format = endings[i].format;
}

/* Files that lie beside data and are none. */
static bool is_beside(struct cy_str path, bool is_built)
{
    static const char *const names[] = {"dataset_infos.json", "dataset_dict.json", "dataset_info.json", "state.json",
                                        "croissant.json",     "build.json",        "samples.json",      "config.json",
                                        "requirements.txt",   "LICENSE.txt",       "robots.txt"};
    if (is_built && !cy_str_starts(path, CY_STR("data/")))
        return true;
    for (struct cy_str rest = path; rest.size > 0;) {
        struct cy_str name = cy_str_split(rest, '/', &rest);
        if (cy_str_starts(name, CY_STR(".")) || cy_str_starts(name, CY_STR("__")))
            return true;
        for (size_t i = 0; rest.size == 0 && i < CY_COUNT(names); i++)
            if (cy_str_is(name, names[i]))
                return true;
    }
    return false;
}

static int by_path(const void *a, const void *b)
{
    return cy_str_compare(((const struct cy_data_file *)a)->path, ((const struct cy_data_file *)b)->path);
}

/* ---- splits by name ---- */

static const struct {
    const char *split;
    const char *keywords[8];
} splits_by_name[] = {{"train", {"train", "training"}},
                      {"validation", {"validation", "valid", "dev", "val"}},
                      {"test", {"test", "testing", "eval", "evaluation"}}};

static bool is_separator(char byte)
{
    return strchr("-._ /0123456789", byte) != NULL;
}

/* `keyword` as a word of its own in `text`. */
static bool has_keyword(struct cy_str text, const char *keyword)
{
    size_t size = strlen(keyword);
    for (size_t at = 0; at + size <= text.size; at++)
        if (memcmp(text.data + at, keyword, size) == 0 && (at == 0 || is_separator(text.data[at - 1])) &&
            (at + size == text.size || is_separator(text.data[at + size])))
            return true;
    return false;
}

/* data/<split>-00000-of-00002.…: the split, or empty. */
static struct cy_str sharded_split(struct cy_str path)
{
    static const struct cy_str folder = CY_STR("data/");
    if (!cy_str_starts(path, folder))
        return CY_STR("");
    struct cy_str name = {path.data + folder.size, path.size - folder.size};
    for (size_t at = 1; at + 16 <= name.size; at++) {
        bool digits = name.data[at] == '-' && memcmp(name.data + at + 6, "-of-", 4) == 0;
        for (size_t i = 0; digits && i < 5; i++)
            digits = name.data[at + 1 + i] >= '0' && name.data[at + 1 + i] <= '9';
        if (digits && memchr(name.data, '/', at) == NULL)
            return (struct cy_str){name.data, at};
    }
    return CY_STR("");
}

static struct cy_str split_of(struct cy_str path)
{
    for (size_t i = 0; i < CY_COUNT(splits_by_name); i++)
        for (size_t k = 0; splits_by_name[i].keywords[k] != NULL; k++)
            if (has_keyword(path, splits_by_name[i].keywords[k]))
                return cy_str(splits_by_name[i].split);
    return CY_STR("");
}

/* ---- making the view ---- */

static struct cy_data_split *split_named(struct cy_data_config *config, struct cy_str name, size_t file_count, struct cy_arena *arena)
{
    for (size_t i = 0; i < config->split_count; i++)
        if (cy_str_equal(config->splits[i].name, name))
            return &config->splits[i];
    if (config->split_count == CY_SPLITS_MAX)
        return &config->splits[CY_SPLITS_MAX - 1];
    struct cy_data_split *made = &config->splits[config->split_count++];
    *made = (struct cy_data_split){name, cy_arena_alloc(arena, CY_MAX(file_count, 1) * sizeof *made->files), 0};
    return made;
}

static void config_init(struct cy_data_config *config, struct cy_str name, struct cy_arena *arena)
{
    *config = (struct cy_data_config){.name = name, .splits = cy_arena_alloc(arena, CY_SPLITS_MAX * sizeof *config->splits)};
}

/* The format and compression of most files; the first named above on a tie. */
static const struct cy_data_file *commonest(const struct cy_data_file *files, size_t count)
{
    const struct cy_data_file *best = NULL;
    size_t best_count = 0;
    for (size_t e = 0; e < CY_COUNT(endings); e++) {
        for (size_t i = 0; i < count; i++) {
            if (files[i].format == NULL || strcmp(files[i].format, endings[e].format) != 0)
                continue;
            size_t same = 0;
            for (size_t k = i; k < count && i < 1000; k++)
                same += files[k].format == files[i].format && files[k].compression == files[i].compression;
            if (same > best_count)
                best = &files[i], best_count = same;
        }
    }
    return best;
}

static void view_by_names(struct cy_data_file *files, size_t count, struct cy_arena *arena, struct cy_data_view *view)
{
    const struct cy_data_file *kind = commonest(files, count);
    if (kind == NULL)
        return;
    view->config_count = 1;
    struct cy_data_config *config = &view->configs[0];
    config_init(config, CY_STR("default"), arena);
    config->is_default = true;
    bool any_sharded = false, any_named = false;
    for (size_t i = 0; i < count; i++) {
        bool is_kind = files[i].format == kind->format && files[i].compression == kind->compression;
        any_sharded |= is_kind && sharded_split(files[i].path).size > 0;
        any_named |= is_kind && split_of(files[i].path).size > 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (files[i].format != kind->format || files[i].compression != kind->compression)
            continue;
        struct cy_str name = any_sharded ? sharded_split(files[i].path) : any_named ? split_of(files[i].path) : CY_STR("train");
        if (name.size == 0)
            continue; /* beside the splits that are named */
        struct cy_data_split *split = split_named(config, name, count, arena);
        split->files[split->file_count++] = &files[i];
    }
}

static void add_matching(struct cy_data_config *config, struct cy_str split_name, struct cy_str pattern, struct cy_data_file *files,
                         size_t count, struct cy_arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].format == NULL || !cy_path_matches(pattern, files[i].path))
            continue;
        struct cy_str name = split_name.size > 0 ? split_name : split_of(files[i].path);
        struct cy_data_split *split = split_named(config, name.size > 0 ? name : CY_STR("train"), count, arena);
        if (split->file_count == 0 || split->files[split->file_count - 1] != &files[i])
            split->files[split->file_count++] = &files[i];
    }
}

static struct cy_str json_text(yyjson_val *value)
{
    return (struct cy_str){yyjson_get_str(value), yyjson_get_len(value)};
}

/* data_files: "a*.csv", ["a", "b"], {"train": …}, [{"split": "train", "path": …}]. */
static void add_data_files(struct cy_data_config *config, yyjson_val *data_files, struct cy_str split, struct cy_data_file *files,
                           size_t count, struct cy_arena *arena)
{
    yyjson_val *item, *key;
    size_t index, size;
    if (yyjson_is_str(data_files)) {
        add_matching(config, split, json_text(data_files), files, count, arena);
    } else if (yyjson_is_arr(data_files)) {
        yyjson_arr_foreach(data_files, index, size, item)
        {
            if (yyjson_is_obj(item))
                add_data_files(config, yyjson_obj_get(item, "path"), json_text(yyjson_obj_get(item, "split")), files, count, arena);
            else if (yyjson_is_str(item))
                add_matching(config, split, json_text(item), files, count, arena);
        }
    } else if (yyjson_is_obj(data_files)) {
        yyjson_obj_foreach(data_files, index, size, key, item) add_data_files(config, item, json_text(key), files, count, arena);
    }
}

static enum cy_status view_by_card(yyjson_val *configs, struct cy_data_file *files, size_t count, struct cy_arena *arena,
                                   struct cy_data_view *view, struct cy_error *error)
{
    yyjson_val *item;
    size_t index, size;
    if (yyjson_arr_size(configs) > CY_CONFIGS_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the card names %zu configurations; %d are possible", yyjson_arr_size(configs),
                            CY_CONFIGS_MAX);
    yyjson_arr_foreach(configs, index, size, item)
    {
        yyjson_val *name = yyjson_obj_get(item, "config_name"), *data_files = yyjson_obj_get(item, "data_files");
        yyjson_val *folder = yyjson_obj_get(item, "data_dir");
        struct cy_data_config *config = &view->configs[view->config_count];
        config_init(config, cy_arena_str(arena, yyjson_is_str(name) ? json_text(name) : CY_STR("default")), arena);
        config->is_default = yyjson_is_true(yyjson_obj_get(item, "default"));
        if (data_files != NULL)
            add_data_files(config, data_files, CY_STR(""), files, count, arena);
        else if (yyjson_is_str(folder))
            add_matching(config, CY_STR(""), cy_str(cy_arena_printf(arena, "%s/**", yyjson_get_str(folder))), files, count, arena);
        else
            return cy_error_set(error, CY_BAD_INPUT, "configuration \"%.*s\" of the card has no data_files",
                                (int)CY_MIN(config->name.size, 200), config->name.data);
        for (size_t i = 0; i < config->split_count; i++)
            config->splits[i].name = cy_arena_str(arena, config->splits[i].name); /* the card's JSON goes away */
        view->config_count += config->split_count > 0;
    }
    return CY_OK;
}

enum cy_status cy_data_view_make(struct cy_str card, struct cy_data_file *files, size_t file_count, struct cy_arena *arena,
                                 struct cy_data_view *view, struct cy_error *error)
{
    bool is_built = false;
    for (size_t i = 0; i < file_count; i++)
        is_built |= cy_str_is(files[i].path, "MANIFEST");
    for (size_t i = 0; i < file_count; i++) {
        read_name(&files[i]);
        if (is_beside(files[i].path, is_built))
            files[i].format = NULL;
    }
    if (file_count > 0)
        qsort(files, file_count, sizeof *files, by_path);
    yyjson_doc *doc = card.size > 0 ? yyjson_read(card.data, card.size, 0) : NULL;
    yyjson_val *configs = yyjson_obj_get(yyjson_doc_get_root(doc), "configs");
    size_t config_count = CY_MIN(yyjson_arr_size(configs), CY_CONFIGS_MAX) + 1;
    *view = (struct cy_data_view){.configs = cy_arena_zero(arena, config_count * sizeof *view->configs)};
    enum cy_status status = CY_OK;
    if (yyjson_arr_size(configs) > 0)
        status = view_by_card(configs, files, file_count, arena, view, error);
    else
        view_by_names(files, file_count, arena, view);
    yyjson_doc_free(doc);
    return status;
}

const struct cy_data_config *cy_data_config_find(const struct cy_data_view *view, struct cy_str name)
{
    const struct cy_data_config *named_default = NULL;
    for (size_t i = 0; i < view->config_count; i++) {
        if (name.size > 0 ? cy_str_equal(view->configs[i].name, name) : view->configs[i].is_default)
            return &view->configs[i];
        if (cy_str_is(view->configs[i].name, "default"))
            named_default = &view->configs[i];
    }
    if (name.size > 0)
        return NULL;
    return named_default != NULL ? named_default : view->config_count > 0 ? &view->configs[0] : NULL;
}

const struct cy_data_split *cy_data_split_find(const struct cy_data_config *config, struct cy_str name)
{
    for (size_t i = 0; i < config->split_count; i++)
        if (cy_str_equal(config->splits[i].name, name))
            return &config->splits[i];
    return NULL;
}
