/* A proxy on loopback that cuts connections when it is told to: before what it waits for goes on its way, or right after, so that the
 * answer never comes. One at a time. */
#ifndef CY_TEST_PROXY_H
#define CY_TEST_PROXY_H

#include <stdbool.h>
#include <stdint.h>

/* Forwards to 127.0.0.1:port; returns its own port. */
uint16_t cy_test_proxy_start(uint16_t port);
/* The next piece that a client sends and that holds `word` is the last of its connection: forwarded (its answer is not), or dropped. */
void cy_test_proxy_cut_at(const char *word, bool is_forwarded);
/* How often it has cut. */
unsigned cy_test_proxy_cuts(void);
/* Refuses new connections and cuts the old ones, until it is opened again. */
void cy_test_proxy_shut(bool is_shut);
void cy_test_proxy_end(void);

#endif
