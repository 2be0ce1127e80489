/* A disk under SQLite that loses power, or is full. It stands in the place of SQLite's own VFS, works on real files, and remembers what was
 * synced:
 *
 *     cy_test_vfs_begin(calls_max, bytes_max)   every write, truncate and sync after the calls_max-th fails, as if the machine were off;
 *                                               a file that would grow all of them past bytes_max finds the disk full
 *     … stores are opened and closed …
 *     cy_test_vfs_lose_power(seed)              what was not synced is dropped: each sector of 512 bytes at random kept or lost
 *     cy_test_vfs_end()
 *
 * Thread-safe. The shared-memory index is no part of it: SQLite rebuilds it. */
#ifndef CY_TEST_VFS_H
#define CY_TEST_VFS_H

#include <stdint.h>

void cy_test_vfs_begin(uint64_t calls_max, uint64_t bytes_max);
uint64_t cy_test_vfs_calls(void); /* made so far */
void cy_test_vfs_make_room(void); /* the disk is no longer full */
void cy_test_vfs_lose_power(uint64_t seed);
void cy_test_vfs_end(void);

#endif
