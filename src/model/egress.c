#include "model/egress.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/world.h"
#include "model/egress_list.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOSTS_MAX = 64, ANY_PORT = 0 };

struct egress_host {
    char name[256];
    long port; /* ANY_PORT: all */
    bool mail;
};
struct egress {
    struct egress_host hosts[HOSTS_MAX];
    size_t n;
};

struct egress *egress_new(void)
{
    return tb_zalloc(sizeof(struct egress));
}

void egress_free(struct egress *g)
{
    tb_free(g);
}

/* Where clouds answer with their machines' secrets, beside 169.254/16. */
static bool v4_metadata(uint32_t ip)
{
    return ip == 0x646464C8 || ip == 0xC00000C0 || ip == 0xA83F8110; /* 100.100.100.200,
                                                                     192.0.0.192, 168.63.129.16 */
}

static bool v4_ok(uint32_t ip, bool loopback)
{
    if (ip >> 24 == 127 || loopback)
        return ip >> 24 == 127 && loopback;
    return ip >> 24 != 0 && ip >> 16 != 0xA9FE && ip >> 28 < 0xE && /* 169.254/16; 224/4 and up */
           !v4_metadata(ip);
}

/* Addresses that carry an IPv4 one: mapped, compatible, NAT64. */
static bool v6_carries(const struct in6_addr *a, uint32_t *v4)
{
    static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
    bool compatible = IN6_IS_ADDR_V4COMPAT(a);

    memcpy(v4, a->s6_addr + 12, sizeof(*v4));
    *v4 = ntohl(*v4);
    return IN6_IS_ADDR_V4MAPPED(a) || compatible || !memcmp(a->s6_addr, nat64, sizeof(nat64));
}

static bool v6_ok(const struct in6_addr *a, bool loopback)
{
    static const unsigned char metadata[16] = { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 };
    uint32_t v4;

    if (v6_carries(a, &v4))
        return v4_ok(v4, loopback);
    if (!memcmp(a->s6_addr, metadata, sizeof(metadata))) /* fd00:ec2::254 */
        return false;
    if (IN6_IS_ADDR_LOOPBACK(a) || loopback)
        return IN6_IS_ADDR_LOOPBACK(a) && loopback;
    return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LINKLOCAL(a) && !IN6_IS_ADDR_MULTICAST(a);
}

bool egress_address_ok(const struct sockaddr *address, bool loopback)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        return v4_ok(ntohl(v4.sin_addr.s_addr), loopback);
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&v6, address, sizeof(v6));
    return v6_ok(&v6.sin6_addr, loopback);
}

/* RFC 1918, 6598 (100.64/10), loopback. */
static bool v4_inside(uint32_t ip)
{
    return ip >> 24 == 10 || ip >> 20 == 0xAC1 || ip >> 16 == 0xC0A8 || ip >> 22 == 0x191 ||
           ip >> 24 == 127;
}

