/* Bytes that are put and not named yet. An object lies in the store before the row that names it is committed; what collects garbage must
 * take neither it nor one put after: whoever puts and names stands in a list from before the first until after the second. */
#ifndef CY_HUB_PUTS_H
#define CY_HUB_PUTS_H

#include "base/bytes.h"

#include <pthread.h>

/* Of one upload; on its stack. */
struct cy_put {
    int64_t since_ms;
    struct cy_put *newer, *older;
};
struct cy_puts {
    pthread_mutex_t lock;
    struct cy_put *newest, *oldest;
};
void cy_puts_init(struct cy_puts *puts);
void cy_puts_free(struct cy_puts *puts); /* nobody stands in it any more */
void cy_put_begin(struct cy_puts *puts, struct cy_put *put);
void cy_put_end(struct cy_puts *puts, struct cy_put *put);
/* Objects put before that time (their time in the store) are either named or nobody's: with what is under way now, and with what begins
 * from now on. Never after now. */
int64_t cy_puts_settled_ms(struct cy_puts *puts);

#endif
