#include "source/source.h"

#define CY_FORMAT(name) extern const struct cy_format cy_format_##name;
#include "source/formats.h"
#undef CY_FORMAT

const struct cy_format *const cy_formats[] = {
#define CY_FORMAT(name) &cy_format_##name,
#include "source/formats.h"
#undef CY_FORMAT
    NULL,
};

const struct cy_format *cy_format_find(struct cy_str name)
{
    for (const struct cy_format *const *format = cy_formats; *format != NULL; format++)
        if (cy_str_is(name, (*format)->name))
            return *format;
    return NULL;
}

const struct cy_format *cy_format_of_path(const char *path)
{
    struct cy_str name = cy_str(path);
    static const char *const compressions[] = {".gz", ".zst"};
    for (size_t i = 0; i < CY_COUNT(compressions); i++)
        if (cy_str_ends(name, cy_str(compressions[i])))
            name.size -= strlen(compressions[i]);
    for (const struct cy_format *const *format = cy_formats; *format != NULL; format++)
        for (const char *const *suffix = (*format)->suffixes; suffix != NULL && *suffix != NULL; suffix++) {
            struct cy_str end = cy_str(*suffix);
            if (name.size > end.size && cy_str_equal_nocase((struct cy_str){name.data + name.size - end.size, end.size}, end))
                return *format;
        }
    return NULL;
}
