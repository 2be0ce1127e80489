/* pii on a labelled set: values of each class, made at random by their own rules, in sentences of two languages, among decoys that only
 * look like one. A match counts when its class and both ends are right. */
#include "cy_test.h"

#include "operators/pii_find.h"

static uint64_t state_of_test;

static unsigned any(unsigned count)
{
    return (unsigned)(cy_test_random(&state_of_test) % count);
}

#define ANY_OF(list) ((list)[any((unsigned)CY_COUNT(list))])

/* `pattern` with each # a random digit and each ? a random letter. */
static void fill(char *out, const char *pattern)
{
    for (; *pattern != '\0'; pattern++)
        *out++ = *pattern == '#' ? (char)('0' + any(10)) : *pattern == '?' ? (char)('a' + any(26)) : *pattern;
    *out = '\0';
}

static void make_email(char *out)
{
    static const char *const locals[] = {"li.wei", "j.smith##",   "sales",  "??????", "maria_garcia",
                                         "x-y.z",  "n##########", "a+news", "o'neil"};
    static const char *const domains[] = {"@gmail.com",
                                          "@qq.com",
                                          "@163.com",
                                          "@mail.??????.edu.cn",
                                          ("@?"
                                           "?-x??.de"), /* in two, for "??-" is a trigraph */
                                          "@sub.????.co.uk",
                                          "@????.io",
                                          "@company.photography"};
    char pattern[64];
    snprintf(pattern, sizeof pattern, "%s%s", ANY_OF(locals), ANY_OF(domains));
    fill(out, pattern);
}

static void make_ip(char *out)
{
    static const char *const hosts[] = {"2a00:1450:4001:81b::200e", "2606:2800:220:1:248:1893:25c8:1946", "2408:8000:1010:2::1"};
    if (any(5) == 0)
        strcpy(out, ANY_OF(hosts));
    else
        sprintf(out, "%u.%u.%u.%u", 40 + any(50), any(256), any(256), any(256));
}

static void make_phone(char *out)
{
    static const char *const patterns[] = {"138########",    "15#-####-####",  "186 #### ####",    "+86 139 #### ####", "+86159########",
                                           "010-6#######",   "0755-2#######",  "(021) 5### ####",  "0571-8#######",     "+1 212-555-####",
                                           "(415) 555-####", "646-555-####",   "+44 20 79## ####", "+49 30 901###",     "+33 1 42 68 53 ##",
                                           "01 42 68 53 ##", "1-800-555-####", "+81 3-52##-####",  "+852 2### ####"};
    do {
        const char *pattern = ANY_OF(patterns);
        if (pattern[0] == '1' && pattern[1] == '5')
            fill(out, any(2) ? "150-####-####" : "158-####-####");
        else
            fill(out, pattern);
    } while (strstr(out, "0000") != NULL);
}

static void make_cn_id(char *out)
{
    static const char *const regions[] = {"110105", "440524", "310115", "510107", "330106", "650102", "820000"};
    sprintf(out, "%s%04u%02u%02u%03u", ANY_OF(regions), 1930 + any(90), 1 + any(12), 1 + any(28), any(1000));
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (out[i] - '0') * ((1 << (17 - i)) % 11);
    out[17] = "10X98765432"[sum % 11];
    out[18] = '\0';
}

