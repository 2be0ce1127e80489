/* Numbers: phones, Chinese identity numbers, bank cards, IPv4 addresses. A number is read as groups of digits with what separates them;
 * each class then knows the groupings that people write it in. */
#include "operators/pii_find.h"

enum {
    GROUPS_MAX = 8,
    DIGITS_MAX = 32,        /* more belong to no number that is looked for */
    GROUP_DIGITS_MAX = 19,  /* the longest bank card */
    KEYWORD_BYTES_MAX = 32, /* how far before a number "phone:" or "version" is looked for */
};

struct group {
    size_t start, end; /* bytes in the text */
    size_t first;      /* index of its first digit in digits */
    char separator;    /* before it: ' ', '-', '.', '(' or ')'; 0 for the first */
};

struct number {
    struct cy_str text;
    size_t from; /* a match may not reach before it */
    struct group groups[GROUPS_MAX];
    size_t group_count;
    char digits[DIGITS_MAX];
    size_t digit_count;
    bool plus;    /* "+" before the first digit */
    bool bracket; /* "(" before it (and before the plus) */
    size_t start; /* of the first digit, the plus or the bracket */
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static char byte_at(struct cy_str text, size_t at)
{
    return at < text.size ? text.data[at] : '\0';
}

/* ---- reading ---- */

/* One separator character at `at`: its kind and size; 0 when there is none. */
static size_t separator_at(struct cy_str text, size_t at, char *kind)
{
    static const struct {
        const char *bytes;
        char kind;
    } separators[] = {{" ", ' '},      {"-", '-'},      {".", '.'},      {"(", '('},      {")", ')'},  {"\u00A0", ' '},
                      {"\u2010", '-'}, {"\u2011", '-'}, {"\u2012", '-'}, {"\u2013", '-'}, {"（", '('}, {"）", ')'}};
    struct cy_str rest = {text.data + at, text.size - at};
    for (size_t i = 0; i < CY_COUNT(separators); i++) {
        if (!cy_str_starts(rest, cy_str(separators[i].bytes)))
            continue;
        *kind = separators[i].kind;
        return strlen(separators[i].bytes);
    }
    return 0;
}

/* What stands between two groups: one separator, or a bracket with a blank or dash beside it. Returns where the next group begins, 0 when
 * no digit follows. */
static size_t next_group(struct cy_str text, size_t at, char *kind)
{
    char second;
    size_t size = separator_at(text, at, kind);
    if (size == 0)
        return 0;
    size_t next = at + size, more = separator_at(text, next, &second);
    if (more > 0 && (*kind == '(' || *kind == ')' || second == '(')) {
        *kind = second == '(' ? '(' : *kind;
        next += more;
    }
    return is_digit(byte_at(text, next)) ? next : 0;
}

static void read_number(struct number *number, struct cy_str text, size_t from, size_t at)
{
    char separator = '\0';
    *number = (struct number){.text = text, .from = from, .start = at};
    for (size_t next = at; next > 0 || number->group_count == 0;
         next = next_group(text, number->groups[number->group_count - 1].end, &separator)) {
        size_t end = next;
        while (is_digit(byte_at(text, end)))
            end++;
        if (number->group_count == GROUPS_MAX || number->digit_count + (end - next) > DIGITS_MAX)
            break;
        number->groups[number->group_count++] = (struct group){next, end, number->digit_count, separator};
        memcpy(number->digits + number->digit_count, text.data + next, end - next);
        number->digit_count += end - next;
    }
    if (at > from && text.data[at - 1] == '+') {
        number->plus = true;
        number->start--;
    } else if (at >= from + 3 && memcmp(text.data + at - 3, "＋", 3) == 0) {
        number->plus = true;
        number->start -= 3;
    }
    if (number->start > from && text.data[number->start - 1] == '(') {
        number->bracket = true;
        number->start--;
    } else if (number->start >= from + 3 && memcmp(text.data + number->start - 3, "（", 3) == 0) {
        number->bracket = true;
        number->start -= 3;
    }
}

static size_t group_size(const struct number *number, size_t group)
{
    return group < number->group_count ? number->groups[group].end - number->groups[group].start : 0;
}

/* Whether the number's groups are of these sizes, and the separators one of `separators`, all the same (a bracket may stand for one). */
static bool grouped(const struct number *number, size_t first, const uint8_t *sizes, size_t count, const char *separators)
{
    char same = '\0';
    if (first + count > number->group_count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (group_size(number, first + i) != sizes[i])
            return false;
        char separator = number->groups[first + i].separator;
        if (i == 0 || separator == '(' || separator == ')')
            continue;
        if (strchr(separators, separator) == NULL || (same != '\0' && separator != same))
            return false;
        same = separator;
    }
    return true;
}

/* ---- boundaries ---- */

/* Whether what stands before the number (inside its bracket) leaves it whole: no letter, digit or sign that makes it part of something
 * else. host: it may stand behind "//". */
static bool clean_before(const struct number *number, bool host)
{
    struct cy_str text = number->text;
    size_t start = number->start;
    if (number->bracket)
        return true;
    if (start == 0)
        return true;
    char before = text.data[start - 1], further = start > 1 ? text.data[start - 2] : '\0';
    if (is_digit(before) || is_letter(before) || strchr("_=#$%&~\\@+", before) != NULL)
        return before == '\0';
    if (before == '.' || before == ',')
        return !is_digit(further);
    if (before == '-')
        return !is_digit(further) && !is_letter(further);
    if (before == '/')
        return !is_letter(further) && further != '.' && (further != '/' || host);
    static const char *const currencies[] = {"€", "£", "¥", "￥"};
    for (size_t i = 0; i < CY_COUNT(currencies); i++)
        if (cy_str_ends((struct cy_str){text.data, start}, cy_str(currencies[i])))
            return false;
    return true;
}

/* The same for what follows byte `end`. dash: a dash and digits may follow (an extension). */
static bool clean_after(const struct number *number, size_t end, bool dash)
{
    char after = byte_at(number->text, end), further = byte_at(number->text, end + 1);
    if (is_digit(after) || is_letter(after) || after == '_' || after == '@' || after == '%')
        return false;
    if (after == '.')
        return !is_digit(further);
    if (after == '-')
        return !(dash ? is_letter(further) : is_digit(further) || is_letter(further));
    return true;
}

/* The text before the number without the signs that stand between a word and its number. */
static struct cy_str words_before(const struct number *number)
{
    size_t first = number->start > KEYWORD_BYTES_MAX ? number->start - KEYWORD_BYTES_MAX : 0;
    struct cy_str words = {number->text.data + first, number->start - first};
    for (;;) {
        static const char *const signs[] = {" ", ":", ".", "-", "(", "#", "*", "|", "\t", "：", "（", "\u00A0"};
        size_t size = words.size;
        for (size_t i = 0; i < CY_COUNT(signs); i++)
            if (cy_str_ends(words, cy_str(signs[i])))
                words.size -= strlen(signs[i]);
        if (words.size == size)
            return words;
    }
}

/* Whether one of the keywords (NULL-terminated, lower case) ends the text; one that begins with a Latin letter only as a whole word. */
static bool ends_with_word(struct cy_str text, const char *const *keywords)
{
    for (; *keywords != NULL; keywords++) {
        struct cy_str keyword = cy_str(*keywords);
        if (text.size < keyword.size)
            continue;
        struct cy_str tail = {text.data + text.size - keyword.size, keyword.size};
        bool whole = !is_letter(keyword.data[0]) || text.size == keyword.size || !is_letter(tail.data[-1]);
        if (whole && cy_str_equal_nocase(tail, keyword))
            return true;
    }
    return false;
}

/* ---- Chinese identity number ---- */

static bool is_date(const char *digits)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = (digits[0] - '0') * 1000 + (digits[1] - '0') * 100 + (digits[2] - '0') * 10 + digits[3] - '0';
    int month = (digits[4] - '0') * 10 + digits[5] - '0', day = (digits[6] - '0') * 10 + digits[7] - '0';
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= 1880 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day < 29 || leap);
}

