#include "token/compiled.h"

#include "base/files.h"
#include "base/hash.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 100, VERSION_BYTES = 16 };

/* The file begins with it. `hash` is XXH3 128 of all that follows the field. */
struct head {
    char magic[8];
    uint64_t hash[2];
    uint32_t format;
    uint32_t vocabulary_format;
    char version[VERSION_BYTES]; /* of the program */
    char sha256[64];
    char name[NAME_BYTES + 4];
    struct {
        uint64_t offset, size; /* bytes; offset: of the file, a multiple of 8 */
    } parts[CY_COMPILED_PARTS];
};
static const char magic[8] = "cytoken\n";
enum { HASHED_FROM = 24 };
_Static_assert(offsetof(struct head, format) == HASHED_FROM && sizeof(struct head) % 8 == 0, "no gaps in the file");

static bool path_of(const char *folder, const char *sha256, const char *name, char path[PATH_MAX])
{
    for (const char *at = name; *at != '\0'; at++)
        if (*at == '/' || (uint8_t)*at < ' ')
            return false;
    return strlen(name) <= NAME_BYTES && snprintf(path, PATH_MAX, "%s/%s-%s.tokens", folder, sha256, name) < PATH_MAX;
}

static void head_fill(struct head *head, const char *sha256, const char *name)
{
    *head = (struct head){.format = CY_COMPILED_FORMAT};
    memcpy(head->magic, magic, sizeof magic);
    snprintf(head->version, sizeof head->version, "%s", CIYUAN_VERSION);
    memcpy(head->sha256, sha256, sizeof head->sha256);
    memcpy(head->name, name, strlen(name));
}

static struct cy_hash128 hash_of(const char *file, size_t size)
{
    return cy_hash128((struct cy_str){file + HASHED_FROM, size - HASHED_FROM});
}

/* The content of a file of this user that nobody else may write; NULL: it is none, or cannot be read. */
static char *read_own_file(const char *path, size_t *size)
{
    struct stat status;
    char *content = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return NULL;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
        status.st_size >= (off_t)sizeof(struct head) && status.st_size <= CY_COMPILED_BYTES_MAX) {
        *size = (size_t)status.st_size;
        content = cy_alloc(*size);
        size_t done = 0;
        for (ssize_t got; done < *size && (got = read(file, content + done, *size - done)) > 0;)
            done += (size_t)got;
        if (done < *size) {
            free(content);
            content = NULL;
        }
    }
    close(file);
    return content;
}

static bool use_content(struct cy_compiled *compiled, size_t size, const char *sha256, const char *name)
{
    struct head expected;
    const struct head *head = (const struct head *)compiled->content;
    head_fill(&expected, sha256, name);
    struct cy_hash128 hash = hash_of(compiled->content, size);
    if (memcmp(head->magic, expected.magic, sizeof head->magic) != 0 || head->format != expected.format ||
        memcmp(head->version, expected.version, sizeof head->version) != 0 ||
        memcmp(head->sha256, expected.sha256, sizeof head->sha256) != 0 || memcmp(head->name, expected.name, sizeof head->name) != 0 ||
        head->hash[0] != hash.low || head->hash[1] != hash.high || head->vocabulary_format > CY_VOCABULARY_SENTENCEPIECE)
        return false;
    compiled->format = head->vocabulary_format;
    for (size_t i = 0; i < CY_COMPILED_PARTS; i++) {
        uint64_t offset = head->parts[i].offset, part_size = head->parts[i].size;
        if (offset % 8 != 0 || offset > size || part_size > size - offset)
            return false;
        compiled->parts[i].data = compiled->content + offset;
        compiled->parts[i].size = part_size;
    }
    return true;
}

struct cy_compiled *cy_compiled_open(const char *folder, const char *sha256, const char *name)
{
    char path[PATH_MAX];
    size_t size;
    struct cy_compiled *compiled = cy_alloc_zero(1, sizeof *compiled);
    compiled->content = path_of(folder, sha256, name, path) ? read_own_file(path, &size) : NULL;
    if (compiled->content == NULL)
        return compiled;
    compiled->reads = use_content(compiled, size, sha256, name);
    if (!compiled->reads) {
        free(compiled->content);
        *compiled = (struct cy_compiled){0};
    }
    return compiled;
}

void cy_compiled_free(struct cy_compiled *compiled)
{
    if (compiled == NULL)
        return;
    for (size_t i = 0; !compiled->reads && i < CY_COMPILED_PARTS; i++)
        free(compiled->parts[i].data);
    free(compiled->content);
    free(compiled);
}