static void make_bank_card(char *out)
{
    static const char *const patterns[] = {"4539###########",  "5412###########", "621700#########", "622848############",
                                           "37##############", "6011###########", "3530###########"};
    const char *pattern = ANY_OF(patterns);
    size_t count = pattern[1] == '7' ? 14 : strlen(pattern);
    char digits[24];
    fill(digits, pattern);
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = (digits[count - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    digits[count++] = (char)('0' + (10 - sum % 10) % 10);
    digits[count] = '\0';
    if (count != 16 || any(2) == 0)
        strcpy(out, digits);
    else
        sprintf(out, "%.4s%c%.4s%c%.4s%c%.4s", digits, '-', digits + 4, '-', digits + 8, '-', digits + 12);
}

/* Numbers and signs that are no personal data. */
static void make_decoy(char *out)
{
    static const char *const patterns[] = {"2024-0#-1# 1#:##:##",
                                           "#.##.# beta",
                                           "v##.##.###.#",
                                           "192.168.#.##",
                                           "10.#.##.###",
                                           "ISBN 978-7-###-#####-#",
                                           "$#,###,###.##",
                                           "##.####° N, ###.####° E",
                                           "#### #### ####",
                                           "SKU-########",
                                           "order 8#########",
                                           "0x????####",
                                           "12:#4:56",
                                           "19##–20##",
                                           "std::vector::at",
                                           "user@localhost",
                                           "#/#/20##",
                                           "(#) and (##)",
                                           "3.14159265358979",
                                           "π = 3.1415926535",
                                           "doi:10.####/?????.####",
                                           "####################",
                                           "¥13#########",
                                           "@someone",
                                           "a@b",
                                           "1e-###",
                                           "###-##",
                                           "https://a.example/p/138########",
                                           "##%",
                                           "第##章",
                                           "Q#/20##",
                                           "RFC ####",
                                           "f(x) = ##x + #",
                                           "ab:cd:ef:01:23:45",
                                           "1280x1024",
                                           "room 4-1###",
                                           "UTC+08:00",
                                           "0.000000#######"};
    fill(out, ANY_OF(patterns));
}

static const char *const sentences[] = {"Please write to %s for details.",
                                        "Contact: %s (office)",
                                        "联系方式：%s。",
                                        "请于明日前联系%s，谢谢",
                                        "“%s”",
                                        "%s\n",
                                        "Name: Ann\nValue: %s\nCity: Bonn",
                                        "我的是%s吗？",
                                        "…%s; ",
                                        "see %s, or ask",
                                        "[%s]",
                                        "<p>%s</p>",
                                        "已登记（%s）",
                                        "data,%s,more",
                                        "Sent from %s"};

CY_TEST("pii reaches a precision and a recall of 0.98 for each class on a labelled set with decoys")
{
    static void (*const make[])(char *) = {make_email, make_ip, make_phone, make_cn_id, make_bank_card};
    static const char *const names[] = {"email", "ip", "phone", "cn_id", "bank_card"};
    const struct cy_pii_options options = {.classes = 31, .public_ips_only = true};
    size_t wanted[CY_PII_CLASSES] = {0}, found[CY_PII_CLASSES] = {0}, right[CY_PII_CLASSES] = {0};
    state_of_test = cy_test_seed();
    for (int round = 0; round < 20000; round++) {
        unsigned class = any(CY_PII_CLASSES + 3); /* three of eight are decoys */
        char value[128], text[256];
        if (class < CY_PII_CLASSES)
            make[class](value);
        else
            make_decoy(value);
        snprintf(text, sizeof text, ANY_OF(sentences), value);
        size_t start = (size_t)(strstr(text, value) - text), end = start + strlen(value);
        if (class < CY_PII_CLASSES)
            wanted[class]++;
        struct cy_pii_match match;
        for (size_t from = 0; cy_pii_find(cy_str(text), from, &options, &match); from = match.end) {
            found[match.class]++;
            bool good = match.class == class && match.start == start && match.end == end;
            right[match.class] += good;
            if (!good && getenv("CIYUAN_VERBOSE") != NULL)
                print_message("%s found in %s\n", names[match.class], text);
        }
    }
    for (size_t class = 0; class < CY_PII_CLASSES; class ++) {
        double precision = (double)right[class] / (double)found[class], recall = (double)right[class] / (double)wanted[class];
        if (getenv("CIYUAN_VERBOSE") != NULL)
            print_message("%s: precision %.4f, recall %.4f of %zu\n", names[class], precision, recall, wanted[class]);
        if (!(precision >= 0.98 && recall >= 0.98))
            fail_msg("%s: precision %.4f, recall %.4f of %zu", names[class], precision, recall, wanted[class]);
    }
}
