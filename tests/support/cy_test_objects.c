#include "cy_test_objects.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t server, owner;
static unsigned port;
static char access_key[128], secret_key[128];

struct cy_test_objects cy_test_objects_disk(void)
{
    return (struct cy_test_objects){.options = {.data_folder = cy_test_folder()}};
}

static void end_server(void)
{
    if (getpid() != owner || server <= 0)
        return;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static void begin(void)
{
    if (owner != 0)
        return;
    const char *deps = getenv("CIYUAN_DEPS");
    char python[4096];
    int in[2], out[2];
    snprintf(python, sizeof python, "%s/venv/bin/python", deps != NULL ? deps : CIYUAN_SOURCE "/.deps");
    owner = getpid();
    assert_int_equal(pipe(in) | pipe(out), 0);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        execl(python, python, CIYUAN_SOURCE "/tests/support/s3_server.py", (char *)NULL);
        _exit(127);
    }
    atexit(end_server);
    close(in[0]); /* its other end stays open as long as the tests run */
    close(out[1]);
    FILE *said = fdopen(out[0], "r");
    assert_non_null(said);
    if (fscanf(said, "%u %127s %127s", &port, access_key, secret_key) != 3)
        port = 0;
    fclose(said);
}

struct cy_test_objects cy_test_objects_s3(void)
{
    static unsigned number;
    static char urls[256][160];
    begin();
    if (port == 0) {
        print_message("there is no S3 for tests: ./setup --tests brings moto\n");
        skip();
    }
    char *url = urls[number % CY_COUNT(urls)];
    snprintf(url, sizeof urls[0], "s3://tests/prefix-%u?endpoint=http://127.0.0.1:%u&timeout=3", number++, port);
    setenv("AWS_ACCESS_KEY_ID", access_key, 1);
    setenv("AWS_SECRET_ACCESS_KEY", secret_key, 1);
    return (struct cy_test_objects){.options = {.data_folder = cy_test_folder(), .url = url}};
}

uint16_t cy_test_s3_port(void)
{
    return (uint16_t)port;
}

void cy_test_s3_freeze(bool is_frozen)
{
    kill(server, is_frozen ? SIGSTOP : SIGCONT);
}

struct cy_objects *cy_test_objects_open(const struct cy_test_objects *test)
{
    struct cy_objects *objects;
    struct cy_error error;
    cy_expect_ok(cy_objects_open(&objects, &test->options, &error), error);
    return objects;
}
