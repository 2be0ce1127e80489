/* What stands before the body: is the head sound, who sends it, which route does it take. Whatever two readers could understand in two ways
 * (RFC 9112 §11.2, request smuggling) is refused and the connection closed. */
#include "server/http_call.h"
#include "server/http_parse.h"

#include "store/database.h"

#include <arpa/inet.h>
#include <stdio.h>

struct head {
    struct cy_call *call;
    size_t bytes, header_count;
    size_t length_count, encoding_count, host_count;
    struct cy_str length, encoding, host, expect, forwarded_proto, forwarded_host, forwarded_for, request_id;
    bool is_broken;
};

static enum MHD_Result look_at_header(void *context, enum MHD_ValueKind kind, const char *key, size_t key_size, const char *value,
                                      size_t value_size)
{
    struct head *head = context;
    struct cy_str name = {key, key_size}, text = {value, value_size};
    (void)kind;
    head->bytes += key_size + value_size + sizeof ": \r\n" - 1;
    head->header_count++;
    head->is_broken |= !cy_field_name_is_valid(name) || !cy_field_value_is_valid(text);
    if (cy_str_equal_nocase(name, CY_STR("content-length"))) {
        head->length_count++;
        head->length = text;
    } else if (cy_str_equal_nocase(name, CY_STR("transfer-encoding"))) {
        head->encoding_count++;
        head->encoding = text;
    } else if (cy_str_equal_nocase(name, CY_STR("host"))) {
        head->host_count++;
        head->host = text;
    } else if (cy_str_equal_nocase(name, CY_STR("expect"))) {
        head->expect = text;
    } else if (cy_str_equal_nocase(name, CY_STR("x-forwarded-proto"))) {
        head->forwarded_proto = text;
    } else if (cy_str_equal_nocase(name, CY_STR("x-forwarded-host"))) {
        head->forwarded_host = text;
    } else if (cy_str_equal_nocase(name, CY_STR("x-forwarded-for"))) {
        head->forwarded_for = text;
    } else if (cy_str_equal_nocase(name, CY_STR("x-request-id"))) {
        head->request_id = text;
    }
    return MHD_YES;
}

static bool refuse(struct cy_call *call, int status, const char *why)
{
    call->must_close = true;
    cy_respond_error(&call->request, &call->response, status, NULL, "%s", why);
    return false;
}

/* Content-Length: digits and nothing else (RFC 9110 §8.6). */
static bool read_length(struct cy_str text, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *length > (UINT64_MAX >> 1) / 10 - 1)
            return false;
        *length = *length * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.size > 0;
}

static bool check_framing(struct cy_call *call, const struct head *head, const char *version)
{
    if (head->is_broken)
        return refuse(call, 400, "a header's name or value holds characters that may not stand there");
    if (head->length_count > 1 || head->encoding_count > 1 || (head->length_count > 0 && head->encoding_count > 0))
        return refuse(call, 400, "the length of the body is told twice: by Content-Length and Transfer-Encoding, or by one of them again");
    if (head->host_count > 1)
        return refuse(call, 400, "there is more than one Host header");
    if (head->encoding_count > 0 && strcmp(version, "HTTP/1.1") != 0)
        return refuse(call, 400, "Transfer-Encoding needs HTTP/1.1");
    if (head->encoding_count > 0 && !cy_str_equal_nocase(head->encoding, CY_STR("chunked")))
        return refuse(call, 501, "the only Transfer-Encoding known here is \"chunked\"");
    call->body_length = head->encoding_count > 0 ? MHD_SIZE_UNKNOWN : 0;
    if (head->length_count > 0 && !read_length(head->length, &call->body_length))
        return refuse(call, 400, "Content-Length is not a number of bytes");
    call->expects_100 = cy_str_equal_nocase(head->expect, CY_STR("100-continue"));
    if (head->expect.size > 0 && !call->expects_100)
        return refuse(call, 417, "the only Expect known here is \"100-continue\"");
    return true;
}

static bool check_size(struct cy_call *call, const struct head *head)
{
    char why[160];
    if (head->bytes + call->target.size > CY_HEAD_BYTES_MAX) {
        snprintf(why, sizeof why, "the request line and headers are larger than %d bytes", CY_HEAD_BYTES_MAX);
        return refuse(call, 431, why);
    }
    if (head->header_count > CY_HEADER_COUNT_MAX) {
        snprintf(why, sizeof why, "there are more than %d headers", CY_HEADER_COUNT_MAX);
        return refuse(call, 431, why);
    }
    return true;
}

/* ---- who and where ---- */

static bool request_id_is_valid(struct cy_str id)
{
    for (size_t i = 0; i < id.size; i++)
        if (!((id.data[i] >= '0' && id.data[i] <= '9') || (id.data[i] >= 'a' && id.data[i] <= 'z') ||
              (id.data[i] >= 'A' && id.data[i] <= 'Z') || id.data[i] == '-'))
            return false;
    return id.size >= 8 && id.size < sizeof((struct cy_request *)0)->id;
}

