/* Sockets to listen on, and who is at the other end. */
#ifndef CY_SERVER_HTTP_LISTEN_H
#define CY_SERVER_HTTP_LISTEN_H

#include "base/error.h"

struct sockaddr;

/* "127.0.0.1:7000", "[::1]:7000", "*:7000" (all addresses), "localhost:0". *port: the one bound. CY_FAILED with a hint when it is taken. */
enum cy_status cy_listen_tcp(const char *address, int *listener, uint16_t *port, struct cy_error *error);
/* A local socket that only its owner can open; takes the place of one that a server left behind. */
enum cy_status cy_listen_local(const char *path, int *listener, struct cy_error *error);
/* Connects to such a socket: CY_END, without a message, when nothing listens there. */
enum cy_status cy_connect_local(const char *path, int *connection, struct cy_error *error);
/* Whether the process at the other end of a local socket runs as our user, or root. */
bool cy_socket_is_owner(int connection);
/* "192.0.2.1" or "2001:db8::1"; an IPv4 address in IPv6 (::ffff:…) reads as IPv4. */
void cy_socket_peer(const struct sockaddr *address, char *text, size_t size, bool *is_loopback);

#endif
