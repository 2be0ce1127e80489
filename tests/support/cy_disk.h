/* A disk that fails or loses power. It stands in the place of cy_files, works on real files, and remembers what was synced:
 *
 *     cy_disk_begin(seed, calls_max)      every call after the calls_max-th fails, as if the machine were off
 *     cy_disk_fail(call, ENOSPC)          or that one call alone, counted from 1
 *     … the code under test …
 *     cy_disk_lose_power()                what was not synced is dropped: bytes, names, renames; each at random, kept or lost
 *     cy_disk_end()
 *
 * A file's bytes are safe after sync of the file; its name, a rename, and a new folder with all that lies in it, after sync of the folder
 * that holds the name. Thread-safe. */
#ifndef CY_DISK_H
#define CY_DISK_H

#include "base/files.h"

void cy_disk_begin(uint64_t seed, uint64_t calls_max);
void cy_disk_fail(uint64_t call, int error_number);
uint64_t cy_disk_calls(void);       /* made so far */
const char *cy_disk_unsynced(void); /* the first path that a power cut now could lose; NULL: none */
void cy_disk_lose_power(void);
void cy_disk_end(void);

#endif
