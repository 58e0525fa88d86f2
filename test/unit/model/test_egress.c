#include "model/egress.h"

#include "tb_test.h"

#include <arpa/inet.h>
#include <curl/curl.h>

static bool may(const char *ip, bool loopback)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
        return egress_address_ok((const struct sockaddr *)&v4, loopback);
    CHECK_INT(inet_pton(AF_INET6, ip, &v6.sin6_addr), 1);
    return egress_address_ok((const struct sockaddr *)&v6, loopback);
}

static void a_name_cannot_lead_to_this_machine_or_to_its_metadata(void)
{
    static const char *const never[] = { "127.0.0.1",
                                         "127.9.9.9",
                                         "0.0.0.0",
                                         "169.254.169.254",
                                         "224.0.0.1",
                                         "255.255.255.255",
                                         "::1",
                                         "::",
                                         "fe80::1",
                                         "ff02::1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:169.254.1.1" };
    static const char *const fine[] = { "10.0.0.8", "192.168.1.1", "8.8.8.8",
                                        "fd00::8",  "2001:db8::1", "::ffff:10.0.0.8" };

    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        CHECK(!may(never[i], false));
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        CHECK(may(fine[i], false) && !may(fine[i], true));
    CHECK(may("127.0.0.1", true) && may("::1", true) && may("::ffff:127.0.0.1", true));
}

static enum tb_code arm(const struct egress *g, const char *url)
{
    struct tb_err e = TB_ERR_INIT;
    CURL *curl = curl_easy_init();
    enum tb_code c = egress_arm(g, curl, url, &e);

    curl_easy_cleanup(curl);
    return c;
}

static void only_configured_hosts_and_ports_may_be_reached(void)
{
    struct egress *g = egress_new();
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(egress_allow(g, "http://engine.city.gov.cn:8000/v1", &e), TB_OK);
    CHECK_INT(egress_allow(g, "https://10.0.0.8/v1", &e), TB_OK);
    CHECK_INT(arm(g, "http://ENGINE.city.gov.cn:8000/v1/chat/completions"), TB_OK);
    CHECK_INT(arm(g, "https://10.0.0.8:443/v1/models"), TB_OK);
    CHECK_INT(arm(g, "http://engine.city.gov.cn:8001/v1"), TB_FORBIDDEN);
    CHECK_INT(arm(g, "http://10.0.0.8/v1"), TB_FORBIDDEN);
    CHECK_INT(arm(g, "http://127.0.0.1:8000/v1"), TB_FORBIDDEN);
    CHECK_INT(arm(g, "http://engine.city.gov.cn.evil.org:8000/"), TB_FORBIDDEN);
    egress_allow_child(g);
    CHECK_INT(arm(g, "http://127.0.0.1:41234/health"), TB_OK);
    egress_free(g);
}

static void what_is_no_plain_http_address_is_refused(void)
{
    static const char *const wrong[] = { "",
                                         "engine",
                                         "ftp://10.0.0.8/",
                                         "file:///etc/passwd",
                                         "http://",
                                         "http://user:pass@10.0.0.8/v1",
                                         "http://10.0.0.8:99999/",
                                         "javascript:1" };
    struct egress *g = egress_new();

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct tb_err e = TB_ERR_INIT;

        CHECK_INT(egress_allow(g, wrong[i], &e), TB_INVALID);
        CHECK_INT(arm(g, wrong[i]), TB_INVALID);
    }
    egress_free(g);
}

static const struct tb_test tests[] = {
    TEST(a_name_cannot_lead_to_this_machine_or_to_its_metadata),
    TEST(only_configured_hosts_and_ports_may_be_reached),
    TEST(what_is_no_plain_http_address_is_refused),
};
TEST_MAIN(tests)
