#include "cli/options.h"

#include "base/files.h"
#include "cli/local_call.h"
#include "server/app.h"
#include "server/authenticate.h"
#include "server/upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MEMORY_POOLS = 4,
    MEMORY_LARGE_BYTES = 256 * 1024, /* from here on given back to the system at once */
    MEMORY_KEPT_BYTES = 4 * 1024 * 1024,
    DESCRIPTORS_ENOUGH = 16384, /* for as many connections as the server takes */
    DESCRIPTORS_OWN = 128,      /* databases, logs, pipes to children */
    STOP_WAIT_MS = 20000,       /* for requests under way; large downloads go on by Range elsewhere */
};

struct serve {
    struct cy_app_options app;
    struct cy_server_options server;
    const char *log_path;
    const char *oidc_secret_path;
    sigset_t signals;
};

/* A connection is a descriptor, and so is the file that it is sent or that its body goes to. Returns how many connections there may be: 0,
 * as many as the server likes, or fewer where this process may not open as many files. */
static size_t raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= DESCRIPTORS_ENOUGH)
        return 0;
    return limit.rlim_cur > 2 * DESCRIPTORS_OWN ? (size_t)(limit.rlim_cur - DESCRIPTORS_OWN) / 2 : DESCRIPTORS_OWN / 2;
}

/* Many threads, each with some requests' memory for a moment: a few pools that give back what is large keep a server small that was busy.
 */
static void set_up_memory(void)
{
    mallopt(M_ARENA_MAX, MEMORY_POOLS);
    mallopt(M_MMAP_THRESHOLD, MEMORY_LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT_BYTES);
}

/* Every thread started from here on leaves these to wait_for_signal. */
static void take_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void *end_at_second_signal(void *context)
{
    int signal_number;
    sigwait(context, &signal_number);
    _exit(CY_EXIT_INTERRUPTED); /* what was acknowledged is durable, whenever we end */
}

static void wait_for_signal(sigset_t *signals)
{
    int signal_number = 0;
    while (sigwait(signals, &signal_number) != 0)
        ;
    pthread_t impatient;
    if (pthread_create(&impatient, NULL, end_at_second_signal, signals) == 0)
        pthread_detach(impatient);
}

