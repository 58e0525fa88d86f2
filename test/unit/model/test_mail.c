#include "model/mail.h"

#include "tb_test.h"

static struct arena mem;

static void an_address_holds_nothing_that_means_something_elsewhere(void)
{
    static const char *const good[] = { "a@b", "shen.ruolan+x@mc.gov.cn", "a_b-c@10.0.0.1" };
    static const char *const bad[] = {
        "",      "a",     "@b",      "a@",   "a@b@c", "a b@c", "a@b\r\nBcc: x@y",
        "<a@b>", "a,b@c", "王@b.cn", "a\"@b"
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CHECK(mail_address_ok(str_z(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(!mail_address_ok(str_z(bad[i])));
}

/* RFC 5322: lines of at most 998 bytes, better 78; RFC 2047: an encoded word holds whole
 * characters. */
static void whatever_is_said_the_message_has_short_lines_of_ascii(void)
{
    struct world w = world_fixed(1795000000000);
    struct buf text = BUF_INIT(1 << 16);

    for (int i = 0; i < 200; i++)
        buf_addz(&text, "字a\n\r.😀");
    for (size_t n = 0; n < 120; n++) {
        struct mail m = { .from = "a@b.cn",
                          .to = "c@d.cn",
                          .subject = str_sub(buf_str(&text), 0, n),
                          .text = str_sub(buf_str(&text), 0, n * 9) };
        struct str out = mail_message(&mem, &m, &w), rest = out;

        while (rest.p) {
            struct str line = str_cut(&rest, STR("\r\n"));

            CHECK(line.n <= 78);
            CHECK(!str_starts(line, STR(".")));
            for (size_t i = 0; i < line.n; i++)
                CHECK(line.p[i] >= ' ' && line.p[i] < 0x7f);
        }
        CHECK(str_has(out, STR("Date: Wed, 18 Nov 2026 ")));
    }
    buf_release(&text);
}

static const struct tb_test tests[] = {
    TEST(an_address_holds_nothing_that_means_something_elsewhere),
    TEST(whatever_is_said_the_message_has_short_lines_of_ascii),
};

int main(void)
{
    int code = tb_test_main(tests, sizeof(tests) / sizeof(tests[0]));

    arena_release(&mem);
    return code;
}
