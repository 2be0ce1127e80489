/* A double of the file functions (base/files.h). It passes everything on to the system, and meanwhile
 *   - makes the n-th call fail, with an errno that the caller chooses;
 *   - keeps a list of what a power cut could lose: files written and not synced, folders whose entries changed and were not synced. */
#ifndef CY_TEST_FILES_H
#define CY_TEST_FILES_H

#include "base/files.h"

/* Puts the double in place. fail_at: the call that fails, counted from 1; 0: none does. */
void cy_test_files_install(size_t fail_at, int error_number);
/* Puts the system's functions back. */
void cy_test_files_restore(void);
size_t cy_test_files_calls(void); /* calls since install */
/* The first path that a power cut could lose, or NULL. */
const char *cy_test_files_unsynced(void);

#endif
