/* npm packages of vocabularies: whatever the bytes, they are refused with a reason, for no input has the hash that is known. */
#include "base/files.h"
#include "token/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[] = "/tmp/fuzz-package-XXXXXX.tgz";
    static int file = -1;
    if (file < 0)
        file = mkostemps(path, 4, O_CLOEXEC);
    CY_ASSERT(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    struct cy_arena arena = {0};
    struct cy_error error;
    const char *kept;
    char sha256[65];
    enum cy_status status = cy_vocabulary_keep("gpt2", path, &arena, &kept, sha256, &error);
    CY_ASSERT(status != CY_OK && error.message[0] != '\0');
    cy_arena_release(&arena);
    return 0;
}
