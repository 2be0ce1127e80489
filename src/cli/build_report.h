/* `ciyuan build --report [HUB/]ORG/NAME`: tells a hub every two seconds how far the build is. A thread of its own does it; the build never
 * waits for it, and a hub that does not answer costs the build nothing. */
#ifndef CY_CLI_BUILD_REPORT_H
#define CY_CLI_BUILD_REPORT_H

#include "recipe/run.h"

struct cy_build_report;

/* target: "http://host:7000/press/web", or "press/web" on the hub that the other commands ask. CY_BAD_RECIPE when it names no repository.
 */
enum cy_status cy_build_report_open(struct cy_build_report **report, const char *target, struct cy_error *error);
/* Takes over what the build says of itself; cheap. */
void cy_build_report_progress(struct cy_build_report *report, const struct cy_progress *progress);
/* The last word, which the hub has two seconds to hear; then all is released. result and error: the one that applies. NULL report is fine.
 */
void cy_build_report_close(struct cy_build_report *report, enum cy_status status, const struct cy_run_result *result,
                           const struct cy_error *error);

#endif