bool egress_address_inside(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint32_t carried;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        return v4_inside(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&v6, address, sizeof(v6));
    if (v6_carries(&v6.sin6_addr, &carried))
        return v4_inside(carried);
    return (v6.sin6_addr.s6_addr[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

static bool part_of(CURLU *u, CURLUPart part, unsigned flags, char *out, size_t size)
{
    char *text = NULL;
    bool ok = !curl_url_get(u, part, &text, flags) && strlen(text) < size;

    if (ok)
        memcpy(out, text, strlen(text) + 1);
    curl_free(text);
    return ok;
}

/* The host as curl has normalised it: 2130706433, 0x7f.1 and 0177.1 are 127.0.0.1 by now. */
static bool is_loopback(const char *host)
{
    struct in_addr v4;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return !strcasecmp(host, "localhost") || !strcmp(host, "[::1]");
}

/* A name in ASCII, or an address that may be connected to. */
static bool host_ok(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[64];
    size_t n = strlen(host);

    for (size_t i = 0; i < n; i++)
        if (host[i] <= ' ' || host[i] == 0x7f || strchr("%\\@", host[i]))
            return false;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return v4_ok(ntohl(v4.s_addr), is_loopback(host));
    if (host[0] != '[' || n < 3 || n >= sizeof(bare))
        return host[0] != '[' && n > 0;
    memcpy(bare, host + 1, n - 2);
    bare[n - 2] = 0;
    return inet_pton(AF_INET6, bare, &v6) == 1 && v6_ok(&v6, is_loopback(host));
}

static bool scheme_of(const char *scheme, struct egress_host *out)
{
    out->mail = !strcmp(scheme, "smtp") || !strcmp(scheme, "smtps");
    return out->mail || !strcmp(scheme, "http") || !strcmp(scheme, "https");
}

static enum tb_code url_host(const char *url, struct egress_host *out, struct tb_err *e)
{
    CURLU *u = curl_url();
    char scheme[16] = "", port[16] = "", user[8] = "";
    int64_t number = 0;
    bool ok = !curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) &&
              part_of(u, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) && scheme_of(scheme, out) &&
              part_of(u, CURLUPART_HOST, 0, out->name, sizeof(out->name)) && host_ok(out->name) &&
              part_of(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) &&
              !part_of(u, CURLUPART_USER, 0, user, sizeof(user)) && str_i64(str_z(port), &number);

    curl_url_cleanup(u);
    if (!ok)
        return tb_fail(e, TB_INVALID,
                       "推理引擎的地址不正确，应形如 http://10.0.0.8:8000/v1，且不含用户名和密码",
                       "url=%s", url);
    out->port = (long)number;
    return TB_OK;
}

static bool host_allowed(const struct egress *g, const struct egress_host *h)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->hosts[i].mail == h->mail && !strcasecmp(g->hosts[i].name, h->name) &&
            (g->hosts[i].port == ANY_PORT || g->hosts[i].port == h->port))
            return true;
    return false;
}

static void host_add(struct egress *g, const struct egress_host *h)
{
    if (!host_allowed(g, h))
        g->hosts[g->n++] = *h;
}

static enum tb_code allow(struct egress *g, const char *url, bool mail, struct tb_err *e)
{
    struct egress_host h;

    if (url_host(url, &h, e))
        return e->code;
    if (h.mail != mail)
        return tb_fail(
            e, TB_INVALID,
            mail ? "邮件服务器的地址应形如 smtp://10.0.0.25:25 或 smtps://mail.example.cn"
                 : "推理引擎的地址不正确，应形如 http://10.0.0.8:8000/v1，且不含用户名和密码",
            "url=%s", url);
    if (g->n == HOSTS_MAX)
        return tb_fail(e, TB_INVALID, "配置的推理引擎太多", "engines>%d", HOSTS_MAX);
    host_add(g, &h);
    return TB_OK;
}

enum tb_code egress_allow(struct egress *g, const char *url, struct tb_err *e)
{
    return allow(g, url, false, e);
}

enum tb_code egress_allow_mail(struct egress *g, const char *url, struct tb_err *e)
{
    return allow(g, url, true, e);
}

void egress_allow_child(struct egress *g)
{
    struct egress_host h = { "127.0.0.1", ANY_PORT, false };

    host_add(g, &h);
}

/* How far a connection may lead. */
static const char to_loopback, to_inside, to_outside;

static void denied(const char *host, long port)
{
    metric_add("tongban_egress_denied_total", "", 1);
    log_line(LOG_WARN, "egress", "host=%s port=%ld is not on the list", host, port);
}

