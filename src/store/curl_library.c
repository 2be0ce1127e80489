#include "store/curl_library.h"

#include <dlfcn.h>
#include <pthread.h>

struct cy_curl cy_curl;

static pthread_once_t guard = PTHREAD_ONCE_INIT;
static enum cy_status load_status;
static struct cy_error load_error;

static void load_once(void)
{
    const char *missing = NULL;
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL); /* never closed */
    if (library == NULL)
        missing = dlerror();
#define RESOLVE(name)                                                                                                                      \
    if (library != NULL && (cy_curl.name = (__typeof__(&name))dlsym(library, #name)) == NULL)                                              \
        missing = "it has no function " #name;
    CY_CURL_FUNCTIONS(RESOLVE)
#undef RESOLVE
    if (missing == NULL && cy_curl.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        missing = "it does not start";
    if (missing != NULL) {
        load_status = cy_error_set(&load_error, CY_FAILED, "could not load libcurl, which speaks HTTP: %s", missing);
        cy_error_hint(&load_error, "apt-get install libcurl4");
    }
}

enum cy_status cy_curl_load(struct cy_error *error)
{
    pthread_once(&guard, load_once);
    if (load_status != CY_OK)
        *error = load_error;
    return load_status;
}
