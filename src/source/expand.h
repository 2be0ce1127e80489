/* A recipe's source path → the files it means, in byte order of their names, so that the order of everything is the same everywhere. */
#ifndef CY_SOURCE_EXPAND_H
#define CY_SOURCE_EXPAND_H

#include "source/source.h"

struct cy_source_file {
    const char *path;               /* as the program opens it: folder joined with name */
    const char *name;               /* as the dataset names it: relative to the recipe's folder where the pattern is, '/' between parts */
    const struct cy_format *format; /* by its name; NULL: no format has this suffix */
    uint64_t size_bytes;
};

/*   folder   where a relative pattern begins
 *   pattern  a file; a folder (all files below it); a glob: * ? [abc] within a name, ** over folders, {a,b}; or a URL (cy_source_fetch)
 *   files    out: owned by arena; hidden files and folders (".name") are left out of folders and globs
 * Errors: CY_BAD_RECIPE when nothing matches, with the nearest folder that is there as a hint; CY_IO. */
enum cy_status cy_source_expand(const char *folder, const char *pattern, struct cy_arena *arena, struct cy_source_file **files,
                                size_t *file_count, struct cy_error *error);

/* Brings the files of a path that lies elsewhere ("hub://…") to this machine. The program sets it once, before any thread (cli/main.c);
 * NULL: such paths are refused. The files' names begin with a URL that names the very version, so that a lock file tells what was read. */
typedef enum cy_status cy_source_fetcher(const char *url, struct cy_arena *arena, struct cy_source_file **files, size_t *file_count,
                                         struct cy_error *error);
extern cy_source_fetcher *cy_source_fetch;

#endif
