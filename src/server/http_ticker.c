/* The ticker: once a second over all connections. It tells how far downloads are, and ends connections on which nothing gets anywhere. */
#include "server/http_call.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

enum {
    BODY_BYTES_A_SECOND_MIN = 1024, /* slower than any modem */
    TICK_MS = 1000,
};
#define SECOND_NS 1000000000ull

/* `since` may be younger than `now`: another thread set it while the ticker was on its way. */
static bool is_older(uint64_t since_ns, uint64_t now_ns, uint64_t age_ns)
{
    return now_ns > since_ns && now_ns - since_ns > age_ns;
}

/* Whether a client keeps the connection busy without getting anywhere. */
static bool is_stuck(const struct cy_server_options *options, struct cy_link *link, uint64_t now_ns)
{
    struct cy_call *call = link->call;
    uint64_t head_ns_max =
        options->idle_seconds_max * SECOND_NS / 4 * 5; /* keep-alive ends by idle_seconds_max: only what trickles lasts */
    if (call == NULL)
        return is_older(link->idle_since_ns, now_ns, head_ns_max);
    if (call->phase == CY_CALL_HEAD)
        return is_older(call->started_ns, now_ns, head_ns_max);
    uint64_t since_ns = call->body_started_ns;
    if ((call->phase != CY_CALL_BODY && call->phase != CY_CALL_REFUSED) || since_ns == 0 ||
        now_ns < since_ns + options->body_grace_seconds * SECOND_NS)
        return false;
    return call->body_received < (now_ns - since_ns) / SECOND_NS * BODY_BYTES_A_SECOND_MIN;
}

/* The library reads the socket on edges and takes a short read for its end, so that it may miss a client's FIN that came with the last
 * bytes, and would wait for idle_seconds_max. What is still to be read in two ticks and does not come any more is at its end. */
static bool has_left(struct cy_link *link)
{
    struct cy_call *call = link->call;
    char byte;
    bool reads = call == NULL || call->phase == CY_CALL_HEAD || call->phase == CY_CALL_BODY || call->phase == CY_CALL_REFUSED;
    if (!reads || recv(link->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) {
        link->end_seen_at = 0;
        return false;
    }
    uint64_t at = (call != NULL ? call->body_received : 0) + 1;
    bool was_seen = link->end_seen_at == at;
    link->end_seen_at = at;
    return was_seen;
}

static void tick(struct cy_server *server)
{
    uint64_t now_ns = cy_clock_ns();
    pthread_mutex_lock(&server->links_lock);
    for (struct cy_link *link = server->links; link != NULL; link = link->next) {
        struct cy_call *call = link->call;
        if (call != NULL && call->is_telling)
            call->response.progress(call->response.progress_context, cy_call_sent_bytes(call, false), false);
        if (is_stuck(&server->options, link, now_ns) || has_left(link))
            shutdown(link->socket, SHUT_RDWR); /* its event thread sees the end and closes it */
    }
    pthread_mutex_unlock(&server->links_lock);
}

static void *run_ticker(void *context)
{
    struct cy_server *server = context;
    pthread_mutex_lock(&server->tick_lock);
    while (!server->tick_stops) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += TICK_MS / 1000;
        if (pthread_cond_timedwait(&server->tick_wake, &server->tick_lock, &until) == ETIMEDOUT)
            tick(server);
    }
    pthread_mutex_unlock(&server->tick_lock);
    return NULL;
}

enum cy_status cy_ticker_start(struct cy_server *server, struct cy_error *error)
{
    int failure = pthread_create(&server->ticker, NULL, run_ticker, server);
    server->has_ticker = failure == 0;
    return failure == 0 ? CY_OK : cy_error_set(error, CY_FAILED, "could not start the ticker's thread: %s", strerror(failure));
}

void cy_ticker_stop(struct cy_server *server)
{
    if (!server->has_ticker)
        return;
    pthread_mutex_lock(&server->tick_lock);
    server->tick_stops = true;
    pthread_cond_signal(&server->tick_wake);
    pthread_mutex_unlock(&server->tick_lock);
    pthread_join(server->ticker, NULL);
}
