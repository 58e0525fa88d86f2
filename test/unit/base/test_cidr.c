#include "base/cidr.h"

#include "tb_test.h"

static bool has(const char *range, const char *address)
{
    struct cidr c;

    CHECK(cidr_parse(str_z(range), &c));
    return cidr_has(&c, str_z(address));
}

static void a_range_has_its_first_and_its_last_address_and_no_other(void)
{
    CHECK(has("10.1.0.0/16", "10.1.0.0"));
    CHECK(has("10.1.0.0/16", "10.1.255.255"));
    CHECK(!has("10.1.0.0/16", "10.0.255.255"));
    CHECK(!has("10.1.0.0/16", "10.2.0.0"));
    CHECK(has("192.168.1.128/25", "192.168.1.128"));
    CHECK(!has("192.168.1.128/25", "192.168.1.127"));
    CHECK(has("192.168.1.7", "192.168.1.7"));
    CHECK(!has("192.168.1.7", "192.168.1.6"));
    CHECK(has("2001:db8::/33", "2001:db8:7fff:ffff::1"));
    CHECK(!has("2001:db8::/33", "2001:db8:8000::"));
    CHECK(has("::1", "::1"));
}

static void the_widest_ranges_stay_in_their_family(void)
{
    CHECK(has("0.0.0.0/0", "255.255.255.255"));
    CHECK(!has("0.0.0.0/0", "::1"));
    CHECK(has("::/0", "2001:db8::1"));
    CHECK(has("::/0", "10.0.0.1")); /* IPv4 lies in it, as ::ffff:10.0.0.1 */
}

static void an_ipv4_address_written_as_ipv6_is_the_same(void)
{
    CHECK(has("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(has("::ffff:10.0.0.0/104", "10.1.2.3"));
    CHECK(!has("10.0.0.0/8", "::10.1.2.3"));
}

static void what_is_no_range_is_refused(void)
{
    static const char *const bad[] = { "",
                                       "10",
                                       "10.1.2.3/33",
                                       "10.1.2.3/8",
                                       "10.1.0.0/-1",
                                       "10.1.0.0/",
                                       "10.1.0.0/x",
                                       "::/129",
                                       "2001:db8::1/32",
                                       "010.1.2.3/8",
                                       "1.2.3.4/32/1",
                                       "fe80::1%lo",
                                       "10.1.0.0/16 " };
    struct cidr c;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (cidr_parse(str_z(bad[i]), &c)) {
            printf("# %s\n", bad[i]);
            CHECK(false);
        }
    CHECK(!has("0.0.0.0/0", "nobody"));
    CHECK(!has("0.0.0.0/0", ""));
}

static const struct tb_test tests[] = {
    TEST(a_range_has_its_first_and_its_last_address_and_no_other),
    TEST(the_widest_ranges_stay_in_their_family),
    TEST(an_ipv4_address_written_as_ipv6_is_the_same),
    TEST(what_is_no_range_is_refused),
};
TEST_MAIN(tests)
