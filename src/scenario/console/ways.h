/* The ways of signing in beside the password, as DATA/sign_in.yaml says them: a directory (LDAP), a
 * single sign-on (OIDC), a certificate that the 国密 gateway in front has checked. Without the file
 * there are none. An account must be there already: nobody gets one, nor a role, from outside.
 *
 *   ldap:
 *     title: 市目录账号
 *     url: ldaps://ldap.city.gov.cn:636     # ldap:// beyond loopback needs start_tls: true
 *     ca: /etc/tongban/city-ca.pem          # who signed the directory's certificate
 *     base: ou=people,dc=city
 *     filter: (uid={login})                 # or dn: uid={login},ou=people,dc=city
 *     bind_dn: cn=tongban,dc=city           # who searches; without it anonymously
 *     bind_password_file: /etc/tongban/ldap.password
 *   oidc:
 *     title: 省统一身份认证
 *     issuer: https://sso.province.gov.cn
 *     client_id: tongban
 *     client_secret_file: /etc/tongban/oidc.secret
 *     redirect: https://zw.city.gov.cn/api/sign-in/oidc/back
 *     claim: preferred_username             # which claim is the login
 *   certificate:
 *     title: 国密证书
 *     gateways: [10.0.0.2]                  # the only addresses whose header is believed
 *     header: X-SSL-Client-Subject          # CN=login,… or the login itself
 *     verified: X-SSL-Client-Verify         # must say SUCCESS
 */
#ifndef CONSOLE_WAYS_H
#define CONSOLE_WAYS_H
#include "base/arena.h"
#include "base/err.h"

struct ways {
    struct {
        bool on, start_tls;
        char *url, *ca, *base, *filter, *dn, *bind_dn; /* NULL where not said */
        struct str bind_password, title;
    } ldap;
    struct {
        bool on;
        char *issuer, *ca, *redirect;
        struct str client_id, client_secret, claim, title;
    } oidc;
    struct {
        bool on;
        char *header, *verified;
        struct str title, *gateways;
        size_t n;
    } certificate;
};

/* Lives in a. A file that is not there: no other ways. TB_INVALID with file and line. */
enum tb_code ways_load(struct arena *a, const char *path, struct ways **out,
                       struct tb_err *e) MUST_USE;

/* Asks the directory whether this is that login's password. *ok false: it is not, or there is no
 * such entry, or more than one. TB_UPSTREAM when the directory cannot be asked. */
enum tb_code ways_ldap(const struct ways *w, struct arena *a, struct str login, struct str password,
                       bool *ok, struct tb_err *e) MUST_USE;
/* RFC 4515 3: what would mean something in a filter is written as \xx. */
struct str ways_ldap_escaped(struct arena *a, struct str s);

#endif
