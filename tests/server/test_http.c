/* The HTTP core, asked over a socket. */
#include "cy_test_http.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HOST "Host: hub.test\r\n"

static void wait_until(bool (*is_so)(struct cy_test_server *server), struct cy_test_server *server, const char *what)
{
    for (int i = 0; i < 1000; i++) {
        if (is_so(server))
            return;
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    fail_msg("%s did not happen within 5 seconds", what);
}

static bool is_spool_empty(struct cy_test_server *server)
{
    return cy_test_spooled_count(server) == 0;
}

static bool is_told(struct cy_test_server *server)
{
    return server->told_end_count > 0;
}

/* ---- answers ---- */

CY_TEST("an answer has its status, type, length and request id, and HEAD has the same without the body")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "GET /values/a%%20b/c HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 200);
    cy_expect_str(answer.body, "[a b][c]");
    cy_expect_str(cy_test_header(answer, "Content-Length"), "8");
    cy_expect_str(cy_test_header(answer, "Content-Type"), "application/json");
    cy_expect_str(cy_test_header(answer, "X-Content-Type-Options"), "nosniff");
    cy_expect_str(cy_test_header(answer, "Cache-Control"), "no-store");
    assert_int_equal(cy_test_header(answer, "X-Request-Id").size, 36);
    answer = cy_test_ask(server->port, &arena, "HEAD /values/a%%20b/c HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 200);
    cy_expect_str(cy_test_header(answer, "Content-Length"), "8");
    answer = cy_test_ask(server->port, &arena, "DELETE /nothing HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 204);
    answer = cy_test_ask(server->port, &arena, "GET /values/a/x/b/c%%2Fd HTTP/1.0\r\n\r\n");
    cy_expect_str(answer.body, "[a][b/c/d]");
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("404, 405 with Allow, 400, 413 and 414 say what was wrong, in a problem document that names the request")
{
    static const struct {
        const char *line;
        int status;
        const char *words;
    } rows[] = {
        {"GET /nosuch", 404, "nothing under this path"},
        {"GET /local", 404, "nothing under this path"}, /* for the local socket alone */
        {"PUT /query", 405, "GET, HEAD"},
        {"OPTIONS /query", 405, "GET, HEAD"},
        {"TRACE /query", 405, "GET, HEAD"},
        {"GET /values/../x", 400, "\\\"..\\\""},
        {"GET /values/%2e%2e/x", 400, "\\\"..\\\""},
        {"GET /values/a/x/b%00", 400, "0 byte"},
        {"GET /values/a/x/%c0%ae", 400, "UTF-8"},
        {"GET //values/a/b", 404, ""},
        {"GET *", 400, "names no path"},
        {"GET values", 400, "names no path"},
        {"CONNECT host:443", 400, "names no path"},
        {"GET /query?limit=0", 400, "limit must be a whole number from 1 to 100"},
        {"GET /query?limit=101", 400, "found \\\"101\\\""},
        {"GET /query?limit=5x", 400, "limit"},
        {"GET /query?limit=99999999999999999999", 400, "limit"},
    };
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_test_answer answer = cy_test_ask(server->port, &arena, "%s HTTP/1.1\r\n" HOST "\r\n", rows[i].line);
        if (answer.status != rows[i].status || memmem(answer.body.data, answer.body.size, rows[i].words, strlen(rows[i].words)) == NULL)
            fail_msg("%s: %d %.*s", rows[i].line, answer.status, (int)answer.body.size, answer.body.data);
        cy_expect_str(cy_test_header(answer, "Content-Type"), "application/problem+json");
        struct cy_str id = cy_test_header(answer, "X-Request-Id");
        assert_non_null(memmem(answer.body.data, answer.body.size, id.data, id.size));
    }
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "PUT /query HTTP/1.1\r\n" HOST "\r\n");
    cy_expect_str(cy_test_header(answer, "Allow"), "GET, HEAD");
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("an error of the Hugging Face API has its shape and headers, and one inside keeps its words to itself")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "GET /hf/a%%0D%%0Ab HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 404);
    cy_expect_str(answer.body, "{\"error\":\"no repository \\\"a\\r\\nb\\\"\"}");
    cy_expect_str(cy_test_header(answer, "X-Error-Code"), "RepoNotFound");
    cy_expect_str(cy_test_header(answer, "X-Error-Message"), "no repository \"a  b\"");
    answer = cy_test_ask(server->port, &arena, "GET /fails HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 500);
    assert_null(memmem(answer.body.data, answer.body.size, "secret", 6));
    struct cy_test_answer full = cy_test_ask(server->port, &arena, "GET /full HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(full.status, 507);
    assert_non_null(memmem(full.body.data, full.body.size, "disk is full", 12));
    assert_null(memmem(full.body.data, full.body.size, "secret", 6));
    struct cy_str id = cy_test_header(answer, "X-Request-Id");
    assert_non_null(memmem(answer.body.data, answer.body.size, id.data, id.size));
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("queries and forms give their values decoded and in order")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "GET /query?a=1&a=x+y%%2B&b=&limit=7 HTTP/1.1\r\n" HOST "\r\n");
    cy_expect_str(answer.body, "[1][x y+] b limit 7 host http://hub.test peer 127.0.0.1");
    answer = cy_test_ask(server->port, &arena, "POST /form HTTP/1.1\r\n" HOST "Content-Length: 25\r\n\r\npaths=a%%20b&paths=%%2F&x=1");
    cy_expect_str(answer.body, "[a b][/]");
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

/* ---- bodies ---- */

CY_TEST("a body in memory comes whole, by length or in chunks, and one that is too large is refused with the limit")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "POST /memory HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
    cy_expect_str(answer.body, "hello");
    answer = cy_test_ask(server->port, &arena,
                         "POST /memory HTTP/1.1\r\n" HOST
                         "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n");
    cy_expect_str(answer.body, "hello");
    answer = cy_test_ask(server->port, &arena, "POST /memory HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    assert_int_equal(answer.status, 200);
    answer = cy_test_ask(server->port, &arena, "POST /memory HTTP/1.1\r\n" HOST "Content-Length: 200001\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(answer.status, 413);
    assert_non_null(memmem(answer.body.data, answer.body.size, "takes 200000 at most", 20));
    cy_expect_str(cy_test_header(answer, "Connection"), "close");
    answer = cy_test_ask(server->port, &arena, "GET /query HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    assert_int_equal(answer.status, 413);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("a chunked body that grows too large is refused with the limit, and the connection goes on")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    int connection = cy_test_connect(server->port);
    cy_test_printf(connection, "POST /memory HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    char piece[1001] = "";
    memset(piece, 'x', 1000);
    for (int i = 0; i < 300; i++)
        cy_test_printf(connection, "3e8\r\n%s\r\n", piece);
    cy_test_printf(connection, "0\r\n\r\nGET /inline HTTP/1.1\r\n" HOST "\r\n");
    struct cy_test_answer answer = cy_test_next_answer(connection, false, &kept, &arena);
    assert_int_equal(answer.status, 413);
    assert_non_null(memmem(answer.body.data, answer.body.size, "200000 bytes", 12));
    answer = cy_test_next_answer(connection, false, &kept, &arena);
    cy_expect_str(answer.body, "{\"inline\":true}");
    assert_int_equal(server->handled_count, 0);
    close(connection);
    cy_buffer_release(&kept);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

/* Bytes whose hash another program (sha256sum) can be asked for; here OpenSSL's is asked of the whole at once. */
static struct cy_str make_body(size_t size, char sha256[65], struct cy_arena *arena)
{
    char *data = cy_arena_alloc(arena, size);
    uint64_t state = cy_test_seed();
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i % 8 == 0 ? cy_test_random(&state) : (uint64_t)data[i - 1] * 31 + i);
    struct cy_sha256 hash;
    cy_sha256_init(&hash);
    cy_sha256_add(&hash, data, size);
    cy_sha256_final(&hash, sha256);
    return (struct cy_str){data, size};
}

CY_TEST("a spooled body of any size around the size of a piece is hashed as it comes, and kept or dropped as the handler says")
{
    static const size_t sizes[] = {0, 1, 65536, 524287, 524288, 524289, 1048576, 1048577, 5000000};
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    for (size_t i = 0; i < CY_COUNT(sizes); i++) {
        char sha256[65];
        struct cy_str body = make_body(sizes[i], sha256, &arena);
        struct cy_buffer kept = {0};
        int connection = cy_test_connect(server->port);
        cy_test_printf(connection, "PUT /spool/%s HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", i % 2 == 0 ? "keep" : "drop", sizes[i]);
        cy_test_send(connection, body);
        struct cy_test_answer answer = cy_test_next_answer(connection, false, &kept, &arena);
        assert_int_equal(answer.status, 201);
        cy_expect_str(answer.body, cy_arena_printf(&arena, "%s %zu", sha256, sizes[i]));
        bool exists;
        uint64_t size_bytes;
        struct cy_error error;
        cy_expect_ok(cy_objects_stat(server->app.objects, sha256, &exists, &size_bytes, &error), error);
        assert_int_equal(exists, i % 2 == 0);
        close(connection);
        cy_buffer_release(&kept);
    }
    wait_until(is_spool_empty, server, "an empty spool");
    assert_int_equal(server->admit_count, CY_COUNT(sizes));
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("who has no right hears so before the body is read, and nothing of it reaches the spool")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_test_answer answer = cy_test_ask(server->port, &arena,
                                               "PUT /spool/keep HTTP/1.1\r\n" HOST "Authorization: Bearer wrong\r\n"
                                               "Expect: 100-continue\r\nContent-Length: 50000000\r\n\r\n");
    assert_int_equal(answer.status, 401);
    assert_null(memmem(answer.head.data, answer.head.size, "100 Continue", 12));
    assert_int_equal(server->handled_count, 0);
    assert_int_equal(cy_test_spooled_count(server), 0);
    answer = cy_test_ask(server->port, &arena,
                         "PUT /spool/keep HTTP/1.1\r\n" HOST "Authorization: Bearer wrong\r\nContent-Length: 3\r\n\r\nabc");
    assert_int_equal(answer.status, 401);
    assert_int_equal(server->handled_count, 0);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("a client that leaves in the middle of a body leaves no file and no descriptor behind")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    char sha256[65];
    struct cy_str body = make_body(3000000, sha256, &arena);
    size_t files = cy_test_open_files();
    for (int i = 0; i < 20; i++) {
        int connection = cy_test_connect(server->port);
        cy_test_printf(connection, "PUT /spool/keep HTTP/1.1\r\n" HOST "Content-Length: 60000000\r\n\r\n");
        cy_test_send(connection, (struct cy_str){body.data, (size_t)i * 150000});
        if (i % 2 == 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger)); /* ends by RST */
        close(connection);
    }
    wait_until(is_spool_empty, server, "an empty spool");
    for (int i = 0; i < 1000 && cy_test_open_files() > files; i++)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    assert_int_equal(cy_test_open_files(), files);
    assert_int_equal(server->handled_count, 0);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

/* ---- two readers must not understand a request in two ways ---- */

CY_TEST("a request whose body could end in two places is refused and its connection closed")
{
    static const struct {
        const char *head;
        int status; /* 0: closed without an answer will do too */
    } rows[] = {
        {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
        {"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
        {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
        {"Content-Length: 5, 5\r\n", 400},
        {"Content-Length: +5\r\n", 400},
        {"Content-Length: 0x5\r\n", 400},
        {"Content-Length: -1\r\n", 400},
        {"Content-Length: 5 5\r\n", 400},
        {"Content-Length: 99999999999999999999999\r\n", 413},
        {"Content-Length : 5\r\n", 400},
        {" Content-Length: 5\r\n", 400},
        {"Transfer-Encoding: gzip, chunked\r\n", 501},
        {"Transfer-Encoding: identity\r\n", 501},
        {"Transfer-Encoding: xchunked\r\n", 501},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding\t: chunked\r\n", 400},
        {"X-Bad: a\x01z\r\n", 400},
        {"X Bad: a\r\n", 400},
        {"nothing\r\n", 400},
        {"Host: other\r\n", 400},
        {"Expect: magic\r\n", 417},
    };
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_buffer kept = {0};
        int connection = cy_test_connect(server->port);
        cy_test_printf(connection, "POST /memory HTTP/1.1\r\n" HOST "%s\r\n0\r\n\r\nGET /inline HTTP/1.1\r\n" HOST "\r\n", rows[i].head);
        struct cy_test_answer answer = cy_test_next_answer(connection, false, &kept, &arena);
        if (answer.status != rows[i].status)
            fail_msg("\"%s\": %d", rows[i].head, answer.status);
        if (cy_test_next_answer(connection, false, &kept, &arena).status != 0)
            fail_msg("\"%s\": what stood behind it was answered as a request", rows[i].head);
        close(connection);
        cy_buffer_release(&kept);
    }
    assert_int_equal(server->handled_count, 0);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("a chunk whose size is no number ends the connection, and nothing behind it is answered")
{
    static const char *const bodies[] = {"x\r\nabc\r\n0\r\n\r\n",
                                         "-1\r\nabc\r\n0\r\n\r\n",
                                         "3\r\nabcd\r\n0\r\n\r\n",
                                         "0x3\r\nabc\r\n0\r\n\r\n",
                                         "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
                                         "\r\nabc\r\n0\r\n\r\n",
                                         " 3\r\nabc\r\n0\r\n\r\n"};
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    for (size_t i = 0; i < CY_COUNT(bodies); i++) {
        struct cy_buffer kept = {0};
        int connection = cy_test_connect(server->port);
        cy_test_printf(connection,
                       "POST /memory HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%sGET /inline HTTP/1.1\r\n" HOST "\r\n",
                       bodies[i]);
        struct cy_test_answer answer = cy_test_next_answer(connection, false, &kept, &arena);
        if (answer.status != 400 && answer.status != 413 && answer.status != 0)
            fail_msg("\"%s\": %d", bodies[i], answer.status);
        assert_int_equal(cy_test_next_answer(connection, false, &kept, &arena).status, 0);
        close(connection);
        cy_buffer_release(&kept);
    }
    assert_int_equal(server->handled_count, 0);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("HTTP/1.1 without a Host, a host that is none, and chunks in HTTP/1.0 are refused")
{
    static const char *const requests[] = {
        "GET /query HTTP/1.1\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a/../b\r\n\r\n",
        "GET /query HTTP/1.1\r\nHost: a\"onload=\r\n\r\n",
        "POST /memory HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    for (size_t i = 0; i < CY_COUNT(requests); i++)
        assert_int_equal(cy_test_ask(server->port, &arena, "%s", requests[i]).status, 400);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("a head that is too large is refused with 431 and the limit, a path or query with 414")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    char *large = cy_arena_zero(&arena, 30001);
    memset(large, 'a', 30000);
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "GET /query HTTP/1.1\r\n" HOST "X-A: %s\r\n\r\n", large);
    assert_int_equal(answer.status, 431);
    assert_non_null(memmem(answer.body.data, answer.body.size, "24576 bytes", 11));
    struct cy_buffer many = {0};
    for (int i = 0; i < 150; i++)
        cy_buffer_printf(&many, "X-%d: a\r\n", i);
    answer = cy_test_ask(server->port, &arena, "GET /query HTTP/1.1\r\n" HOST "%.*s\r\n", (int)many.size, many.data);
    assert_int_equal(answer.status, 431);
    assert_non_null(memmem(answer.body.data, answer.body.size, "100 headers", 11));
    cy_buffer_release(&many);
    answer = cy_test_ask(server->port, &arena, "GET /query?%.20000s HTTP/1.1\r\n" HOST "\r\n", large);
    assert_int_equal(answer.status, 414);
    assert_non_null(memmem(answer.body.data, answer.body.size, "16384 bytes", 11));
    answer = cy_test_ask(server->port, &arena, "GET /%.10000s HTTP/1.1\r\n" HOST "\r\n", large);
    assert_int_equal(answer.status, 414);
    assert_non_null(memmem(answer.body.data, answer.body.size, "8192 bytes", 10));
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

/* ---- files ---- */

CY_TEST("a file is sent whole, by ranges, not at all when the client has it, and its length alone to HEAD")
{
    static const struct {
        const char *method, *headers;
        int status;
        size_t first, size;
        const char *content_range;
    } rows[] = {
        {"GET", "", 200, 0, 3 << 20, ""},
        {"HEAD", "", 200, 0, 3 << 20, ""},
        {"GET", "Range: bytes=0-0\r\n", 206, 0, 1, "bytes 0-0/3145728"},
        {"GET", "Range: bytes=100-299\r\n", 206, 100, 200, "bytes 100-299/3145728"},
        {"GET", "Range: bytes=3145000-\r\n", 206, 3145000, 728, "bytes 3145000-3145727/3145728"},
        {"GET", "Range: bytes=-262144\r\n", 206, 2883584, 262144, "bytes 2883584-3145727/3145728"},
        {"HEAD", "Range: bytes=100-299\r\n", 206, 100, 200, "bytes 100-299/3145728"},
        {"GET", "Range: bytes=3145728-\r\n", 416, 0, 0, "bytes */3145728"},
        {"GET", "Range: bytes=5-1\r\n", 200, 0, 3 << 20, ""},
        {"GET", "Range: bytes=0-1,5-6\r\n", 200, 0, 3 << 20, ""},
        {"GET", "If-None-Match: \"abc\"\r\n", 304, 0, 0, ""},
        {"GET", "If-None-Match: W/\"abc\", \"x\"\r\nRange: bytes=0-1\r\n", 304, 0, 0, ""},
        {"GET", "If-None-Match: \"x\"\r\n", 200, 0, 3 << 20, ""},
        {"GET", "If-Range: \"abc\"\r\nRange: bytes=1-2\r\n", 206, 1, 2, "bytes 1-2/3145728"},
        {"GET", "If-Range: \"old\"\r\nRange: bytes=1-2\r\n", 200, 0, 3 << 20, ""},
    };
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    size_t files = cy_test_open_files();
    for (size_t i = 0; i < CY_COUNT(rows); i++) {
        struct cy_buffer kept = {0};
        bool is_head = strcmp(rows[i].method, "HEAD") == 0;
        int connection = cy_test_connect(server->port);
        cy_test_printf(connection, "%s /file HTTP/1.1\r\n" HOST "%s\r\n", rows[i].method, rows[i].headers);
        struct cy_test_answer answer = cy_test_next_answer(connection, is_head, &kept, &arena);
        close(connection);
        if (answer.status != rows[i].status)
            fail_msg("%s %s: %d", rows[i].method, rows[i].headers, answer.status);
        cy_expect_str(cy_test_header(answer, "Content-Range"), rows[i].content_range);
        if (rows[i].status == 304) {
            cy_expect_str(cy_test_header(answer, "ETag"), "\"abc\"");
        } else if (rows[i].status != 416) {
            cy_expect_str(cy_test_header(answer, "Content-Length"), cy_arena_printf(&arena, "%zu", rows[i].size));
            cy_expect_str(cy_test_header(answer, "Accept-Ranges"), "bytes");
            cy_expect_str(cy_test_header(answer, "Content-Security-Policy"), "sandbox; default-src 'none'");
            assert_int_equal(answer.body.size, is_head ? 0 : rows[i].size);
            for (size_t k = 0; k < answer.body.size; k++)
                assert_int_equal(answer.body.data[k], 'a' + (rows[i].first + k) % 23);
        }
        cy_buffer_release(&kept);
    }
    for (int i = 0; i < 1000 && cy_test_open_files() > files; i++)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    assert_int_equal(cy_test_open_files(), files);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("bytes with an ETag have ranges and conditions as files have")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "GET /bytes/etag HTTP/1.1\r\n" HOST "Range: bytes=2-4\r\n\r\n");
    assert_int_equal(answer.status, 206);
    cy_expect_str(answer.body, "234");
    answer = cy_test_ask(server->port, &arena, "GET /bytes/etag HTTP/1.1\r\n" HOST "If-None-Match: \"digits\"\r\n\r\n");
    assert_int_equal(answer.status, 304);
    answer = cy_test_ask(server->port, &arena, "GET /bytes/none HTTP/1.1\r\n" HOST "Range: bytes=2-4\r\n\r\n");
    assert_int_equal(answer.status, 200);
    cy_expect_str(answer.body, "0123456789");
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("how much of a file went out is told: exactly at a clean end, nothing for HEAD, about right when the client left")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    cy_test_ask(server->port, &arena, "GET /file HTTP/1.1\r\n" HOST "Range: bytes=5-1000004\r\n\r\n");
    wait_until(is_told, server, "the end of the file");
    assert_int_equal(server->told_bytes, 1000000);
    server->told_end_count = 0;
    cy_test_ask(server->port, &arena, "HEAD /file HTTP/1.1\r\n" HOST "\r\n");
    wait_until(is_told, server, "the end of HEAD");
    assert_int_equal(server->told_bytes, 0);
    server->told_end_count = 0;
    int connection = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
    setsockopt(connection, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof address), 0);
    cy_test_printf(connection, "GET /large HTTP/1.1\r\n" HOST "\r\n");
    size_t received = 0;
    while (received < 400000) {
        char piece[4096];
        ssize_t size = recv(connection, piece, sizeof piece, 0);
        assert_true(size > 0);
        received += (size_t)size;
    }
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(connection);
    wait_until(is_told, server, "the end of the broken download");
    uint64_t told = server->told_bytes; /* what the client's kernel had: more than the client read by its buffer at most */
    if (told < 390000 || told > 700000)
        fail_msg("received %zu, told %llu", received, (unsigned long long)told);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("while a file goes out its bytes are told each second, and never fewer than before")
{
    struct cy_test_server *server = cy_test_server(NULL);
    int connection = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
    setsockopt(connection, SOL_SOCKET, SO_RCVBUF, &small, sizeof small); /* so that the kernel does not take it all at once */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof address), 0);
    cy_test_printf(connection, "GET /large HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    size_t received = 0;
    char piece[4096];
    while (received < 300000) {
        ssize_t size = recv(connection, piece, sizeof piece, 0);
        assert_true(size > 0);
        received += (size_t)size;
    }
    for (int i = 0; i < 1000 && server->told_while_running < 290000; i++)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    uint64_t told = server->told_while_running;
    if (told < 290000 || told > 600000)
        fail_msg("received %zu, told %llu", received, (unsigned long long)told);
    char *rest = cy_alloc(1 << 20);
    for (ssize_t size; (size = recv(connection, rest, 1 << 20, 0)) > 0;)
        received += (size_t)size;
    free(rest);
    assert_true(received > CY_TEST_LARGE_BYTES);
    wait_until(is_told, server, "the end of the file");
    assert_int_equal(server->told_bytes, CY_TEST_LARGE_BYTES);
    assert_int_equal(server->told_back_count, 0);
    close(connection);
    cy_test_server_stop(server);
}

/* ---- streams ---- */

CY_TEST("a stream comes in chunks to HTTP/1.1 and until the end to HTTP/1.0, and is ended once")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_buffer expected = {0};
    for (int i = 0; i < 3000; i++)
        cy_buffer_printf(&expected, "%d\n", i);
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "GET /stream/ends/3000 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 200);
    assert_true(cy_str_equal(answer.body, cy_buffer_str(&expected)));
    assert_false(answer.is_cut);
    wait_until(is_told, server, "the end of the stream");
    assert_int_equal(server->told_bytes, expected.size);
    answer = cy_test_ask(server->port, &arena, "GET /stream/ends/300 HTTP/1.0\r\n\r\n");
    assert_int_equal(answer.body.size, 10 * 2 + 90 * 3 + 200 * 4);
    answer = cy_test_ask(server->port, &arena, "GET /stream/breaks/3 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(answer.is_cut);
    answer = cy_test_ask(server->port, &arena, "HEAD /stream/ends/3 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 200);
    int connection = cy_test_connect(server->port);
    cy_test_printf(connection, "GET /stream/ends/100000000 HTTP/1.1\r\n" HOST "\r\n");
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    close(connection);
    for (int i = 0; i < 1000 && server->stream_end_count < 5; i++)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    assert_int_equal(server->stream_end_count, 5);
    cy_buffer_release(&expected);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

/* ---- connections ---- */

CY_TEST("requests sent all at once on one connection are answered in their order")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    int connection = cy_test_connect(server->port);
    for (int i = 0; i < 50; i++)
        cy_test_printf(connection,
                       "GET /values/%d/get HTTP/1.1\r\n" HOST "\r\nPOST /memory HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n%02d"
                       "GET /inline HTTP/1.1\r\n" HOST "\r\nGET /nosuch HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbody",
                       i, i);
    for (int i = 0; i < 50; i++) {
        cy_expect_str(cy_test_next_answer(connection, false, &kept, &arena).body, cy_arena_printf(&arena, "[%d][get]", i));
        cy_expect_str(cy_test_next_answer(connection, false, &kept, &arena).body, cy_arena_printf(&arena, "%02d", i));
        cy_expect_str(cy_test_next_answer(connection, false, &kept, &arena).body, "{\"inline\":true}");
        assert_int_equal(cy_test_next_answer(connection, false, &kept, &arena).status, 404);
    }
    close(connection);
    cy_buffer_release(&kept);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("a head that comes byte by byte, and a client that has ended its half, are answered")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    const char *request = "GET /values/a/b HTTP/1.1\r\n" HOST "\r\n";
    int connection = cy_test_connect(server->port);
    for (const char *at = request; *at != '\0'; at++)
        cy_test_send(connection, (struct cy_str){at, 1});
    cy_expect_str(cy_test_next_answer(connection, false, &kept, &arena).body, "[a][b]");
    cy_test_printf(connection, "%s", request);
    shutdown(connection, SHUT_WR);
    cy_expect_str(cy_test_next_answer(connection, false, &kept, &arena).body, "[a][b]");
    close(connection);
    cy_buffer_release(&kept);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("slow handlers delay no other request, and what is under way at the end is answered")
{
    enum { SLOW_COUNT = 12 };
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    int slow[SLOW_COUNT];
    for (int i = 0; i < SLOW_COUNT; i++) {
        slow[i] = cy_test_connect(server->port);
        cy_test_printf(slow[i], "GET /slow/1500 HTTP/1.1\r\n" HOST "\r\n");
    }
    uint64_t ready = 0;
    for (int i = 0; i < 100; i++)
        ready += cy_test_ask(server->port, &arena, "GET /values/a/b HTTP/1.1\r\n" HOST "\r\n").status == 200;
    assert_int_equal(ready, 100);
    char byte;
    for (int i = 0; i < SLOW_COUNT; i++) /* none of the slow ones is done yet: the fast ones went past them */
        assert_int_equal(recv(slow[i], &byte, 1, MSG_DONTWAIT), -1);
    cy_test_server_stop(server);
    for (int i = 0; i < SLOW_COUNT; i++) {
        kept.size = 0;
        struct cy_test_answer answer = cy_test_next_answer(slow[i], false, &kept, &arena);
        cy_expect_str(answer.body, "slow");
        cy_expect_str(cy_test_header(answer, "Connection"), "close");
        close(slow[i]);
    }
    cy_buffer_release(&kept);
    cy_arena_release(&arena);
}

CY_TEST("a thousand connections that say nothing keep nobody from being served")
{
    enum { IDLE_COUNT = 1000 };
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    int *idle = cy_arena_alloc(&arena, IDLE_COUNT * sizeof *idle);
    for (int i = 0; i < IDLE_COUNT; i++) {
        idle[i] = cy_test_connect(server->port);
        cy_test_printf(idle[i], i % 2 == 0 ? "GET /values" : "");
    }
    assert_int_equal(cy_test_ask(server->port, &arena, "GET /values/a/b HTTP/1.1\r\n" HOST "\r\n").status, 200);
    for (int i = 0; i < IDLE_COUNT; i++)
        close(idle[i]);
    assert_int_equal(cy_test_ask(server->port, &arena, "GET /values/a/b HTTP/1.1\r\n" HOST "\r\n").status, 200);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("a client that says nothing, one whose head trickles and one whose body trickles are let go")
{
    struct cy_test_server *server =
        cy_test_server(&(struct cy_server_options){.log_file = -1, .idle_seconds_max = 1, .body_grace_seconds = 1});
    int silent = cy_test_connect(server->port), head = cy_test_connect(server->port), body = cy_test_connect(server->port);
    int good = cy_test_connect(server->port);
    cy_test_printf(head, "GET /values/a/b HTTP/1.1\r\n");
    cy_test_printf(body, "PUT /spool/keep HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    cy_test_printf(good, "GET /slow/2500 HTTP/1.1\r\n" HOST "\r\n"); /* the server takes its time: nobody's fault */
    bool head_ends = false, body_ends = false;
    for (int i = 0; i < 40 && !(head_ends && body_ends); i++) {
        char byte;
        nanosleep(&(struct timespec){0, 200000000}, NULL);
        cy_test_printf(head, "X");
        cy_test_printf(body, "x");
        head_ends = head_ends || recv(head, &byte, 1, MSG_DONTWAIT) == 0;
        body_ends = body_ends || recv(body, &byte, 1, MSG_DONTWAIT) == 0;
    }
    assert_true(head_ends);
    assert_true(body_ends);
    assert_true(cy_test_is_closed(silent));
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    cy_expect_str(cy_test_next_answer(good, false, &kept, &arena).body, "slow");
    assert_int_equal(server->handled_count, 0);
    close(silent), close(head), close(body), close(good);
    wait_until(is_spool_empty, server, "an empty spool");
    cy_buffer_release(&kept);
    cy_arena_release(&arena);
    cy_test_server_stop(server);
}

CY_TEST("when too many requests wait for a worker the next hears 503 at once and when to come again")
{
    enum { CLIENT_COUNT = 8 };
    struct cy_test_server *server = cy_test_server(&(struct cy_server_options){.log_file = -1, .worker_count = 2, .queue_length_max = 2});
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    int clients[CLIENT_COUNT], refused = 0;
    for (int i = 0; i < CLIENT_COUNT; i++) {
        clients[i] = cy_test_connect(server->port);
        cy_test_printf(clients[i], "GET /slow/300 HTTP/1.1\r\n" HOST "\r\n");
    }
    assert_int_equal(cy_test_ask(server->port, &arena, "GET /inline HTTP/1.1\r\n" HOST "\r\n").status, 200);
    for (int i = 0; i < CLIENT_COUNT; i++) {
        kept.size = 0;
        struct cy_test_answer answer = cy_test_next_answer(clients[i], false, &kept, &arena);
        if (answer.status == 503) {
            refused++;
            cy_expect_str(cy_test_header(answer, "Retry-After"), "1");
            assert_non_null(memmem(answer.body.data, answer.body.size, "2 requests are waiting", 22));
        } else {
            cy_expect_str(answer.body, "slow");
        }
        close(clients[i]);
    }
    assert_in_range(refused, CLIENT_COUNT - 4, CLIENT_COUNT - 2); /* two wait, and one or two more run by when the others come */
    cy_buffer_release(&kept);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("more uploads at once than there is room for hear 503, and the others go on")
{
    enum { CLIENT_COUNT = 140 };
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    int clients[CLIENT_COUNT], refused = 0, taken = 0;
    for (int i = 0; i < CLIENT_COUNT; i++) {
        clients[i] = cy_test_connect(server->port);
        cy_test_printf(clients[i], "PUT /spool/drop HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nab");
    }
    for (int i = 0; i < 1000 && server->admit_count < CLIENT_COUNT; i++)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    nanosleep(&(struct timespec){0, 300000000}, NULL); /* all have begun */
    for (int i = 0; i < CLIENT_COUNT; i++) {
        kept.size = 0;
        cy_test_printf(clients[i], "cd");
        int status = cy_test_next_answer(clients[i], false, &kept, &arena).status;
        refused += status == 503;
        taken += status == 201;
        close(clients[i]);
    }
    assert_int_equal(taken, 128);
    assert_int_equal(refused, CLIENT_COUNT - 128);
    wait_until(is_spool_empty, server, "an empty spool");
    cy_buffer_release(&kept);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

/* ---- proxies and the local socket ---- */

CY_TEST("X-Forwarded headers count from a proxy that is trusted, and from nobody else")
{
    static const char *const headers = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: data.example.org\r\n"
                                       "X-Forwarded-For: 203.0.113.9, 198.51.100.2\r\nX-Request-Id: from-the-proxy-1\r\n";
    struct cy_arena arena = {0};
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_test_answer answer = cy_test_ask(server->port, &arena, "GET /query HTTP/1.1\r\n" HOST "%s\r\n", headers);
    cy_expect_str(answer.body, " limit 10 host http://hub.test peer 127.0.0.1");
    assert_int_equal(cy_test_header(answer, "X-Request-Id").size, 36);
    cy_test_server_stop(server);
    server = cy_test_server(&(struct cy_server_options){.log_file = -1, .trust_proxy = true});
    answer = cy_test_ask(server->port, &arena, "GET /query HTTP/1.1\r\n" HOST "%s\r\n", headers);
    cy_expect_str(answer.body, " limit 10 host https://data.example.org peer 198.51.100.2");
    cy_expect_str(cy_test_header(answer, "X-Request-Id"), "from-the-proxy-1");
    static const char *const bad[] = {"X-Forwarded-Proto: gopher", "X-Forwarded-Host: a/b", "X-Forwarded-For: me"};
    for (size_t i = 0; i < CY_COUNT(bad); i++)
        assert_int_equal(cy_test_ask(server->port, &arena, "GET /query HTTP/1.1\r\n" HOST "%s\r\n\r\n", bad[i]).status, 400);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}

CY_TEST("the local socket answers its owner, and what is for it alone")
{
    struct cy_arena arena = {0};
    struct cy_buffer kept = {0};
    const char *path = cy_arena_printf(&arena, "%s/local.sock", cy_test_folder());
    struct cy_test_server *server = cy_test_server(&(struct cy_server_options){.log_file = -1, .socket_path = path});
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(connection, (struct sockaddr *)&address, sizeof address), 0);
    cy_test_printf(connection, "GET /local HTTP/1.1\r\n" HOST "\r\nGET /file HTTP/1.1\r\n" HOST "\r\n");
    cy_expect_str(cy_test_next_answer(connection, false, &kept, &arena).body, "{\"inline\":true}");
    assert_int_equal(cy_test_next_answer(connection, false, &kept, &arena).body.size, server->file_bytes);
    close(connection);
    cy_test_server_stop(server);
    assert_int_equal(access(path, F_OK), -1);
    cy_buffer_release(&kept);
    cy_arena_release(&arena);
}

/* ---- the log ---- */

CY_TEST("each request leaves a line in the log with its id, route, status and bytes, and no query")
{
    struct cy_arena arena = {0};
    const char *path = cy_arena_printf(&arena, "%s/access.log", cy_test_folder());
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct cy_test_server *server = cy_test_server(&(struct cy_server_options){.log_file = file});
    cy_test_ask(server->port, &arena, "GET /values/a/b?secret=1 HTTP/1.1\r\n" HOST "\r\n");
    cy_test_ask(server->port, &arena, "GET /fails HTTP/1.1\r\n" HOST "\r\n");
    cy_test_ask(server->port, &arena, "GET /values/\"\\ HTTP/1.1\r\n" HOST "\r\n");
    cy_test_server_stop(server);
    char text[8192];
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    assert_true(size > 0);
    text[size] = '\0';
    assert_non_null(strstr(text, "\"path\":\"/values/a/b\",\"route\":\"/values/{a}/{b}\",\"status\":200,"));
    assert_non_null(strstr(text, "\"bytes_out\":6}"));
    assert_non_null(strstr(text, "could not read the secret place"));
    assert_null(strstr(text, "secret=1"));
    assert_non_null(strstr(text, "\"path\":\"/values/\\\"\\\\\",\"status\":404"));
    close(file);
    cy_arena_release(&arena);
}

CY_TEST("a request without a socket goes through the same routes and handlers")
{
    struct cy_test_server *server = cy_test_server(NULL);
    struct cy_arena arena = {0};
    int status;
    struct cy_str answer;
    const struct cy_route *routes = cy_test_routes();
    cy_server_call(&server->app, routes, "GET", "/values/a%20b/c?x=1", CY_STR(""), &arena, &status, &answer);
    assert_int_equal(status, 200);
    cy_expect_str(answer, "[a b][c]");
    cy_server_call(&server->app, routes, "POST", "/memory", CY_STR("{}"), &arena, &status, &answer);
    cy_expect_str(answer, "{}");
    cy_server_call(&server->app, routes, "PUT", "/spool/drop", CY_STR("abc"), &arena, &status, &answer);
    assert_int_equal(status, 201); /* FIPS 180-4's example: SHA-256 of "abc" */
    cy_expect_str(answer, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 3");
    cy_server_call(&server->app, routes, "GET", "/file", CY_STR(""), &arena, &status, &answer);
    assert_int_equal(answer.size, server->file_bytes);
    cy_server_call(&server->app, routes, "GET", "/stream/ends/3", CY_STR(""), &arena, &status, &answer);
    cy_expect_str(answer, "0\n1\n2\n");
    cy_server_call(&server->app, routes, "PUT", "/memory", CY_STR(""), &arena, &status, &answer);
    assert_int_equal(status, 405);
    cy_server_call(&server->app, routes, "GET", "/nosuch", CY_STR(""), &arena, &status, &answer);
    assert_int_equal(status, 404);
    cy_test_server_stop(server);
    cy_arena_release(&arena);
}
