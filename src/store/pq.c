#include "store/pq.h"

#include <dlfcn.h>
#include <pthread.h>

struct cy_pq cy_pq;

static pthread_once_t guard = PTHREAD_ONCE_INIT;
static enum cy_status load_status;
static struct cy_error load_error;

static void load_once(void)
{
    const char *missing = NULL;
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL); /* never closed: connections live as long as the process */
    if (library == NULL)
        missing = dlerror();
#define RESOLVE(name)                                                                                                                      \
    if (library != NULL && (cy_pq.name = (__typeof__(&name))dlsym(library, #name)) == NULL)                                                \
        missing = "it has no function " #name;
    CY_PQ_FUNCTIONS(RESOLVE)
#undef RESOLVE
    if (missing != NULL) {
        load_status = cy_error_set(&load_error, CY_FAILED, "could not load libpq, which speaks with PostgreSQL: %s", missing);
        cy_error_hint(&load_error, "apt-get install libpq5");
    }
}

enum cy_status cy_pq_load(struct cy_error *error)
{
    pthread_once(&guard, load_once);
    if (load_status != CY_OK)
        *error = load_error;
    return load_status;
}
