#include "operators/pii_find.h"

#include "kernels/pii_mask.h"

static bool wants(const struct cy_pii_options *options, enum cy_pii_class class)
{
    return options->classes >> class & 1;
}

/* Looks at one marked place. *next is where the search goes on. */
static bool look_at(struct cy_str text, size_t from, size_t at, const struct cy_pii_options *options, struct cy_pii_match *match,
                    size_t *next)
{
    *next = at + 1;
    if (text.data[at] == '@')
        return wants(options, CY_PII_EMAIL) && cy_pii_email_at(text, from, at, match);
    if (text.data[at] == ':')
        return wants(options, CY_PII_IP) && cy_pii_ipv6_at(text, from, at, options->public_ips_only, match);
    return cy_pii_number_at(text, from, at, options, match, next);
}

bool cy_pii_find(struct cy_str text, size_t from, const struct cy_pii_options *options, struct cy_pii_match *match)
{
    const struct cy_pii_mask_variant *kernel = cy_pii_mask_best();
    size_t next = from;
    for (size_t at = from; at < text.size; at += CY_PII_BLOCK) {
        char tail[CY_PII_BLOCK] = {0};
        const char *block = text.data + at;
        if (text.size - at < CY_PII_BLOCK)
            block = memcpy(tail, block, text.size - at);
        char before = at > 0 ? text.data[at - 1] : '\0', after = text.size - at > CY_PII_BLOCK ? text.data[at + CY_PII_BLOCK] : '\0';
        for (uint64_t mask = kernel->mask(block, before, after); mask != 0; mask &= mask - 1) {
            size_t marked = at + (size_t)__builtin_ctzll(mask);
            if (marked >= next && look_at(text, from, marked, options, match, &next))
                return true;
        }
    }
    return false;
}