bool cy_is_cn_id(const char number[18])
{
    static const uint8_t weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    /* GB/T 2260: provinces; 81, 82, 83 residence permits of Hong Kong, Macau and Taiwan; 91 foreigners */
    static const char *const regions =
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91 ";
    char region[4] = {number[0], number[1], ' ', '\0'};
    int sum = 0;
    for (size_t i = 0; i < 17; i++)
        sum += (number[i] - '0') * weights[i];
    char check = "10X98765432"[sum % 11];
    return strstr(regions, region) != NULL && is_date(number + 6) && (number[17] == check || (number[17] == 'x' && check == 'X'));
}

/* 18 in one, or 6 8 4; the last digit may be an X. Returns where it ends, 0 when it is none. */
static size_t cn_id_end(const struct number *number)
{
    static const uint8_t whole[] = {18}, whole_x[] = {17}, parts[] = {6, 8, 4}, parts_x[] = {6, 8, 3};
    char id[18];
    if (number->digit_count < 17 || number->plus)
        return 0;
    bool three = group_size(number, 0) == 6;
    size_t count = three ? 3 : 1;
    bool full = grouped(number, 0, three ? parts : whole, count, " -");
    if (!full && !grouped(number, 0, three ? parts_x : whole_x, count, " -"))
        return 0;
    size_t end = number->groups[count - 1].end;
    memcpy(id, number->digits, full ? 18 : 17);
    if (!full) {
        id[17] = byte_at(number->text, end++);
        if (id[17] != 'X' && id[17] != 'x')
            return 0;
    }
    return cy_is_cn_id(id) && clean_after(number, end, false) ? end : 0;
}

