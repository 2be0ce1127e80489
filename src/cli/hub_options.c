#include "cli/hub_options.h"

#include "base/clock.h"
#include "base/files.h"
#include "dataset/report_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The first of the variables that is set and not empty. */
static const char *variable(const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return NULL;
}

/* What `hf auth login` left, or NULL. */
static const char *token_file(struct cy_arena *arena)
{
    const char *home = getenv("HF_HOME"), *user = getenv("HOME");
    const char *path = home != NULL && home[0] != '\0' ? cy_path_join(arena, home, "token")
                       : user != NULL                  ? cy_path_join(arena, user, ".cache/huggingface/token")
                                                       : NULL;
    struct cy_buffer text = {0};
    struct cy_error ignored;
    const char *token = NULL;
    if (path != NULL && cy_path_exists(path) && cy_read_file(path, &text, &ignored) == CY_OK) {
        struct cy_str trimmed = cy_str_trim(cy_buffer_str(&text));
        token = cy_arena_printf(arena, "%.*s", (int)trimmed.size, trimmed.data);
    }
    cy_buffer_release(&text);
    return token;
}

enum cy_status cy_hub_connect(const char *url, struct cy_remote **remote, struct cy_error *error)
{
    static const char *const urls[] = {"CIYUAN_HUB", "HF_ENDPOINT", NULL}, *const tokens[] = {"CIYUAN_TOKEN", "HF_TOKEN", NULL};
    struct cy_arena arena = {0};
    const char *token = variable(tokens);
    if (url == NULL)
        url = variable(urls);
    if (token == NULL)
        token = token_file(&arena);
    enum cy_status status = cy_remote_open(remote, url != NULL ? url : CY_HUB_URL_DEFAULT, token, error);
    cy_arena_release(&arena);
    return status;
}

enum cy_status cy_hub_name_read(const char *text, struct cy_arena *arena, struct cy_hub_name *name, struct cy_error *error)
{
    struct cy_str rest, whole = cy_str_split(cy_str(text), '@', &name->revision);
    name->namespace_name = cy_str_split(whole, '/', &name->name);
    cy_str_split(name->name, '/', &rest);
    if (name->namespace_name.size == 0 || name->name.size == 0 || rest.size > 0) {
        cy_error_set(error, CY_BAD_RECIPE, "\"%s\" names no repository", text);
        return cy_error_hint(error, "write ORGANISATION/NAME, or ORGANISATION/NAME@REVISION");
    }
    struct cy_buffer path = {0};
    cy_buffer_add_escaped(&path, whole, true);
    name->path = cy_arena_printf(arena, "%.*s", (int)path.size, path.data);
    cy_buffer_release(&path);
    return CY_OK;
}

/* ---- how far ---- */

enum { SHOW_MS = 200 };

void cy_transfer_line_begin(struct cy_transfer_line *line, const char *verb, size_t file_count, uint64_t all_bytes)
{
    *line = (struct cy_transfer_line){
        .verb = verb, .file_count = file_count, .all_bytes = all_bytes, .start_ns = cy_clock_ns(), .is_terminal = isatty(2) != 0};
}

bool cy_transfer_line_moved(void *context, uint64_t bytes)
{
    struct cy_transfer_line *line = context;
    uint64_t now = cy_clock_ns();
    if (!line->is_terminal || now - line->shown_ns < (uint64_t)SHOW_MS * 1000000 || line->all_bytes == 0)
        return true;
    line->shown_ns = now;
    struct cy_buffer text = {0};
    uint64_t done = CY_MIN(line->done_bytes + bytes, line->all_bytes);
    cy_buffer_printf(&text, "\r%s %zu of %zu  ", line->verb, line->file_index + 1, line->file_count);
    cy_buffer_add_bytes(&text, done);
    cy_buffer_add_text(&text, " of ");
    cy_buffer_add_bytes(&text, line->all_bytes);
    cy_buffer_add_text(&text, "  ");
    cy_buffer_add_bytes(&text, (uint64_t)((double)done * 1e9 / (double)CY_MAX(now - line->start_ns, 1)));
    fprintf(stderr, "%.*s/s\033[K", (int)text.size, text.data);
    cy_buffer_release(&text);
    return true;
}

void cy_transfer_line_end(struct cy_transfer_line *line)
{
    if (line->is_terminal && line->shown_ns > 0)
        fputs("\r\033[K", stderr);
}
