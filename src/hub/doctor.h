/* Is all there that was acknowledged? Walks every version of every repository: its commit has the name that its content gives it, its parent
 * and its folders are there, each folder has git's name of its content, each file's object is in the store with its size; with verify every
 * object is read and its sha256, and git's name of the file, computed again.
 *
 *     repository ─ refs ─▶ commit ─▶ tree ─▶ listing ─▶ file ─▶ object ─▶ bytes */
#ifndef CY_HUB_DOCTOR_H
#define CY_HUB_DOCTOR_H

#include "hub/hub.h"

struct cy_doctor_report {
    uint64_t repository_count, commit_count, folder_count, file_count; /* looked at; folders and files once a repository */
    uint64_t object_count, object_bytes;                               /* of files, once each */
    uint64_t problem_count;
};
struct cy_doctor {
    struct cy_store *store;
    struct cy_objects *objects;
    bool verifies; /* reads every object */
    /* Told of each problem, in words, as it is found. */
    void (*problem)(void *context, const char *words);
    /* Told now and then how far it is; may be NULL. */
    void (*progress)(void *context, const struct cy_doctor_report *report);
    void *context;
};
/* CY_OK also when problems were found; an error only where the looking itself failed. */
enum cy_status cy_doctor_run(const struct cy_doctor *doctor, struct cy_doctor_report *report, struct cy_error *error);

#endif
