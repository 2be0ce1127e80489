#include "cli/progress.h"

#include "base/clock.h"
#include "cli/summary.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DRAW_NS = 100000000, BAR_CELLS = 24 };

static const char *const stage_names[] = {
    [CY_RUN_READ] = "reading",     [CY_RUN_NAMES] = "looking for repeated ids", [CY_RUN_BARRIER] = "comparing all documents",
    [CY_RUN_STEPS] = "next steps", [CY_RUN_HASH] = "hashing the input",         [CY_RUN_WRITE] = "writing",
    [CY_RUN_VERIFY] = "verifying", [CY_RUN_SWAP] = "putting in place",
};

void cy_progress_begin(struct cy_progress_view *view, FILE *log, bool quiet)
{
    *view = (struct cy_progress_view){.log = log, .terminal = isatty(STDERR_FILENO) == 1, .quiet = quiet, .start_ns = cy_clock_ns()};
}

static double seconds_since(uint64_t then_ns)
{
    return (double)(cy_clock_ns() - then_ns) / 1e9;
}

const char *cy_progress_stage_name(enum cy_run_stage stage)
{
    return stage_names[stage];
}

static void stage_text(const struct cy_progress *progress, char text[96])
{
    snprintf(text, 96, "%s%s%s", stage_names[progress->stage], progress->step[0] != '\0' ? ": " : "", progress->step);
}

/* One line for a stage that is over. */
static void log_stage(const struct cy_progress_view *view, FILE *out, const char *time)
{
    char name[96], count[32];
    stage_text(&view->last, name);
    double seconds = seconds_since(view->stage_ns);
    fprintf(out, "%s%s%-39s %9.2f s", time, time[0] != '\0' ? "  " : "", name, seconds);
    if (view->last.document_count > 0)
        fprintf(out, "  %12s documents", cy_format_count(view->last.document_count, count));
    if (view->last.kept_count > 0 && view->last.document_count > 0)
        fprintf(out, ", %.1f %% kept", 100.0 * (double)view->last.kept_count / (double)view->last.document_count);
    if (view->last.resumed_count > 0)
        fprintf(out, ", %s of them by an earlier run", cy_format_count(view->last.resumed_count, count));
    fputc('\n', out);
}

static void clear_line(void)
{
    fputs("\r\033[K", stderr);
}

static void end_stage(struct cy_progress_view *view)
{
    if (!view->any)
        return;
    if (view->terminal && !view->quiet)
        clear_line();
    char time[21];
    cy_clock_utc(time);
    if (!view->quiet)
        log_stage(view, stderr, "");
    if (view->log != NULL)
        log_stage(view, view->log, time);
}

static void draw(const struct cy_progress_view *view)
{
    const struct cy_progress *now = &view->last;
    char name[96], count[32], bytes[32];
    stage_text(now, name);
    double seconds = seconds_since(view->stage_ns), part = now->total_bytes > 0 ? (double)now->done_bytes / (double)now->total_bytes : 0;
    clear_line();
    fprintf(stderr, "%-24s", name);
    if (now->total_bytes > 0) {
        int cells = (int)(part * BAR_CELLS + 0.5);
        fputs(" ", stderr);
        for (int i = 0; i < BAR_CELLS; i++)
            fputs(i < cells ? "━" : "─", stderr);
        fprintf(stderr, " %3.0f %%", part * 100);
    }
    fprintf(stderr, "  %s documents", cy_format_count(now->document_count, count));
    if (now->document_count > 0 && now->kept_count > 0)
        fprintf(stderr, ", %.1f %% kept", 100.0 * (double)now->kept_count / (double)now->document_count);
    double speed = seconds > 0.2 ? (double)(now->done_bytes - view->first_bytes) / seconds : 0;
    if (speed > 0)
        fprintf(stderr, ", %s/s", cy_format_bytes((uint64_t)speed, bytes));
    if (speed > 0 && now->total_bytes > now->done_bytes) {
        uint64_t left = (uint64_t)((double)(now->total_bytes - now->done_bytes) / speed + 0.5);
        fprintf(stderr, ", %llu:%02llu left", (unsigned long long)(left / 60), (unsigned long long)(left % 60));
    }
    fflush(stderr);
}

void cy_progress_show(void *context, const struct cy_progress *progress)
{
    struct cy_progress_view *view = context;
    bool new_stage = !view->any || progress->stage != view->last.stage || strcmp(progress->step, view->last.step) != 0;
    if (new_stage) {
        end_stage(view);
        view->stage_ns = cy_clock_ns();
        view->first_count = progress->document_count;
        view->first_bytes = progress->done_bytes;
    }
    view->last = *progress;
    view->any = true;
    uint64_t now = cy_clock_ns();
    if (view->terminal && !view->quiet && (new_stage || now - view->shown_ns > DRAW_NS)) {
        view->shown_ns = now;
        draw(view);
    }
}

void cy_progress_end(struct cy_progress_view *view)
{
    end_stage(view);
    view->any = false;
}

static void print_times(FILE *out, const struct cy_run_result *result, double seconds)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    char bytes[32];
    fprintf(out, "%.2f s on %zu threads, %s of memory at most\n", seconds, result->thread_count,
            cy_format_bytes((uint64_t)usage.ru_maxrss * 1024, bytes));
    fprintf(out, "  %-24s %12s %12s %10s %10s %12s\n", "step", "documents", "gone", "CPU s", "MB/s", "documents/s");
    for (size_t i = 0; i < result->time_count; i++) {
        const struct cy_step_time *time = &result->times[i];
        char in[32], gone[32], rate[32];
        double cpu = (double)time->cpu_ns / 1e9;
        fprintf(out, "  %-24s %12s %12s %10.3f", time->name, cy_format_count(time->in_count, in), cy_format_count(time->gone_count, gone),
                cpu);
        if (time->in_count > 0 && cpu > 0)
            fprintf(out, " %10.1f %12s", (double)time->text_bytes / 1e6 / cpu,
                    cy_format_count((uint64_t)((double)time->in_count / cpu), rate));
        fputc('\n', out);
    }
    fputs("  (MB/s and documents/s are per core: text or raw bytes by CPU time; a barrier's CPU includes the wall time of comparing)\n",
          out);
}

void cy_progress_times(struct cy_progress_view *view, const struct cy_run_result *result, FILE *out)
{
    double seconds = seconds_since(view->start_ns);
    if (view->log != NULL)
        print_times(view->log, result, seconds);
    if (out != NULL)
        print_times(out, result, seconds);
}