void cy_compiled_add(struct cy_compiled *compiled, enum cy_compiled_part part, const void *data, size_t size_bytes)
{
    if (compiled == NULL || compiled->reads || size_bytes == 0)
        return;
    free(compiled->parts[part].data);
    compiled->parts[part].data = cy_alloc(size_bytes);
    compiled->parts[part].size = size_bytes;
    memcpy(compiled->parts[part].data, data, size_bytes);
}

void cy_compiled_add_vocabulary(struct cy_compiled *compiled, const struct cy_vocabulary *vocabulary)
{
    if (vocabulary->count == 0)
        return;
    cy_compiled_add(compiled, CY_COMPILED_BYTES, vocabulary->bytes, vocabulary->ends[vocabulary->count - 1]);
    cy_compiled_add(compiled, CY_COMPILED_ENDS, vocabulary->ends, vocabulary->count * sizeof *vocabulary->ends);
}

enum cy_status cy_compiled_damaged(const char *what, struct cy_error *error)
{
    return cy_error_set(error, CY_BAD_INPUT, "the compiled form has %s that cannot be", what);
}

enum cy_status cy_compiled_get(const struct cy_compiled *compiled, enum cy_compiled_part part, size_t element_bytes, const void **data,
                               size_t *count, struct cy_error *error)
{
    size_t size = compiled->parts[part].size;
    *data = compiled->parts[part].data;
    *count = size / element_bytes;
    return size > 0 && size % element_bytes == 0 ? CY_OK : cy_compiled_damaged("a part of a size", error);
}

enum cy_status cy_compiled_get_vocabulary(const struct cy_compiled *compiled, struct cy_arena *arena, struct cy_vocabulary *vocabulary,
                                          struct cy_error *error)
{
    const void *bytes, *ends;
    size_t size, count;
    if (cy_compiled_get(compiled, CY_COMPILED_BYTES, 1, &bytes, &size, error) != CY_OK ||
        cy_compiled_get(compiled, CY_COMPILED_ENDS, sizeof *vocabulary->ends, &ends, &count, error) != CY_OK)
        return CY_BAD_INPUT;
    const uint32_t *end = ends;
    bool fits = count <= CY_TOKEN_ID_MAX + 1 && end[count - 1] == size && end[0] <= CY_TOKEN_BYTES_MAX;
    for (size_t id = 1; fits && id < count; id++)
        fits = end[id] >= end[id - 1] && end[id] - end[id - 1] <= CY_TOKEN_BYTES_MAX;
    if (!fits)
        return cy_compiled_damaged("tokens", error);
    char *kept = cy_arena_alloc(arena, size + count * sizeof *end); /* the ends first: they are aligned so */
    memcpy(kept, end, count * sizeof *end);
    memcpy(kept + count * sizeof *end, bytes, size);
    *vocabulary = (struct cy_vocabulary){kept + count * sizeof *end, (const uint32_t *)kept, count};
    return CY_OK;
}

void cy_compiled_write(const struct cy_compiled *compiled, const char *folder, const char *sha256, const char *name)
{
    static const char padding[8];
    char path[PATH_MAX], temporary[PATH_MAX];
    struct cy_error error;
    struct cy_writer writer;
    struct head head;
    if (!path_of(folder, sha256, name, path) ||
        snprintf(temporary, sizeof temporary, "%s.%d-%zx", path, (int)getpid(), (size_t)compiled) >= PATH_MAX ||
        cy_make_folders(folder, &error) != CY_OK)
        return;
    struct cy_buffer content = {0};
    head_fill(&head, sha256, name);
    head.vocabulary_format = compiled->format;
    cy_buffer_add(&content, &head, sizeof head);
    for (size_t i = 0; i < CY_COMPILED_PARTS; i++) {
        head.parts[i].offset = content.size;
        head.parts[i].size = compiled->parts[i].size;
        cy_buffer_add(&content, compiled->parts[i].data, compiled->parts[i].size);
        cy_buffer_add(&content, padding, -content.size % 8);
    }
    memcpy(content.data, &head, sizeof head);
    struct cy_hash128 hash = hash_of(content.data, content.size);
    memcpy(content.data + offsetof(struct head, hash), (uint64_t[2]){hash.low, hash.high}, sizeof head.hash);
    if (content.size <= CY_COMPILED_BYTES_MAX && cy_writer_open(&writer, temporary, &error) == CY_OK) {
        fchmod(writer.file, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH); /* else it would not be read again */
        cy_writer_add(&writer, content.data, content.size);
        /* not synced: of what a crash leaves, the hash tells whether it is whole */
        if (cy_writer_close_unsynced(&writer, &error) != CY_OK || cy_files->rename(temporary, path) != 0)
            cy_files->remove(temporary);
    }
    cy_buffer_release(&content);
}
