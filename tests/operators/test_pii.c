#include "cy_test.h"

#include "kernels/pii_mask.h"
#include "operators/pii_find.h"

#include <math.h>

/* The text with each match as [class:match]. */
static const char *marked(const char *text)
{
    static struct cy_buffer out;
    static const char *const names[] = {"email", "ip", "phone", "id", "card"};
    const struct cy_pii_options options = {.classes = 31, .public_ips_only = true};
    struct cy_pii_match match;
    size_t copied = 0;
    cy_buffer_clear(&out);
    for (size_t from = 0; cy_pii_find(cy_str(text), from, &options, &match); from = match.end) {
        assert_true(match.start >= from && match.end > match.start && match.end <= strlen(text));
        cy_buffer_add(&out, text + copied, match.start - copied);
        cy_buffer_printf(&out, "[%s:%.*s]", names[match.class], (int)(match.end - match.start), text + match.start);
        copied = match.end;
    }
    cy_buffer_add(&out, text + copied, strlen(text) - copied);
    cy_buffer_add_byte(&out, '\0');
    return out.data;
}

struct mark_case {
    const char *text;
    const char *marked; /* NULL: nothing is found */
};

static void expect_marks(const struct mark_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = marked(cases[i].text), *expected = cases[i].marked != NULL ? cases[i].marked : cases[i].text;
        if (strcmp(found, expected) != 0)
            fail_msg("found    %s\nexpected %s", found, expected);
    }
}

CY_TEST("pii finds e-mail addresses, in Chinese text too, and leaves what only looks like one")
{
    static const struct mark_case cases[] = {
        {"mail john.smith@mail.example-corp.co.uk.", "mail [email:john.smith@mail.example-corp.co.uk]."},
        {"邮箱zhang_san@qq.com联系我", "邮箱[email:zhang_san@qq.com]联系我"},
        {"(o'brien+news@gmail.com)", "([email:o'brien+news@gmail.com])"},
        {"'jo@gmail.com', \"ann@gmx.de\"", "'[email:jo@gmail.com]', \"[email:ann@gmx.de]\""},
        {"mailto:jo@gmail.com?subject=x", "mailto:[email:jo@gmail.com]?subject=x"},
        {"a@b.io,c@d.org;e@f.net", "[email:a@b.io],[email:c@d.org];[email:e@f.net]"},
        {"josé@correo.es", "[email:josé@correo.es]"},
        {"13812345678@163.com", "[email:13812345678@163.com]"},
        {"x@xn--fiqs8s.xn--fiqs8s", "[email:x@xn--fiqs8s.xn--fiqs8s]"},
        {"feedback to show@no-priors.com.Sarah said, A@Site.Com", "feedback to [email:show@no-priors.com].Sarah said, [email:A@Site.Com]"},
        {"you@example.com and me@mail.example.org", NULL},
        {"logo@2x.png, getty@tty1.service", NULL},
        {"git@github.com:torvalds/linux.git", NULL},
        {"npm i react@18.2.0", NULL},
        {"@user and user@ and a@b", NULL},
        {"a..b@gmail.com", NULL},
        {"a.@gmail.com", NULL},
        {"5 apples @ 3.50 each", NULL},
        {"张三@北京", NULL},
    };
    expect_marks(cases, CY_COUNT(cases));
}

CY_TEST("pii finds global IP addresses, not private ones, versions or sections")
{
    static const struct mark_case cases[] = {
        {"from 93.184.216.34:8080 to", "from [ip:93.184.216.34]:8080 to"},
        {"服务器地址为221.130.33.60。", "服务器地址为[ip:221.130.33.60]。"},
        {"http://93.184.216.34/x", "http://[ip:93.184.216.34]/x"},
        {"net 93.184.216.0/24", "net [ip:93.184.216.0]/24"},
        {"192.168.1.1 10.0.0.1 172.16.5.4 127.0.0.1 169.254.1.1 203.0.113.9 224.0.0.251", NULL},
        {"256.1.1.300 and 93.184.216 and 93.184.216.34.5", NULL},
        {"093.184.216.34", NULL},
        {"version 93.184.216.34, v93.184.216.34, Chrome/91.0.147.124", NULL},
        {"Section 3.2.1.14 says, 1.2.3.4 Overview", NULL},
        {"addr 2606:2800:220:1:248:1893:25c8:1946 end", "addr [ip:2606:2800:220:1:248:1893:25c8:1946] end"},
        {"[2001:4860:4860::8888]:53", "[[ip:2001:4860:4860::8888]]:53"},
        {"at 2a00:1450:4001:81b::200e: yes", "at [ip:2a00:1450:4001:81b::200e]: yes"},
        {"::1 fe80::1 2001:db8::1 fd00::5", NULL},
        {"std::cout abc::def 12:30:45 ab:cd:ef:01:23:45", NULL},
    };
    expect_marks(cases, CY_COUNT(cases));
}

