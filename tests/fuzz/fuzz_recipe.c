/* The recipe: any bytes are either a plan or an error with a place; nothing leaks. The folder is empty, and inputs with a '/' are left out,
 * so that no source is found and the fuzzer does not walk the disk. */
#include "recipe/plan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    static char folder[] = "/tmp/ciyuan-fuzz.XXXXXX";
    static bool made;
    if (!made)
        made = mkdtemp(folder) != NULL;
    if (size_bytes > 0 && memchr(data, '/', size_bytes) != NULL)
        return 0;
    struct cy_plan plan;
    struct cy_error error = {0};
    enum cy_status status = cy_plan_parse(&plan, (struct cy_str){(const char *)data, size_bytes}, "recipe.yaml", folder, NULL, &error);
    CY_ASSERT(status == CY_OK || error.message[0] != '\0');
    cy_plan_release(&plan);
    return 0;
}
