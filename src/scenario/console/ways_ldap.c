/* The directory by libldap, over a socket of our own: the address is checked after its name was
 * resolved, by the rule of everything that leaves (model/egress.h), and no referral is followed. */
#include "scenario/console/ways.h"

#include "model/egress.h"

#include <ldap.h>
#include <netdb.h>
#include <openldap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_S = 5, ENTRIES = 2 };

struct str ways_ldap_escaped(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT(4096);

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c == '*' || c == '(' || c == ')' || c == '\\' || c == 0 || c >= 0x80)
            buf_addf(&b, "\\%02x", c);
        else
            buf_addc(&b, (char)c);
    }
    return arena_buf(a, &b);
}

/* A login holds nothing that means something in a name (staff_login_shaped); refused all the same.
 */
static bool plain_in_dn(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr(",=+<>#;\"\\ ", s.p[i]) || (unsigned char)s.p[i] < 0x20)
            return false;
    return s.n > 0;
}

static char *filled(struct arena *a, const char *pattern, struct str login)
{
    const char *at = strstr(pattern, "{login}");

    return arena_z(a, arena_printf(a, "%.*s%.*s%s", (int)(at - pattern), pattern, STR_FMT(login),
                                   at + strlen("{login}")));
}

static enum tb_code unreachable(const char *what, int rc, struct tb_err *e)
{
    return tb_fail(e, TB_UPSTREAM, "目录服务连不上，请稍后再试，或者用密码登录", "ldap %s rc=%d %s",
                   what, rc, rc ? ldap_err2string(rc) : "");
}

static bool connected(int fd, const struct addrinfo *to)
{
    struct timeval limit = { .tv_sec = WAIT_S };

    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
           connect(fd, to->ai_addr, to->ai_addrlen) == 0;
}

static int dial(const char *host, int port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
    bool local =
        strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
    char service[16];
    int fd = -1;

    snprintf(service, sizeof(service), "%d", port);
    if (getaddrinfo(host, service, &hints, &all) != 0)
        return -1;
    for (struct addrinfo *x = all; x && fd < 0; x = x->ai_next) {
        if (!egress_address_ok(x->ai_addr, local) || !egress_address_inside(x->ai_addr))
            continue; /* a city's directory is in the city's own network */
        fd = socket(x->ai_family, x->ai_socktype | SOCK_CLOEXEC, 0);
        if (fd >= 0 && !connected(fd, x)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(all);
    return fd;
}

static int set_options(LDAP *l, const struct ways *w)
{
    int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, server = 0;
    struct timeval limit = { .tv_sec = WAIT_S };
    int rc = ldap_set_option(l, LDAP_OPT_PROTOCOL_VERSION, &version);

    if (!rc)
        rc = ldap_set_option(l, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    if (!rc)
        rc = ldap_set_option(l, LDAP_OPT_TIMEOUT, &limit);
    if (!rc)
        rc = ldap_set_option(l, LDAP_OPT_NETWORK_TIMEOUT, &limit);
    if (!rc)
        rc = ldap_set_option(l, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    if (!rc && w->ldap.ca)
        rc = ldap_set_option(l, LDAP_OPT_X_TLS_CACERTFILE, w->ldap.ca);
    if (!rc)
        rc = ldap_set_option(l, LDAP_OPT_X_TLS_NEWCTX, &server);
    return rc;
}

static enum tb_code open_ldap(const struct ways *w, LDAP **out, struct tb_err *e)
{
    bool tls = strncmp(w->ldap.url, "ldaps://", 8) == 0;
    LDAPURLDesc *u = NULL;
    LDAP *l = NULL;
    int rc = ldap_url_parse(w->ldap.url, &u), fd;

    if (rc)
        return unreachable("url", 0, e);
    fd = dial(u->lud_host, u->lud_port);
    ldap_free_urldesc(u);
    if (fd < 0)
        return unreachable("connect", 0, e);
    rc = ldap_init_fd(fd, LDAP_PROTO_TCP, w->ldap.url, &l);
    if (rc) {
        close(fd);
        return unreachable("init", rc, e);
    }
    rc = set_options(l, w);
    if (!rc && tls)
        rc = ldap_install_tls(l);
    else if (!rc && w->ldap.start_tls)
        rc = ldap_start_tls_s(l, NULL, NULL);
    if (rc) {
        char *why = NULL, what[240];

        ldap_get_option(l, LDAP_OPT_DIAGNOSTIC_MESSAGE, &why);
        snprintf(what, sizeof(what), "tls (%.200s)", why ? why : "");
        ldap_memfree(why);
        ldap_unbind_ext_s(l, NULL, NULL);
        return unreachable(what, rc, e);
    }
    *out = l;
    return TB_OK;
}

static int bind_as(LDAP *l, const char *dn, struct str password)
{
    struct berval cred = { .bv_len = password.n, .bv_val = (char *)(uintptr_t)password.p };

    return ldap_sasl_bind_s(l, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
}

/* *dn NULL: no such entry, or several, which is as good as none. */
static enum tb_code search(const struct ways *w, LDAP *l, struct arena *a, struct str login,
                           char **dn, struct tb_err *e)
{
    char *filter = filled(a, w->ldap.filter, ways_ldap_escaped(a, login)),
         *none[] = { "1.1", NULL };
    LDAPMessage *found = NULL;
    int rc = bind_as(l, w->ldap.bind_dn ? w->ldap.bind_dn : "", w->ldap.bind_password);

    *dn = NULL;
    if (rc)
        return unreachable("bind of who searches", rc, e);
    rc = ldap_search_ext_s(l, w->ldap.base, LDAP_SCOPE_SUBTREE, filter, none, 1, NULL, NULL, NULL,
                           ENTRIES, &found);
    if (!rc && ldap_count_entries(l, found) == 1) {
        char *name = ldap_get_dn(l, ldap_first_entry(l, found));

        *dn = name ? arena_z(a, str_z(name)) : NULL;
        ldap_memfree(name);
    }
    ldap_msgfree(found);
    return rc && rc != LDAP_SIZELIMIT_EXCEEDED && rc != LDAP_NO_SUCH_OBJECT
               ? unreachable("search", rc, e)
               : TB_OK;
}

static enum tb_code ask(const struct ways *w, LDAP *l, struct arena *a, struct str login,
                        struct str password, bool *ok, struct tb_err *e)
{
    char *dn = w->ldap.dn ? filled(a, w->ldap.dn, login) : NULL;
    int rc;

    if (!dn && search(w, l, a, login, &dn, e))
        return e->code;
    if (!dn)
        return TB_OK;
    rc = bind_as(l, dn, password);
    *ok = rc == LDAP_SUCCESS;
    if (rc == LDAP_SERVER_DOWN || rc == LDAP_TIMEOUT || rc == LDAP_UNAVAILABLE)
        return unreachable("bind", rc, e);
    return TB_OK;
}

enum tb_code ways_ldap(const struct ways *w, struct arena *a, struct str login, struct str password,
                       bool *ok, struct tb_err *e)
{
    LDAP *l = NULL;
    enum tb_code c;

    *ok = false;
    /* A bind without a password succeeds for anybody (RFC 4513 5.1.2). */
    if (!password.n || !plain_in_dn(login))
        return TB_OK;
    if (open_ldap(w, &l, e))
        return e->code;
    c = ask(w, l, a, login, password, ok, e);
    ldap_unbind_ext_s(l, NULL, NULL);
    return c;
}
