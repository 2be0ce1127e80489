/* Finds personal data in text: e-mail addresses, IP addresses, phone numbers, Chinese identity numbers, bank cards.
 *
 * A kernel marks the places to look at; the functions below decide. Boundaries are those of characters, not of words, so that a number in
 * Chinese text, which has no spaces, is found: a digit or Latin letter beside a number spoils it, a Han character does not.
 * docs/pii.md states each rule. */
#ifndef CY_OPERATORS_PII_FIND_H
#define CY_OPERATORS_PII_FIND_H

#include "base/bytes.h"

enum cy_pii_class { CY_PII_EMAIL, CY_PII_IP, CY_PII_PHONE, CY_PII_CN_ID, CY_PII_BANK_CARD, CY_PII_CLASSES };

struct cy_pii_match {
    size_t start, end; /* bytes */
    enum cy_pii_class class;
};

struct cy_pii_options {
    unsigned classes;     /* bit for each enum cy_pii_class that is looked for */
    bool public_ips_only; /* an address that is not global (RFC 6890 and its like) names nobody */
};

/* The first match at or after byte `from`; false when there is none. text must be valid UTF-8. */
bool cy_pii_find(struct cy_str text, size_t from, const struct cy_pii_options *options, struct cy_pii_match *match);

/* ---- the parts, for tests ---- */

/* 17 digits and a check character: region, date of birth and check digit (GB 11643-1999, ISO 7064 MOD 11-2). */
bool cy_is_cn_id(const char number[18]);
/* The Luhn check (ISO/IEC 7812-1, annex B) and a prefix and length that card schemes issue. */
bool cy_is_bank_card(const char *digits, size_t count);
/* Whether the address is global, as Python's ipaddress says it (the IANA special-purpose registries). */
bool cy_ipv4_is_global(const uint8_t address[4]);
bool cy_ipv6_is_global(const uint8_t address[16]);

/* ---- between pii_find.c and its two other files ---- */

/* An e-mail address whose "@" stands at `at`, not reaching before `from`. */
bool cy_pii_email_at(struct cy_str text, size_t from, size_t at, struct cy_pii_match *match);
/* An IPv6 address with a ":" at `at`, not reaching before `from`. */
bool cy_pii_ipv6_at(struct cy_str text, size_t from, size_t at, bool public_only, struct cy_pii_match *match);
/* A number whose first digit stands at `at`. *end is where the search goes on in any case. */
bool cy_pii_number_at(struct cy_str text, size_t from, size_t at, const struct cy_pii_options *options, struct cy_pii_match *match,
                      size_t *end);

#endif
