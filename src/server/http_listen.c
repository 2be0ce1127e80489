#include "server/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 }; /* a burst of clients; the kernel's somaxconn may be less */

/* ---- TCP ---- */

/* "host:port" in its two halves; brackets around IPv6 are taken off. */
static bool split_address(const char *address, char host[256], char port[8])
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strlen(colon + 1) == 0 || strlen(colon + 1) >= 8)
        return false;
    size_t size = (size_t)(colon - address);
    bool is_bracketed = size >= 2 && address[0] == '[' && address[size - 1] == ']';
    if (is_bracketed) {
        address++;
        size -= 2;
    } else if (memchr(address, ':', size) != NULL) {
        return false; /* IPv6 without brackets: where does the port begin? */
    }
    if (size >= 256)
        return false;
    memcpy(host, address, size);
    host[size] = '\0';
    strcpy(port, colon + 1);
    return port[strspn(port, "0123456789")] == '\0' && atoi(port) <= 65535;
}

static int open_listener(const struct addrinfo *at)
{
    int one = 1, zero = 0;
    int listener = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (listener < 0)
        return -1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (at->ai_family == AF_INET6)
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(listener, at->ai_addr, at->ai_addrlen) != 0 || listen(listener, BACKLOG) != 0) {
        int failure = errno;
        close(listener);
        errno = failure;
        return -1;
    }
    return listener;
}

static uint16_t bound_port(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port : ((struct sockaddr_in *)&address)->sin_port);
}

enum cy_status cy_listen_tcp(const char *address, int *listener, uint16_t *port, struct cy_error *error)
{
    char host[256], service[8];
    if (!split_address(address, host, service)) {
        cy_error_set(error, CY_BAD_RECIPE, "\"%.100s\" is not an address to listen on", address);
        return cy_error_hint(error, "it is ADDRESS:PORT, like 127.0.0.1:7000, [::1]:7000, or *:7000 for all addresses");
    }
    bool is_any = strcmp(host, "*") == 0 || host[0] == '\0';
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    if (is_any)
        hints.ai_family = AF_INET6; /* which takes IPv4 too */
    int failure = getaddrinfo(is_any ? NULL : host, service, &hints, &found);
    if (failure != 0)
        return cy_error_set(error, CY_FAILED, "could not find the address \"%.100s\": %s", host, gai_strerror(failure));
    *listener = open_listener(found);
    freeaddrinfo(found);
    if (*listener < 0 && is_any && errno == EAFNOSUPPORT) { /* a machine without IPv6 */
        hints.ai_family = AF_INET;
        if (getaddrinfo(NULL, service, &hints, &found) == 0) {
            *listener = open_listener(found);
            freeaddrinfo(found);
        }
    }
    if (*listener < 0) {
        int reason = errno;
        cy_error_set(error, CY_FAILED, "could not listen on %.100s: %s", address, strerror(reason));
        return reason == EADDRINUSE ? cy_error_hint(error, "another program listens there; --listen takes another port") : CY_FAILED;
    }
    *port = bound_port(*listener);
    return CY_OK;
}

void cy_socket_peer(const struct sockaddr *address, char *text, size_t size, bool *is_loopback)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
    struct in_addr inner;
    *is_loopback = false;
    snprintf(text, size, "unknown");
    if (address == NULL)
        return;
    if (address->sa_family == AF_INET) {
        inner = four->sin_addr;
    } else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        memcpy(&inner, six->sin6_addr.s6_addr + 12, sizeof inner);
    } else if (address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &six->sin6_addr, text, (socklen_t)size);
        *is_loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
        return;
    } else {
        return;
    }
    inet_ntop(AF_INET, &inner, text, (socklen_t)size);
    *is_loopback = ntohl(inner.s_addr) >> 24 == 127;
}

/* ---- the local socket ---- */

static enum cy_status local_address(const char *path, struct sockaddr_un *address, struct cy_error *error)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        cy_error_set(error, CY_FAILED, "the path of the local socket is too long: \"%.200s\"", path);
        return cy_error_hint(error, "it may have %zu bytes; give --data a shorter path", sizeof address->sun_path - 1);
    }
    strcpy(address->sun_path, path);
    return CY_OK;
}

enum cy_status cy_listen_local(const char *path, int *listener, struct cy_error *error)
{
    struct sockaddr_un address;
    if (local_address(path, &address, error) != CY_OK)
        return error->status;
    *listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*listener < 0)
        return cy_error_errno(error, "open a socket for", path);
    unlink(path); /* the lock of the data folder says that no other server is here */
    if (bind(*listener, (struct sockaddr *)&address, sizeof address) != 0 || chmod(path, 0600) != 0 || listen(*listener, BACKLOG) != 0) {
        cy_error_errno(error, "listen on", path);
        close(*listener);
        *listener = -1;
        return CY_IO;
    }
    return CY_OK;
}

enum cy_status cy_connect_local(const char *path, int *connection, struct cy_error *error)
{
    struct sockaddr_un address;
    if (local_address(path, &address, error) != CY_OK)
        return error->status;
    *connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*connection < 0)
        return cy_error_errno(error, "open a socket for", path);
    if (connect(*connection, (struct sockaddr *)&address, sizeof address) == 0)
        return CY_OK;
    int reason = errno;
    close(*connection);
    *connection = -1;
    if (reason == ENOENT || reason == ECONNREFUSED)
        return CY_END;
    errno = reason;
    return cy_error_errno(error, "connect to", path);
}

bool cy_socket_is_owner(int connection)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}
