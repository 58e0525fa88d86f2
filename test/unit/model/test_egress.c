#include "model/egress.h"

#include "tb_test.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <unistd.h>

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
                                         "::ffff:7f00:1",
                                         "::7f00:1",
                                         "64:ff9b::7f00:1",
                                         "64:ff9b::a9fe:a9fe",
                                         "::ffff:169.254.1.1",
                                         "100.100.100.200",
                                         "192.0.0.192",
                                         "168.63.129.16",
                                         "fd00:ec2::254" };
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

/* Whatever way an address is written, it is the address that counts. */
static void a_disguise_does_not_help(void)
{
    static const char *const same[] = { "http://2130706433:8000/v1", "http://0x7f.1:8000/v1",
                                        "http://0177.0.0.1:8000/v1", "http://127.1:8000/v1" };
    static const char *const other[] = {
        "http://127.0.0.1:8000@10.0.0.9/v1", "http://127.0.0.1:8000\\@10.0.0.9/v1",
        "http://127.0.0.1\t:8000/v1",        "http://127.0.0.1:8000\n@10.0.0.9/v1",
        "http://127.0.0.1 :8000/v1",         "http://127.0.0.1%00:8000/v1",
        "http://[::ffff:7f00:1]:8000/v1",    "http://[::ffff:127.0.0.1]:8000/v1",
        "http://[fe80::1%25eth0]:8000/v1",   "http://１27.0.0.1:8000/v1",
        "http://127。0。0。1:8000/v1"
    };
    static const char *const never[] = { "http://169.254.169.254/latest/meta-data/",
                                         "http://2852039166/",
                                         "http://0xa9fea9fe/",
                                         "http://0251.0376.0251.0376/",
                                         "http://[::ffff:a9fe:a9fe]/",
                                         "http://100.100.100.200/",
                                         "http://[fd00:ec2::254]/",
                                         "http://0.0.0.0:8000/",
                                         "http://[::]:8000/" };
    struct egress *g = egress_new();
    struct tb_err e = TB_ERR_INIT;

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        CHECK_INT(arm(g, same[i]), TB_FORBIDDEN);
    CHECK_INT(egress_allow(g, "http://127.0.0.1:8000/v1", &e), TB_OK);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        CHECK_INT(arm(g, same[i]), TB_OK);
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        CHECK(arm(g, other[i]) != TB_OK);
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        CHECK_INT(egress_allow(g, never[i], &e), TB_INVALID);
        CHECK_INT(arm(g, never[i]), TB_INVALID);
    }
    CHECK_INT(arm(g, "http://127.0.0.1:8000#@10.0.0.9/"), TB_OK); /* the rest is no host */
    CHECK_INT(arm(g, "http://127.evil.org:8000/"), TB_FORBIDDEN);
    egress_free(g);
}

/* A listener that must not be reached: it tells whether somebody came. */
static int listener(int *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    CHECK(!bind(fd, (struct sockaddr *)&a, size) && !listen(fd, 4));
    CHECK(!getsockname(fd, (struct sockaddr *)&a, &size));
    *port = ntohs(a.sin_port);
    return fd;
}

static CURLcode get(const struct egress *g, const char *url, const char *resolve)
{
    struct curl_slist *names = curl_slist_append(NULL, resolve);
    struct tb_err e = TB_ERR_INIT;
    CURL *curl = curl_easy_init();
    CURLcode c;

    curl_easy_setopt(curl, CURLOPT_RESOLVE, names);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 2000L);
    CHECK_INT(egress_arm(g, curl, url, &e), TB_OK);
    c = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    curl_slist_free_all(names);
    return c;
}

/* The name was checked when it was configured; what it means today is checked when it is used. */
static void a_name_that_now_means_this_machine_is_not_connected_to(void)
{
    static const char *const now[] = { "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0" };
    struct egress *g = egress_new();
    struct tb_err e = TB_ERR_INIT;
    char url[128], resolve[128];
    int port, fd = listener(&port);

    snprintf(url, sizeof(url), "http://engine.city.gov.cn:%d/v1/models", port);
    CHECK_INT(egress_allow(g, url, &e), TB_OK);
    for (size_t i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
        snprintf(resolve, sizeof(resolve), "engine.city.gov.cn:%d:%s", port, now[i]);
        CHECK_INT(get(g, url, resolve), CURLE_COULDNT_CONNECT);
    }
    CHECK(accept(fd, NULL, NULL) < 0);
    close(fd);
    egress_free(g);
}

static const struct tb_test tests[] = {
    TEST(a_name_cannot_lead_to_this_machine_or_to_its_metadata),
    TEST(only_configured_hosts_and_ports_may_be_reached),
    TEST(what_is_no_plain_http_address_is_refused),
    TEST(a_disguise_does_not_help),
    TEST(a_name_that_now_means_this_machine_is_not_connected_to),
};
TEST_MAIN(tests)
