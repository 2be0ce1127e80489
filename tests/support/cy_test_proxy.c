#include "cy_test_proxy.h"

#include "cy_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 64, BLOCK_BYTES = 65536 };

struct pair {
    int client, server; /* -1: free */
    bool is_mute;       /* what the server answers is dropped, and the connection cut with it */
};

static struct pair pairs[PAIRS_MAX];
static int listener;
static uint16_t target_port;
static pthread_t thread;
static atomic_bool is_ending, is_shut;
static atomic_uint cuts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char cut_word[64]; /* empty: none is waited for */
static bool cut_is_forwarded;

static void close_pair(struct pair *pair)
{
    /* With a reset, as a broken line does it. */
    struct linger abort = {.l_onoff = 1, .l_linger = 0};
    setsockopt(pair->client, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close(pair->client);
    close(pair->server);
    *pair = (struct pair){-1, -1, false};
}

static void accept_one(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(target_port)};
    struct pair pair = {accept4(listener, NULL, NULL, SOCK_CLOEXEC), socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), false};
    if (is_shut || connect(pair.server, (struct sockaddr *)&address, sizeof address) != 0) {
        close_pair(&pair);
        return;
    }
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (pairs[i].client < 0) {
            pairs[i] = pair;
            return;
        }
    close_pair(&pair);
}

static bool send_all(int to, const char *data, ssize_t size)
{
    while (size > 0) {
        ssize_t sent = send(to, data, (size_t)size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        size -= sent;
    }
    return true;
}

/* What the client sends. false: the connection is to be cut. */
static bool forward_request(struct pair *pair, char *block)
{
    ssize_t size = recv(pair->client, block, BLOCK_BYTES, 0);
    if (size <= 0)
        return false;
    pthread_mutex_lock(&lock);
    bool is_hit = cut_word[0] != '\0' && memmem(block, (size_t)size, cut_word, strlen(cut_word)) != NULL,
         forwards = !is_hit || cut_is_forwarded;
    if (is_hit) {
        cut_word[0] = '\0';
        atomic_fetch_add(&cuts, 1);
        pair->is_mute = true;
    }
    pthread_mutex_unlock(&lock);
    return forwards && send_all(pair->server, block, size);
}

static bool forward_answer(struct pair *pair, char *block)
{
    ssize_t size = recv(pair->server, block, BLOCK_BYTES, 0);
    return size > 0 && !pair->is_mute && send_all(pair->client, block, size);
}

static void *forward(void *argument)
{
    (void)argument;
    char *block = cy_alloc(BLOCK_BYTES);
    while (!is_ending) {
        struct pollfd wait[1 + 2 * PAIRS_MAX];
        wait[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            if (is_shut && pairs[i].client >= 0)
                close_pair(&pairs[i]);
            wait[1 + 2 * i] = (struct pollfd){.fd = pairs[i].client, .events = POLLIN};
            wait[2 + 2 * i] = (struct pollfd){.fd = pairs[i].server, .events = POLLIN};
        }
        if (poll(wait, CY_COUNT(wait), 10) <= 0)
            continue;
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            bool is_good = true;
            if (wait[1 + 2 * i].revents != 0)
                is_good = forward_request(&pairs[i], block);
            if (is_good && wait[2 + 2 * i].revents != 0)
                is_good = forward_answer(&pairs[i], block);
            if (!is_good)
                close_pair(&pairs[i]);
        }
        if (wait[0].revents != 0)
            accept_one();
    }
    free(block);
    return NULL;
}

uint16_t cy_test_proxy_start(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    target_port = port;
    is_ending = is_shut = false;
    cuts = 0;
    cut_word[0] = '\0';
    for (size_t i = 0; i < PAIRS_MAX; i++)
        pairs[i] = (struct pair){-1, -1, false};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 64), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&thread, NULL, forward, NULL), 0);
    return ntohs(address.sin_port);
}

void cy_test_proxy_cut_at(const char *word, bool is_forwarded)
{
    pthread_mutex_lock(&lock);
    snprintf(cut_word, sizeof cut_word, "%s", word);
    cut_is_forwarded = is_forwarded;
    pthread_mutex_unlock(&lock);
}

unsigned cy_test_proxy_cuts(void)
{
    return cuts;
}

void cy_test_proxy_shut(bool shut)
{
    is_shut = shut;
}

void cy_test_proxy_end(void)
{
    is_ending = true;
    pthread_join(thread, NULL);
    close(listener);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (pairs[i].client >= 0)
            close_pair(&pairs[i]);
}