/* ---- bank card ---- */

static bool luhn(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

bool cy_is_bank_card(const char *digits, size_t count)
{
    static const struct {
        uint16_t low, high; /* of the first four digits */
        uint8_t count_min, count_max;
    } issuers[] = {
        {2200, 2204, 16, 19},                       /* Mir */
        {2221, 2720, 16, 16},                       /* Mastercard */
        {3000, 3059, 14, 14},                       /* Diners Club */
        {3095, 3095, 14, 14}, {3400, 3499, 15, 15}, /* American Express */
        {3528, 3589, 16, 19},                       /* JCB */
        {3600, 3699, 14, 14},                       /* Diners Club */
        {3700, 3799, 15, 15},                       /* American Express */
        {3800, 3999, 14, 14},                       /* Diners Club */
        {4000, 4999, 16, 16},                       /* Visa */
        {4000, 4999, 19, 19}, {4000, 4999, 13, 13}, /* only written in groups, see card_end: bar codes of 13 digits begin so too */
        {5018, 5018, 16, 19},                       /* Maestro */
        {5020, 5020, 16, 19}, {5038, 5038, 16, 19}, {5100, 5599, 16, 16}, /* Mastercard */
        {5893, 5893, 16, 19},                                             /* Maestro */
        {6011, 6011, 16, 19},                                             /* Discover */
        {6200, 6299, 16, 19},                                             /* UnionPay */
        {6304, 6304, 16, 19},                                             /* Maestro */
        {6440, 6599, 16, 19},                                             /* Discover */
        {6759, 6763, 16, 19},                                             /* Maestro */
        {9558, 9558, 19, 19},                                             /* ICBC, before UnionPay's prefix */
    };
    if (count < 13 || count > 19)
        return false;
    int prefix = (digits[0] - '0') * 1000 + (digits[1] - '0') * 100 + (digits[2] - '0') * 10 + digits[3] - '0';
    for (size_t i = 0; i < CY_COUNT(issuers); i++)
        if (prefix >= issuers[i].low && prefix <= issuers[i].high && count >= issuers[i].count_min && count <= issuers[i].count_max)
            return luhn(digits, count);
    return false;
}

/* Whether the groups stand in a row of more numbers of four digits, as in a table. */
static bool in_table(const struct number *number, size_t count)
{
    size_t start = number->start;
    bool digit_before = start >= number->from + 2 && number->text.data[start - 1] == ' ' && is_digit(number->text.data[start - 2]);
    if (digit_before || count >= number->group_count)
        return digit_before;
    const struct group *next = &number->groups[count];
    return next->end - next->start == 4 && next->separator == ' ' && byte_at(number->text, next->end) != ':'; /* 2001:… is an address */
}

static size_t card_end(const struct number *number)
{
    static const uint8_t groupings[][6] = {{4, 4, 4, 4, 3}, {4, 4, 4, 4, 2}, {4, 4, 4, 4, 1}, {4, 4, 4, 4},
                                           {4, 6, 5},       {4, 6, 4},       {6, 13},         {4, 3, 3, 3}};
    if (number->digit_count < 13 || number->plus)
        return 0;
    size_t size = group_size(number, 0), end = number->groups[0].end;
    if (size > 13 && size <= 19)
        return cy_is_bank_card(number->digits, size) && clean_after(number, end, false) ? end : 0;
    for (size_t i = 0; i < CY_COUNT(groupings); i++) {
        size_t count = strlen((const char *)groupings[i]), digit_count = 0;
        if (!grouped(number, 0, groupings[i], count, " -"))
            continue;
        for (size_t group = 0; group < count; group++)
            digit_count += groupings[i][group];
        end = number->groups[count - 1].end;
        if (cy_is_bank_card(number->digits, digit_count) && clean_after(number, end, false) && !in_table(number, count))
            return end;
    }
    return 0;
}

/* ---- IPv4 ---- */

static size_t ipv4_end(const struct number *number, bool public_only)
{
    static const char *const versions[] = {"version", "ver",     "v", "release", "build",  "firmware", "section",
                                           "sec",     "chapter", "§", "版本",    "版本号", "第",       NULL};
    enum { SMALL = 32 }; /* four numbers below it are a section's or a version's */
    uint8_t address[4];
    bool small = true;
    if (number->plus || number->group_count < 4)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        size_t size = group_size(number, i);
        const char *digits = number->digits + number->groups[i].first;
        if (size > 3 || (size > 1 && digits[0] == '0') || (i > 0 && number->groups[i].separator != '.'))
            return 0;
        int value = 0;
        for (size_t digit = 0; digit < size; digit++)
            value = value * 10 + digits[digit] - '0';
        if (value > 255)
            return 0;
        address[i] = (uint8_t)value;
        small &= value < SMALL;
    }
    size_t end = number->groups[3].end;
    bool multicast = address[0] >= 224 && address[0] < 240; /* global, but nobody's */
    if (!clean_after(number, end, true) || small || (public_only && (multicast || !cy_ipv4_is_global(address))))
        return 0;
    return ends_with_word(words_before(number), versions) ? 0 : end;
}

