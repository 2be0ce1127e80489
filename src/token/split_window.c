#include "token/split_window.h"

uint64_t cy_scan_window(const struct cy_scan *scan, const struct cy_split_masks *masks, const char *at)
{
    return cy_scan_window_inline(scan, masks, at);
}
