#include "cy_test.h"

#include "base/threads.h"
#include "hub/turnstile.h"

#include <stdatomic.h>
#include <time.h>

struct crowd {
    struct cy_turnstile turnstile;
    atomic_int inside_count, inside_most, done_count;
};

static void pass(void *context, size_t thread)
{
    (void)thread;
    struct crowd *crowd = context;
    for (int i = 0; i < 20; i++) {
        if (!cy_turnstile_enter(&crowd->turnstile))
            continue;
        int inside = atomic_fetch_add(&crowd->inside_count, 1) + 1, most = crowd->inside_most;
        while (inside > most && !atomic_compare_exchange_weak(&crowd->inside_most, &most, inside))
            ;
        nanosleep(&(struct timespec){0, 200000}, NULL);
        atomic_fetch_sub(&crowd->inside_count, 1);
        cy_turnstile_leave(&crowd->turnstile);
        atomic_fetch_add(&crowd->done_count, 1);
    }
}

CY_TEST("a turnstile lets in as many as may be inside, and all who may wait get in")
{
    struct crowd crowd = {0};
    cy_turnstile_init(&crowd.turnstile, 2, 8, 60000);
    cy_run_threads(8, pass, &crowd);
    assert_int_equal(crowd.done_count, 8 * 20);
    assert_int_equal(crowd.inside_most, 2);
    cy_turnstile_free(&crowd.turnstile);
}

CY_TEST("a turnstile sends away at once who may not even wait, and after a while who waits in vain")
{
    struct cy_turnstile turnstile;
    cy_turnstile_init(&turnstile, 1, 0, 60000);
    assert_true(cy_turnstile_enter(&turnstile));
    assert_false(cy_turnstile_enter(&turnstile));
    cy_turnstile_leave(&turnstile);
    assert_true(cy_turnstile_enter(&turnstile));
    turnstile.waiting_max = 1;
    turnstile.wait_ms_max = 20;
    assert_false(cy_turnstile_enter(&turnstile));
    cy_turnstile_leave(&turnstile);
    cy_turnstile_free(&turnstile);
}