/* ---- phone ---- */

static bool all_same_after(const char *digits, size_t first, size_t count)
{
    for (size_t i = first + 1; i < count; i++)
        if (digits[i] != digits[first])
            return false;
    return true;
}

/* The prefixes that MIIT has given out; 1[3-9]x alone would take many a database's key of 11 digits for a phone. */
static bool is_cn_mobile_prefix(const char *digits)
{
    static const char *const thirds[] = {/* 13 */ "0123456789", "01456789",   "012356789", "2567",
                                         "012345678",           "0123456789", "012356789"};
    return digits[0] == '1' && digits[1] >= '3' && strchr(thirds[digits[1] - '3'], digits[2]) != NULL;
}

/* 11 digits, or 3 4 4, 3 8, 3 3 5, from group `first` on. */
static size_t cn_mobile_groups(const struct number *number, size_t first)
{
    static const uint8_t groupings[][4] = {{11}, {3, 4, 4}, {3, 8}, {3, 3, 5}};
    for (size_t i = 0; i < CY_COUNT(groupings); i++) {
        size_t count = strlen((const char *)groupings[i]);
        if (!grouped(number, first, groupings[i], count, " -"))
            continue;
        const char *digits = number->digits + number->groups[first].first;
        if (is_cn_mobile_prefix(digits) && !all_same_after(digits, 3, 11)) /* 13000000000 is a round number */
            return count;
    }
    return 0;
}

