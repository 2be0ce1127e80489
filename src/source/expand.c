#include "source/expand.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    ALTERNATIVES_MAX = 1024, /* what {a,b}{c,d}… may grow to */
    DEPTH_MAX = 64,          /* folders within folders: deeper is a loop of links */
};

/* What one expansion gathers. */
struct search {
    const char *folder; /* of the recipe */
    struct cy_arena *arena;
    struct cy_buffer files; /* of struct cy_source_file */
    struct cy_error *error;
};

/* ---- {a,b} ---- */

/* The brace that closes the one at text[0], or NULL. Commas of its own level are written to commas. */
static const char *closing_brace(const char *text, const char **commas, size_t *comma_count, size_t comma_max)
{
    size_t depth = 0;
    *comma_count = 0;
    for (; *text != '\0'; text++) {
        if (*text == '\\' && text[1] != '\0') {
            text++;
        } else if (*text == '{') {
            depth++;
        } else if (*text == '}' && --depth == 0) {
            return text;
        } else if (*text == ',' && depth == 1 && *comma_count < comma_max) {
            commas[(*comma_count)++] = text;
        }
    }
    return NULL;
}

/* Appends every pattern that `pattern` means to `list` (of char *). */
static void expand_braces(const char *pattern, struct cy_arena *arena, struct cy_buffer *list)
{
    const char *commas[ALTERNATIVES_MAX];
    size_t comma_count = 0;
    for (const char *open = pattern; (open = strchr(open, '{')) != NULL; open++) {
        const char *close = closing_brace(open, commas, &comma_count, CY_COUNT(commas));
        if (close == NULL || comma_count == 0)
            continue; /* a brace like any other character */
        const char *from = open + 1;
        for (size_t i = 0; i <= comma_count && list->size / sizeof(char *) < ALTERNATIVES_MAX; i++) {
            const char *to = i < comma_count ? commas[i] : close;
            expand_braces(cy_arena_printf(arena, "%.*s%.*s%s", (int)(open - pattern), pattern, (int)(to - from), from, close + 1), arena,
                          list);
            from = to + 1;
        }
        return;
    }
    cy_buffer_add(list, &pattern, sizeof pattern);
}

/* ---- files ---- */

static void add_file(struct search *search, const char *name, uint64_t size_bytes)
{
    while (name[0] == '.' && name[1] == '/' && name[2] != '\0')
        name += 2;
    struct cy_source_file file = {
        .path = cy_path_join(search->arena, search->folder, name),
        .name = name,
        .format = cy_format_of_path(name),
        .size_bytes = size_bytes,
    };
    cy_buffer_add(&search->files, &file, sizeof file);
}

static char *below(struct search *search, const char *folder, const char *name)
{
    if (folder[0] == '\0')
        return cy_arena_text(search->arena, name);
    return cy_arena_printf(search->arena, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
}

static bool about_path(struct search *search, const char *name, struct stat *about)
{
    return stat(cy_path_join(search->arena, search->folder, name[0] == '\0' ? "." : name), about) == 0;
}

/* All files below a folder. */
static enum cy_status add_tree(struct search *search, const char *folder, size_t depth)
{
    if (depth > DEPTH_MAX)
        return cy_error_set(search->error, CY_BAD_RECIPE, "the folder \"%s\" is nested more than %d deep", folder, DEPTH_MAX);
    char **names;
    size_t name_count;
    const char *path = cy_path_join(search->arena, search->folder, folder[0] == '\0' ? "." : folder);
    enum cy_status status = cy_list_folder(path, search->arena, &names, &name_count, search->error);
    for (size_t i = 0; status == CY_OK && i < name_count; i++) {
        char *name = below(search, folder, names[i]);
        struct stat about;
        if (names[i][0] == '.' || !about_path(search, name, &about))
            continue;
        if (S_ISDIR(about.st_mode))
            status = add_tree(search, name, depth + 1);
        else if (S_ISREG(about.st_mode))
            add_file(search, name, (uint64_t)about.st_size);
    }
    return status;
}

static bool has_wildcard(struct cy_str part)
{
    for (size_t i = 0; i < part.size; i++)
        if (part.data[i] == '*' || part.data[i] == '?' || part.data[i] == '[')
            return true;
    return false;
}

/* Matches `pattern`, part by part, below `folder`. */
static enum cy_status match(struct search *search, const char *folder, struct cy_str pattern, size_t depth)
{
    struct cy_str rest, part = cy_str_split(pattern, '/', &rest);
    bool last = rest.size == 0;
    if (depth > DEPTH_MAX)
        return CY_OK;
    if (part.size == 0 || cy_str_is(part, ".")) /* "a//b", "./a", "/a" */
        return last ? CY_OK : match(search, pattern.data[0] == '/' && folder[0] == '\0' ? "/" : folder, rest, depth);
    const char *part_text = cy_arena_str(search->arena, part).data;
    if (!has_wildcard(part)) {
        const char *name = below(search, folder, part_text);
        struct stat about;
        if (!about_path(search, name, &about))
            return CY_OK;
        if (!last)
            return S_ISDIR(about.st_mode) ? match(search, name, rest, depth + 1) : CY_OK;
        if (S_ISDIR(about.st_mode))
            return add_tree(search, name, depth + 1);
        if (S_ISREG(about.st_mode))
            add_file(search, name, (uint64_t)about.st_size);
        return CY_OK;
    }
    bool all_folders = cy_str_is(part, "**");
    if (all_folders && last)
        return add_tree(search, folder, depth + 1);
    char **names;
    size_t name_count;
    const char *path = cy_path_join(search->arena, search->folder, folder[0] == '\0' ? "." : folder);
    enum cy_status status = all_folders ? match(search, folder, rest, depth) : CY_OK;
    if (status == CY_OK)
        status = cy_list_folder(path, search->arena, &names, &name_count, search->error);
    for (size_t i = 0; status == CY_OK && i < name_count; i++) {
        if (all_folders ? names[i][0] == '.' : fnmatch(part_text, names[i], FNM_PERIOD) != 0)
            continue;
        const char *name = below(search, folder, names[i]);
        struct stat about;
        if (!about_path(search, name, &about))
            continue;
        if (S_ISDIR(about.st_mode) && !last)
            status = match(search, name, all_folders ? pattern : rest, depth + 1);
        else if (S_ISDIR(about.st_mode))
            status = add_tree(search, name, depth + 1);
        else if (S_ISREG(about.st_mode) && last)
            add_file(search, name, (uint64_t)about.st_size);
    }
    return status;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct cy_source_file *)a)->name, ((const struct cy_source_file *)b)->name);
}