CY_TEST("pii finds phone numbers of China, of North America and in international form")
{
    static const struct mark_case cases[] = {
        {"手机13812345678，", "手机[phone:13812345678]，"},
        {"请拨打138-1234-5678或139 8765 4321", "请拨打[phone:138-1234-5678]或[phone:139 8765 4321]"},
        {"13812345678 13987654321", "[phone:13812345678] [phone:13987654321]"},
        {"13812345678:13987654321", "[phone:13812345678]:[phone:13987654321]"},
        {"13812345678/13987654321", "[phone:13812345678]/[phone:13987654321]"},
        {"电话：010-62345678转801", "电话：[phone:010-62345678]转801"},
        {"（0755）26001234", "[phone:（0755）26001234]"},
        {"(021) 5555 6666", "[phone:(021) 5555 6666]"},
        {"+86 138 1234 5678", "[phone:+86 138 1234 5678]"},
        {"+8613812345678", "[phone:+8613812345678]"},
        {"+86-10-62345678", "[phone:+86-10-62345678]"},
        {"0086 13812345678", "[phone:0086 13812345678]"},
        {"+44 20 7946 0958", "[phone:+44 20 7946 0958]"},
        {"+49 (0)30 901820", "[phone:+49 (0)30 901820]"},
        {"+1 (212) 555-0123.", "[phone:+1 (212) 555-0123]."},
        {"(212) 555-0123 or 212-555-0123 or 212.555.0123", "[phone:(212) 555-0123] or [phone:212-555-0123] or [phone:212.555.0123]"},
        {"1-800-555-0199", "[phone:1-800-555-0199]"},
        {"01 42 68 53 00", "[phone:01 42 68 53 00]"},
        {"Tel: 0207 946 0958, Hotel 7946 0958", "Tel: [phone:0207 946 0958], Hotel 7946 0958"},
        {"by calling: 1784 5348469 (WhatsApp)", "by calling: [phone:1784 5348469] (WhatsApp)"},
        {"212–555–0123", "[phone:212–555–0123]"}, /* en dashes */
        {"订单号20231105123456789，12345678901", NULL},
        {"1381234567 138123456789 a13812345678 13812345678b", NULL},
        {"13000000000元", NULL},
        {"node 16907720011, 15412345678", NULL}, /* 169 and 154 are no prefixes */
        {"2024-11-24 13:45:00, 1998-2003, 24.11.2026", NULL},
        {"$212-555-0123, #212-555-0123, x=13812345678", NULL},
        {"ISBN 978-7-111-12345-6, ISSN 1234-5678", NULL},
        {"3.13812345678", NULL},
        {"112-555-0123 and 212-155-0123", NULL}, /* N is 2 to 9 */
        {"+100 points, +999 999", NULL},
    };
    expect_marks(cases, CY_COUNT(cases));
}

CY_TEST("pii finds Chinese identity numbers whose region, date and check digit are right")
{
    static const struct mark_case cases[] = {
        {"身份证号11010519491231002X。", "身份证号[id:11010519491231002X]。"}, /* the example of GB 11643 */
        {"440524188001010014", "[id:440524188001010014]"},                     /* and its other one */
        {"身份证：110105 19491231 002x", "身份证：[id:110105 19491231 002x]"},
        {"110105194912310021", NULL}, /* check digit */
        {"990105194912310021 11010519491331002X 11010519490229002X", NULL},
        {"A11010519491231002X", NULL},
        {"11010519491231002X5", NULL},
    };
    expect_marks(cases, CY_COUNT(cases));
}