/* Area code 0xx or 0xxx and 7 or 8 digits; abroad the 0 is left out. */
static size_t cn_landline_groups(const struct number *number, size_t first, bool with_zero)
{
    static const uint8_t tails[][3] = {{8}, {7}, {4, 4}, {3, 4}};
    const char *area = number->digits + number->groups[first].first;
    size_t area_size = group_size(number, first) + !with_zero;
    char lead = with_zero ? area[1] : area[0];
    bool beijing = lead == '1' || lead == '2'; /* 010 and 02x have three digits, the others four */
    if ((with_zero && area[0] != '0') || lead == '0' || area_size != (beijing ? 3 : 4) || (lead == '1' && area[with_zero + 1] != '0'))
        return 0;
    for (size_t i = 0; i < CY_COUNT(tails); i++) {
        size_t count = strlen((const char *)tails[i]);
        if (!grouped(number, first + 1, tails[i], count, " -"))
            continue;
        char separator = number->groups[first + 1].separator, start = number->digits[number->groups[first + 1].first];
        if (separator != '.' && start >= '2' && start <= '8')
            return 1 + count;
    }
    return 0;
}

/* North America: NXX NXX XXXX (N from 2 to 9) from group `first` on. */
static bool is_nanp(const struct number *number, size_t first)
{
    static const uint8_t sizes[] = {3, 3, 4};
    if (!grouped(number, first, sizes, 3, " -."))
        return false;
    const char *digits = number->digits + number->groups[first].first;
    return digits[0] >= '2' && digits[3] >= '2' && !(digits[1] == '1' && digits[2] == '1');
}

/* The country code at the number's beginning (ITU-T E.164): 1 to 3 digits, 0 when there is no such code. */
static size_t country_code_size(const char *digits)
{
    static const char *const two = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 "
                                   "82 84 86 90 91 92 93 94 95 98 ";
    char code[4] = {digits[0], digits[1], ' ', '\0'};
    if (digits[0] == '1' || digits[0] == '7')
        return 1;
    if (strstr(two, code) != NULL)
        return 2;
    return digits[0] == '0' || (digits[0] == '2' && digits[1] == '8') || digits[0] == '1' ? 0 : 3;
}

/* "+", country code and number: 8 to 15 digits in all, what is known of the numbers in China and North America checked. */
static size_t international_groups(const struct number *number)
{
    enum { E164_MIN = 8, E164_MAX = 15 };
    size_t count = 0, digit_count = 0;
    if (!number->plus || number->digit_count < E164_MIN)
        return 0;
    while (count < number->group_count && digit_count + group_size(number, count) <= E164_MAX) {
        if (digit_count >= 11 && group_size(number, count) >= 4 && number->groups[count].separator == ' ')
            break; /* enough already: the next one is another number */
        digit_count += group_size(number, count++);
    }
    size_t code = country_code_size(number->digits);
    if (digit_count < E164_MIN || code == 0)
        return 0;
    if (number->digits[0] == '8' && number->digits[1] == '6') {
        if (group_size(number, 0) == 13)
            return number->digits[2] == '1' && number->digits[3] >= '3' ? 1 : 0;
        if (group_size(number, 0) == 2) {
            size_t groups = cn_mobile_groups(number, 1);
            if (groups == 0)
                groups = cn_landline_groups(number, 1, number->digits[2] == '0');
            if (groups > 0)
                return 1 + groups;
        }
        return digit_count >= 12 && digit_count <= 14 ? count : 0;
    }
    if (number->digits[0] == '1')
        return digit_count >= 11 && number->digits[1] >= '2' && number->digits[4] >= '2' ? count : 0;
    return count;
}

/* A number that the word before it calls a phone: 7 to 15 digits in groups that are no date. */
static size_t named_groups(const struct number *number)
{
    static const char *const keywords[] = {"tel",      "telephone", "phone",   "mobile",     "mob",        "cell",     "fax",
                                           "whatsapp", "hotline",   "telefon", "tél",        "téléphone",  "tel/fax",  "phone number",
                                           "call",     "calling",   "call us", "call us at", "call us on", "telefono", "teléfono",
                                           "电话",     "手机",      "手机号",  "手机号码",   "电话号码",   "联系电话", "座机",
                                           "传真",     "热线",      "電話",    "手機",       "傳真",       "電話番号", NULL};
    enum { DIGITS_MIN = 7, NAMED_MAX = 13 };
    size_t count = 0, digit_count = 0;
    if (number->digit_count < DIGITS_MIN || !ends_with_word(words_before(number), keywords))
        return 0;
    while (count < number->group_count && digit_count + group_size(number, count) <= NAMED_MAX) {
        if (digit_count >= DIGITS_MIN && group_size(number, count) >= DIGITS_MIN)
            break; /* another number */
        digit_count += group_size(number, count++);
    }
    bool date = group_size(number, 0) == 4 && group_size(number, 1) == 2 && group_size(number, 2) == 2;
    bool years =
        count == 2 && group_size(number, 0) == 4 && group_size(number, 1) == 4 && number->digits[0] <= '2' && number->digits[4] <= '2';
    bool address = count == 4 && number->groups[1].separator == '.' && number->groups[3].separator == '.' && group_size(number, 3) <= 3;
    date |= years || address;
    return digit_count >= DIGITS_MIN && !date ? count : 0;
}