/* Sorts, and takes out what several alternatives found. */
static size_t order_files(struct cy_source_file *files, size_t count)
{
    qsort(files, count, sizeof *files, compare_files);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(files[kept - 1].name, files[i].name) != 0)
            files[kept++] = files[i];
    return kept;
}

/* ---- when nothing is found ---- */

/* The error names the first part of the path that is not there, and what is there in its place. */
static enum cy_status nothing(struct search *search, const char *pattern)
{
    enum { NAMES_SHOWN = 5 };
    struct cy_error *error = search->error;
    struct cy_arena *arena = search->arena;
    const char *present = "", *missing = pattern;
    struct cy_str rest = cy_str(pattern);
    while (rest.size > 0) {
        struct cy_str part = cy_str_split(rest, '/', &rest);
        const char *next = part.size == 0 ? "/" : below(search, present, cy_arena_str(arena, part).data);
        struct stat about;
        missing = part.size == 0 ? missing : cy_arena_str(arena, part).data;
        if (has_wildcard(part) || !about_path(search, next, &about) || !S_ISDIR(about.st_mode))
            break;
        present = next;
    }
    const char *shown = present[0] == '\0' ? search->folder : cy_path_join(arena, search->folder, present);
    cy_error_set(error, CY_BAD_RECIPE, "\"%s\" matches no file", pattern);
    if (pattern[0] == '~')
        return cy_error_hint(error, "\"~\" is the shell's: write the whole path, or one from the recipe's folder");
    if (strstr(pattern, "://") != NULL)
        return cy_error_hint(error, "files are read, not URLs: fetch it first");
    char **names;
    size_t name_count;
    struct cy_error ignored;
    if (cy_list_folder(shown, arena, &names, &name_count, &ignored) != CY_OK)
        return cy_error_hint(error, "paths are relative to the recipe's folder, \"%s\"", search->folder);
    if (name_count == 0)
        return cy_error_hint(error, "the folder \"%s\" is empty", shown);
    const char **list = cy_arena_zero(arena, (name_count + 1) * sizeof *list);
    memcpy(list, names, name_count * sizeof *list);
    const char *nearest = cy_nearest_name(cy_str(missing), list);
    if (nearest != NULL && strcmp(nearest, missing) != 0)
        return cy_error_hint(error, "in \"%s\" there is \"%s\": is it that?", shown, nearest);
    struct cy_buffer some = {0};
    for (size_t i = 0; i < CY_MIN(name_count, NAMES_SHOWN); i++)
        cy_buffer_printf(&some, "%s%s", i > 0 ? ", " : "", names[i]);
    cy_error_hint(error, "the folder \"%s\" is there and holds %.*s%s", shown, (int)some.size, some.data,
                  name_count > NAMES_SHOWN ? ", …" : "");
    cy_buffer_release(&some);
    return error->status;
}

cy_source_fetcher *cy_source_fetch;

enum cy_status cy_source_expand(const char *folder, const char *pattern, struct cy_arena *arena, struct cy_source_file **files,
                                size_t *file_count, struct cy_error *error)
{
    const char *scheme = strstr(pattern, "://");
    if (scheme != NULL && memchr(pattern, '/', (size_t)(scheme - pattern)) == NULL) {
        if (cy_source_fetch != NULL)
            return cy_source_fetch(pattern, arena, files, file_count, error);
        return cy_error_set(error, CY_BAD_RECIPE, "\"%s\" lies elsewhere: only the program ciyuan fetches such sources", pattern);
    }
    struct search search = {.folder = folder, .arena = arena, .error = error};
    struct cy_buffer patterns = {0};
    enum cy_status status = CY_OK;
    struct stat about;
    if (about_path(&search, pattern, &about) && S_ISREG(about.st_mode)) /* a file's own name, whatever its characters */
        add_file(&search, cy_arena_text(arena, pattern), (uint64_t)about.st_size);
    else
        expand_braces(pattern, arena, &patterns);
    const char **list = (const char **)(void *)patterns.data;
    for (size_t i = 0; status == CY_OK && i < patterns.size / sizeof *list; i++)
        status = match(&search, "", cy_str(list[i]), 0);
    if (status == CY_OK && search.files.size == 0 && cy_str_is(cy_str(pattern), "."))
        status = add_tree(&search, "", 0);
    if (status == CY_OK && search.files.size == 0)
        status = nothing(&search, pattern);
    size_t count = search.files.size / sizeof **files;
    if (status == CY_OK) {
        *files = cy_arena_alloc(arena, search.files.size);
        if (search.files.size > 0)
            memcpy(*files, search.files.data, search.files.size);
        *file_count = order_files(*files, count);
    }
    cy_buffer_release(&search.files);
    cy_buffer_release(&patterns);
    return status;
}