CY_TEST("pii finds bank cards by prefix, length and Luhn check")
{
    static const struct mark_case cases[] = {
        {"卡号4111111111111111。", "卡号[card:4111111111111111]。"},
        {"4111 1111 1111 1111", "[card:4111 1111 1111 1111]"},
        {"5500-0055-5555-5559", "[card:5500-0055-5555-5559]"},
        {"3782 822463 10005", "[card:3782 822463 10005]"},
        {"3056 930902 5904", "[card:3056 930902 5904]"},
        {"6222 0212 3456 7890 128", "[card:6222 0212 3456 7890 128]"},
        {"6222 0212 3456 7890 129", NULL},
        {"4111 1111 1111 1112", NULL},                /* Luhn */
        {"4018 4349 4220 4632 5041 5490 6775", NULL}, /* a table */
        {"1234 5678 1234 5670", NULL},                /* no such prefix */
        {"4111111111111111111111", NULL},             /* too long */
        {"https://shop/p/4111111111111111", "https://shop/p/4111111111111111"},
        {"4006381333931", NULL}, /* a bar code of 13 digits */
        {"id_4111111111111111, 4111111111111111.5", NULL},
    };
    expect_marks(cases, CY_COUNT(cases));
}

/* The check digits by their definitions, written apart from the code under test. */
static char cn_check(const char *digits)
{
    int sum = 0;
    for (int i = 0; i < 17; i++) { /* ISO 7064 MOD 11-2: the weight of place i from the right is 2^i mod 11 */
        int weight = 1;
        for (int power = 0; power < 17 - i; power++)
            weight = weight * 2 % 11;
        sum += (digits[i] - '0') * weight;
    }
    return "0123456789X"[(12 - sum % 11) % 11];
}

CY_TEST("a Chinese identity number has exactly one check character")
{
    uint64_t random = cy_test_seed();
    for (int round = 0; round < 2000; round++) {
        char number[19];
        snprintf(number, sizeof number, "%02d%04d%04d%02d%02d%03d", 11 + (int)(cy_test_random(&random) % 5),
                 (int)(cy_test_random(&random) % 10000), 1900 + (int)(cy_test_random(&random) % 120),
                 1 + (int)(cy_test_random(&random) % 12), 1 + (int)(cy_test_random(&random) % 28), (int)(cy_test_random(&random) % 1000));
        char check = cn_check(number);
        for (const char *last = "0123456789X"; *last != '\0'; last++) {
            number[17] = *last;
            assert_int_equal(cy_is_cn_id(number), *last == check);
        }
    }
}

CY_TEST("a bank card number stops being one when a digit changes or two neighbours swap")
{
    static const char number[] = "4539578763621486";
    char other[17];
    assert_true(cy_is_bank_card(number, 16));
    for (size_t i = 4; i < 16; i++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            memcpy(other, number, sizeof other);
            other[i] = digit;
            assert_int_equal(cy_is_bank_card(other, 16), digit == number[i]);
        }
        memcpy(other, number, sizeof other);
        other[i] = number[i - 1];
        other[i - 1] = number[i];
        if (i > 4 && number[i] != number[i - 1] && abs(number[i] - number[i - 1]) != 9) /* Luhn misses 09 and 90 alone */
            assert_false(cy_is_bank_card(other, 16));
    }
}

CY_TEST("pii masks, removes, keeps or leaves out each class as its parameters say")
{
    static const char text[] = "写信给li.bai@tang.cn或打13812345678";
    struct cy_batch *batch = cy_test_batch(text, "nothing here", NULL);
    cy_test_run("pii", "", batch);
    cy_expect_str(batch->texts[0], "写信给<email>或打<phone>");
    cy_expect_str(batch->texts[1], "nothing here");
    cy_expect_signal(batch, 0, "emails", 1);
    cy_expect_signal(batch, 0, "phones", 1);
    cy_expect_signal(batch, 0, "cn_ids", 0);
    batch = cy_test_batch(text, NULL);
    cy_test_run("pii", "email_text: email@example.com, phone: keep", batch);
    cy_expect_str(batch->texts[0], "写信给email@example.com或打13812345678");
    cy_expect_signal(batch, 0, "phones", 1);
    batch = cy_test_batch(text, NULL);
    cy_test_run("pii", "classes: [phone], phone_text: ", batch);
    cy_expect_str(batch->texts[0], "写信给li.bai@tang.cn或打");
    assert_true(isnan(batch->signals[0][0])); /* not looked for: not measured */
    batch = cy_test_batch(text, NULL);
    cy_test_run("pii", "email: off, phone: off", batch);
    cy_expect_str(batch->texts[0], text);
}

