#include "hub/rows_worker.h"

#include "base/clock.h"
#include "base/threads.h"
#include "hub/rows_query.h"
#include "hub/rows_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEAD_BYTES = 5, CPU_SECONDS = 30, WAIT_MS = 60000, WAITING_A_WORKER = 4, FOLDERS_MAX = 16, VARIABLES_MAX = 8 };
static const int64_t memory_default = INT64_C(512) << 20;

/* ---- frames ---- */

/* Reads or writes all of it, until the deadline (0: none). 0: done; 1: the other side has closed; 2: too late; 3: failed. */
static int transfer(int file, void *data, size_t size_bytes, bool writing, uint64_t deadline_ns)
{
    for (size_t done = 0; done < size_bytes;) {
        int wait_ms = -1;
        if (deadline_ns > 0) {
            uint64_t now = cy_clock_ns();
            if (now >= deadline_ns)
                return 2;
            wait_ms = (int)((deadline_ns - now) / 1000000) + 1;
        }
        struct pollfd ready = {file, writing ? POLLOUT : POLLIN, 0};
        int count = poll(&ready, 1, wait_ms);
        if (count == 0)
            return 2;
        if (count < 0 && errno != EINTR)
            return 3;
        if (count < 0)
            continue;
        ssize_t moved = writing ? send(file, (const char *)data + done, size_bytes - done, MSG_NOSIGNAL)
                                : read(file, (char *)data + done, size_bytes - done);
        if (moved == 0 || (moved < 0 && (errno == EPIPE || errno == ECONNRESET)))
            return 1;
        if (moved < 0 && errno != EINTR && errno != EAGAIN)
            return 3;
        done += moved > 0 ? (size_t)moved : 0;
    }
    return 0;
}

static void put_size(uint8_t head[4], size_t size)
{
    for (int i = 0; i < 4; i++)
        head[i] = (uint8_t)(size >> (8 * i));
}

/* ---- the child ---- */

/* The child writes with plain write: sockets' calls are not on its list. */
static bool write_all(int file, const void *data, size_t size_bytes)
{
    for (size_t done = 0; done < size_bytes;) {
        ssize_t moved = write(file, (const char *)data + done, size_bytes - done);
        if (moved < 0 && errno != EINTR)
            return false;
        done += moved > 0 ? (size_t)moved : 0;
    }
    return true;
}

static bool answer_with(int out, enum cy_status status, struct cy_str body)
{
    uint8_t head[HEAD_BYTES];
    put_size(head, body.size);
    head[4] = (uint8_t)status;
    return write_all(out, head, HEAD_BYTES) && write_all(out, body.data, body.size);
}

bool cy_rows_worker_ready(int out, enum cy_status status, const struct cy_error *error)
{
    return answer_with(out, status, status == CY_OK ? CY_STR("ready") : cy_str(error->message));
}

int cy_rows_worker_run(int in, int out, int64_t memory_bytes, unsigned cpu_seconds)
{
    struct cy_buffer question = {0}, answer = {0};
    uint8_t head[4];
    while (transfer(in, head, 4, false, 0) == 0) {
        size_t size = cy_load_u32(head);
        if (size > CY_ROWS_QUESTION_BYTES_MAX)
            return 1;
        cy_buffer_clear(&question);
        cy_buffer_reserve(&question, size);
        if (transfer(in, question.data, size, false, 0) != 0)
            return 1;
        question.size = size;
        cy_sandbox_cpu(cpu_seconds);
        struct cy_error error;
        cy_buffer_clear(&answer);
        enum cy_status status = cy_rows_answer(cy_buffer_str(&question), memory_bytes, &answer, &error);
        if (status == CY_OK && answer.size > CY_ROWS_ANSWER_BYTES_MAX)
            status =
                cy_error_set(&error, CY_BAD_INPUT, "the answer is larger than %d MiB: ask for fewer rows", CY_ROWS_ANSWER_BYTES_MAX >> 20);
        if (!answer_with(out, status, status == CY_OK ? cy_buffer_str(&answer) : cy_str(error.message)))
            return 1;
    }
    cy_buffer_release(&question);
    cy_buffer_release(&answer);
    return 0;
}

/* ---- the server's side ---- */

struct worker {
    pid_t pid;
    int socket;
    struct worker *next; /* among the idle */
};

struct cy_rows_workers {
    struct cy_rows_workers_options options;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct worker *idle;
    size_t alive_count, waiting_count;
    uint64_t asked_count, lost_count;
};

void cy_rows_workers_open(struct cy_rows_workers **workers, const struct cy_rows_workers_options *options)
{
    struct cy_rows_workers *made = cy_alloc_zero(1, sizeof *made);
    made->options = *options;
    if (made->options.program == NULL)
        made->options.program = "/proc/self/exe";
    if (made->options.worker_count_max == 0)
        made->options.worker_count_max = cy_cpu_count();
    if (made->options.memory_bytes == 0)
        made->options.memory_bytes = memory_default;
    if (made->options.cpu_seconds == 0)
        made->options.cpu_seconds = CPU_SECONDS;
    if (made->options.wait_ms == 0)
        made->options.wait_ms = WAIT_MS;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *workers = made;
}

