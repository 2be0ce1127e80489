/* A PostgreSQL server of the tests' own: Debian's package, a new cluster in a folder of its own, on a free port of loopback, ended with the
 * program. It does not run as root, so where the tests do, it gets the user "nobody". */
#include "cy_test_store.h"

#include "base/files.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { NOBODY = 65534, START_MS_MAX = 60000 };

static char programs[64]; /* the folder that holds initdb and postgres */
static char cluster[64];
static const char *reason; /* why there is no server */
static pid_t server, owner;
static uint16_t port;

/* Runs a program of PostgreSQL's as the unprivileged user, silently; its pid. */
static pid_t start(const char *const arguments[])
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int nothing = open("/dev/null", O_RDWR), log = open("/dev/null", O_WRONLY);
    dup2(nothing, 0);
    dup2(log, 1);
    dup2(log, 2);
    if (getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* it does not outlive the tests, however these end */
    char path[128];
    snprintf(path, sizeof path, "%s/%s", programs, arguments[0]);
    setenv("LC_ALL", "C", 1);
    if (chdir("/") == 0)
        execv(path, (char *const *)arguments);
    _exit(127);
}

static bool is_installed(void)
{
    for (int version = 20; version >= 13; version--) {
        char path[96];
        snprintf(programs, sizeof programs, "/usr/lib/postgresql/%d/bin", version);
        snprintf(path, sizeof path, "%s/initdb", programs);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(probe, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    close(probe);
    return ntohs(address.sin_port);
}

static struct cy_driver_options administrator(char url[96])
{
    snprintf(url, 96, "postgresql://ciyuan@127.0.0.1:%u/postgres", port);
    return (struct cy_driver_options){.url = url};
}

/* Starts the server and waits until it answers. */
static bool start_server(void)
{
    char port_text[8], url[96];
    snprintf(port_text, sizeof port_text, "%u", port);
    const char *const arguments[] = {"postgres",
                                     "-D",
                                     cluster,
                                     "-p",
                                     port_text,
                                     "-c",
                                     "listen_addresses=127.0.0.1",
                                     "-c",
                                     "unix_socket_directories=",
                                     "-c",
                                     "fsync=off",
                                     "-c",
                                     "shared_buffers=16MB",
                                     "-c",
                                     "max_connections=40",
                                     "-c",
                                     "autovacuum=off",
                                     NULL};
    server = start(arguments);
    struct cy_driver_options options = administrator(url);
    for (int waited_ms = 0; waited_ms < START_MS_MAX; waited_ms += 20) {
        struct cy_database *database;
        struct cy_error error;
        if (waitpid(server, NULL, WNOHANG) == server) { /* processes of the one before still hold its memory: once more */
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
            server = start(arguments);
        }
        if (cy_driver_postgres.open(&database, &options, &error) == CY_OK) {
            cy_driver_postgres.close(database);
            return true;
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return false;
}

/* Sends a signal to the server and to its children, each a process group of its own. */
static void signal_all(int number)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)server, (int)server);
    FILE *children = fopen(path, "r");
    int child;
    kill(server, number);
    while (children != NULL && fscanf(children, "%d", &child) == 1)
        kill(child, number);
    if (children != NULL)
        fclose(children);
}

static void end_server(void)
{
    struct cy_error error;
    if (getpid() != owner)
        return; /* a child of a test */
    if (server > 0) {
        signal_all(SIGCONT);
        kill(server, SIGQUIT);
        waitpid(server, NULL, 0);
    }
    cy_remove_tree(cluster, &error);
}

static void begin(void)
{
    int how;
    char data[96];
    if (owner != 0)
        return;
    owner = getpid();
    if (!is_installed()) {
        reason = "PostgreSQL is not installed: apt-get install postgresql";
        return;
    }
    strcpy(cluster, "/tmp/ciyuan-postgres.XXXXXX");
    assert_non_null(mkdtemp(cluster));
    assert_true(getuid() != 0 || chown(cluster, NOBODY, NOBODY) == 0);
    atexit(end_server);
    snprintf(data, sizeof data, "%s", cluster);
    waitpid(start((const char *const[]){"initdb", "-D", data, "-U", "ciyuan", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync",
                                        NULL}),
            &how, 0);
    port = free_port();
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0 || !start_server())
        reason = "PostgreSQL is installed and does not start";
}

void cy_test_postgres_run(const char *text)
{
    char url[96];
    struct cy_driver_options options = administrator(url);
    struct cy_database *database;
    struct cy_error error;
    cy_expect_ok(cy_driver_postgres.open(&database, &options, &error), error);
    cy_expect_ok(cy_database_run_text(database, "administrator", text, NULL, 0, NULL, NULL, &error), error);
    cy_driver_postgres.close(database);
}

struct cy_test_store cy_test_store_postgres(void)
{
    static unsigned number;
    static char urls[256][96];
    char text[64];
    begin();
    if (reason != NULL) {
        print_message("%s\n", reason);
        skip();
    }
    char *url = urls[number % CY_COUNT(urls)];
    snprintf(text, sizeof text, "CREATE DATABASE test_%u", number);
    cy_test_postgres_run(text);
    snprintf(url, sizeof urls[0], "postgresql://ciyuan@127.0.0.1:%u/test_%u", port, number++);
    struct cy_test_store test = cy_test_store_sqlite();
    test.options.database_url = url;
    return test;
}

uint16_t cy_test_postgres_port(void)
{
    return port;
}

void cy_test_postgres_freeze(bool is_frozen)
{
    signal_all(is_frozen ? SIGSTOP : SIGCONT);
}

void cy_test_postgres_crash(void)
{
    signal_all(SIGKILL);
    waitpid(server, NULL, 0);
    if (!start_server())
        fail_msg("PostgreSQL did not start again");
}
