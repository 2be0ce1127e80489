#include "server/http_log.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    WAITING_BYTES_MAX = 4 * 1024 * 1024, /* what may wait for the file */
    FLUSH_BYTES = 64 * 1024,             /* wakes the writer at once */
    FLUSH_MS = 200,                      /* how late a line may be */
};

struct cy_http_log {
    int file;
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct cy_buffer lines; /* under lock */
    uint64_t dropped_count;
    bool stops;
};

static void write_all(int file, struct cy_str text)
{
    while (text.size > 0) {
        ssize_t written = write(file, text.data, text.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody reads the log: nothing can be told */
        text = (struct cy_str){text.data + written, text.size - (size_t)written};
    }
}

static void *write_lines(void *context)
{
    struct cy_http_log *log = context;
    struct cy_buffer taken = {0};
    pthread_mutex_lock(&log->lock);
    while (!log->stops || log->lines.size > 0) {
        if (log->lines.size == 0) {
            pthread_cond_wait(&log->wake, &log->lock);
            continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += FLUSH_MS * 1000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        while (!log->stops && log->lines.size < FLUSH_BYTES && pthread_cond_timedwait(&log->wake, &log->lock, &until) != ETIMEDOUT)
            ;
        struct cy_buffer lines = log->lines;
        log->lines = taken;
        taken = lines;
        if (log->dropped_count > 0)
            cy_buffer_printf(&taken, "{\"level\":\"warning\",\"message\":\"the log is too slow\",\"lines_dropped\":%llu}\n",
                             (unsigned long long)log->dropped_count);
        log->dropped_count = 0;
        pthread_mutex_unlock(&log->lock);
        write_all(log->file, cy_buffer_str(&taken));
        cy_buffer_clear(&taken);
        pthread_mutex_lock(&log->lock);
    }
    pthread_mutex_unlock(&log->lock);
    cy_buffer_release(&taken);
    return NULL;
}

enum cy_status cy_http_log_start(struct cy_http_log **out, int file, struct cy_error *error)
{
    struct cy_http_log *log = cy_alloc_zero(1, sizeof *log);
    log->file = file;
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->wake, NULL);
    int failure = file >= 0 ? pthread_create(&log->writer, NULL, write_lines, log) : 0;
    if (failure != 0) {
        free(log);
        return cy_error_set(error, CY_FAILED, "could not start the log's thread: %s", strerror(failure));
    }
    *out = log;
    return CY_OK;
}

void cy_http_log_stop(struct cy_http_log *log)
{
    if (log == NULL)
        return;
    if (log->file >= 0) {
        pthread_mutex_lock(&log->lock);
        log->stops = true;
        pthread_cond_signal(&log->wake);
        pthread_mutex_unlock(&log->lock);
        pthread_join(log->writer, NULL);
    }
    cy_buffer_release(&log->lines);
    pthread_cond_destroy(&log->wake);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

void cy_http_log_add(struct cy_http_log *log, struct cy_str line)
{
    if (log->file < 0)
        return;
    pthread_mutex_lock(&log->lock);
    bool was_empty = log->lines.size == 0;
    if (log->lines.size + line.size > WAITING_BYTES_MAX)
        log->dropped_count++;
    else
        cy_buffer_add_str(&log->lines, line);
    bool wake = was_empty || log->lines.size >= FLUSH_BYTES;
    pthread_mutex_unlock(&log->lock);
    if (wake)
        pthread_cond_signal(&log->wake);
}

bool cy_http_log_is_on(const struct cy_http_log *log)
{
    return log->file >= 0;
}
