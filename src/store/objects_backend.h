/* The inside of the objects: where they lie is a table of functions (objects_disk.c, objects_s3.c); spooling is the same for both. */
#ifndef CY_STORE_OBJECTS_BACKEND_H
#define CY_STORE_OBJECTS_BACKEND_H

#include "store/objects.h"

#include <pthread.h>

/* A put or a removal under way; it lies on the stack of who does it. */
struct cy_object_flight {
    const char *sha256; /* NULL of a put of many: what they are is known only when they are hashed, so nothing is removed meanwhile */
    bool is_removal;
    struct cy_object_flight *next;
};

struct cy_objects {
    const struct cy_objects_backend *backend;
    char *spool_folder; /* owned */
    /* A put waits for a removal of the same object; an old object that is being put again is not removed. So what a put just found to be
     * there stays, and no slow put holds up another object's. */
    pthread_mutex_t flight_lock;
    pthread_cond_t flight_ended;
    struct cy_object_flight *flights;
};

typedef enum cy_status cy_objects_visit(void *context, const char *sha256, uint64_t size_bytes, int64_t modified_ms,
                                        struct cy_error *error);

/* As the functions of store/objects.h of the same names; the hash is known to be one. */
struct cy_objects_backend {
    /* Fills objects->backend's own parts; folder and options are borrowed. */
    enum cy_status (*open)(struct cy_objects **objects, const struct cy_objects_options *options, struct cy_error *error);
    void (*close)(struct cy_objects *objects);
    /* path: a finished file of the spool, taken over (moved or removed) when this succeeds. Durable on return. */
    enum cy_status (*put)(struct cy_objects *objects, const char *path, uint64_t size_bytes, const char *sha256, struct cy_error *error);
    /* Spools that are written and not finished: finishes and puts them all. NULL: each is put by itself. */
    enum cy_status (*put_spools)(struct cy_objects *objects, struct cy_spool *spools, size_t count, struct cy_error *error);
    /* modified_ms: when it was put last. */
    enum cy_status (*stat)(struct cy_objects *objects, const char *sha256, bool *exists, uint64_t *size_bytes, int64_t *modified_ms,
                           struct cy_error *error);
    enum cy_status (*open_file)(struct cy_objects *objects, const char *sha256, int *file, uint64_t *size_bytes, struct cy_error *error);
    enum cy_status (*hold_path)(struct cy_objects *objects, const char *sha256, struct cy_arena *arena, const char **path,
                                struct cy_error *error);
    void (*release_path)(struct cy_objects *objects, const char *sha256);
    enum cy_status (*read)(struct cy_objects *objects, const char *sha256, uint64_t offset, void *data, size_t size_bytes,
                           size_t *read_bytes, struct cy_error *error);
    enum cy_status (*remove)(struct cy_objects *objects, const char *sha256, struct cy_error *error);
    enum cy_status (*each)(struct cy_objects *objects, cy_objects_visit *visit, void *context, struct cy_error *error);
};
extern const struct cy_objects_backend cy_objects_disk;
extern const struct cy_objects_backend cy_objects_s3;

/* 64 lower-case hex digits: nothing else becomes a part of a path. */
bool cy_is_sha256(const char *text);
/* A folder for the owner alone (0700), with its parents. */
enum cy_status cy_make_private_folder(const char *path, struct cy_error *error);

#endif
