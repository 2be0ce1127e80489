/* Numbers as the peer reads them. serde_json 1.0 (without "float_roundtrip") takes the digits as one integer and multiplies or divides it
 * once by a power of ten, which is off by one unit in the last place for every seventh number or so. Where the scores of two segmentations
 * are that near, the ids depend on it. */
#include "token/hf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXPONENT_MAX = 308 }; /* of ten, in a double */

static double power_of_ten(unsigned exponent)
{
    char text[8];
    snprintf(text, sizeof text, "1e%u", exponent);
    return strtod(text, NULL); /* rounded right, as a compiler rounds 1e17 */
}

static double scaled(double number, int64_t exponent)
{
    for (; exponent < -EXPONENT_MAX && number != 0; exponent += EXPONENT_MAX)
        number /= power_of_ten(EXPONENT_MAX);
    if (number == 0)
        return number;
    if (exponent > EXPONENT_MAX)
        return INFINITY;
    return exponent >= 0 ? number * power_of_ten((unsigned)exponent) : number / power_of_ten((unsigned)-exponent);
}

static bool is_digit(struct cy_str text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* The digits from *at on, into *number until one more would not fit 64 bits. Returns how many did not; *count: of all digits. */
static int64_t add_digits(struct cy_str text, size_t *at, uint64_t *number, int64_t *count)
{
    int64_t lost = 0;
    for (*count = 0; is_digit(text, *at); (*at)++, (*count)++) {
        unsigned digit = (unsigned)(text.data[*at] - '0');
        if (lost > 0 || *number > (UINT64_MAX - digit) / 10)
            lost++;
        else
            *number = *number * 10 + digit;
    }
    return lost;
}

double cy_hf_number(struct cy_str text)
{
    const bool negative = text.size > 0 && text.data[0] == '-';
    size_t at = negative;
    uint64_t number = 0;
    int64_t count, exponent = add_digits(text, &at, &number, &count);
    if (at < text.size && text.data[at] == '.') {
        at++;
        int64_t lost = exponent > 0 ? INT64_MAX : add_digits(text, &at, &number, &count);
        if (lost == INT64_MAX) /* the integer was cut already: the digits behind the point do not count */
            for (; is_digit(text, at); at++)
                continue;
        else
            exponent -= count - lost;
    }
    if (at < text.size && (text.data[at] | 0x20) == 'e') {
        bool minus = at + 1 < text.size && text.data[at + 1] == '-';
        uint64_t power = 0;
        at += 1 + (at + 1 < text.size && (minus || text.data[at + 1] == '+'));
        for (; is_digit(text, at); at++)
            power = CY_MIN(power * 10 + (uint64_t)(text.data[at] - '0'), (uint64_t)1 << 30);
        exponent += minus ? -(int64_t)power : (int64_t)power;
    }
    double result = scaled((double)number, exponent);
    return negative ? -result : result;
}
