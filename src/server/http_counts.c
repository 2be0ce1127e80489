#include "server/http_counts.h"

#include "server/http.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Upper ends of the buckets: from an answer out of memory to a commit on a slow disk. */
static const struct {
    uint64_t ns;
    const char *label;
} buckets[] = {
    {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},     {1000000, "0.001"},     {2500000, "0.0025"},
    {5000000, "0.005"},  {10000000, "0.01"},  {25000000, "0.025"},    {50000000, "0.05"},     {100000000, "0.1"},
    {250000000, "0.25"}, {1000000000, "1"},   {2500000000ull, "2.5"}, {10000000000ull, "10"}, {60000000000ull, "60"},
};
/* The statuses that we send; any other counts as the first of its hundred. */
static const short statuses[] = {200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 400, 401, 403, 404, 405, 406, 408, 409,
                                 410, 411, 412, 413, 414, 415, 416, 422, 423, 429, 431, 451, 500, 501, 502, 503, 504, 507};

struct route_counts {
    _Atomic uint64_t by_status[CY_COUNT(statuses)];
    _Atomic uint64_t by_bucket[CY_COUNT(buckets) + 1];
    _Atomic uint64_t duration_ns, bytes_in, bytes_out;
};
struct cy_http_counts {
    size_t route_count;
    struct route_counts routes[]; /* one more, for requests without a route */
};

struct cy_http_counts *cy_http_counts_new(size_t route_count)
{
    struct cy_http_counts *counts = cy_alloc_zero(1, sizeof *counts + (route_count + 1) * sizeof counts->routes[0]);
    counts->route_count = route_count;
    return counts;
}

void cy_http_counts_free(struct cy_http_counts *counts)
{
    free(counts);
}

static size_t place_of_status(int status)
{
    for (int wanted = status;; wanted = status / 100 * 100) {
        for (size_t i = 0; i < CY_COUNT(statuses); i++)
            if (statuses[i] == wanted)
                return i;
        if (wanted % 100 == 0)
            return place_of_status(500); /* no status of HTTP */
    }
}

void cy_http_counts_add(struct cy_http_counts *counts, size_t route, int status, uint64_t duration_ns, uint64_t bytes_in,
                        uint64_t bytes_out)
{
    struct route_counts *at = &counts->routes[CY_MIN(route, counts->route_count)];
    size_t bucket = 0;
    while (bucket < CY_COUNT(buckets) && duration_ns > buckets[bucket].ns)
        bucket++;
    atomic_fetch_add_explicit(&at->by_status[place_of_status(status)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->by_bucket[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->duration_ns, duration_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->bytes_in, bytes_in, memory_order_relaxed);
    atomic_fetch_add_explicit(&at->bytes_out, bytes_out, memory_order_relaxed);
}

/* method="GET",route="/api/…" */
static void add_labels(struct cy_buffer *out, const struct cy_route *routes, const struct cy_http_counts *counts, size_t route)
{
    bool has_route = route < counts->route_count;
    cy_buffer_printf(out, "method=\"%s\",route=\"%s\"", has_route ? routes[route].method : "", has_route ? routes[route].pattern : "");
}

static uint64_t total_of(const struct route_counts *counts)
{
    uint64_t total = 0;
    for (size_t i = 0; i < CY_COUNT(counts->by_bucket); i++)
        total += counts->by_bucket[i];
    return total;
}

static void print_bytes(const struct cy_http_counts *counts, const struct cy_route *routes, struct cy_buffer *out, const char *name,
                        const char *help, bool is_in)
{
    cy_buffer_printf(out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
    for (size_t i = 0; i <= counts->route_count; i++) {
        uint64_t bytes = is_in ? counts->routes[i].bytes_in : counts->routes[i].bytes_out;
        if (bytes == 0)
            continue;
        cy_buffer_printf(out, "%s{", name);
        add_labels(out, routes, counts, i);
        cy_buffer_printf(out, "} %llu\n", (unsigned long long)bytes);
    }
}

void cy_http_counts_print(const struct cy_http_counts *counts, const struct cy_route *routes, struct cy_buffer *out)
{
    cy_buffer_add_text(out, "# HELP ciyuan_http_requests_total Requests answered.\n# TYPE ciyuan_http_requests_total counter\n");
    for (size_t i = 0; i <= counts->route_count; i++)
        for (size_t k = 0; k < CY_COUNT(statuses); k++) {
            uint64_t count = counts->routes[i].by_status[k];
            if (count == 0)
                continue;
            cy_buffer_add_text(out, "ciyuan_http_requests_total{");
            add_labels(out, routes, counts, i);
            cy_buffer_printf(out, ",status=\"%d\"} %llu\n", statuses[k], (unsigned long long)count);
        }
    cy_buffer_add_text(out, "# HELP ciyuan_http_request_seconds From the request line to the answer's first byte.\n"
                            "# TYPE ciyuan_http_request_seconds histogram\n");
    for (size_t i = 0; i <= counts->route_count; i++) {
        const struct route_counts *at = &counts->routes[i];
        uint64_t sum = 0, total = total_of(at);
        for (size_t k = 0; total > 0 && k <= CY_COUNT(buckets); k++) {
            sum += at->by_bucket[k];
            cy_buffer_add_text(out, "ciyuan_http_request_seconds_bucket{");
            add_labels(out, routes, counts, i);
            cy_buffer_printf(out, ",le=\"%s\"} %llu\n", k < CY_COUNT(buckets) ? buckets[k].label : "+Inf", (unsigned long long)sum);
        }
        if (total == 0)
            continue;
        cy_buffer_add_text(out, "ciyuan_http_request_seconds_sum{");
        add_labels(out, routes, counts, i);
        cy_buffer_printf(out, "} %.6f\nciyuan_http_request_seconds_count{", (double)at->duration_ns / 1e9);
        add_labels(out, routes, counts, i);
        cy_buffer_printf(out, "} %llu\n", (unsigned long long)sum);
    }
    print_bytes(counts, routes, out, "ciyuan_http_received_bytes_total", "Bytes of request bodies.", true);
    print_bytes(counts, routes, out, "ciyuan_http_sent_bytes_total", "Bytes of answers' bodies.", false);
}
