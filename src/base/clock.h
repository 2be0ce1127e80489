/* Time. Nothing that is hashed may hold it: it goes to the run log and the screen. */
#ifndef CY_BASE_CLOCK_H
#define CY_BASE_CLOCK_H

#include <stdint.h>
#include <stddef.h>

uint64_t cy_clock_ns(void);     /* monotonic */
uint64_t cy_clock_cpu_ns(void); /* of this thread */
/* "2026-11-24T15:04:05Z", 20 characters and a 0 byte. */
void cy_clock_utc(char text[21]);

#endif