/* Called by curl for every address it is about to connect to; no socket is made elsewhere. */
static curl_socket_t egress_socket(void *reach, curlsocktype purpose, struct curl_sockaddr *to)
{
    if (purpose != CURLSOCKTYPE_IPCXN || !egress_address_ok(&to->addr, reach == &to_loopback))
        return CURL_SOCKET_BAD;
    if (reach == &to_inside && !egress_address_inside(&to->addr)) {
        denied("(resolved)", 0);
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static unsigned way_to(const struct egress_host *h, unsigned char out[32])
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)h->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)h->port) };
    char bare[64] = "";
    size_t n = strlen(h->name);

    if (inet_pton(AF_INET, h->name, &v4.sin_addr) == 1) {
        memcpy(out, &v4, sizeof(v4));
        return sizeof(v4);
    }
    if (h->name[0] != '[' || n < 3 || n >= sizeof(bare))
        return 0;
    memcpy(bare, h->name + 1, n - 2);
    if (inet_pton(AF_INET6, bare, &v6.sin6_addr) != 1)
        return 0;
    memcpy(out, &v6, sizeof(v6));
    return sizeof(v6);
}

/* Is the host written as a number outside the city's network? A name is looked at when it is
 * resolved. */
static bool number_outside(const struct egress_host *h)
{
    struct sockaddr_storage to = { 0 };
    unsigned char raw[32];
    unsigned n = way_to(h, raw);

    memcpy(&to, raw, n);
    return n && !egress_address_inside((struct sockaddr *)&to);
}

static enum tb_code not_listed(const struct egress_host *h, struct tb_err *e)
{
    denied(h->name, h->port);
    return tb_fail(e, TB_FORBIDDEN,
                   "这个地址在本单位网络之外，还没有列入外联清单；请安全保密员登记",
                   "egress host=%s port=%ld", h->name, h->port);
}

enum tb_code egress_arm(const struct egress *g, void *curl, const char *url, struct tb_err *e)
{
    enum egress_listed listed;
    const char *reach = &to_inside;
    struct egress_host h;

    if (url_host(url, &h, e))
        return e->code;
    if (!host_allowed(g, &h))
        return tb_fail(e, TB_FORBIDDEN, "这个地址没有配置为推理引擎，不能连接", "host=%s port=%ld",
                       h.name, h.port);
    listed = egress_listed(h.name, h.port, world_now_ms(world_real()));
    if (is_loopback(h.name))
        reach = &to_loopback;
    else if (listed == EGRESS_NOW)
        reach = &to_outside;
    else if (number_outside(&h))
        return not_listed(&h, e);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, h.mail ? "smtp,smtps" : "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, egress_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, reach);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, listed == EGRESS_FORMERLY ? 1L : 0L);
    return TB_OK;
}

enum tb_code egress_way(const struct egress *g, const char *url, struct egress_way *out,
                        struct tb_err *e)
{
    struct egress_host h;
    const char *slash;

    memset(out, 0, sizeof(*out));
    if (url_host(url, &h, e))
        return e->code;
    if (!host_allowed(g, &h))
        return tb_fail(e, TB_FORBIDDEN, "这个地址没有配置为推理引擎，不能连接", "host=%s port=%ld",
                       h.name, h.port);
    slash = strncasecmp(url, "http://", 7) == 0 ? strchr(url + 7, '/') : NULL;
    if (!slash || strpbrk(slash, "#? \t\r\n\\"))
        return TB_OK;
    snprintf(out->host, sizeof(out->host), "%s:%ld", h.name, h.port);
    out->path = slash;
    out->to_n = way_to(&h, out->to);
    if (number_outside(&h) &&
        egress_listed(h.name, h.port, world_now_ms(world_real())) != EGRESS_NOW)
        return not_listed(&h, e);
    return TB_OK;
}

int egress_connect(const struct egress_way *way)
{
    int fd, one = 1;
    struct sockaddr_storage to = { 0 };
    struct egress_host h = { "", 0, false };
    size_t n = strrchr(way->host, ':') ? (size_t)(strrchr(way->host, ':') - way->host) : 0;

    memcpy(&to, way->to, way->to_n);
    memcpy(h.name, way->host, n < sizeof(h.name) ? n : 0);
    if (!way->to_n || !egress_address_ok((struct sockaddr *)&to, is_loopback(h.name)))
        return -1;
    fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(fd, (struct sockaddr *)&to, way->to_n) && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}