/* Tells systemd (sd_notify(3), Type=notify) where we are; does nothing elsewhere. */
static void tell_manager(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
        return;
    strcpy(address.sun_path, path);
    if (path[0] == '@') /* a socket without a file */
        address.sun_path[0] = '\0';
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (manager < 0)
        return;
    sendto(manager, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    close(manager);
}

static enum cy_status open_log(const char *path, int *file, struct cy_error *error)
{
    *file = STDERR_FILENO;
    if (path == NULL)
        return CY_OK;
    *file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    return *file >= 0 ? CY_OK : cy_error_errno(error, "open", path);
}

/* The first line of the file: no command line, which others see, holds a secret. */
static enum cy_status read_oidc_secret(struct serve *serve, struct cy_arena *arena, struct cy_error *error)
{
    struct cy_buffer text = {0};
    if (serve->oidc_secret_path == NULL)
        return CY_OK;
    enum cy_status status = cy_read_file(serve->oidc_secret_path, &text, error);
    struct cy_str rest, secret = cy_str_trim(cy_str_split(cy_buffer_str(&text), '\n', &rest));
    if (status == CY_OK && secret.size == 0)
        status = cy_error_set(error, CY_FAILED, "\"%s\" holds no secret", serve->oidc_secret_path);
    if (status == CY_OK)
        serve->app.oidc.client_secret = cy_arena_str(arena, secret).data;
    cy_buffer_release(&text);
    return status;
}

static void print_place(const struct serve *serve, uint16_t port, bool is_first)
{
    const char *colon = strrchr(serve->server.listen, ':');
    int host_size = (int)(colon - serve->server.listen);
    bool is_any = host_size == 0 || strncmp(serve->server.listen, "*", (size_t)host_size) == 0;
    printf("ciyuan serves %s at %s://%.*s:%u\n", serve->app.data_folder, serve->server.certificate_path != NULL ? "https" : "http",
           is_any ? (int)strlen("localhost") : host_size, is_any ? "localhost" : serve->server.listen, port);
    if (is_first)
        printf("make the first user:  ciyuan user create NAME --admin --data %s\n", serve->app.data_folder);
    fflush(stdout);
}

static enum cy_status run(struct serve *serve, struct cy_error *error)
{
    struct cy_app app;
    struct cy_arena arena = {0};
    uint16_t port = 0;
    bool is_first = !cy_path_exists(cy_path_join(&arena, serve->app.data_folder, "lock"));
    serve->server.socket_path = cy_path_join(&arena, serve->app.data_folder, "ciyuan.sock");
    enum cy_status status = open_log(serve->log_path, &serve->server.log_file, error);
    if (status == CY_OK)
        status = read_oidc_secret(serve, &arena, error);
    if (status == CY_OK)
        status = cy_app_open(&app, &serve->app, error);
    if (status == CY_OK) {
        status = cy_server_start(&app.server, &serve->server, cy_routes, &app, &port, error);
        if (status == CY_OK) {
            print_place(serve, port, is_first);
            tell_manager("READY=1");
            struct cy_upkeep *upkeep = cy_upkeep_start(&app);
            wait_for_signal(&serve->signals);
            tell_manager("STOPPING=1");
            cy_server_stop(app.server, STOP_WAIT_MS);
            cy_upkeep_stop(upkeep);
        }
        cy_app_close(&app);
    }
    if (serve->log_path != NULL && serve->server.log_file >= 0)
        close(serve->server.log_file);
    cy_arena_release(&arena);
    return status;
}

static enum cy_status check(const struct serve *serve, struct cy_error *error)
{
    if ((serve->server.certificate_path == NULL) != (serve->server.key_path == NULL))
        return cy_error_set(error, CY_BAD_RECIPE, "--tls-certificate and --tls-key go together");
    if (serve->app.oidc.issuer == NULL && (serve->app.oidc.client_id != NULL || serve->oidc_secret_path != NULL))
        return cy_error_set(error, CY_BAD_RECIPE, "--oidc-client and --oidc-secret-file go with --oidc ISSUER");
    return CY_OK;
}

int cy_cmd_serve(int argc, char **argv)
{
    struct serve serve = {
        .app = {.data_folder = cy_data_folder(NULL)},
        .server = {.listen = "127.0.0.1:7000", .hooks = {cy_authenticate, cy_answer_cache_find, cy_answer_cache_keep}},
    };
    const struct cy_option options[] = {
        CY_OPT_TEXT("data", &serve.app.data_folder, "DIR",
                    "where everything lies; made when absent ($CIYUAN_DATA, then " CY_DATA_FOLDER_DEFAULT ")"),
        CY_OPT_TEXT("listen", &serve.server.listen, "ADDR:PORT", "where to listen; *:7000 for all addresses (127.0.0.1:7000)"),
        CY_OPT_TEXT("database", &serve.app.database_url, "URL", "postgresql://… in place of SQLite in DIR"),
        CY_OPT_TEXT("objects", &serve.app.objects_url, "URL", "s3://bucket?endpoint=… in place of files in DIR"),
        CY_OPT_SIZE("cache", &serve.app.cache_bytes_max, "of S3 objects kept on disk (8GiB)"),
        CY_OPT_TEXT("tls-certificate", &serve.server.certificate_path, "FILE", "PEM; serves https"),
        CY_OPT_TEXT("tls-key", &serve.server.key_path, "FILE", "PEM; the certificate's key"),
        CY_OPT_FLAG("trust-proxy", &serve.server.trust_proxy, "believe X-Forwarded-* from a proxy on this machine"),
        CY_OPT_TEXT("oidc", &serve.app.oidc.issuer, "ISSUER", "people may log in at this OpenID Connect provider"),
        CY_OPT_TEXT("oidc-client", &serve.app.oidc.client_id, "ID", "what the provider calls this server"),
        CY_OPT_TEXT("oidc-secret-file", &serve.oidc_secret_path, "FILE", "holds the client's secret; without it, PKCE alone"),
        CY_OPT_TEXT("log", &serve.log_path, "FILE", "a JSON line a request goes there (standard error)"),
        CY_OPT_TEXT("web", &serve.app.web_folder, "DIR", "serve the page from DIR, not the one that is built in"),
        CY_OPT_END,
    };
    static const char *const examples[] = {
        "ciyuan serve --data /srv/ciyuan",
        "serve on this machine alone, with SQLite and files",
        "ciyuan serve --listen '*:7000' --database postgresql://hub@db/hub --objects 's3://hub?endpoint=http://s3:9000'",
        "serve a team",
        NULL,
        NULL};
    int exit_status =
        cy_parse_options(&argc, argv,
                         &(struct cy_usage){
                             .command = "serve",
                             .arguments = "[<options>]",
                             .summary = "Serves a hub of datasets: the page, the API, and the clients that people already use with "
                                        "HF_ENDPOINT pointed at it. Ends on Ctrl-C or SIGTERM, after the requests under way.",
                             .options = options,
                             .examples = examples,
                         });
    if (exit_status >= 0)
        return exit_status;
    struct cy_error error;
    set_up_memory();
    take_signals(&serve.signals);
    serve.server.connection_count_max = raise_descriptor_limit();
    enum cy_status status = check(&serve, &error);
    if (status == CY_OK)
        status = run(&serve, &error);
    return status == CY_OK ? CY_EXIT_OK : cy_report(&error);
}
