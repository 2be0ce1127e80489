/* libcurl, by dlopen: with the 30 libraries that it brings along, linking it would cost every start of ciyuan 3.9 ms. The functions keep
 * their own names: cy_curl.curl_easy_perform(…). */
#ifndef CY_STORE_CURL_LIBRARY_H
#define CY_STORE_CURL_LIBRARY_H

#include "base/error.h"

#define CURL_DISABLE_TYPECHECK /* its macros cannot see through the table */
#include <curl/curl.h>

#define CY_CURL_FUNCTIONS(F)                                                                                                               \
    F(curl_global_init)                                                                                                                    \
    F(curl_easy_init)                                                                                                                      \
    F(curl_easy_cleanup)                                                                                                                   \
    F(curl_easy_reset)                                                                                                                     \
    F(curl_easy_setopt)                                                                                                                    \
    F(curl_easy_getinfo)                                                                                                                   \
    F(curl_easy_perform)                                                                                                                   \
    F(curl_easy_strerror)                                                                                                                  \
    F(curl_slist_append)                                                                                                                   \
    F(curl_slist_free_all)

struct cy_curl {
#define CY_CURL_POINTER(name) __typeof__(&name) name;
    CY_CURL_FUNCTIONS(CY_CURL_POINTER)
#undef CY_CURL_POINTER
};
/* Filled by cy_curl_load, once a process; only read afterwards. */
extern struct cy_curl cy_curl;
enum cy_status cy_curl_load(struct cy_error *error);

#endif
