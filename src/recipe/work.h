/* The work folder, OUTPUT.work/: what a run has finished, so that the next one goes on from there.
 *
 *     run.json             what this folder belongs to: recipe, inputs, program; another run does not use it
 *     phase-0/000000.*     a part: its files, and last 000000.done, which names their sizes and checksums
 *     barrier-3.*          what a barrier step removed
 *     dataset/             the dataset being written; swapped into place when it is whole
 *
 * A part's files are not synced: after a power loss their checksums show what is missing, and that part is made again. */
#ifndef CY_RECIPE_WORK_H
#define CY_RECIPE_WORK_H

#include "recipe/intake.h"

#include "base/files.h"

/* A piece of finished work: some files with a common stem, and the facts that the next run needs. */
struct cy_part {
    uint64_t batch_count;
    uint64_t row_count;    /* alive at its end */
    uint64_t total_count;  /* with those that have a verdict */
    struct cy_cursor next; /* where the next part begins */
};

struct cy_part_writer;

/* Creates `<stem>.<suffixes[i]>` for each i. Suffixes are borrowed. */
enum cy_status cy_part_create(struct cy_part_writer **writer, const char *stem, const char *const *suffixes, size_t file_count,
                              struct cy_error *error);
void cy_part_add(struct cy_part_writer *writer, size_t file, const void *data, size_t size_bytes);
uint64_t cy_part_size(const struct cy_part_writer *writer, size_t file);
/* Closes the files and writes `<stem>.done`. Frees the writer. */
enum cy_status cy_part_finish(struct cy_part_writer *writer, const struct cy_part *part, struct cy_error *error);
void cy_part_abandon(struct cy_part_writer *writer); /* NULL: nothing */
/* Reads `<stem>.done` and checks every file against it. CY_END when the part is not there or not whole. */
enum cy_status cy_part_load(struct cy_part *part, const char *stem, const char *const *suffixes, size_t file_count, struct cy_error *error);

struct cy_work {
    struct cy_arena arena;
    char *folder;
    int lock_file;
};
/* Opens or makes the folder for this run and locks it. `identity` is a JSON object of strings; when the folder belongs to another run the
 * error says which of them differ. restart: forgets what is there. */
enum cy_status cy_work_open(struct cy_work *work, const char *folder, struct cy_str identity, bool restart, struct cy_error *error);
void cy_work_close(struct cy_work *work); /* the folder stays */
/* Removes the folder; still locked until close. */
enum cy_status cy_work_remove(struct cy_work *work, struct cy_error *error);

#endif