static size_t phone_groups(const struct number *number)
{
    static const uint8_t french[] = {2, 2, 2, 2, 2}, one[] = {1}, zero_zero_86[] = {4};
    size_t groups = international_groups(number);
    if (groups > 0 || number->plus)
        return groups;
    groups = cn_mobile_groups(number, 0);
    if (groups > 0 && clean_after(number, number->groups[groups - 1].end, false))
        return groups;
    groups = cn_landline_groups(number, 0, true);
    if (groups > 0)
        return groups;
    if (grouped(number, 0, zero_zero_86, 1, " -") && memcmp(number->digits, "0086", 4) == 0 && (groups = cn_mobile_groups(number, 1)) > 0)
        return 1 + groups;
    bool separated =
        number->bracket || (number->group_count > 1 && number->groups[1].separator != ' '); /* "212 555 0100" alone is no proof */
    if (separated && is_nanp(number, 0))
        return 3;
    if (grouped(number, 0, one, 1, "") && number->digits[0] == '1' && number->group_count > 3 && number->groups[2].separator != ' ' &&
        is_nanp(number, 1))
        return 4;
    if (grouped(number, 0, french, 5, " .-") && number->digits[0] == '0' && number->digits[1] != '0')
        return 5;
    return named_groups(number);
}

/* ---- all ---- */

static bool found(struct cy_pii_match *match, size_t start, size_t end, enum cy_pii_class class)
{
    *match = (struct cy_pii_match){start, end, class};
    return true;
}

bool cy_pii_number_at(struct cy_str text, size_t from, size_t at, const struct cy_pii_options *options, struct cy_pii_match *match,
                      size_t *end)
{
    enum { DIGITS_MIN = 4 }; /* 1.1.1.1 */
    struct number number;
    size_t match_end;
    read_number(&number, text, from, at);
    size_t first = at;
    if (number.group_count == 0) { /* a run of very many digits */
        for (*end = at; is_digit(byte_at(text, *end));)
            ++*end;
        return false;
    }
    *end = number.groups[0].end;
    if (number.digit_count < DIGITS_MIN || group_size(&number, 0) > GROUP_DIGITS_MAX)
        return false;
    if ((options->classes >> CY_PII_IP & 1) && clean_before(&number, true) && (match_end = ipv4_end(&number, options->public_ips_only)) > 0)
        return found(match, first, match_end, CY_PII_IP);
    if (!clean_before(&number, false))
        return false;
    if ((options->classes >> CY_PII_CN_ID & 1) && (match_end = cn_id_end(&number)) > 0)
        return found(match, first, match_end, CY_PII_CN_ID);
    if ((options->classes >> CY_PII_BANK_CARD & 1) && (match_end = card_end(&number)) > 0)
        return found(match, first, match_end, CY_PII_BANK_CARD);
    if (!(options->classes >> CY_PII_PHONE & 1))
        return false;
    size_t groups = phone_groups(&number);
    if (groups == 0 || !clean_after(&number, number.groups[groups - 1].end, true))
        return false;
    size_t start = number.start, bracket_size = number.bracket ? text.data[start] == '(' ? 1 : 3 : 0;
    bool closed = false; /* "(010) 1234…" takes its bracket, "(13812345678)" leaves it */
    for (size_t i = 1; i < groups; i++)
        closed |= number.groups[i].separator == ')';
    return found(match, closed ? start : start + bracket_size, number.groups[groups - 1].end, CY_PII_PHONE);
}
