/* The search's index in the database: which repositories hold which terms.
 *
 *     put: the terms of a repository's name, title, tags and card ─ those that came or went since the last put ─▶ blocks of postings
 *
 * All of it is written in the transaction that changes the repository, so that what is committed is found. */
#ifndef CY_HUB_SEARCH_INDEX_H
#define CY_HUB_SEARCH_INDEX_H

#include "store/database.h"

enum { CY_SEARCH_BLOCK = 4096, CY_SEARCH_BODY_BYTES_MAX = 64 * 1024 };

struct cy_search_document {
    struct cy_str repository_id, namespace_id;
    struct cy_str namespace_name, name, title;
    struct cy_str body; /* the card's text below its head; CY_SEARCH_BODY_BYTES_MAX of it are read */
    const struct cy_str *tags;
    size_t tag_count;
    bool is_public;
};
/* Puts it in, or brings it up to date. Inside a cy_store_work. */
enum cy_status cy_search_put(struct cy_database *database, const struct cy_search_document *document, struct cy_error *error);
/* Takes it out; no error when it is not there. */
enum cy_status cy_search_remove(struct cy_database *database, struct cy_str repository_id, struct cy_error *error);

#endif
