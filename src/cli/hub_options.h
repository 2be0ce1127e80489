/* What the commands that speak to a hub have in common: where it is, who asks, which repository. */
#ifndef CY_CLI_HUB_OPTIONS_H
#define CY_CLI_HUB_OPTIONS_H

#include "cli/options.h"
#include "hub/remote.h"

#define CY_HUB_URL_DEFAULT "http://127.0.0.1:7000"

/* CY_OPT_TEXT("hub", &url, …) with url NULL before: the option, else $CIYUAN_HUB, else $HF_ENDPOINT, else the default. The token is
 * $CIYUAN_TOKEN, else $HF_TOKEN, else the file that `hf auth login` writes ($HF_HOME/token, ~/.cache/huggingface/token). */
enum cy_status cy_hub_connect(const char *url, struct cy_remote **remote, struct cy_error *error);

/* "ORG/NAME[@REVISION]" */
struct cy_hub_name {
    struct cy_str namespace_name, name, revision; /* revision may be empty */
    const char *path;                             /* "ORG/NAME", escaped */
};
enum cy_status cy_hub_name_read(const char *text, struct cy_arena *arena, struct cy_hub_name *name, struct cy_error *error);

/* A line that tells how far a transfer is, on a terminal: "uploading 3 of 7  412 MB of 1.2 GB  96 MB/s". */
struct cy_transfer_line {
    const char *verb;
    size_t file_index, file_count;
    uint64_t done_bytes, all_bytes; /* of the files before, and of all */
    uint64_t start_ns, shown_ns;
    bool is_terminal;
};
void cy_transfer_line_begin(struct cy_transfer_line *line, const char *verb, size_t file_count, uint64_t all_bytes);
bool cy_transfer_line_moved(void *line, uint64_t bytes); /* for cy_remote_watch */
void cy_transfer_line_end(struct cy_transfer_line *line);

#endif
