/* What oidc.c asks of the provider, over HTTP with limits: metadata (Discovery 1.0), keys, and a code's token. */
#ifndef CY_HUB_OIDC_PROVIDER_H
#define CY_HUB_OIDC_PROVIDER_H

#include "hub/oidc.h"
#include "hub/turnstile.h"

struct cy_oidc {
    char *issuer, *client_id, *client_secret; /* the last may be NULL */
    bool allows_http;                         /* the issuer is on this machine */
    struct cy_turnstile turnstile;            /* before requests to the provider */
    pthread_mutex_t lock;                     /* over what follows */
    struct cy_buffer metadata, keys;          /* JSON as it came; empty: not fetched yet */
    int64_t metadata_ms, keys_ms;             /* when */
};

/* Of the provider's metadata, in the caller's arena. */
struct cy_oidc_metadata {
    struct cy_str authorization_endpoint, token_endpoint, jwks_uri;
    bool takes_basic; /* client_secret_basic, which is the default; else client_secret_post */
};
/* Fetched when it is not there or too old. Within the turnstile. Refusal: PROVIDER. */
enum cy_status cy_oidc_metadata(struct cy_oidc *oidc, struct cy_arena *arena, struct cy_oidc_metadata *metadata,
                                struct cy_outcome *outcome);
/* The key set; at_least_ms: fetched anew when it is older than that. */
enum cy_status cy_oidc_keys(struct cy_oidc *oidc, const struct cy_oidc_metadata *metadata, int64_t at_least_ms, struct cy_arena *arena,
                            struct cy_str *keys, struct cy_outcome *outcome);
/* A code's ID token. Refusals: LOGIN (the provider does not take the code), PROVIDER. */
enum cy_status cy_oidc_exchange(struct cy_oidc *oidc, const struct cy_oidc_metadata *metadata, struct cy_str code, struct cy_str redirect,
                                struct cy_str verifier, struct cy_arena *arena, struct cy_str *id_token, struct cy_outcome *outcome);

#endif
