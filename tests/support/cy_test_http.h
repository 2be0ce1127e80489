/* A client that sends exactly the bytes it is told to, and a server with routes that show what the HTTP core does. */
#ifndef CY_TEST_HTTP_H
#define CY_TEST_HTTP_H

#include "cy_test.h"

#include "server/app.h"

/* ---- the client ---- */

int cy_test_connect(uint16_t port);
void cy_test_send(int connection, struct cy_str bytes); /* all of them; a connection that is gone is no failure */
void cy_test_printf(int connection, const char *format, ...) CY_PRINTF(2, 3);

struct cy_test_answer {
    int status;         /* 0: the connection was closed without an answer */
    struct cy_str head; /* status line and headers */
    struct cy_str body;
    bool is_cut; /* it ended before its end */
};
/* The next answer on the connection; is_head: it has no body whatever its length says. Chunked bodies are joined. `kept` holds what was
 * read of the one after it: {0} at first. */
struct cy_test_answer cy_test_next_answer(int connection, bool is_head, struct cy_buffer *kept, struct cy_arena *arena);
/* Connects, sends, reads one answer, closes. The format ends the head: "GET / HTTP/1.1\r\nHost: a\r\n\r\n". */
struct cy_test_answer cy_test_ask(uint16_t port, struct cy_arena *arena, const char *format, ...) CY_PRINTF(3, 4);
struct cy_str cy_test_header(struct cy_test_answer answer, const char *name); /* empty when absent */
bool cy_test_is_closed(int connection);                                       /* the server ended it: waits for that up to 5 s */

/* ---- the server ---- */

enum { CY_TEST_LARGE_BYTES = 64 << 20 };

struct cy_test_server {
    struct cy_app app;
    struct cy_server *server;
    uint16_t port;
    const char *folder;
    const char *file_path; /* what /file sends: file_bytes bytes */
    size_t file_bytes;
    const char *large_path;              /* what /large sends: CY_TEST_LARGE_BYTES of zeros, more than kernels hold for a socket */
    _Atomic uint64_t told_bytes;         /* what the progress of /file came to at its end */
    _Atomic uint64_t told_while_running; /* the last that was told before the end */
    _Atomic int told_back_count;         /* how often it was less than before */
    _Atomic int told_end_count, stream_end_count, admit_count, handled_count;
};
/* options: NULL for the defaults on a free port. */
struct cy_test_server *cy_test_server(const struct cy_server_options *options);
void cy_test_server_stop(struct cy_test_server *server);
const struct cy_route *cy_test_routes(void);
size_t cy_test_spooled_count(const struct cy_test_server *server); /* files in the spool */
size_t cy_test_open_files(void);

#endif