static void end_worker(struct worker *worker)
{
    close(worker->socket);
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(worker);
}

void cy_rows_workers_close(struct cy_rows_workers *workers)
{
    if (workers == NULL)
        return;
    while (workers->idle != NULL) {
        struct worker *worker = workers->idle;
        workers->idle = worker->next;
        end_worker(worker);
    }
    pthread_cond_destroy(&workers->freed);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}

/* Reads one answer frame; 0, or what transfer says. */
static int read_answer(int file, struct cy_buffer *answer, uint8_t *status, uint64_t deadline_ns)
{
    uint8_t head[HEAD_BYTES];
    int failed = transfer(file, head, HEAD_BYTES, false, deadline_ns);
    if (failed != 0)
        return failed;
    size_t size = cy_load_u32(head);
    if (size > CY_ROWS_ANSWER_BYTES_MAX)
        return 3; /* a child that went mad */
    cy_buffer_reserve(answer, size);
    failed = transfer(file, answer->data + answer->size, size, false, deadline_ns);
    if (failed == 0)
        answer->size += size;
    *status = head[4];
    return failed;
}

/* The child gets none of our secrets: only these variables are handed on. */
static void hand_on_environment(char *list[VARIABLES_MAX])
{
    static const char *const names[] = {
        "CIYUAN_DATA=", "CIYUAN_CPU=", "LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
    extern char **environ;
    size_t count = 0;
    for (char **variable = environ; *variable != NULL; variable++)
        for (size_t i = 0; i < CY_COUNT(names) && count + 1 < VARIABLES_MAX; i++)
            if (cy_str_starts(cy_str(*variable), cy_str(names[i])))
                list[count++] = *variable;
    list[count] = NULL;
}

/* Starts `ciyuan worker`: the socket is its standard input and output, and nothing else of ours stays open in it. */
static enum cy_status start_process(const struct cy_rows_workers_options *options, struct worker **worker, struct cy_error *error)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return cy_error_errno(error, "start", "ciyuan worker");
    char memory[32], cpu[16], name[] = "ciyuan", command[] = "worker", memory_option[] = "--memory", cpu_option[] = "--cpu";
    char *argv[7 + FOLDERS_MAX] = {name, command, memory_option, memory, cpu_option, cpu}, *variables[VARIABLES_MAX];
    snprintf(memory, sizeof memory, "%lld", (long long)options->memory_bytes);
    snprintf(cpu, sizeof cpu, "%u", options->cpu_seconds);
    for (size_t i = 0; options->folders[i] != NULL; i++) {
        CY_ASSERT(i < FOLDERS_MAX);
        argv[6 + i] = (char *)options->folders[i]; /* posix_spawn does not write to them */
    }
    hand_on_environment(variables);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pair[1], 0);
    posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0); /* DuckDB's last words when it aborts */
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    pid_t pid;
    int failed = posix_spawn(&pid, options->program, &actions, NULL, argv, variables);
    posix_spawn_file_actions_destroy(&actions);
    close(pair[1]);
    if (failed != 0) {
        close(pair[0]);
        errno = failed;
        return cy_error_errno(error, "start", options->program);
    }
    *worker = cy_alloc_zero(1, sizeof **worker);
    **worker = (struct worker){pid, pair[0], NULL};
    return CY_OK;
}

/* Starts a worker and hears whether it is ready. */
static enum cy_status start_worker(const struct cy_rows_workers_options *options, uint64_t deadline_ns, struct worker **worker,
                                   struct cy_error *error)
{
    enum cy_status status = start_process(options, worker, error);
    if (status != CY_OK)
        return status;
    struct cy_buffer said = {0};
    uint8_t ready = CY_FAILED;
    int failed = read_answer((*worker)->socket, &said, &ready, deadline_ns);
    if (failed != 0 || ready != CY_OK) {
        status = cy_error_set(error, CY_FAILED, "could not start a row worker: %.*s", said.size > 0 ? (int)said.size : 26,
                              said.size > 0 ? said.data : "it ended before it was ready");
        end_worker(*worker);
        *worker = NULL;
    }
    cy_buffer_release(&said);
    return status;
}

/* An idle worker, or a new one, or after some waiting one that another has given back. Each who waits holds a thread of the server, which
 * has eight or more a worker: beyond WAITING_A_WORKER the next is sent away at once, so that heavy questions leave threads to all else. */
