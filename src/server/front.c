/* The page: files of the folder that --web names. Without it "/" says so, and every other path is 404. */
#include "server/app.h"
#include "server/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

cy_handler cy_front_show, cy_front_file;

/* Only what this server sends runs, looks or is asked; nobody frames the page. Styles in attributes are what charts are drawn with. */
static const char page_policy[] = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
                                  "base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

static const struct {
    const char *end, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript"},
    {".css", "text/css"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".webp", "image/webp"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static const char *type_of(struct cy_str path)
{
    for (size_t i = 0; i < CY_COUNT(types); i++)
        if (cy_str_ends(path, cy_str(types[i].end)))
            return types[i].type;
    return "application/octet-stream";
}

/* Opens a file of the folder: no way leads out of it, neither by "..", nor by a link. -1 when there is none. */
static int open_beneath(const char *folder, const char *path, struct stat *info)
{
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int file = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    close(root);
    if (file >= 0 && (fstat(file, info) != 0 || !S_ISREG(info->st_mode))) {
        close(file);
        return -1;
    }
    return file;
}

static void add_page_headers(struct cy_request *request, struct cy_response *response, const char *policy)
{
    cy_respond_header(request, response, "Content-Security-Policy", "%s", policy);
    cy_respond_header(request, response, "Referrer-Policy", "same-origin");
    cy_respond_header(request, response, "X-Frame-Options", "DENY"); /* for browsers that know no frame-ancestors */
    cy_respond_header(request, response, "Cross-Origin-Opener-Policy", "same-origin");
    cy_respond_header(request, response, "Cross-Origin-Resource-Policy", "same-origin");
    cy_respond_header(request, response, "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if (cy_str_starts(request->host, CY_STR("https://")))
        cy_respond_header(request, response, "Strict-Transport-Security", "max-age=31536000");
}

static bool answer_file(struct cy_request *request, struct cy_response *response, struct cy_str path)
{
    struct stat info;
    const char *folder = request->app->options.web_folder;
    int file = folder != NULL && path.size > 0 ? open_beneath(folder, cy_arena_str(request->arena, path).data, &info) : -1;
    if (file < 0)
        return false;
    response->status = 200;
    response->file = file;
    response->file_size_bytes = (uint64_t)info.st_size;
    response->content_type = type_of(path);
    cy_respond_header(request, response, "ETag", "\"%llx-%llx\"", (unsigned long long)info.st_size,
                      (unsigned long long)info.st_mtim.tv_sec * 1000000000ull + (unsigned long long)info.st_mtim.tv_nsec);
    add_page_headers(request, response, page_policy);
    bool never_changes = cy_str_starts(path, CY_STR("_app/immutable/")); /* its name holds its hash */
    cy_respond_header(request, response, "Cache-Control", never_changes ? "public, max-age=31536000, immutable" : "no-cache");
    return true;
}

/* ---- what stands at "/" as long as there is no page ---- */

static const char without_page[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>ciyuan</title>\n"
    "<style>body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:12vh auto;padding:0 1.5rem;color-scheme:light dark}"
    "code{font-size:.95em}</style>\n"
    "<h1>ciyuan \xe8\xaf\x8d\xe5\x85\x83</h1>\n"
    "<p>This is a hub of datasets. The page is not built into this program; the clients work:</p>\n"
    "<pre><code>export HF_ENDPOINT=%s\npython -c 'from datasets import load_dataset; print(load_dataset(\"ORG/NAME\"))'</code></pre>\n"
    "<p><a href=\"/healthz\">healthz</a> \xc2\xb7 <a href=\"/readyz\">readyz</a> \xc2\xb7 <a href=\"/metrics\">metrics</a> \xc2\xb7 "
    "<a href=\"/api/v1/openapi.json\">API</a></p>\n</html>\n";

void cy_front_show(struct cy_request *request, struct cy_response *response)
{
    if (answer_file(request, response, CY_STR("index.html")))
        return;
    struct cy_buffer host = {0};
    cy_buffer_add_html(&host, request->host);
    cy_buffer_add_byte(&host, '\0');
    response->status = 200;
    response->content_type = "text/html; charset=utf-8";
    response->bytes = cy_str(cy_arena_printf(request->arena, without_page, host.data));
    add_page_headers(request, response,
                     "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    cy_respond_header(request, response, "Cache-Control", "no-cache");
    cy_buffer_release(&host);
}

void cy_front_file(struct cy_request *request, struct cy_response *response)
{
    if (cy_ds_answer_by_host(request, response))
        return;
    struct cy_str path = request->path_values[0], accept = cy_request_header(request, "Accept");
    if (answer_file(request, response, path))
        return;
    /* /datasets/ORG/NAME and the like are places within the page: it finds its way by itself. */
    bool is_page = memmem(accept.data, accept.size, "text/html", 9) != NULL && !cy_str_starts(path, CY_STR("api/")) &&
                   !cy_str_starts(path, CY_STR("_app/"));
    if (is_page && answer_file(request, response, CY_STR("index.html")))
        return;
    cy_respond_error(request, response, 404, NULL, "there is nothing under this path");
}
