#include "cy_test.h"

#include "html/html_entities.h"

CY_TEST("character references are decoded as the HTML standard says")
{
    static const struct {
        const char *text, *value;
        size_t taken;
    } cases[] = {
        {"&amp;x", "&", 5},
        {"&ampx", "&", 4},
        {"&notit;", "\u00ac", 4},
        {"&notin;", "\u2209", 7},
        {"&#65;", "A", 5},
        {"&#x41", "A", 5},
        {"&#X1F600;", "\U0001F600", 9},
        {"&#128;", "\u20ac", 6},
        {"&#0;", "\ufffd", 4},
        {"&#xD800;", "\ufffd", 8},
        {"&#99999999999;", "\ufffd", 14},
        {"&nGt;", "\u226b\u20d2", 5},
        {"&Aacute", "\u00c1", 7},
        {"&CounterClockwiseContourIntegral;", "\u2233", 33},
        {"&hellip", "", 0},
        {"&", "", 0},
        {"&;", "", 0},
        {"&#;", "", 0},
        {"&#x;", "", 0},
        {"&unknown;", "", 0},
        {"&ThickSpace;", "\u205f\u200a", 12},
    };
    for (size_t i = 0; i < CY_COUNT(cases); i++) {
        char out[CY_ENTITY_BYTES_MAX];
        size_t size = 0, taken = cy_entity_decode(cy_str(cases[i].text), out, &size);
        if (taken != cases[i].taken)
            fail_msg("%s takes %zu bytes, expected %zu", cases[i].text, taken, cases[i].taken);
        if (taken > 0)
            cy_expect_str(((struct cy_str){out, size}), cases[i].value);
    }
}