/* scheme://host, from Host or from what a proxy that is trusted says it was. */
static bool find_host(struct cy_call *call, const struct head *head, bool trusts)
{
    const char *scheme = call->server->options.certificate_path != NULL && !call->link->is_local ? "https" : "http";
    struct cy_str host = head->host;
    if (trusts && head->forwarded_host.size > 0)
        host = cy_list_last(head->forwarded_host);
    if (trusts && head->forwarded_proto.size > 0) {
        struct cy_str proto = cy_list_last(head->forwarded_proto);
        if (cy_str_equal_nocase(proto, CY_STR("https")))
            scheme = "https";
        else if (cy_str_equal_nocase(proto, CY_STR("http")))
            scheme = "http";
        else
            return refuse(call, 400, "X-Forwarded-Proto is neither http nor https");
    }
    if (host.size == 0)
        host = CY_STR("localhost"); /* HTTP/1.0, or the local socket */
    if (!cy_host_is_valid(host))
        return refuse(call, 400, "the Host header is not a host name with an optional port");
    call->request.host = cy_str(cy_arena_printf(&call->arena, "%s://%.*s", scheme, (int)host.size, host.data));
    return true;
}

static bool find_peer(struct cy_call *call, const struct head *head)
{
    struct cy_link *link = call->link;
    bool trusts = call->server->options.trust_proxy && link->is_loopback;
    call->request.peer = cy_str(link->peer);
    if (trusts && head->forwarded_for.size > 0) {
        struct cy_str peer = cy_list_last(head->forwarded_for);
        char text[64], address[16];
        snprintf(text, sizeof text, "%.*s", (int)peer.size, peer.data);
        if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
            return refuse(call, 400, "X-Forwarded-For does not end with an address");
        call->request.peer = cy_arena_str(&call->arena, peer);
    }
    if (trusts && request_id_is_valid(head->request_id)) {
        memcpy(call->request.id, head->request_id.data, head->request_id.size);
        call->request.id[head->request_id.size] = '\0';
    }
    if (link->is_local && !link->is_local_owner)
        return refuse(call, 403, "the local socket is for the user who runs the server, and root");
    call->request.principal.is_local = link->is_local_owner;
    call->request.principal.is_admin = link->is_local_owner;
    return find_host(call, head, trusts);
}

/* ---- the route ---- */

/* An error of the route itself: the body that comes with it is still read, so that the connection can go on. */
static bool refuse_gently(struct cy_call *call, int status, const char *why)
{
    cy_respond_error(&call->request, &call->response, status, NULL, "%s", why);
    return false;
}

static bool find_route(struct cy_call *call, const char *method)
{
    struct cy_request *request = &call->request;
    struct cy_route_match match;
    char why[160];
    if (!cy_target_split(call->target, &request->path, &request->query))
        return refuse(call, 400, "the request line names no path");
    if (request->path.size > CY_PATH_BYTES_MAX) {
        snprintf(why, sizeof why, "the path is longer than %d bytes", CY_PATH_BYTES_MAX);
        return refuse(call, 414, why);
    }
    if (request->query.size > CY_QUERY_BYTES_MAX) {
        snprintf(why, sizeof why, "the query is longer than %d bytes", CY_QUERY_BYTES_MAX);
        return refuse(call, 414, why);
    }
    enum cy_route_result result = cy_router_find(call->server->router, method, request->path, &call->arena, &match);
    if (result == CY_ROUTE_FOUND && (match.route->flags & CY_ROUTE_LOCAL) != 0 && !call->link->is_local_owner) {
        match.route = NULL;
        result = CY_ROUTE_MISSING;
    }
    request->route = match.route;
    switch (result) {
    case CY_ROUTE_FOUND:
        memcpy(request->path_values, match.values, sizeof match.values);
        request->path_value_count = match.value_count;
        return true;
    case CY_ROUTE_MISSING:
        return refuse_gently(call, 404, "there is nothing under this path");
    case CY_ROUTE_OTHER_METHOD:
        cy_respond_header(request, &call->response, "Allow", "%s", match.allow);
        snprintf(why, sizeof why, "this path is for %s", match.allow);
        return refuse_gently(call, 405, why);
    case CY_ROUTE_BROKEN_PATH:
        return refuse_gently(call, 400, match.problem);
    case CY_ROUTE_TOO_DEEP:
        snprintf(why, sizeof why, "the path has more than %d parts", CY_PATH_SEGMENTS_MAX);
        return refuse_gently(call, 414, why);
    }
    return false;
}

static bool check_body(struct cy_call *call)
{
    const struct cy_route *route = call->request.route;
    bool has_body = call->body_length > 0;
    char why[160];
    if (route->body == CY_BODY_NONE && has_body)
        return refuse_gently(call, 413, "this request takes no body");
    if (call->body_length != MHD_SIZE_UNKNOWN && call->body_length > route->body_bytes_max && has_body) {
        snprintf(why, sizeof why, "the body has %llu bytes, and this request takes %zu at most", (unsigned long long)call->body_length,
                 route->body_bytes_max);
        return refuse_gently(call, 413, why);
    }
    return true;
}

bool cy_call_take_head(struct cy_call *call, const char *method, const char *version)
{
    struct head head = {.call = call};
    struct cy_request *request = &call->request;
    request->method = method;
    call->is_head = strcmp(method, "HEAD") == 0;
    MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, look_at_header, &head);
    cy_uuid(request->id);
    return check_framing(call, &head, version) && check_size(call, &head) && find_peer(call, &head) && find_route(call, method) &&
           check_body(call);
}