CY_TEST("a document removed by pii shows the ledger only the shape of its first match")
{
    struct cy_batch *batch = cy_test_batch("写信给li.bai@tang.cn或打13812345678，wu@tang.cn", "手机13812345678", "clean", NULL);
    cy_test_run("pii", "action: remove", batch);
    cy_expect_verdict(batch, 0, "email", 2, 0);
    cy_expect_str(batch->verdicts[0].excerpt, "xx.xxx@xxxx.xx");
    cy_expect_verdict(batch, 1, "phone", 1, 0);
    cy_expect_str(batch->verdicts[1].excerpt, "00000000000");
    cy_expect_kept(batch, 2);
    batch = cy_test_batch("li.bai@tang.cn 13812345678", NULL);
    cy_test_run("pii", "phone: remove", batch);
    cy_expect_verdict(batch, 0, "phone", 1, 0);
}

CY_TEST("what pii has masked holds nothing more to mask")
{
    static const char *const pieces[] = {"li@tang.cn",
                                         "13812345678",
                                         "+86 138 1234 5678",
                                         "11010519491231002X",
                                         "4111 1111 1111 1111",
                                         "93.184.216.34",
                                         "text",
                                         "2024",
                                         "010-62345678",
                                         "数据",
                                         "2001:4860:4860::8888",
                                         "5",
                                         "212-555-0123",
                                         "(021) 5555 6666",
                                         "@",
                                         "1:2"};
    static const char *const between[] = {" ", "，", "\n", "。", ", ", "(", ") ", ": ", "数"};
    uint64_t random = cy_test_seed();
    for (int round = 0; round < 3000; round++) {
        struct cy_buffer text = {0};
        for (size_t left = cy_test_random(&random) % 40; left > 0; left--) {
            cy_buffer_add_text(&text, pieces[cy_test_random(&random) % CY_COUNT(pieces)]);
            cy_buffer_add_text(&text, between[cy_test_random(&random) % CY_COUNT(between)]);
        }
        cy_buffer_add_byte(&text, '\0');
        struct cy_batch *batch = cy_test_batch(text.data, NULL);
        cy_test_run("pii", "", batch);
        struct cy_str once = batch->texts[0];
        cy_test_run("pii", "", batch);
        if (!cy_str_equal(once, batch->texts[0]))
            fail_msg("\"%s\" gives \"%.*s\", then \"%.*s\"", text.data, (int)once.size, once.data, (int)batch->texts[0].size,
                     batch->texts[0].data);
        cy_buffer_release(&text);
    }
}

CY_TEST("pii's places are the same in every variant, whatever the block and the bytes around it")
{
    const struct cy_pii_mask_variant *scalar = cy_pii_mask_variants;
    while (scalar->needs != 0)
        scalar++;
    uint64_t random = cy_test_seed();
    char block[CY_PII_BLOCK];
    for (int round = 0; round < 5000; round++) {
        for (size_t i = 0; i < sizeof block; i++) {
            uint64_t value = cy_test_random(&random);
            block[i] = (char)(round < 4        ? 64 * (uint64_t)round + i
                              : value % 4 == 0 ? value >> 8
                                               : (uint64_t) "0199:::@afAFgG :"[value >> 8 & 15]);
        }
        char before = "0:a x"[cy_test_random(&random) % 5], after = "0:a x"[cy_test_random(&random) % 5];
        for (const struct cy_pii_mask_variant *variant = cy_pii_mask_variants; variant != scalar; variant++)
            if ((variant->needs & ~cy_cpu_features()) == 0)
                assert_true(variant->mask(block, before, after) == scalar->mask(block, before, after));
    }
}
