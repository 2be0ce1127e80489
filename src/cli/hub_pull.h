/* Fetching the files of a version from a hub into a folder, each checked against the hash that its version names. What an earlier run left
 * there is gone on with. Used by `ciyuan pull` and for sources hub://ORG/NAME. */
#ifndef CY_CLI_HUB_PULL_H
#define CY_CLI_HUB_PULL_H

#include "cli/hub_options.h"

struct cy_pulled_file {
    const char *path;
    uint64_t size_bytes;
    char oid[65]; /* sha256 of a large file, git's blob sha1 of a small one */
};

struct cy_pull {
    struct cy_remote *remote;
    struct cy_arena *arena;
    struct cy_error *error;
    struct cy_hub_name name;
    const char *work; /* the folder that the files come into */
    char sha[41];
    struct cy_pulled_file *files;
    size_t file_count, capacity;
    uint64_t all_bytes;
};

/* Which version the name means: sha. */
enum cy_status cy_pull_find_version(struct cy_pull *job);
/* Its files: files, file_count, all_bytes; files is the caller's to free. */
enum cy_status cy_pull_list_files(struct cy_pull *job);
/* Brings those of files[0..file_count). */
enum cy_status cy_pull_bring_all(struct cy_pull *job);

#endif