static enum cy_status take_worker(struct cy_rows_workers *workers, uint64_t deadline_ns, struct worker **worker, struct cy_error *error)
{
    struct timespec until = {(time_t)(deadline_ns / 1000000000), (long)(deadline_ns % 1000000000)};
    enum cy_status status = CY_OK;
    *worker = NULL;
    pthread_mutex_lock(&workers->lock);
    bool is_full = workers->idle == NULL && workers->alive_count >= workers->options.worker_count_max;
    if (is_full && workers->waiting_count >= WAITING_A_WORKER * workers->options.worker_count_max)
        status = cy_error_set(error, CY_FAILED, "all %zu row workers are busy, and %zu questions wait for them: ask again in a moment",
                              workers->options.worker_count_max, workers->waiting_count);
    bool waits = is_full && status == CY_OK;
    workers->waiting_count += waits;
    while (workers->idle == NULL && workers->alive_count >= workers->options.worker_count_max && status == CY_OK)
        if (pthread_cond_timedwait(&workers->freed, &workers->lock, &until) == ETIMEDOUT)
            status = cy_error_set(error, CY_FAILED, "all %zu row workers were busy for %lld ms", workers->options.worker_count_max,
                                  (long long)workers->options.wait_ms);
    workers->waiting_count -= waits;
    if (status == CY_OK && workers->idle != NULL) {
        *worker = workers->idle;
        workers->idle = (*worker)->next;
    } else if (status == CY_OK) {
        workers->alive_count++; /* the place is taken before the child is there */
    }
    pthread_mutex_unlock(&workers->lock);
    if (status != CY_OK || *worker != NULL)
        return status;
    status = start_worker(&workers->options, deadline_ns, worker, error);
    if (status != CY_OK) {
        pthread_mutex_lock(&workers->lock);
        workers->alive_count--;
        pthread_cond_signal(&workers->freed);
        pthread_mutex_unlock(&workers->lock);
    }
    return status;
}

static void give_back(struct cy_rows_workers *workers, struct worker *worker, bool is_usable)
{
    if (!is_usable)
        end_worker(worker);
    pthread_mutex_lock(&workers->lock);
    if (is_usable) {
        worker->next = workers->idle;
        workers->idle = worker;
    } else {
        workers->alive_count--;
        workers->lost_count++;
    }
    pthread_cond_signal(&workers->freed);
    pthread_mutex_unlock(&workers->lock);
}

/* Sends the question and reads the answer; 0, or what transfer says. */
static int exchange(struct worker *worker, struct cy_str question, struct cy_buffer *answer, uint8_t *status, uint64_t deadline_ns)
{
    uint8_t head[4];
    put_size(head, question.size);
    int failed = transfer(worker->socket, head, 4, true, deadline_ns);
    if (failed == 0)
        failed = transfer(worker->socket, (void *)question.data, question.size, true, deadline_ns);
    return failed != 0 ? failed : read_answer(worker->socket, answer, status, deadline_ns);
}

enum cy_status cy_rows_ask(struct cy_rows_workers *workers, struct cy_str question, struct cy_buffer *answer, struct cy_error *error)
{
    if (question.size > CY_ROWS_QUESTION_BYTES_MAX)
        return cy_error_set(error, CY_BAD_INPUT, "the question is larger than %d MiB", CY_ROWS_QUESTION_BYTES_MAX >> 20);
    uint64_t deadline = cy_clock_ns() + (uint64_t)workers->options.wait_ms * 1000000;
    size_t before = answer->size;
    pthread_mutex_lock(&workers->lock);
    workers->asked_count++;
    pthread_mutex_unlock(&workers->lock);
    for (int attempt = 0;; attempt++) {
        struct worker *worker;
        enum cy_status status = take_worker(workers, deadline, &worker, error);
        if (status != CY_OK)
            return status;
        uint8_t said = CY_OK;
        int failed = exchange(worker, question, answer, &said, deadline);
        give_back(workers, worker, failed == 0);
        if (failed == 0 && said == CY_OK)
            return CY_OK;
        struct cy_str message = {answer->data + before, answer->size - before};
        if (failed == 0)
            cy_error_set(error, (enum cy_status)said, "%.*s", (int)message.size, message.data);
        answer->size = before;
        if (failed == 0)
            return (enum cy_status)said;
        if (failed == 2)
            return cy_error_set(error, CY_FAILED, "the rows were not read within %lld ms", (long long)workers->options.wait_ms);
        if (attempt == 1) { /* an idle worker may have died long ago, so the question is asked once more */
            cy_error_set(error, CY_FAILED,
                         "the row worker ended while it answered: the question takes more than %u s of CPU time or %lld MiB of memory",
                         workers->options.cpu_seconds, (long long)(workers->options.memory_bytes >> 20));
            return cy_error_hint(error, "ask for fewer rows or columns, or for a condition that reads less");
        }
    }
}

void cy_rows_workers_state(struct cy_rows_workers *workers, uint64_t *alive, uint64_t *asked, uint64_t *lost)
{
    pthread_mutex_lock(&workers->lock);
    *alive = workers->alive_count;
    *asked = workers->asked_count;
    *lost = workers->lost_count;
    pthread_mutex_unlock(&workers->lock);
}
