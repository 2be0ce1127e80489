/* Bodies on their way in. In memory: a growing buffer. To the spool: two pieces, one filled by the event thread while a worker hashes and
 * writes the other; when both are full the connection is suspended, so that TCP slows the client down. */
#include "server/http_call.h"

#include "server/app.h"

#include <stdlib.h>

/* ---- memory ---- */

static bool hold_bytes(struct cy_call *call, int64_t bytes)
{
    if (atomic_fetch_add(&call->server->body_bytes, bytes) + bytes > CY_BODIES_BYTES_MAX) {
        atomic_fetch_sub(&call->server->body_bytes, bytes);
        cy_respond_header(&call->request, &call->response, "Retry-After", "2");
        cy_respond_error(&call->request, &call->response, 503, NULL, "bodies of %lld bytes are being received already; try again",
                         (long long)CY_BODIES_BYTES_MAX);
        return false;
    }
    call->body_held += bytes;
    return true;
}

static bool fits_limit(struct cy_call *call, size_t size)
{
    const struct cy_route *route = call->request.route;
    if (call->body_received + size <= route->body_bytes_max)
        return true;
    cy_respond_error(&call->request, &call->response, 413, NULL, "the body is larger than the %zu bytes that this request takes",
                     route->body_bytes_max);
    return false;
}

static bool add_to_memory(struct cy_call *call, const char *data, size_t size)
{
    if (call->body.size + size > call->body.capacity) {
        size_t capacity = CY_MAX(call->body.capacity * 2, call->body.size + size);
        if (call->body_length != MHD_SIZE_UNKNOWN)
            capacity = CY_MIN(CY_MAX(capacity, 4096), call->body_length); /* no more than was announced */
        if (!hold_bytes(call, (int64_t)(capacity - call->body.capacity)))
            return false;
        cy_buffer_reserve(&call->body, capacity - call->body.size);
    }
    cy_buffer_add(&call->body, data, size);
    return true;
}

/* ---- spool ---- */

static bool begin_spool(struct cy_call *call)
{
    if (call->is_spooling)
        return true;
    if (atomic_fetch_add(&call->server->upload_count, 1) >= CY_UPLOADS_MAX) {
        atomic_fetch_sub(&call->server->upload_count, 1);
        cy_respond_header(&call->request, &call->response, "Retry-After", "2");
        cy_respond_error(&call->request, &call->response, 503, NULL, "%d uploads are under way already; try again", CY_UPLOADS_MAX);
        return false;
    }
    call->is_spooling = true;
    call->fill = cy_alloc(CY_BODY_PIECE_BYTES);
    return true;
}

static enum cy_status spool_bytes(struct cy_call *call, const char *data, size_t size)
{
    enum cy_status status = CY_OK;
    if (call->request.spool.file < 0)
        status = cy_spool_open(cy_app_objects(call->server->app), &call->request.spool, &call->spool_error);
    if (status == CY_OK)
        status = cy_spool_add(&call->request.spool, data, size, &call->spool_error);
    return status;
}

static void write_piece(struct cy_job *job)
{
    struct cy_call *call = (struct cy_call *)((char *)job - offsetof(struct cy_call, piece_job));
    enum cy_status status = call->spool_status == CY_OK ? spool_bytes(call, call->write, call->write_size) : call->spool_status;
    pthread_mutex_lock(&call->lock);
    call->spool_status = status;
    call->is_writing = false;
    bool resumes = call->is_waiting, is_abandoned = call->is_abandoned;
    call->is_waiting = false;
    pthread_mutex_unlock(&call->lock);
    if (resumes)
        cy_call_resume(call);
    else if (is_abandoned)
        cy_call_release(call);
}

/* True when no piece is being written. Else suspended until it is, or refused when the server ends. */
static bool wait_for_piece(struct cy_call *call)
{
    pthread_mutex_lock(&call->lock);
    bool is_free = !call->is_writing;
    if (!is_free)
        call->is_waiting = cy_call_suspend(call);
    bool is_lost = !is_free && !call->is_waiting;
    pthread_mutex_unlock(&call->lock);
    if (is_lost) {
        cy_respond_error(&call->request, &call->response, 503, NULL, "the server is stopping");
        cy_call_refuse(call);
    }
    return is_free;
}

/* The full piece goes to a worker. False: suspended, or refused. */
static bool hand_over(struct cy_call *call)
{
    if (!wait_for_piece(call))
        return false;
    if (call->spool_status != CY_OK) {
        cy_respond_failure(&call->request, &call->response, &call->spool_error);
        cy_call_refuse(call);
        return false;
    }
    char *full = call->fill;
    call->fill = call->write != NULL ? call->write : cy_alloc(CY_BODY_PIECE_BYTES);
    call->write = full;
    call->write_size = call->fill_size;
    call->fill_size = 0;
    call->is_writing = true; /* nobody else looks: no job is under way */
    call->piece_job.run = write_piece;
    cy_workers_transfer(call->server->workers, &call->piece_job);
    return true;
}

/* Returns how many bytes were taken: fewer when suspended or refused. */
static size_t add_to_spool(struct cy_call *call, const char *data, size_t size)
{
    size_t taken = 0;
    while (taken < size) {
        if (call->fill_size == CY_BODY_PIECE_BYTES && !hand_over(call))
            break;
        size_t piece = CY_MIN(size - taken, CY_BODY_PIECE_BYTES - call->fill_size);
        memcpy(call->fill + call->fill_size, data + taken, piece);
        call->fill_size += piece;
        taken += piece;
    }
    return taken;
}

/* ---- both ---- */

void cy_call_take_body(struct cy_call *call, const char *data, size_t *size)
{
    size_t taken = *size;
    bool is_spool = call->request.route->body == CY_BODY_SPOOL;
    if (!fits_limit(call, *size) || (is_spool ? !begin_spool(call) : !add_to_memory(call, data, *size))) {
        cy_call_refuse(call);
        *size = 0;
        return;
    }
    if (is_spool)
        taken = add_to_spool(call, data, *size);
    call->body_received += taken;
    *size = call->phase == CY_CALL_REFUSED ? 0 : *size - taken;
}

bool cy_call_body_is_there(struct cy_call *call)
{
    return call->request.route->body != CY_BODY_SPOOL || wait_for_piece(call);
}

bool cy_call_finish_body(struct cy_call *call)
{
    struct cy_request *request = &call->request;
    request->body = cy_buffer_str(&call->body);
    if (request->route->body != CY_BODY_SPOOL)
        return true;
    if (call->spool_status == CY_OK)
        call->spool_status = spool_bytes(call, call->fill, call->fill_size);
    if (call->spool_status == CY_OK)
        call->spool_status = cy_spool_finish(&request->spool, &call->spool_error);
    if (call->spool_status != CY_OK)
        cy_respond_failure(request, &call->response, &call->spool_error);
    return call->spool_status == CY_OK;
}

void cy_call_release_body(struct cy_call *call)
{
    if (call->is_spooling)
        atomic_fetch_sub(&call->server->upload_count, 1);
    if (call->body_held > 0)
        atomic_fetch_sub(&call->server->body_bytes, call->body_held);
    cy_spool_drop(&call->request.spool);
    cy_buffer_release(&call->body);
    free(call->fill);
    free(call->write);
}
